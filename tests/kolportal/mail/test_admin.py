"""The list of messages, as an administrator reads it: what failed, never the words, never a whole address."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from kolportal.accounts import roles
from kolportal.mail import admin, words
from kolportal.mail.models import Message, MessageState
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.servers]

LIST = "/admin/mail/message/"
SECRETS = ("nguoi-nhan@example.com", "Tin rất riêng", "Nguyễn Thị Riêng")


@pytest.fixture(autouse=True)
def administrator(client: Client) -> None:
    client.force_login(roles.grant(factories.user(is_staff=True), roles.Role.ADMINISTRATOR))
    client.cookies["django_language"] = "en"


def message(number: int = 1, **fields: Any) -> Message:
    defaults: dict[str, Any] = {
        "message_id": f"<{number}@example.com>",
        "occasion": f"pledge_sealed:{number}",
        "purpose": "pledge_sealed",
        "to_address": SECRETS[0],
        "language": "vi",
        "subject": SECRETS[1],
        "text": SECRETS[2],
        "html": SECRETS[2],
        "created_at": timezone.now(),
    }
    return Message.objects.create(**{**defaults, **fields})


def test_failed_messages_are_seen_with_their_reason_and_without_words_or_address(client: Client) -> None:
    failed = message(state=MessageState.FAILED, reason="SMTP 550")
    for path in (LIST, f"{LIST}{failed.pk}/change/"):
        page = client.get(path).content.decode()
        assert "SMTP 550" in page
        assert "n***@example.com" in page
        assert "PDF sealed" in page
        assert not [secret for secret in SECRETS if secret in page], path


def test_the_list_is_filtered_by_state_and_purpose(client: Client) -> None:
    message(1, state=MessageState.FAILED, reason="SMTP 550")
    message(2, purpose="event_moved", state=MessageState.FAILED, reason="SMTP 552")
    message(3, state=MessageState.SENT, sent_at=timezone.now(), reason="SMTP 250")
    page = client.get(LIST, {"state__exact": "failed", "purpose": "pledge_sealed"}).content.decode()
    assert [code in page for code in ("SMTP 550", "SMTP 552", "SMTP 250")] == [True, False, False]


@pytest.mark.parametrize("column", ["to_address", "subject", "text", "occasion"])
def test_what_is_not_shown_cannot_be_guessed_by_asking(client: Client, column: str) -> None:
    message()
    assert client.get(LIST, {f"{column}__startswith": "n"}).status_code == 400


def test_the_list_costs_the_same_for_many_messages(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(20):
        message(number)
    client.get(LIST)
    # account, its two queries of permissions, count, rows; the session where it is a row
    with django_assert_num_queries(5 + int(settings.SESSION_ENGINE.endswith(".db"))):
        client.get(LIST)


def test_every_template_has_words_for_staff() -> None:
    folder = settings.BASE_DIR / "templates/emails"
    assert set(admin.PURPOSES) == {
        path.name.removesuffix("_subject.txt") for path in folder.glob("*_subject.txt")
    }


def test_an_address_is_masked() -> None:
    assert words.masked("nguoi-nhan@example.com") == "n***@example.com"
    assert words.masked("") == ""
