"""The embedded default's mail: every message on the console and in ``settings.MAILBOX_DIR``, for the mailbox page."""

from __future__ import annotations

import email
import email.policy
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.mail.backends.console import EmailBackend as ConsoleBackend

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from email.message import EmailMessage as ParsedMessage

    from django.core.mail import EmailMessage

KEEP = 300


class MailboxBackend(ConsoleBackend):
    """Writes each message to the console and to a file of its own; keeps the newest ``KEEP``."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Returns the number of messages written."""
        settings.MAILBOX_DIR.mkdir(parents=True, exist_ok=True)
        for message in email_messages:
            path = settings.MAILBOX_DIR / f"{time.time_ns():020d}-{uuid.uuid4().hex[:8]}.eml"
            path.write_bytes(message.message().as_bytes())
        for old in sorted(settings.MAILBOX_DIR.glob("*.eml"))[:-KEEP]:
            old.unlink(missing_ok=True)
        return super().send_messages(email_messages) or 0

    def write_message(self, message: Any) -> None:
        """On the console: readable text instead of the encoded wire form."""
        self.stream.write(
            f"To: {', '.join(message.to)}\nSubject: {message.subject}\n\n{message.body}\n{'-' * 79}\n"
        )


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """One message as the mailbox page shows it."""

    key: str
    to: str
    subject: str
    sent_at: datetime
    body: str


def messages(*, limit: int = 50) -> list[StoredMessage]:
    """The newest messages, newest first."""
    paths = sorted(settings.MAILBOX_DIR.glob("*.eml"), reverse=True)[:limit]
    return [_parsed(path.stem, path.read_bytes()) for path in paths]


def remove_to(addresses: Collection[str]) -> int:
    """Removes the messages to these addresses (in lower case), for an erasure; returns how many."""
    removed = 0
    for path in settings.MAILBOX_DIR.glob("*.eml"):
        if str(_read(path.read_bytes())["To"]).lower() in addresses:
            path.unlink(missing_ok=True)
            removed += 1
    return removed


def _read(data: bytes) -> ParsedMessage:
    return email.message_from_bytes(data, policy=email.policy.default)


def _parsed(key: str, data: bytes) -> StoredMessage:
    message = _read(data)
    body = message.get_body(preferencelist=("plain",))
    return StoredMessage(
        key=key,
        to=str(message["To"]),
        subject=str(message["Subject"]),
        # Django writes its own UTC as -0000, which the parser takes for no time zone.
        sent_at=parsedate_to_datetime(str(message["Date"])).replace(tzinfo=UTC),
        body=body.get_content() if body else "",
    )
