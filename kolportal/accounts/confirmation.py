"""Codes sent by e-mail that confirm one act of a person who is logged in, such as signing or withdrawing a pledge.

A code has eight digits, is open for ten minutes and five tries, works once, and only for the act (its digest) for which it
was asked. Of a code only a keyed hash is kept.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from kolportal.accounts.models import TRIES, ConfirmationCode, User
from kolportal.mail import outbox

DIGITS = 8
OPEN_FOR = timedelta(minutes=10)
MINUTES = OPEN_FOR // timedelta(minutes=1)


class ConfirmationError(Exception):
    """The act is not confirmed; ``words`` tells the person why and what to do."""


class CodeNotSent(ConfirmationError):
    """The mail server did not take the message. No code is open."""


class NoCode(ConfirmationError):
    """No code was asked for, or the last one was used."""


class CodeUsed(NoCode):
    """The right code for this very act, used a moment ago (``used_at``): the same form sent twice, or an act that broke off after
    the code. An act that has the same effect twice may take it for confirmed."""

    def __init__(self, used_at: datetime) -> None:
        super().__init__(used_at)
        self.used_at = used_at


class ExpiredCode(ConfirmationError):
    """The newest code is older than ``OPEN_FOR``."""


class TooManyTries(ConfirmationError):
    """The newest code had ``TRIES`` wrong tries."""


class NewerCodeSent(ConfirmationError):
    """An older code that was right once: a newer one was sent after it. Costs no try."""


class WrongCode(ConfirmationError):
    """No code that was ever sent for this act; ``tries_left`` more tries are open."""

    def __init__(self, tries_left: int) -> None:
        super().__init__(tries_left)
        self.tries_left = tries_left


def new_code() -> str:
    """A random code as people read it, ``1234 5678``: the one form of every code that the site sends by e-mail."""
    number = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    return f"{number[:4]} {number[4:]}"


def digits(typed: str) -> str:
    """The digits of what a person typed: full-width ones too, without spaces and hyphens."""
    return re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", typed[:40]))


def issue(*, user: User, purpose: str, act: str, about: str, at: datetime) -> None:
    """Sends a new code for the act of this digest in the active language; older codes for ``purpose`` stop working.

    ``about`` says in the mail what is confirmed, such as the title of the pledge. Raises ``CodeNotSent``.
    """
    code = new_code()
    with transaction.atomic():
        # One after another: two requests at once would both find no open code and both write one.
        User.objects.select_for_update(no_key=True).filter(pk=user.pk).values_list("pk").first()
        mine = ConfirmationCode.objects.filter(user=user, purpose=purpose)
        mine.filter(created_at__lt=at - 2 * OPEN_FOR).delete()
        mine.filter(used_at=None, replaced_at=None).update(replaced_at=at)
        row = ConfirmationCode.objects.create(
            user=user,
            purpose=purpose,
            act=act,
            code_hash=_hash(user=user, purpose=purpose, act=act, code=digits(code)),
            created_at=at,
            expires_at=at + OPEN_FOR,
        )
    context = {"code": code, "purpose": purpose, "about": about, "minutes": MINUTES}
    try:
        # Outside the transaction: a slow mail server must not hold a lock on the database.
        outbox.send_now(
            template="confirmation_code",
            to=user.email,
            language=(get_language() or "vi")[:2],
            at=at,
            context=context,
        )
    except outbox.NotSent as error:
        row.delete()
        raise CodeNotSent from error


def newest(*, user: User, purpose: str, act: str) -> ConfirmationCode | None:
    """The code that is open, or was the last one open, for this act."""
    codes = ConfirmationCode.objects.filter(user=user, purpose=purpose, act=act, replaced_at=None)
    return codes.order_by("-created_at", "-id").first()


def confirm(*, user: User, purpose: str, act: str, code: str, at: datetime) -> None:
    """Uses up the newest code for this act. Of two that come at once with the right code, one succeeds.

    Not to be called inside a transaction (it would forget wrong tries when that one is rolled back).
    Raises ``NoCode`` (``CodeUsed`` for the right one again), ``ExpiredCode``, ``TooManyTries``, ``NewerCodeSent``, ``WrongCode``.
    """
    typed = _hash(user=user, purpose=purpose, act=act, code=digits(code))
    with transaction.atomic(durable=True):
        row = newest(user=user, purpose=purpose, act=act)
        older = ConfirmationCode.objects.filter(
            user=user, purpose=purpose, act=act, code_hash=typed, replaced_at__isnull=False
        )
        error: ConfirmationError | None = None
        if row is not None and row.is_open(at=at) and older.exists():
            error = NewerCodeSent()
        # A try is counted before the code is compared, so that many at once get five comparisons and not one more.
        elif row is None or not _count_try(row, at=at):
            error = _why_closed(row, typed=typed, at=at)
        elif not constant_time_compare(row.code_hash, typed):
            row.refresh_from_db(fields=["attempts"])
            left = TRIES - row.attempts
            error = WrongCode(left) if left else TooManyTries()
        elif not ConfirmationCode.objects.filter(pk=row.pk, used_at=None).update(used_at=at):
            error = _why_closed(row, typed=typed, at=at)
    # Raised after the commit: the count of tries stays.
    if error is not None:
        raise error


def words(error: ConfirmationError) -> str:
    """What to tell the person, in the active language."""
    match error:
        case WrongCode(tries_left=left):
            return ngettext(
                "The code is not right. You have %(count)s try left.",
                "The code is not right. You have %(count)s tries left.",
                left,
            ) % {"count": left}
        case NewerCodeSent():
            return _("A newer code was sent to you after this one. Please enter the newest one.")
        case ExpiredCode():
            return _("The code has expired. Please ask for a new one.")
        case TooManyTries():
            return _("There were too many wrong tries. Please ask for a new code.")
        case CodeNotSent():
            return _(
                "The code could not be sent by e-mail just now. Nothing was lost; please try again in a few minutes."
            )
        case _:
            return _("This code has been used or was not asked for. Please ask for a new one.")


def _count_try(row: ConfirmationCode, *, at: datetime) -> bool:
    still_open = ConfirmationCode.objects.filter(
        pk=row.pk, used_at=None, attempts__lt=TRIES, expires_at__gt=at
    )
    return still_open.update(attempts=F("attempts") + 1) == 1


def _why_closed(row: ConfirmationCode | None, *, typed: str, at: datetime) -> ConfirmationError:
    if row is None:
        return NoCode()
    row.refresh_from_db()
    if row.used_at is not None:
        # Counted too: a used code must not be guessed without end either.
        mine = ConfirmationCode.objects.filter(pk=row.pk, attempts__lt=TRIES, expires_at__gt=at)
        again = mine.update(attempts=F("attempts") + 1) and constant_time_compare(row.code_hash, typed)
        return CodeUsed(row.used_at) if again else NoCode()
    return ExpiredCode() if at >= row.expires_at else TooManyTries()


def _hash(*, user: User, purpose: str, act: str, code: str) -> str:
    # With the address: a code sent to an older one proves nothing of the one that the account has now.
    value = f"{user.pk}:{user.email}:{purpose}:{act}:{code}"
    return salted_hmac("kolportal.accounts.confirmation", value, algorithm="sha256").hexdigest()
