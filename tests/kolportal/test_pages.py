"""Home, privacy, mailbox, error pages, the frame of every page, and "My page"."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.core.mail import send_mail
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import include, path
from django.utils import timezone

from events.models import Answer, AttendeeSource, Entry
from kolportal import views
from kolportal.accounts.models import User
from kolportal.people.models import Person
from kolportal.privacy.signers import erase_signers
from pledges import history, signing
from pledges.models import PledgeState
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.servers]


@pytest.fixture
def english(client: Client) -> Client:
    client.cookies.load({"django_language": "en"})
    return client


def main(response: Any) -> str:
    """The page between its head and its foot."""
    page: str = response.content.decode()
    return page.partition("<main")[2].partition("</main>")[0]


# --- What every page keeps to ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    ["/", "/privacy/", "/mailbox/", "/accounts/login/", "/accounts/signup/", "/accounts/password/reset/"],
)
@pytest.mark.parametrize("language", ["vi", "en"])
def test_pages_have_one_title_their_language_and_nothing_inline(
    client: Client, settings: Any, url: str, language: str
) -> None:
    settings.DEBUG = True
    client.cookies.load({"django_language": language})
    response = client.get(url)
    page = response.content.decode()
    assert f'<html lang="{language}">' in page
    assert page.count("<h1") == 1
    assert " style=" not in page
    assert "<style" not in page
    assert not re.search(r"<script(?![^>]*\ssrc=)", page)
    assert not re.search(r"\son[a-z]+=", page)
    assert not re.findall(r'(?:src|href|action)="(?:https?:)?//', page), "no other host"
    assert "unsafe-inline" not in response["Content-Security-Policy"]


@pytest.mark.parametrize(
    "url",
    [
        "/me/", "/me/profile/", "/me/channels/add/", "/accounts/email/", "/accounts/password/set/", "/accounts/password/change/",
        "/accounts/logout/", "/accounts/reauthenticate/", "/accounts/inactive/",
    ],
)  # fmt: skip
def test_pages_of_the_account_keep_to_it_too(english: Client, url: str) -> None:
    has_password = "change" in url or "reauthenticate" in url
    user = User.objects.create_user("lan@example.com", "mot-mat-khau-dai" if has_password else None)
    factories.person(user=user)
    english.force_login(user)
    _just_logged_in(english, user)
    response = english.get(url)
    page = response.content.decode()
    assert response.status_code == 200
    assert page.count("<h1") == 1
    assert " style=" not in page
    assert not re.search(r"<script(?![^>]*\ssrc=)", page)


def _just_logged_in(client: Client, user: User) -> None:
    session = client.session
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [{"method": "code", "at": time.time(), "email": user.email}]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()


def test_language_is_switched_by_a_form_and_stays(client: Client) -> None:
    assert 'action="/language/setlang/"' in client.get("/privacy/").content.decode()
    response = client.post("/language/setlang/", {"language": "en", "next": "/privacy/"}, follow=True)
    assert "<h1>Personal data</h1>" in response.content.decode()
    assert "<h1>Personal data</h1>" in client.get("/privacy/").content.decode()


def test_head_offers_the_administration_to_staff_only(english: Client) -> None:
    english.force_login(User.objects.create_user("can-bo@example.com", is_staff=True))
    assert 'href="/admin/"' in english.get("/").content.decode()
    english.force_login(User.objects.create_user("lan@example.com"))
    assert 'href="/admin/"' not in english.get("/").content.decode()


# --- Home ---------------------------------------------------------------------------------------------------------------


def test_home_without_anything_still_explains_the_programme(english: Client) -> None:
    page = main(english.get("/"))
    assert "How it works" in page
    assert "The next meeting" not in page


def test_home_shows_next_meeting_and_pledge_and_that_signing_is_voluntary(english: Client) -> None:
    meeting = factories.event(title="Hội nghị tháng chín")
    pledge = factories.pledge(asked_at=meeting, languages=("vi", "en"))
    factories.event(title="Hội nghị nháp", state="draft")
    draft = factories.pledge(state=PledgeState.DRAFT)
    page = main(english.get("/"))
    assert "The next meeting" in page
    assert meeting.title in page
    assert f"/pledges/{pledge.slug}/" in page
    assert "Test pledge" in page, "in the reader's language"
    assert "Signing the pledge is voluntary." in page
    assert "Hội nghị nháp" not in page
    assert draft.slug not in page


def test_what_has_expired_or_is_closed_is_offered_nowhere(english: Client) -> None:
    expired = factories.pledge(valid_until=timezone.localdate() - timedelta(days=1))
    closed = factories.pledge(state=PledgeState.CLOSED)
    me = factories.person()
    assert me.user
    english.force_login(me.user)
    for page in (main(english.get("/")), main(english.get("/me/"))):
        assert f"/pledges/{expired.slug}/" not in page
        assert f"/pledges/{closed.slug}/" not in page


def test_home_shows_the_latest_meeting_when_none_is_ahead(english: Client) -> None:
    now = timezone.now()
    factories.event(starts_at=now - timedelta(days=3), ends_at=now - timedelta(days=2))
    assert "The latest meeting" in main(english.get("/"))


def test_home_needs_few_queries_whatever_the_number_of_pledges(
    client: Client, django_assert_max_num_queries: Any
) -> None:
    event = factories.event()
    factories.pledge(asked_at=event)
    # Event, its units, pledges, and one for the text of each.
    with django_assert_max_num_queries(6):
        client.get("/")


# --- Privacy, mailbox ------------------------------------------------------------------------------------------------------


def test_privacy_names_controller_times_law_and_contact(english: Client, settings: Any) -> None:
    from pledges.models import LegalReference

    LegalReference.objects.create(
        title="Luật Bảo vệ dữ liệu cá nhân", number="91/2025/QH15", issued_date="2025-06-26"
    )
    factories.pledge(keeper=factories.unit(name="Đơn vị kiểm soát dữ liệu"))
    page = main(english.get("/privacy/"))
    for words in (
        "Đơn vị kiểm soát dữ liệu",
        "365 days, then erased",
        "24 months",
        "91/2025/QH15",
        settings.CONTACT_EMAIL,
    ):
        assert words in page


def test_mailbox_shows_what_was_sent_newest_first(english: Client, settings: Any, tmp_path: Any) -> None:
    settings.DEBUG, settings.MAILBOX_DIR = True, tmp_path
    settings.EMAIL_BACKEND = "kolportal.mailbox.MailboxBackend"
    assert "will be here" in main(english.get("/mailbox/"))
    send_mail("Tiêu đề một", "Mã: 123456 <b>", None, ["lan@example.com"])
    send_mail("Tiêu đề hai", "Xem http://localhost:8000/me/", None, ["lan@example.com"])
    page = main(english.get("/mailbox/"))
    assert page.index("Tiêu đề hai") < page.index("Tiêu đề một")
    assert "Mã: 123456 &lt;b&gt;" in page


@pytest.mark.parametrize(("debug", "host"), [(False, ""), (True, "smtp.example.com")])
def test_mailbox_exists_in_the_demo_only(client: Client, settings: Any, debug: bool, host: str) -> None:
    settings.DEBUG, settings.EMAIL_HOST = debug, host
    assert client.get("/mailbox/").status_code == 404


# --- Errors ------------------------------------------------------------------------------------------------------------------


def _raise(error: Exception) -> Any:
    def view(request: HttpRequest) -> HttpResponse:
        raise error

    return view


urlpatterns = [
    path("bad/", _raise(SuspiciousOperation())),
    path("forbidden/", _raise(PermissionDenied())),
    path("broken/", _raise(RuntimeError("secret detail"))),
    path("", include("kolportal.urls")),
]
handler400, handler403 = "kolportal.views.bad_request", "kolportal.views.permission_denied"
handler404, handler500 = "kolportal.views.page_not_found", "kolportal.views.server_error"


@pytest.mark.parametrize(
    ("url", "status", "words"),
    [
        ("/bad/", 400, "Nothing was changed."),
        ("/forbidden/", 403, "Perhaps you can after logging in."),
        ("/nowhere/", 404, "The address may be mistyped"),
        ("/broken/", 500, "Something went wrong on our side"),
    ],
)
@pytest.mark.urls(__name__)
def test_error_pages_say_what_to_do(
    english: Client, settings: Any, url: str, status: int, words: str
) -> None:
    english.raise_request_exception = False
    response = english.get(url)
    assert response.status_code == status
    page = response.content.decode()
    assert words in page
    assert settings.CONTACT_EMAIL in page
    assert "secret detail" not in page


def test_old_form_says_that_nothing_was_changed() -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies["django_language"] = "en"
    response = strict.post("/accounts/login/code/", {"email": "lan@example.com"})
    assert response.status_code == 403
    assert "The form was too old" in response.content.decode()


def test_500_needs_neither_database_nor_session(django_assert_num_queries: Any, settings: Any) -> None:
    with django_assert_num_queries(0):
        response = views.server_error(RequestFactory().get("/"))
    assert response.status_code == 500
    assert settings.PROGRAMME_NAME in response.content.decode()


def test_429_says_how_long_to_wait(english: Client, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "login": "1/m/ip"}
    english.post("/accounts/login/", {"login": "a@example.com", "password": "x"})
    response = english.post("/accounts/login/", {"login": "a@example.com", "password": "x"})
    assert response.status_code == 429
    assert "Please wait a minute and try again." in response.content.decode()


# --- My page -----------------------------------------------------------------------------------------------------------------


def test_my_page_asks_a_newcomer_for_details(english: Client) -> None:
    english.force_login(User.objects.create_user("lan@example.com"))
    page = main(english.get("/me/"))
    assert 'href="/me/profile/"' in page
    assert "Meetings that you are invited to or registered for will be here." in page


def test_my_page_shows_meetings_with_what_can_be_done(english: Client) -> None:
    me = factories.person()
    assert me.user
    coming, other = (
        factories.event(title="Hội nghị đã đăng ký"),
        factories.event(title="Hội nghị chưa trả lời"),
    )
    now = timezone.now()
    factories.attendee(
        at_event=coming, person=me, source=AttendeeSource.REGISTERED, answer=Answer.COMING, answered_at=now
    )
    english.force_login(me.user)
    page = main(english.get("/me/"))
    assert f"/events/{coming.slug}/cancel/" in page
    for verb in ("register", "decline"):
        assert f"/events/{other.slug}/{verb}/" in page
        assert f"/events/{coming.slug}/{verb}/" not in page


def test_my_page_says_that_a_pledge_was_withdrawn_and_not_that_it_was_never_signed(english: Client) -> None:
    signature = factories.withdraw(factories.signature())
    assert signature.person.user is not None
    english.force_login(signature.person.user)
    page = main(english.get("/me/"))
    assert "you withdrew the pledge that you had signed (Version 1, Vietnamese)." in page
    assert page.count('class="chip chip-withdrawn"') == 2, "on the pledge, and on the signing"
    assert "not signed yet" not in page


def test_my_page_shows_pledges_state_and_who_downloaded_the_pdf(english: Client) -> None:
    me = factories.person()
    assert me.user
    pledge = factories.pledge()
    english.force_login(me.user)
    assert f"/pledges/{pledge.slug}/sign/" in main(english.get("/me/"))

    signature = factories.signature(of=pledge, signer=me)
    page = main(english.get("/me/"))
    assert f"/pledges/{pledge.slug}/sign/" not in page
    assert "being sealed" in page
    assert signature.reference_grouped in page

    factories.sealed_file(signature)
    official = User.objects.create_user("lanh-dao@example.com", name="Phạm Văn Lãnh Đạo", is_staff=True)
    for actor, role in ((me.user, "signer"), (official, "official")):
        history.downloaded(
            [signature.document.pk],
            actor_id=actor.pk,
            role=role,
            unit=pledge.unit_id,
            bulk=False,
            at=timezone.now(),
        )
    page = main(english.get("/me/"))
    assert "Downloaded 2 times" in page
    assert f"Phạm Văn Lãnh Đạo (official, {pledge.unit})" in page
    assert "official@" not in page

    factories.withdraw(signature)
    page = main(english.get("/me/"))
    assert "withdrawn" in page
    assert "Download the PDF" in page, "the PDF stays after withdrawing"


def test_my_page_says_until_when_the_particulars_are_kept(english: Client) -> None:
    signature = factories.signature()
    assert signature.person.user
    english.force_login(signature.person.user)
    until = signature.particulars.keep_until
    assert f"kept until {until:%d/%m/%Y}, then erased" in main(english.get("/me/"))


def test_my_page_bears_that_the_particulars_are_gone(english: Client) -> None:
    signature = factories.signature()
    assert signature.person.user
    erase_signers([signature.pk], actor_id=None, at=timezone.now())
    english.force_login(signature.person.user)
    page = main(english.get("/me/"))
    assert signature.reference_grouped in page
    assert f"were erased on {timezone.localdate():%d/%m/%Y}" in page
    assert "Download the PDF" not in page


def test_my_page_shows_what_was_signed_at_a_tablet_before_there_was_an_account(english: Client) -> None:
    me = factories.person()
    assert me.user
    at_tablet = factories.signature(signer=factories.person(user=None))
    Person.objects.filter(pk=at_tablet.person_id).update(merged_into=me, merged_at=timezone.now())
    english.force_login(me.user)
    assert at_tablet.reference_grouped in main(english.get("/me/"))


def test_my_page_tells_where_the_person_stands_with_each_meeting(english: Client) -> None:
    me = factories.person()
    assert me.user
    now = timezone.now()
    answers = {
        Answer.INVITED: "not answered yet",
        Answer.NOT_COMING: "not coming",
        Answer.WAITING: "on the waiting list",
        Answer.CANCELLED: "cancelled",
    }
    for answer in answers:
        factories.attendee(person=me, answer=answer, answered_at=None if answer == Answer.INVITED else now)
    came = factories.attendee(person=me, answer=Answer.COMING, answered_at=now)
    Entry.objects.create(attendee=came, entered_at=now, steward=factories.user(is_staff=True))
    called_off = factories.attendee(
        at_event=factories.event(state="cancelled"), person=me, answer=Answer.COMING, answered_at=now
    )
    english.force_login(me.user)
    page = main(english.get("/me/"))
    for words in (*answers.values(), "checked in", "meeting cancelled"):
        assert words in page
    for row in (came, called_off):
        assert f"/events/{row.event.slug}/register/" not in page
        assert f"/events/{row.event.slug}/cancel/" not in page


def test_my_page_takes_nothing_from_a_list_that_the_person_did_not_answer(english: Client) -> None:
    me = factories.person()
    assert me.user
    row = factories.attendee(
        email=me.user.email, full_name=me.full_name, at_event=factories.event(state="closed")
    )
    english.force_login(me.user)
    assert row.event.title not in main(english.get("/me/"))


def test_my_page_shows_a_decline_and_offers_the_text_again(english: Client) -> None:
    me = factories.person()
    assert me.user
    pledge = factories.pledge()
    text = pledge.current_text()
    assert text is not None
    signing.decline(text=text, person=me, at=timezone.now())
    english.force_login(me.user)
    page = main(english.get("/me/"))
    assert "declined" in page
    assert f"/pledges/{pledge.slug}/sign/" in page
    pledge.state = PledgeState.CLOSED
    pledge.save()
    page = main(english.get("/me/"))
    assert f"/pledges/{pledge.slug}/sign/" not in page
    assert f'/pledges/{pledge.slug}/"' in page


def test_my_page_shows_nobody_elses_pledges(english: Client) -> None:
    signature = factories.signature()
    english.force_login(User.objects.create_user("lan@example.com"))
    assert signature.reference_grouped not in main(english.get("/me/"))


def test_my_page_needs_the_same_queries_for_one_pledge_and_for_five(
    english: Client, django_assert_max_num_queries: Any
) -> None:
    me = factories.person()
    assert me.user
    for _ in range(5):
        factories.signature(signer=me, of=factories.pledge())
    english.force_login(me.user)
    english.get("/me/")
    # Session, user; person, phone, channels; attendances, who is present, open events; signatures, their channels, documents
    # and files, downloads; declines; pledges.
    with django_assert_max_num_queries(15):
        english.get("/me/")


def test_vietnamese_comes_first_whatever_the_browser_prefers(client: Client) -> None:
    page = client.get("/", headers={"accept-language": "en-US,en;q=0.9"})
    assert page["Content-Language"] == "vi"
    assert "Đăng nhập" in page.content.decode()


def test_the_switch_changes_the_language_and_only_to_one_we_speak(client: Client) -> None:
    client.post("/language/setlang/", {"language": "en", "next": "/"})
    page = client.get("/")
    assert page["Content-Language"] == "en"
    assert "Cookie" in page["Vary"]
    client.cookies["django_language"] = "tlh"
    assert client.get("/")["Content-Language"] == "vi"


@pytest.mark.parametrize("address", ["/", "/events/{slug}/", "/events/{slug}/register/", "/accounts/logout/"])
def test_no_proxy_keeps_a_page_given_to_somebody_who_is_logged_in(client: Client, address: str) -> None:
    person = factories.user()
    factories.person(user=person)
    client.force_login(person)
    response = client.get(address.format(slug=factories.event().slug))
    assert response.status_code == 200
    assert {"private", "no-cache"} <= set(response["Cache-Control"].split(", "))


def test_a_mistyped_address_gets_our_page_also_in_the_demo(client: Client, settings: Any) -> None:
    settings.DEBUG = True
    page = client.get("/events/khong-co-hoi-nghi-nay/")
    assert page.status_code == 404
    assert "Không tìm thấy trang" in page.content.decode()
    assert "Traceback" not in page.content.decode()
