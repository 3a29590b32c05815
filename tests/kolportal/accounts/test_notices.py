"""Whoever owns an account hears of a change of its password or address, at the address that it had; the trail keeps both."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.account import adapter as allauth_adapter
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.test import Client
from django.utils import timezone

from kolportal.accounts import confirmation, history
from kolportal.accounts.models import User
from kolportal.mail.models import Message, MessageState
from kolportal.work import queue
from tests import factories
from tests.clients import english_client
from tests.kolportal.accounts.conftest import account, mailed_code

pytestmark = pytest.mark.django_db
OLD, NEW = "mot-mat-khau-dai", "mat-khau-moi-rat-dai"


def sent_to(address: str, purpose: str) -> Any:
    """The one message of this purpose to this address, after the worker has done what is due."""
    queue.sweep()
    row = Message.objects.get(to_address=address, purpose=purpose)
    assert row.state == MessageState.SENT
    (message,) = [each for each in mail.outbox if each.extra_headers["Message-ID"] == row.message_id]
    return message


def test_changed_password_is_told_with_time_and_place(english: Client) -> None:
    user = account("lan@example.com", OLD)
    english.post("/accounts/login/", {"login": user.email, "password": OLD})
    english.post("/accounts/password/change/", {"oldpassword": OLD, "password1": NEW, "password2": NEW})
    message = sent_to("lan@example.com", "account_password_changed")
    text = str(message.body)
    assert message.subject == "A password was set for your account"
    assert f"{timezone.localdate():%A, %d/%m/%Y}" in text
    assert "(+07:00)" in text
    assert "127.0.0.1" in text
    assert "Log out everywhere" in text
    assert NEW not in text
    assert message.extra_headers["Auto-Submitted"] == "auto-generated"
    assert history.PASSWORD_CHANGED.about(user.pk).get().actor_id == str(user.pk)


def test_password_replaced_by_code_is_told(english: Client) -> None:
    account("lan@example.com", OLD)
    english.post("/accounts/password/reset/", {"email": "lan@example.com"})
    english.post("/accounts/password/reset/confirm/", {"code": mailed_code()})
    english.post("/accounts/password/reset/complete/", {"password1": NEW, "password2": NEW})
    assert "A new password was set" in sent_to("lan@example.com", "account_password_changed").body


def test_first_password_is_told_in_vietnamese(client: Client) -> None:
    user = account("lan@example.com")
    factories.person(user=user)
    client.post("/accounts/login/code/", {"email": user.email})
    client.post("/accounts/login/code/confirm/", {"code": mailed_code()})
    client.post("/accounts/password/set/", {"password1": NEW, "password2": NEW})
    message = sent_to("lan@example.com", "account_password_changed")
    assert message.extra_headers["Content-Language"] == "vi"
    assert message.subject == "Tài khoản của anh/chị đã được đặt mật khẩu"


def test_old_address_is_told_of_the_new_one_and_the_trail_keeps_both(english: Client) -> None:
    user = account("lan@example.com", OLD)
    factories.person(user=user)
    english.post("/accounts/login/", {"login": "lan@example.com", "password": OLD})
    english.post("/accounts/email/", {"email": "moi@example.com", "action_add": ""})
    english.post("/accounts/confirm-email/", {"code": mailed_code("moi@example.com")})
    user.refresh_from_db()
    assert user.email == "moi@example.com"
    notice = sent_to("lan@example.com", "account_address_changed")
    assert notice.subject == "The e-mail address of your account was changed"
    assert "from lan@example.com to moi@example.com" in notice.body
    assert "no longer be used to log in" in notice.body
    entry = history.ADDRESS_CHANGED.about(user.pk).get()
    assert entry.values.fields == {"email": ["lan@example.com", "moi@example.com"]}
    assert "example.com" not in str(entry.detail)


def test_confirming_the_first_address_is_no_change(english: Client) -> None:
    english.post("/accounts/signup/", {"email": "moi@example.com"})
    english.post("/accounts/confirm-email/", {"code": mailed_code()})
    assert User.objects.get().email == "moi@example.com"
    assert not Message.objects.exclude(purpose="account_email_confirmation_signup").exists()


def test_every_mail_that_allauth_sends_has_words_of_ours_in_plain_text_and_html(
    settings: Any,
) -> None:
    """By the flows that end in each: none falls back to allauth's own English."""
    user = account("lan@example.com", OLD)
    factories.person(user=user)
    for flow, address in (
        ("signup", "moi@example.com"),
        ("signup", user.email),
        ("password/reset", user.email),
        ("login/code", user.email),
        ("login/code", "khong-ai@example.com"),
    ):
        english_client().post(f"/accounts/{flow}/", {"email": address})
    owner = english_client()
    owner.post("/accounts/login/", {"login": user.email, "password": OLD})
    owner.post("/accounts/email/", {"email": "khac@example.com", "action_add": ""})
    assert set(Message.objects.values_list("purpose", flat=True)) == {
        "account_already_exists",
        "account_email_confirmation",
        "account_email_confirmation_signup",
        "account_login_code",
        "account_password_reset_code",
        "account_unknown_account",
    }
    assert len({message.extra_headers["Message-ID"] for message in mail.outbox}) == 6
    for message in mail.outbox:
        assert f"the programme “{settings.PROGRAMME_NAME}”" in str(message.body)
        assert isinstance(message, EmailMultiAlternatives)
        assert [kind for _, kind in message.alternatives] == ["text/html"]
        if "code" in message.subject or "confirms" in message.subject:
            assert "within 10 minutes" in str(message.body)
        else:
            assert settings.SITE_URL in str(message.body)
    assert not Message.objects.exclude(subject="", text="", html="").exists()


def test_all_codes_live_equally_long(settings: Any) -> None:
    lives = {
        settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT,
        settings.ACCOUNT_EMAIL_VERIFICATION_BY_CODE_TIMEOUT,
        settings.ACCOUNT_PASSWORD_RESET_BY_CODE_TIMEOUT,
    }
    assert lives == {confirmation.OPEN_FOR.total_seconds()}


def test_all_codes_look_alike() -> None:
    adapter = allauth_adapter.get_adapter()
    for code in (
        adapter.generate_login_code(),
        adapter.generate_email_verification_code(),
        adapter.generate_password_reset_code(),
    ):
        first, second = code.split(" ")
        assert (first + second).isdecimal()
        assert (len(first), len(second)) == (4, 4)
