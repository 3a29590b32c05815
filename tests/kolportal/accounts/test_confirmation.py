"""Codes by e-mail that confirm one act: eight digits, ten minutes, five tries, one use, one winner."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import IntegrityError, connection
from django.utils import timezone, translation

from kolportal.accounts import confirmation
from kolportal.accounts.models import TRIES, ConfirmationCode, User
from kolportal.mail.models import Message, MessageState
from tests.kolportal.accounts.conftest import mailed_code, wrong
from tests.servers import PATIENCE

pytestmark = pytest.mark.servers

NOW = timezone.now()
PLEDGE = "Cam kết của quản trị viên & KOL"
ACT, OTHER_ACT = "a" * 64, "b" * 64


def issued(person: User, *, purpose: str = "sign", act: str = ACT, about: str = PLEDGE) -> str:
    confirmation.issue(user=person, purpose=purpose, act=act, about=about, at=NOW)
    return mailed_code()


def confirm(person: User, code: str, *, purpose: str = "sign", act: str = ACT, at: Any = NOW) -> None:
    confirmation.confirm(user=person, purpose=purpose, act=act, code=code, at=at)


def test_right_code_confirms_once(person: User) -> None:
    code = issued(person)
    confirm(person, code)
    with pytest.raises(confirmation.CodeUsed) as again:
        confirm(person, code)
    assert again.value.used_at == NOW
    with translation.override("en"):
        assert "has been used" in confirmation.words(again.value)


def test_a_used_code_is_not_guessed_without_end(person: User) -> None:
    code = issued(person)
    confirm(person, code)
    for _ in range(TRIES - 1):
        with pytest.raises(confirmation.NoCode):
            confirm(person, wrong(code))
    with pytest.raises(confirmation.NoCode) as late:
        confirm(person, code)
    assert not isinstance(late.value, confirmation.CodeUsed)


def test_a_code_asked_for_at_one_act_confirms_no_other(person: User) -> None:
    code = issued(person)
    with pytest.raises(confirmation.NoCode):
        confirm(person, code, act=OTHER_ACT)
    other = issued(person, act=OTHER_ACT)
    with pytest.raises(confirmation.WrongCode):
        confirm(person, code, act=OTHER_ACT)
    # The newer one took its place: the code of the first act opens nothing any more, at its own act neither.
    with pytest.raises(confirmation.NoCode):
        confirm(person, code)
    confirm(person, other, act=OTHER_ACT)


def test_code_is_for_one_purpose_and_one_person(person: User) -> None:
    code = issued(person)
    stranger = User.objects.create_user("mai@example.com")
    for user, purpose in ((person, "withdraw"), (stranger, "sign")):
        with pytest.raises(confirmation.NoCode):
            confirm(user, code, purpose=purpose)


@pytest.mark.parametrize("form", ["{0} {1}", "{0}{1}", "{0}-{1}", " {0}\u00a0{1} "])
def test_code_is_read_as_people_type_it(person: User, form: str) -> None:
    typed = form.format(*issued(person).split())
    confirm(person, typed.translate({ord(str(n)): chr(0xFF10 + n) for n in range(10)}))


def test_only_a_keyed_hash_is_stored_and_no_word_of_the_mail(person: User) -> None:
    code = confirmation.digits(issued(person))
    row = ConfirmationCode.objects.get()
    assert len(row.code_hash) == 64
    assert code not in row.code_hash
    message = Message.objects.get()
    assert (message.state, message.purpose, message.to_address) == (
        MessageState.SENT,
        "confirmation_code",
        "lan@example.com",
    )
    assert message.subject == message.text == message.html == ""


@pytest.mark.parametrize(
    ("purpose", "subject", "words"),
    [
        ("sign", f"sign “{PLEDGE}”", f"The code to confirm that you sign the pledge “{PLEDGE}”:"),
        ("withdraw", f"withdraw “{PLEDGE}”", f"The code to confirm that you withdraw the pledge “{PLEDGE}”:"),
        (
            "address",
            "change the e-mail address",
            f"The code to confirm that you change the e-mail address of your account {PLEDGE}:",
        ),
        (
            "password",
            "set the password",
            f"The code to confirm that you set the password of your account {PLEDGE}:",
        ),
    ],
)
def test_mail_says_what_is_confirmed_how_long_and_who_sends_it(
    person: User, settings: Any, purpose: str, subject: str, words: str
) -> None:
    with translation.override("en"):
        code = issued(person, purpose=purpose)
    message = mail.outbox[-1]
    text = str(message.body)
    assert re.fullmatch(r"[0-9]{4} [0-9]{4}", code)
    assert message.to == ["lan@example.com"]
    assert message.subject == f"{code} is your code to {subject}"
    assert text.startswith(words)
    assert "It works once, within 10 minutes." in text
    assert "choose “Log out everywhere”, and write to us at " + settings.CONTACT_EMAIL in text
    assert "nothing will happen" not in text, "whoever asked for it is logged in to the account"
    assert f"the programme “{settings.PROGRAMME_NAME}”" in text
    assert message.extra_headers["Auto-Submitted"] == "auto-generated"
    assert message.extra_headers["Message-ID"] == Message.objects.get().message_id
    ((html, kind),) = message.alternatives  # type: ignore[attr-defined]  # one with an HTML part
    assert kind == "text/html"
    assert code in str(html)
    assert "Cam kết của quản trị viên &amp; KOL" in str(html)


def test_mail_is_vietnamese_for_whoever_reads_vietnamese(person: User) -> None:
    with translation.override("vi"):
        code = issued(person)
    assert mail.outbox[-1].subject.startswith(code)
    assert PLEDGE in mail.outbox[-1].subject
    assert f"“{PLEDGE}”" in str(mail.outbox[-1].body)


def test_wrong_code_tells_the_tries_left_then_stops(person: User) -> None:
    code = issued(person)
    for left in (4, 3, 2, 1):
        with pytest.raises(confirmation.WrongCode) as error:
            confirm(person, wrong(code))
        assert error.value.tries_left == left
        assert str(left) in confirmation.words(error.value)
    with pytest.raises(confirmation.TooManyTries):
        confirm(person, wrong(code))
    with pytest.raises(confirmation.TooManyTries) as stopped:
        confirm(person, code)
    with translation.override("en"):
        assert "too many wrong tries" in confirmation.words(stopped.value)


@pytest.mark.parametrize("typed", ["", "abc", "1" * 5000, "１２", "000000; DROP", "\x00"])
def test_what_is_no_code_is_a_wrong_code(person: User, typed: str) -> None:
    issued(person)
    with pytest.raises(confirmation.WrongCode):
        confirm(person, typed)


def test_code_expires_after_ten_minutes(person: User) -> None:
    code = issued(person)
    with pytest.raises(confirmation.ExpiredCode) as error:
        confirm(person, code, at=NOW + timedelta(minutes=10))
    with translation.override("en"):
        assert confirmation.words(error.value) == "The code has expired. Please ask for a new one."


def test_an_older_code_says_that_a_newer_one_was_sent_and_costs_no_try(person: User) -> None:
    codes = {issued(person) for _ in range(4)}
    newest = mailed_code()
    for older in codes - {newest}:
        for _ in range(TRIES):
            with pytest.raises(confirmation.NewerCodeSent) as error:
                confirm(person, older)
        with translation.override("en"):
            assert "A newer code was sent to you after this one." in confirmation.words(error.value)
    assert ConfirmationCode.objects.get(replaced_at=None).attempts == 0
    confirm(person, newest)


def test_mail_server_down_leaves_no_code_and_says_so(person: User, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    with pytest.raises(confirmation.CodeNotSent) as error:
        confirmation.issue(user=person, purpose="sign", act=ACT, about=PLEDGE, at=NOW)
    assert not ConfirmationCode.objects.exists()
    assert Message.objects.get().state == MessageState.FAILED
    with translation.override("en"):
        assert "Nothing was lost" in confirmation.words(error.value)


def test_codes_of_yesterday_are_removed_when_a_new_one_is_asked_for(person: User) -> None:
    issued(person)
    ConfirmationCode.objects.update(created_at=NOW - timedelta(days=1))
    issued(person)
    assert ConfirmationCode.objects.count() == 1


def test_database_refuses_a_sixth_try(person: User) -> None:
    issued(person)
    with pytest.raises(IntegrityError):
        ConfirmationCode.objects.update(attempts=6)


def _at_once(number: int, act: Callable[[int], str]) -> list[str]:
    """What each of ``number`` threads (with a connection of its own) returned, sorted."""
    outcomes: list[str] = []
    barrier = threading.Barrier(number)

    def run(index: int) -> None:
        barrier.wait(PATIENCE)
        try:
            outcomes.append(act(index))
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(index,)) for index in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    return sorted(outcomes)


def _tried(person: User, code: str) -> str:
    try:
        confirm(person, code)
    except confirmation.ConfirmationError as error:
        return type(error).__name__
    return "confirmed"


@pytest.mark.usefixtures("committed_db")
def test_of_two_at_once_one_wins() -> None:
    person = User.objects.create_user("lan@example.com")
    code = issued(person)
    assert _at_once(2, lambda _: _tried(person, code)) == ["CodeUsed", "confirmed"]


@pytest.mark.usefixtures("committed_db")
def test_twenty_guesses_at_once_count_as_five() -> None:
    person = User.objects.create_user("lan@example.com")
    code = issued(person)
    outcomes = _at_once(20, lambda _: _tried(person, wrong(code)))
    assert outcomes.count("WrongCode") <= 4
    assert ConfirmationCode.objects.get().attempts == 5
    with pytest.raises(confirmation.TooManyTries):
        confirm(person, code)


@pytest.mark.usefixtures("committed_db")
def test_of_codes_asked_for_at_once_the_newest_alone_is_open() -> None:
    person = User.objects.create_user("lan@example.com")

    def ask(_: int) -> str:
        confirmation.issue(user=person, purpose="sign", act=ACT, about=PLEDGE, at=NOW)
        return "sent"

    assert _at_once(4, ask) == ["sent"] * 4
    assert len(mail.outbox) == 4
    assert ConfirmationCode.objects.filter(replaced_at=None).count() == 1


@pytest.mark.usefixtures("committed_db")
def test_negative_control_reading_before_writing_lets_both_win() -> None:
    """What ``confirm`` would do without its conditional updates: both read an open code, then both write."""
    person = User.objects.create_user("lan@example.com")
    issued(person)
    both_have_read = threading.Barrier(2)

    def naive(_: int) -> str:
        row = ConfirmationCode.objects.get(user=person)
        is_open = row.is_open(at=NOW)
        both_have_read.wait(PATIENCE)
        if not is_open:
            return "NoCode"
        ConfirmationCode.objects.filter(pk=row.pk).update(used_at=NOW)
        return "confirmed"

    assert _at_once(2, naive) == ["confirmed", "confirmed"]
