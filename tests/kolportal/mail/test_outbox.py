"""Messages as rows: told once, sent at least once under one Message-ID, refused with a reason, and forgotten in time."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.core import mail
from django.db import transaction
from django.utils import timezone
from structlog.testing import capture_logs

from kolportal.mail import outbox, words
from kolportal.mail.models import Message, MessageState
from kolportal.work import queue
from kolportal.work.kinds import RESTING
from kolportal.work.models import Work
from tests import smtp
from tests.dying import work_and_die

if TYPE_CHECKING:
    from collections.abc import Iterator

TO = "nguoi-nhan@example.com"
CODE = "1234 5678"


@pytest.fixture
def server(settings: Any) -> Iterator[smtp.Server]:
    """A real mail server on loopback, which the site is told to use."""
    with smtp.running() as running:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", running.port, False
        yield running


@pytest.fixture(autouse=True)
def templates(settings: Any, tmp_path: Any) -> None:
    """A template of the tests' own, beside the site's."""
    folder = tmp_path / "templates/emails"
    folder.mkdir(parents=True)
    (folder / "notice_subject.txt").write_text("{{ what }} – tin\n  báo")
    (folder / "notice.txt").write_text(
        "{% autoescape off %}Kính gửi {{ name }},\n\n{{ what }} <b>{{ programme_name }}</b>\n\n1234 5678\n\n"
        "https://example.com/a?b=1&c=2\n(https://example.com/d).{% endautoescape %}\n"
    )
    settings.TEMPLATES = [
        {**settings.TEMPLATES[0], "DIRS": [tmp_path / "templates", *settings.TEMPLATES[0]["DIRS"]]}
    ]


def put(occasion: str = "notice:1", **options: Any) -> Message:
    defaults: dict[str, Any] = {
        "template": "notice",
        "to": TO,
        "language": "vi",
        "at": timezone.now(),
        "context": {"what": "Việc gì đó", "name": "Nguyễn D'Arc & Con"},
    }
    return outbox.put(occasion=occasion, **{**defaults, **options})


def again(message: Message) -> Message:
    return Message.objects.get(pk=message.pk)


def due_again() -> None:
    """As if the pauses, leases and rests were over."""
    Work.objects.filter(parked_at=None).update(due_at=timezone.now(), lease_until=None)
    queue._left_alone.clear()


# --- Writing ------------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_same_occasion_twice_is_one_message() -> None:
    first, second = put(), put(context={"what": "Lần hai", "name": ""})
    assert first == second
    queue.sweep()
    assert [message.subject for message in mail.outbox] == ["Việc gì đó – tin báo"]
    put()
    queue.sweep()
    assert len(mail.outbox) == 1


@pytest.mark.django_db
def test_what_is_rolled_back_is_told_to_nobody() -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        put()
        raise RuntimeError
    queue.sweep()
    assert (Message.objects.count(), mail.outbox) == (0, [])


@pytest.mark.django_db
def test_a_message_to_nobody_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="nobody"):
        put(to="")


@pytest.mark.django_db
def test_a_message_says_that_a_machine_wrote_it_and_in_which_language() -> None:
    message = put(headers={"List-Id": "programme"})
    queue.sweep()
    sent = mail.outbox[0].message()
    assert sent["Auto-Submitted"] == "auto-generated"
    assert sent["Content-Language"] == "vi"
    assert sent["List-Id"] == "programme"
    assert sent["Message-ID"] == message.message_id
    assert re.fullmatch(r"<[0-9a-f]{32}@[^@>]+>", message.message_id)


@pytest.mark.django_db
def test_html_says_what_the_text_says(settings: Any) -> None:
    settings.PROGRAMME_NAME = "Chương trình <thử>"
    put()
    queue.sweep()
    sent = mail.outbox[0]
    assert isinstance(sent, mail.EmailMultiAlternatives)
    ((html, kind),) = sent.alternatives
    assert isinstance(html, str)
    assert kind == "text/html"
    assert "Kính gửi Nguyễn D'Arc & Con,\n\n" in sent.body
    assert "Kính gửi Nguyễn D&#x27;Arc &amp; Con," in html
    assert "&lt;b&gt;Chương trình &lt;thử&gt;&lt;/b&gt;" in html
    assert '<a href="https://example.com/a?b=1&amp;c=2">https://example.com/a?b=1&amp;c=2</a>' in html
    assert '(<a href="https://example.com/d">https://example.com/d</a>).' in html, (
        "the full stop is no part of it"
    )
    assert re.search(r"<p style=\"[^\"]*monospace[^\"]*\">1234 5678</p>", html), (
        "a code can be read from afar"
    )


@pytest.mark.parametrize(
    ("language", "said"),
    [("vi", "Thứ Tư, 10/09/2025 08:30 (+07:00)"), ("en", "Wednesday, 10/09/2025 08:30 (+07:00)")],
)
def test_a_time_says_its_weekday_and_its_offset(language: str, said: str) -> None:
    from django.utils.translation import override

    with override(language):
        assert words.moment(datetime(2025, 9, 10, 1, 30, tzinfo=UTC)) == said


# --- A real server --------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_server_takes_it_once(server: smtp.Server) -> None:
    message = put()
    queue.sweep()
    queue.sweep()
    (taken,) = server.messages
    assert taken["To"] == TO
    assert taken["Message-ID"] == message.message_id
    assert [part.get_content_type() for part in taken.iter_parts()] == ["text/plain", "text/html"]
    sent = again(message)
    assert (sent.state, sent.reason) == (MessageState.SENT, "")
    assert sent.sent_at is not None
    assert not Work.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("command", "reply"),
    [
        ("RCPT", "550 5.1.1 <nguoi-nhan@example.com> unknown"),
        (".", "554 5.7.1 looks like spam"),
        ("DATA", "552 no"),
    ],
)
def test_what_is_refused_for_good_fails_with_the_reason_and_is_not_tried_again(
    server: smtp.Server, command: str, reply: str
) -> None:
    message = put()
    server.answers[command] = reply
    queue.sweep()
    failed = again(message)
    assert (failed.state, failed.reason) == (MessageState.FAILED, f"SMTP {reply[:3]}")
    server.answers.clear()
    due_again()
    queue.sweep()
    assert server.messages == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("command", "reply", "error"),
    [
        ("RCPT", "450 4.2.1 greylisted", "NotSent: SMTP 450"),
        (".", "452 4.3.1 disk full", "NotSent: SMTP 452"),
        ("MAIL", "530 5.7.0 log in first", "SMTP 530"),  # about our account, not about the message
        ("EHLO", "421 too busy", "SMTPServerDisconnected"),
    ],
)
def test_what_may_pass_is_tried_again(server: smtp.Server, command: str, reply: str, error: str) -> None:
    message = put()
    server.answers[command] = reply
    server.answers["HELO"] = reply if command == "EHLO" else "250 ok"
    queue.sweep()
    assert again(message).state == MessageState.QUEUED
    work = Work.objects.get()
    assert (work.attempts, work.error) == (1, error)
    server.answers.clear()
    due_again()
    queue.sweep()
    assert again(message).state == MessageState.SENT
    assert [taken["Message-ID"] for taken in server.messages] == [message.message_id]


@pytest.mark.django_db
def test_a_message_is_tried_for_at_least_four_days() -> None:
    pauses = sum((outbox.SEND.pause_after(n) for n in range(1, outbox.SEND.tries)), timedelta())
    assert timedelta(days=4) <= pauses <= timedelta(days=6)


@pytest.mark.django_db
def test_a_server_that_is_away_is_not_asked_for_every_message(settings: Any, server: smtp.Server) -> None:
    server.answers["EHLO"] = server.answers["HELO"] = "421 too busy"
    messages = [put(f"notice:{number}") for number in range(5)]
    queue.sweep()
    assert server.connections == 1
    assert timedelta(seconds=15) <= RESTING, "longer than from one sweep to the next"
    server.answers.clear()
    due_again()
    queue.sweep()
    assert {again(message).state for message in messages} == {MessageState.SENT}


@pytest.mark.django_db
def test_given_up_in_the_end_it_says_why(server: smtp.Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox.SEND, "tries", 1)
    server.answers["RCPT"] = "450 greylisted"
    message = put()
    queue.sweep()
    assert (again(message).state, again(message).reason) == (MessageState.FAILED, "NotSent: SMTP 450")


@pytest.mark.django_db
def test_given_up_it_is_sent_once_its_work_gets_its_attempts_back(server: smtp.Server) -> None:
    server.answers["RCPT"] = "550 unknown"
    message = put()
    queue.sweep()
    assert again(message).state == MessageState.FAILED
    server.answers.clear()
    assert queue.retry(Work.objects.parked().get(), at=timezone.now())
    queue.sweep()
    sent = again(message)
    assert (sent.state, sent.reason, sent.sent_at is None) == (MessageState.SENT, "", False)
    assert [received["Message-ID"] for received in server.messages] == [message.message_id]


@pytest.mark.django_db
def test_given_up_and_erased_it_is_sent_no_more(server: smtp.Server) -> None:
    server.answers["RCPT"] = "550 unknown"
    message = put()
    queue.sweep()
    outbox.empty(Message.objects.filter(to_address=TO), at=timezone.now(), with_address=True)
    server.answers.clear()
    queue.retry(Work.objects.parked().get(), at=timezone.now())
    queue.sweep()
    assert again(message).state == MessageState.FAILED
    assert not server.messages


# --- Killed on the way ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_killed_worker_leaves_nobody_untold(
    server: smtp.Server, settings: Any, worker_environment: dict[str, str], when: str
) -> None:
    message = put()
    there = {
        name: getattr(settings, name)
        for name in ("EMAIL_BACKEND", "EMAIL_HOST", "EMAIL_PORT", "EMAIL_USE_TLS")
    }
    place = f"kolportal.mail.outbox:_transmit:{when}"
    work_and_die(Work.objects.get().pk, place, environment=worker_environment, settings=there)
    assert again(message).state == MessageState.QUEUED
    assert queue.sweep() == 0, "the dead worker's lease must first run out"
    due_again()
    assert queue.sweep() == 1
    assert again(message).state == MessageState.SENT
    told = [taken["Message-ID"] for taken in server.messages]
    assert told == [message.message_id] * (2 if when == "after" else 1), (
        "who is told twice sees that it is one message"
    )


# --- Codes, while somebody waits ----------------------------------------------------------------------------------------------------


def _send_code() -> Message:
    return outbox.deliver(
        purpose="code",
        to=TO,
        language="vi",
        at=timezone.now(),
        subject=f"{CODE} là mã",
        text=f"Mã:\n\n{CODE}\n",
    )


@pytest.mark.django_db
def test_a_code_is_sent_at_once_and_its_row_holds_no_words(server: smtp.Server) -> None:
    message = again(_send_code())
    (taken,) = server.messages
    assert CODE in taken["Subject"]
    assert (message.state, message.to_address) == (MessageState.SENT, TO)
    assert (message.subject, message.text, message.html) == ("", "", "")
    assert message.emptied_at is not None
    assert not Work.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("reply", ["550 unknown", "450 later"])
def test_a_code_that_is_not_taken_is_said_to_be_so_and_not_tried_again(
    server: smtp.Server, reply: str
) -> None:
    server.answers["RCPT"] = reply
    with pytest.raises(outbox.NotSent, match=reply[:3]):
        _send_code()
    message = Message.objects.get()
    assert (message.state, message.reason) == (MessageState.FAILED, f"SMTP {reply[:3]}")
    assert not Work.objects.exists()


# --- What is not kept ---------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_no_address_and_no_code_stands_in_the_log_or_the_queue(server: smtp.Server) -> None:
    server.answers["RCPT"] = f"550 {TO} unknown"
    with capture_logs() as lines:
        put()
        queue.sweep()
        with pytest.raises(outbox.NotSent):
            _send_code()
    assert {"work failed", "work parked", "message not sent"} <= {line["event"] for line in lines}
    kept = repr([lines, *Work.objects.values(), *Message.objects.values("reason")])
    assert "550" in kept
    for secret in (TO, TO.partition("@")[0], CODE, "12345678"):
        assert secret not in kept


@pytest.mark.django_db
def test_words_are_kept_for_a_while_after_and_then_removed(settings: Any, server: smtp.Server) -> None:
    settings.MAIL_KEPT_DAYS = 30
    long_ago = timezone.now() - timedelta(days=60)
    sent = put("sent", at=long_ago)
    queue.sweep()
    server.answers["RCPT"] = "550 unknown"
    failed = put("failed", at=long_ago)
    queue.sweep()
    server.answers["RCPT"] = "450 later"
    waiting = put("waiting", at=long_ago)
    queue.sweep()
    assert outbox.empty_old(at=timezone.now()) == 1
    assert again(failed).text == ""
    assert again(sent).text, "it was sent a moment ago, whenever it was written"
    later = timezone.now() + timedelta(days=31)
    assert outbox.empty_old(at=later) == 1
    assert outbox.empty_old(at=later) == 0
    emptied = again(sent)
    assert (emptied.subject, emptied.text, emptied.html, emptied.headers) == ("", "", "", {})
    assert (emptied.to_address, emptied.state, emptied.emptied_at) == (TO, MessageState.SENT, later)
    assert again(waiting).text, "what still waits keeps its words"


@pytest.mark.django_db
def test_an_erasure_takes_the_address_and_what_was_not_sent_is_not_sent() -> None:
    message = put()
    assert outbox.empty(Message.objects.filter(to_address=TO), at=timezone.now(), with_address=True) == 1
    queue.sweep()
    emptied = again(message)
    assert (emptied.to_address, emptied.text, emptied.state) == ("", "", MessageState.FAILED)
    assert mail.outbox == []
    assert not Work.objects.exists()
