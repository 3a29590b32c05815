"""Logging in by code and by password, and the limits that stop guessing without stopping a hall of people."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from kolportal.accounts.models import User
from kolportal.accounts.recent_login import recently_confirmed
from tests import factories
from tests.clients import english_client
from tests.kolportal.accounts.conftest import account, mailed_code, shown, wrong

pytestmark = [pytest.mark.django_db, pytest.mark.servers]
REQUEST, CONFIRM = "/accounts/login/code/", "/accounts/login/code/confirm/"
PASSWORD = "mot-mat-khau-dai"


def with_password(client: Client, email: str, password: str, *, address: str = "192.0.2.1") -> str:
    response = client.post("/accounts/login/", {"login": email, "password": password}, REMOTE_ADDR=address)
    return "in" if response.status_code == 302 else response.content.decode()


def test_login_page_offers_code_and_password(english: Client) -> None:
    page = english.get("/accounts/login/?next=/me/profile/").content.decode()
    assert f'action="{REQUEST}?next=%2Fme%2Fprofile%2F"' in page
    assert page.count('name="next" value="/me/profile/"') == 2
    assert 'autocomplete="current-password"' in page


def test_code_logs_in_and_goes_on(english: Client, person: User) -> None:
    factories.person(user=person)
    english.post(REQUEST, {"email": "LAN@example.com", "next": "/me/channels/add/"})
    response = english.post(CONFIRM, {"code": mailed_code(), "next": "/me/channels/add/"})
    assert response["Location"] == "/me/channels/add/"


@pytest.mark.parametrize("form", ["{0}{1}", "{0}-{1}", "{0}\u00a0{1}"])
def test_code_is_typed_with_or_without_its_space(english: Client, person: User, form: str) -> None:
    english.post(REQUEST, {"email": person.email})
    typed = form.format(*mailed_code().split()).translate({ord(str(n)): chr(0xFF10 + n) for n in range(10)})
    assert english.post(CONFIRM, {"code": typed}).status_code == 302
    assert english.get("/accounts/email/").status_code == 200


def test_code_page_shows_number_keys_on_a_phone(english: Client, person: User) -> None:
    page = english.post(REQUEST, {"email": person.email}, follow=True).content.decode()
    assert re.search(r'<input[^>]*autocomplete="one-time-code"[^>]*inputmode="numeric"', page)


def test_code_is_used_once(english: Client, person: User) -> None:
    english.post(REQUEST, {"email": person.email})
    code = mailed_code()
    english.post(CONFIRM, {"code": code})
    english.post("/accounts/logout/")
    english.post(CONFIRM, {"code": code})
    assert english.get("/me/").status_code == 302


def test_code_expires(english: Client, person: User, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    english.post(REQUEST, {"email": person.email})
    code = mailed_code()
    later = timezone.now().timestamp() + settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT + 1
    monkeypatch.setattr("time.time", lambda: later)
    assert english.post(CONFIRM, {"code": code})["Location"].startswith("/accounts/login/")


def test_wrong_codes_are_counted(english: Client, person: User) -> None:
    english.post(REQUEST, {"email": person.email})
    code = mailed_code()
    for _ in range(2):
        assert "Incorrect code." in english.post(CONFIRM, {"code": wrong(code)}).content.decode()
    english.post(CONFIRM, {"code": wrong(code)})
    english.post(CONFIRM, {"code": code})
    assert english.get("/me/").status_code == 302


@pytest.mark.parametrize("url", [REQUEST, "/accounts/password/reset/"])
def test_unknown_address_looks_like_a_known_one(person: User, url: str) -> None:
    pages = []
    for email in (person.email, "khong-ai@example.com"):
        client = english_client()
        response = client.post(url, {"email": email}, follow=True)
        pages.append(shown(response, email))
    assert pages[0] == pages[1]
    assert mail.outbox[-1].subject == "This address has no account yet"


@pytest.mark.parametrize("url", [REQUEST, "/accounts/password/reset/"])
def test_address_that_mail_cannot_carry_is_no_error(english: Client, url: str) -> None:
    assert english.post(url, {"email": "lan@example.com\u202e"}).status_code in {200, 302}
    assert not mail.outbox


def test_mail_server_down_is_told_and_the_code_can_be_asked_again(
    english: Client, person: User, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    page = english.post(REQUEST, {"email": person.email}, follow=True).content.decode()
    assert "The message could not be sent by e-mail just now." in page
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    english.post(CONFIRM, {"action": "resend"})
    assert english.post(CONFIRM, {"code": mailed_code()}).status_code == 302
    assert english.get("/me/").status_code == 200


def test_wrong_password_does_not_tell_whether_the_account_exists(english: Client, person: User) -> None:
    known = with_password(english, person.email, "sai-mat-khau-nay")
    unknown = with_password(english, "khong-ai@example.com", "sai-mat-khau-nay")
    words = "The email address and/or password you specified are not correct."
    assert words in known
    assert words in unknown


def test_sixth_wrong_password_on_one_account_is_stopped_from_any_address(
    english: Client, person: User
) -> None:
    for attempt in range(5):
        page = with_password(english, person.email, f"sai-{attempt}", address=f"198.51.100.{attempt}")
        assert "are not correct" in page
    page = with_password(english_client(), person.email.upper(), "sai-6", address="203.0.113.9")
    assert "Too many failed login attempts. Try again later." in page
    # The right password would not tell a guesser that it is right; the code by e-mail still opens the account.
    assert "Too many failed login attempts" in with_password(
        english, person.email, PASSWORD, address="203.0.113.10"
    )
    english.post(REQUEST, {"email": person.email})
    assert english.post(CONFIRM, {"code": mailed_code()}).status_code == 302
    assert english.get("/me/profile/").status_code == 200


def test_hundred_people_behind_one_address_log_in_within_a_minute(db: None, settings: Any) -> None:
    # The limits are asked here, not the price of hashing a hundred passwords on one core.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    people = [account(f"nguoi-{number}@example.com", PASSWORD) for number in range(100)]
    started = timezone.now()
    assert [with_password(Client(), each.email, PASSWORD) for each in people] == ["in"] * 100
    assert timezone.now() - started < timedelta(minutes=1)


def test_hundred_people_behind_one_address_log_in_by_code(db: None) -> None:
    people = [account(f"nguoi-{number}@example.com") for number in range(100)]
    for each in people:
        client = Client()
        client.post(REQUEST, {"email": each.email})
        assert client.post(CONFIRM, {"code": mailed_code()})["Location"].startswith("/me/profile/")


def test_sixth_code_within_five_minutes_is_refused_in_words(english: Client, person: User) -> None:
    for _ in range(5):
        Client().post(REQUEST, {"email": person.email})
    page = english_client().post(REQUEST, {"email": person.email}).content.decode()
    assert "Too many failed login attempts. Try again later." in page
    assert len(mail.outbox) == 5


def test_staff_are_not_asked_for_a_signers_profile(english: Client) -> None:
    account("can-bo@example.com", PASSWORD, is_staff=True)
    response = english.post(
        "/accounts/login/", {"login": "can-bo@example.com", "password": PASSWORD, "next": "/admin/"}
    )
    assert response["Location"] == "/admin/"


def test_administration_asks_through_the_same_limited_login(english: Client) -> None:
    assert english.get("/admin/login/")["Location"].startswith("/accounts/login/")


def test_inactive_account_is_told_so(english: Client, person: User) -> None:
    User.objects.update(is_active=False)
    response = english.post("/accounts/login/", {"login": person.email, "password": PASSWORD}, follow=True)
    assert english.get("/me/").status_code == 302
    assert response.status_code == 200


def test_get_never_logs_out(english: Client, person: User) -> None:
    english.force_login(person)
    english.get("/accounts/logout/")
    assert english.get("/me/").status_code == 200
    english.post("/accounts/logout/")
    assert english.get("/me/").status_code == 302


def test_log_out_everywhere_ends_every_session(english: Client, person: User) -> None:
    phone = Client()
    for client in (english, phone):
        assert with_password(client, person.email, PASSWORD) == "in"
    assert english.get("/me/log-out-everywhere/").status_code == 405
    response = english.post("/me/log-out-everywhere/", follow=True)
    assert "You are logged out on every device." in response.content.decode()
    assert [client.get("/me/").status_code for client in (english, phone)] == [302, 302]


def test_password_is_reset_by_code(english: Client, person: User) -> None:
    english.post("/accounts/password/reset/", {"email": person.email})
    response = english.post("/accounts/password/reset/confirm/", {"code": mailed_code()}, follow=True)
    url = response.redirect_chain[-1][0]
    english.post(url, {"password1": "mat-khau-moi-dai", "password2": "mat-khau-moi-dai"})
    assert with_password(Client(), person.email, "mat-khau-moi-dai") == "in"


def test_password_is_set_later(english: Client) -> None:
    user = account("khong-mat-khau@example.com")
    factories.person(user=user)
    english.post(REQUEST, {"email": user.email})
    english.post(CONFIRM, {"code": mailed_code()})
    assert "Set a password" in english.get("/me/").content.decode()
    english.post(
        "/accounts/password/set/", {"password1": "mat-khau-moi-dai", "password2": "mat-khau-moi-dai"}
    )
    assert with_password(Client(), user.email, "mat-khau-moi-dai") == "in"


def test_new_address_takes_over_once_its_code_is_entered(english: Client, person: User) -> None:
    with_password(english, person.email, PASSWORD)
    english.post("/accounts/email/", {"email": "lan.moi@example.com", "action_add": "1"})
    person.refresh_from_db()
    assert person.email == "lan@example.com"
    english.post("/accounts/confirm-email/", {"code": mailed_code()})
    person.refresh_from_db()
    assert person.email == "lan.moi@example.com"


def test_recent_login_counts_for_five_minutes(english: Client, person: User) -> None:
    english.post(REQUEST, {"email": person.email})
    english.post(CONFIRM, {"code": mailed_code()})
    request = english.get("/me/profile/").wsgi_request
    now = timezone.now()
    confirmed = recently_confirmed(request, at=now)
    assert confirmed is not None
    assert abs(now - confirmed) < timedelta(seconds=30)
    assert recently_confirmed(request, at=now + timedelta(minutes=4)) == confirmed
    assert recently_confirmed(request, at=now + timedelta(minutes=6)) is None


def test_session_without_a_login_record_is_not_recent(english: Client, person: User) -> None:
    english.force_login(person)
    assert recently_confirmed(english.get("/me/profile/").wsgi_request, at=timezone.now()) is None


def test_nobody_is_not_recent(english: Client) -> None:
    assert recently_confirmed(english.get("/").wsgi_request, at=timezone.now()) is None


@pytest.mark.parametrize("url", ["//[", "http://[::1", "https://example.com/", "javascript:alert(1)", "\x00"])
def test_nobody_is_led_to_another_site_or_to_what_is_no_address(
    client: Client, person: User, url: str
) -> None:
    assert client.get("/accounts/login/", {"next": url}).status_code == 200
    answers = {"login": person.email, "password": "mot-mat-khau-dai", "next": url}
    response: Any = client.post("/accounts/login/", answers)
    assert (response.status_code, response.url.split("?")[0]) == (302, "/me/profile/")
    assert url not in response.url
