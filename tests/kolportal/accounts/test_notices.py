"""Whoever owns an account hears of a change of its password or address; the old address hears of the new one."""

from __future__ import annotations

import pytest
from django.core import mail
from django.test import Client

from tests import factories
from tests.kolportal.accounts.conftest import account, mailed_code

pytestmark = pytest.mark.django_db
OLD, NEW = "mot-mat-khau-dai", "mat-khau-moi-rat-dai"


def _body() -> str:
    return str(mail.outbox[-1].body)


def test_changed_password_is_told_in_vietnamese_with_time_and_place(client: Client) -> None:
    user = account("lan@example.com", OLD)
    client.force_login(user)
    client.post("/accounts/password/change/", {"oldpassword": OLD, "password1": NEW, "password2": NEW})
    (message,) = mail.outbox
    assert message.to == ["lan@example.com"]
    assert message.subject == "Mật khẩu của anh/chị đã được thay đổi"
    assert "(+07:00)" in _body()
    assert "127.0.0.1" in _body()
    assert "Đăng xuất mọi nơi" in _body()
    assert NEW not in _body()


def test_password_replaced_by_code_is_told(english: Client) -> None:
    account("lan@example.com", OLD)
    english.post("/accounts/password/reset/", {"email": "lan@example.com"})
    english.post("/accounts/password/reset/confirm/", {"code": mailed_code()})
    english.post("/accounts/password/reset/complete/", {"password1": NEW, "password2": NEW})
    assert mail.outbox[-1].subject == "Your password was replaced"


def test_old_address_is_told_of_the_new_one(english: Client) -> None:
    user = account("lan@example.com", OLD)
    factories.profile(user=user)
    english.post("/accounts/login/", {"login": "lan@example.com", "password": OLD})
    english.post("/accounts/email/", {"email": "moi@example.com", "action_add": ""})
    english.post("/accounts/confirm-email/", {"code": mailed_code()})
    user.refresh_from_db()
    assert user.email == "moi@example.com"
    (notice,) = [message for message in mail.outbox if message.to == ["lan@example.com"]]
    assert notice.subject == "The e-mail address of your account was changed"
    assert "moi@example.com" in str(notice.body)
    assert "no longer be used to log in" in str(notice.body)
