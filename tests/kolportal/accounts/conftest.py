"""What tests of accounts share."""

from __future__ import annotations

import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail

from kolportal.accounts.models import User


@pytest.fixture
def person(db: None) -> User:
    return account("lan@example.com", "mot-mat-khau-dai")


def account(email: str, password: str | None = None, **fields: Any) -> User:
    """An account whose address has been confirmed."""
    user = User.objects.create_user(email, password, **fields)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


def mailed_code(to: str | None = None) -> str:
    """The code in the newest message, or the newest to this address: alone on its line, as ``1234 5678``."""
    messages = [message for message in mail.outbox if to is None or message.to == [to]]
    found = re.search(r"^([0-9]{4} [0-9]{4})$", str(messages[-1].body), re.MULTILINE)
    assert found, messages[-1].body
    return found[1]


def wrong(code: str) -> str:
    """Another code."""
    return code[:-1] + str((int(code[-1]) + 1) % 10)


def shown(response: Any, email: str) -> str:
    """The page without what differs in every page: the form's token and the address that was typed."""
    page = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", response.content.decode())
    return page.replace(email, "X")
