"""An open session that somebody else finds: it may look, but not take the account over nor confirm a signature."""

from __future__ import annotations

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from kolportal.accounts import confirmation
from kolportal.accounts.models import ConfirmationCode, User
from tests import factories
from tests.kolportal.accounts.conftest import account, mailed_code, wrong

pytestmark = [pytest.mark.django_db, pytest.mark.servers]
OLD_PASSWORD = "mot-mat-khau-dai"
NEW_PASSWORD = {"password1": "ke-gian-dat-mat-khau", "password2": "ke-gian-dat-mat-khau"}
ADDRESS, PASSWORD = "/accounts/confirm/address/", "/accounts/confirm/password/"


@pytest.fixture
def found(english: Client) -> User:
    """An account without a password whose session is open since longer than five minutes (no record of a log-in)."""
    user = account("lan@example.com")
    factories.person(user=user)
    english.force_login(user)
    return user


def test_no_password_is_set_without_a_fresh_proof(english: Client, found: User) -> None:
    assert english.post("/accounts/password/set/", NEW_PASSWORD)["Location"] == PASSWORD
    found.refresh_from_db()
    assert not found.has_usable_password()


def test_no_other_address_takes_over_without_a_fresh_proof(english: Client, found: User) -> None:
    response = english.post("/accounts/email/", {"email": "gian@example.com", "action_add": ""})
    assert response["Location"] == ADDRESS
    assert mail.outbox == []


@pytest.mark.parametrize(
    ("page", "data"),
    [
        ("/accounts/email/", {"email": "gian@example.com", "action_add": ""}),
        ("/accounts/password/change/", {"oldpassword": OLD_PASSWORD, **NEW_PASSWORD}),
        ("/accounts/password/set/", NEW_PASSWORD),
    ],
)
def test_with_a_password_it_is_asked_for(english: Client, page: str, data: dict[str, str]) -> None:
    user = account("an@example.com", OLD_PASSWORD)
    english.force_login(user)
    response = english.post(page, data)
    assert response["Location"] == f"/accounts/reauthenticate/?next={page.replace('/', '%2F')}"
    assert mail.outbox == []
    english.post("/accounts/reauthenticate/", {"password": OLD_PASSWORD})
    assert english.get("/accounts/email/").status_code == 200


def test_nothing_is_sent_before_it_is_asked_for(english: Client, found: User) -> None:
    page = english.get(ADDRESS).content.decode()
    assert "we send a code to the present address" in page
    assert 'name="code"' not in page
    assert mail.outbox == []


def test_the_owner_confirms_by_code_stays_logged_in_and_goes_on(english: Client, found: User) -> None:
    session = english.session.session_key
    english.post(PASSWORD, {"send": "1"})
    assert f"set the password of your account {found.email}" in str(mail.outbox[-1].body)
    page = english.get(PASSWORD).content.decode()
    assert f"<strong>{found.email}</strong>" in page
    assert 'autocomplete="one-time-code"' in page
    assert english.post(PASSWORD, {"code": mailed_code()})["Location"] == "/accounts/password/set/"
    english.post("/accounts/password/set/", NEW_PASSWORD)
    found.refresh_from_db()
    assert found.has_usable_password()
    assert session


def test_a_form_sent_twice_confirms_once_and_goes_on(english: Client, found: User) -> None:
    english.post(ADDRESS, {"send": "1"})
    code = mailed_code()
    for _ in range(2):
        assert english.post(ADDRESS, {"code": code})["Location"] == "/accounts/email/"


def test_a_code_for_the_one_change_opens_no_other(english: Client, found: User) -> None:
    english.post(ADDRESS, {"send": "1"})
    code = mailed_code()
    assert english.post(PASSWORD, {"code": code}).status_code == 200
    english.post(ADDRESS, {"code": code})
    assert english.get("/accounts/email/").status_code == 200
    assert english.get("/accounts/password/set/")["Location"] == PASSWORD


def test_a_confirmed_change_stays_open_for_five_minutes(
    english: Client, found: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    english.post(ADDRESS, {"send": "1"})
    english.post(ADDRESS, {"code": mailed_code()})
    session = english.session
    session["change_confirmed"] = {**session["change_confirmed"], "at": timezone.now().timestamp() - 301}
    session.save()
    assert english.get("/accounts/email/")["Location"] == ADDRESS


def test_wrong_and_missing_codes_are_said_at_the_field(english: Client, found: User) -> None:
    english.post(ADDRESS, {"send": "1"})
    for code, words in ((wrong(mailed_code()), "You have 4 tries left."), ("", "Please enter the code")):
        page = english.post(ADDRESS, {"code": code}).content.decode()
        assert words in page
        assert 'aria-invalid="true"' in page
        assert "<title>Error:" in page
    assert english.get("/accounts/email/")["Location"] == ADDRESS


def test_a_sixth_code_within_ten_minutes_is_refused_in_words(english: Client, found: User) -> None:
    for _ in range(5):
        assert english.post(ADDRESS, {"send": "1"}).status_code == 302
    response = english.post(ADDRESS, {"send": "1"})
    assert response.status_code == 429
    assert "Too many codes were asked for." in response.content.decode()
    assert len(mail.outbox) == 5


def test_the_page_is_for_people_who_are_logged_in_and_for_known_changes(client: Client, found: User) -> None:
    assert client.get("/accounts/confirm/signature/").status_code == 404
    client.logout()
    assert client.get(ADDRESS)["Location"].startswith("/accounts/login/")
    assert not ConfirmationCode.objects.exists()


def test_a_code_sent_to_the_old_address_confirms_nothing_for_the_new_one(found: User) -> None:
    at, act = timezone.now(), "a" * 64
    confirmation.issue(user=found, purpose="sign", act=act, about="Cam kết", at=at)
    found.email = "moi@example.com"
    found.save()
    with pytest.raises(confirmation.WrongCode):
        confirmation.confirm(user=found, purpose="sign", act=act, code=mailed_code(), at=at)


@pytest.mark.parametrize(
    ("page", "words", "by_code"),
    [
        ("/accounts/email/", "Before it is changed, please enter your password.", ADDRESS),
        ("/accounts/password/change/", "please enter the present one", "/accounts/password/reset/"),
        ("/me/", "Before you go on, please enter your password.", "/accounts/password/reset/"),
    ],
)
def test_page_that_asks_for_the_password_says_what_for_and_shows_the_way_by_code(
    english: Client, page: str, words: str, by_code: str
) -> None:
    english.force_login(account("an@example.com", OLD_PASSWORD))
    asked = english.get("/accounts/reauthenticate/", {"next": page}).content.decode()
    wrong_one = english.post("/accounts/reauthenticate/", {"password": "khong-dung", "next": page})
    for shown in (asked, wrong_one.content.decode()):
        assert words in shown
        assert f'href="{by_code}"' in shown
        assert f'name="next" value="{page}"' in shown
    assert english.get(by_code).status_code == 200
    right = english.post("/accounts/reauthenticate/", {"password": OLD_PASSWORD, "next": page})
    assert right["Location"] == page


def test_who_forgot_the_password_changes_the_address_by_code(english: Client) -> None:
    english.force_login(account("an@example.com", OLD_PASSWORD))
    english.post(ADDRESS, {"send": "1"})
    assert english.post(ADDRESS, {"code": mailed_code()})["Location"] == "/accounts/email/"
    assert english.get("/accounts/email/").status_code == 200


def test_who_forgot_the_password_sets_a_new_one_by_code_while_logged_in(english: Client) -> None:
    user = account("an@example.com", OLD_PASSWORD)
    english.force_login(user)
    asked = english.post("/accounts/password/reset/", {"email": user.email})
    taken = english.post(asked["Location"], {"code": mailed_code()})
    english.post(taken["Location"], NEW_PASSWORD)
    user.refresh_from_db()
    assert user.check_password(NEW_PASSWORD["password1"])
