"""Home, privacy, mailbox, error pages, and the frame of every page."""

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

from kolportal import views
from kolportal.accounts.models import User
from pledges.models import PledgeState
from tests import factories
from tests.clients import main

pytestmark = [pytest.mark.django_db, pytest.mark.servers]


@pytest.fixture
def english(client: Client) -> Client:
    client.cookies.load({"django_language": "en"})
    return client


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


# --- Language, caches, mistyped addresses ---------------------------------------------------------------------------------------


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
