"""Codes by e-mail: one use, ten minutes, five tries, one winner."""

from __future__ import annotations

import re
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import IntegrityError, connection
from django.utils import timezone, translation

from kolportal.accounts import confirmation
from kolportal.accounts.models import ConfirmationCode, User
from tests.servers import PATIENCE

pytestmark = pytest.mark.servers

NOW = timezone.now()


def issued(person: User, *, purpose: str = "sign") -> str:
    confirmation.issue(user=person, purpose=purpose, at=NOW)
    found = re.search(r"\b[0-9]{6}\b", str(mail.outbox[-1].body))
    assert found
    return found[0]


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


def test_right_code_confirms_once(person: User) -> None:
    code = issued(person)
    confirmation.confirm(user=person, purpose="sign", code=code, at=NOW)
    with pytest.raises(confirmation.NoCode) as again:
        confirmation.confirm(user=person, purpose="sign", code=code, at=NOW)
    with translation.override("en"):
        assert "has been used" in confirmation.words(again.value)


def test_code_is_read_with_spaces_and_full_width_digits(person: User) -> None:
    code = issued(person)
    typed = f" {code[:3]} {code[3:]} ".translate({ord(str(n)): chr(0xFF10 + n) for n in range(10)})
    confirmation.confirm(user=person, purpose="sign", code=typed, at=NOW)


def test_only_a_keyed_hash_is_stored(person: User) -> None:
    code = issued(person)
    row = ConfirmationCode.objects.get()
    assert len(row.code_hash) == 64
    assert code not in row.code_hash


def test_mail_comes_in_the_active_language(person: User) -> None:
    with translation.override("en"):
        code = issued(person)
    message = mail.outbox[-1]
    assert message.to == ["lan@example.com"]
    assert message.subject == f"{code} is your confirmation code"
    assert "within 10 minutes" in str(message.body)


def test_wrong_code_tells_the_tries_left_then_stops(person: User) -> None:
    code = issued(person)
    for left in (4, 3, 2, 1):
        with pytest.raises(confirmation.WrongCode) as error:
            confirmation.confirm(user=person, purpose="sign", code=wrong(code), at=NOW)
        assert error.value.tries_left == left
        assert str(left) in confirmation.words(error.value)
    with pytest.raises(confirmation.TooManyTries):
        confirmation.confirm(user=person, purpose="sign", code=wrong(code), at=NOW)
    with pytest.raises(confirmation.TooManyTries) as stopped, translation.override("en"):
        confirmation.confirm(user=person, purpose="sign", code=code, at=NOW)
    with translation.override("en"):
        assert "too many wrong tries" in confirmation.words(stopped.value)


@pytest.mark.parametrize("typed", ["", "abc", "1" * 5000, "１２", "000000; DROP", "\x00"])
def test_what_is_no_code_is_a_wrong_code(person: User, typed: str) -> None:
    issued(person)
    with pytest.raises(confirmation.WrongCode):
        confirmation.confirm(user=person, purpose="sign", code=typed, at=NOW)


def test_code_expires_after_ten_minutes(person: User) -> None:
    code = issued(person)
    with pytest.raises(confirmation.ExpiredCode) as error:
        confirmation.confirm(user=person, purpose="sign", code=code, at=NOW + timedelta(minutes=10))
    with translation.override("en"):
        assert confirmation.words(error.value) == "The code has expired. Please ask for a new one."


def test_new_code_replaces_the_older(person: User) -> None:
    older = issued(person)
    newer = issued(person)
    if older != newer:
        with pytest.raises(confirmation.WrongCode):
            confirmation.confirm(user=person, purpose="sign", code=older, at=NOW)
    confirmation.confirm(user=person, purpose="sign", code=newer, at=NOW)


def test_code_is_for_one_purpose_and_one_person(person: User) -> None:
    code = issued(person)
    stranger = User.objects.create_user("mai@example.com")
    for user, purpose in ((person, "withdraw"), (stranger, "sign")):
        with pytest.raises(confirmation.NoCode):
            confirmation.confirm(user=user, purpose=purpose, code=code, at=NOW)


def test_mail_server_down_leaves_no_code_and_says_so(person: User, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    with pytest.raises(confirmation.CodeNotSent) as error:
        confirmation.issue(user=person, purpose="sign", at=NOW)
    assert not ConfirmationCode.objects.exists()
    with translation.override("en"):
        assert "Nothing was lost" in confirmation.words(error.value)


def test_database_refuses_a_sixth_try(person: User) -> None:
    issued(person)
    with pytest.raises(IntegrityError):
        ConfirmationCode.objects.update(attempts=6)


def _race(person: User, codes: list[str]) -> list[str]:
    """Every code tried at once, each by a thread (and connection) of its own; the names of the outcomes."""
    outcomes: list[str] = []
    barrier = threading.Barrier(len(codes))

    def attempt(code: str) -> None:
        barrier.wait(PATIENCE)
        try:
            confirmation.confirm(user=person, purpose="sign", code=code, at=NOW)
            outcomes.append("confirmed")
        except confirmation.ConfirmationError as error:
            outcomes.append(type(error).__name__)
        finally:
            connection.close()

    threads = [threading.Thread(target=attempt, args=(code,)) for code in codes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    return sorted(outcomes)


@pytest.mark.usefixtures("committed_db")
def test_of_two_at_once_one_wins() -> None:
    person = User.objects.create_user("lan@example.com")
    assert _race(person, [issued(person)] * 2) == ["NoCode", "confirmed"]


@pytest.mark.usefixtures("committed_db")
def test_twenty_guesses_at_once_count_as_five() -> None:
    person = User.objects.create_user("lan@example.com")
    code = issued(person)
    outcomes = _race(person, [wrong(code)] * 20)
    assert outcomes.count("WrongCode") <= 4
    assert ConfirmationCode.objects.get().attempts == 5
    with pytest.raises(confirmation.TooManyTries):
        confirmation.confirm(user=person, purpose="sign", code=code, at=NOW)


@pytest.mark.usefixtures("committed_db")
def test_negative_control_reading_before_writing_lets_both_win() -> None:
    """What ``confirm`` would do without its conditional updates: both read an open code, then both write."""
    person = User.objects.create_user("lan@example.com")
    issued(person)
    outcomes: list[str] = []
    both_have_read = threading.Barrier(2)

    def naive() -> None:
        row = ConfirmationCode.objects.get(user=person)
        is_open = row.is_open(at=NOW)
        both_have_read.wait(PATIENCE)
        if is_open:
            ConfirmationCode.objects.filter(pk=row.pk).update(used_at=NOW)
            outcomes.append("confirmed")
        connection.close()

    threads = [threading.Thread(target=naive) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert outcomes == ["confirmed", "confirmed"]
