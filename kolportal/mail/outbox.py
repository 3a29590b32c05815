"""Writing messages, and sending them: queued in the transaction of what they tell, or at once where a person waits for a code.

A message has one source of words, ``templates/emails/<name>.txt`` with ``<name>_subject.txt``; its HTML is made from the same
words. Every message says which programme it comes from and is marked as written by a machine (RFC 3834).
"""

from __future__ import annotations

import secrets
import smtplib
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import override

from kolportal.mail.models import Message, MessageState
from kolportal.mail.words import to_html
from kolportal.work import queue
from kolportal.work.kinds import Away, Hopeless, Kind

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from kolportal.work.queue import Claim

log = structlog.get_logger("kolportal.mail")

# RFC 5321, section 4.5.4.1: tried again for at least 4 days. The pauses double from 10 s to 2 h; 60 tries last 4.3 days.
SEND = Kind("mail.send", tries=60, longest_pause=timedelta(hours=2), priority=3)

# RFC 5321, section 4.2.1: replies that begin with 5 are final.
_FINAL = 500


class NotSent(Exception):
    """The mail server did not take the message. The text is its reply code."""

    safe_words = True


def put(
    *,
    template: str,
    occasion: str,
    to: str,
    language: str,
    at: datetime,
    context: dict[str, Any],
    headers: dict[str, str] | None = None,
) -> Message:
    """Writes a message and its work in the caller's transaction. The same ``occasion`` again returns the first message.

    ``template`` names ``emails/<template>.txt``; ``occasion`` the one thing that is told, with keys and no names. Raises
    ``ValueError`` without an address.
    """
    if not to:
        raise ValueError(f"nobody to tell of {template}")
    existing = Message.objects.filter(occasion=occasion).first()
    if existing:
        return existing
    subject, text = _words(template, language, context)
    message, created = Message.objects.get_or_create(
        occasion=occasion,
        defaults={
            "message_id": _new_message_id(),
            "purpose": template,
            "to_address": to,
            "language": language,
            "subject": subject,
            "text": text,
            "html": to_html(subject, text, language=language),
            "headers": headers or {},
            "created_at": at,
        },
    )
    if created:
        queue.put(SEND, message.pk, at=at)
    return message


def send_now(*, template: str, to: str, language: str, at: datetime, context: dict[str, Any]) -> Message:
    """Sends a message that holds a code while the person waits; its row keeps no words. Raises ``NotSent``.

    Never inside a transaction: a slow mail server must not hold a lock on the database.
    """
    subject, text = _words(template, language, context)
    return deliver(purpose=template, to=to, language=language, at=at, subject=subject, text=text)


def deliver(*, purpose: str, to: str, language: str, at: datetime, subject: str, text: str) -> Message:
    """Sends these words at once; the row that tells of it keeps none of them. Raises ``NotSent``."""
    message = Message(
        message_id=_new_message_id(),
        occasion=f"{purpose}:{secrets.token_hex(12)}",
        purpose=purpose,
        to_address=to,
        language=language,
        created_at=at,
        emptied_at=at,
    )
    html = to_html(subject, text, language=language)
    try:
        _transmit(message, subject=subject, text=text, html=html)
    except OSError as error:  # smtplib's errors and a refused connection alike
        message.state, message.reason = MessageState.FAILED, _reason(error)
        message.save()
        log.warning("message not sent", purpose=purpose, error=type(error).__name__)
        raise NotSent(message.reason) from error
    message.state, message.sent_at = MessageState.SENT, timezone.now()
    message.save()
    return message


@SEND.handles
def send(claim: Claim, at: datetime) -> None:
    """Sends one queued message. A worker that dies after the server took it sends it again, under the same Message-ID.

    What the server refuses for good fails with the reason; whatever may pass is tried again for days (``SEND``). One that failed
    comes here again only when staff gave its work the attempts back, and is sent then.
    """
    message = Message.objects.get(pk=claim.subject)
    if message.state != MessageState.SENT and message.emptied_at is None:
        try:
            _transmit(message, subject=message.subject, text=message.text, html=message.html)
        except (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError) as error:
            # About this message. Everything else is about the server or our account there: a wrong password is no reason
            # to tell nobody.
            if _is_final(error):
                raise Hopeless(_reason(error)) from error
            raise NotSent(_reason(error)) from error
        except OSError as error:  # smtplib's errors and a refused connection alike
            raise Away(_reason(error)) from error
    with transaction.atomic():
        unsent = Message.objects.filter(pk=message.pk, emptied_at=None).exclude(state=MessageState.SENT)
        unsent.update(state=MessageState.SENT, sent_at=timezone.now(), reason="")
        claim.finish()


@SEND.when_parked
def _failed(subject: int, error: str, at: datetime) -> None:
    unsent = Message.objects.filter(pk=subject, emptied_at=None).exclude(state=MessageState.SENT)
    unsent.update(state=MessageState.FAILED, reason=error[:200] or "unknown")


def empty_old(*, at: datetime, most: int = 500) -> int:
    """Removes the words of messages that were sent, or made and given up, more than ``MAIL_KEPT_DAYS`` ago; returns how many."""
    old = at - timedelta(days=settings.MAIL_KEPT_DAYS)
    over = Q(state=MessageState.SENT, sent_at__lt=old) | Q(state=MessageState.FAILED, created_at__lt=old)
    keys = Message.objects.filter(over, emptied_at=None).order_by("pk").values_list("pk", flat=True)
    return empty(Message.objects.filter(pk__in=list(keys[:most])), at=at)


def empty(messages: QuerySet[Message], *, at: datetime, with_address: bool = False) -> int:
    """Removes the words, and for an erasure the address, of these messages; returns how many were emptied.

    With ``with_address``, what was not sent yet is not sent any more; without it, what waits keeps its words.
    """
    if with_address:
        messages.filter(state=MessageState.QUEUED).update(state=MessageState.FAILED, reason="erased")
    fields: dict[str, Any] = {"subject": "", "text": "", "html": "", "headers": {}, "emptied_at": at}
    if with_address:
        fields["to_address"] = ""
    return messages.exclude(state=MessageState.QUEUED).update(**fields)


def _words(template: str, language: str, context: dict[str, Any]) -> tuple[str, str]:
    everywhere = {
        "programme_name": settings.PROGRAMME_NAME,
        "contact_email": settings.CONTACT_EMAIL,
        "site_url": settings.SITE_URL,
    }
    with override(language):
        subject = render_to_string(f"emails/{template}_subject.txt", {**everywhere, **context})
        text = render_to_string(f"emails/{template}.txt", {**everywhere, **context})
    return " ".join(subject.split())[:300], text.strip() + "\n"


def _transmit(message: Message, *, subject: str, text: str, html: str) -> None:
    mail = EmailMultiAlternatives(
        subject=subject,
        body=text,
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[message.to_address],
        headers={
            "Message-ID": message.message_id,
            "Auto-Submitted": "auto-generated",
            "Content-Language": message.language,
            **message.headers,
        },
    )
    mail.attach_alternative(html, "text/html")
    mail.send()


def _new_message_id() -> str:
    host = urlsplit(settings.SITE_URL).hostname or "localhost"
    return f"<{secrets.token_hex(16)}@{host}>"


def _is_final(error: smtplib.SMTPRecipientsRefused | smtplib.SMTPDataError) -> bool:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= _FINAL for code, _words in error.recipients.values())
    return int(error.smtp_code) >= _FINAL


def _reason(error: BaseException) -> str:
    """The server's reply code, never its words, which may hold the address."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = sorted({str(code) for code, _words in error.recipients.values()})
        return f"SMTP {', '.join(codes)}"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"SMTP {error.smtp_code}"
    return type(error).__name__
