"""The factors that prove who is acting: each a class with one way to a ``Proved``. A new factor is a class here and a value
of ``models.Factor``; ``signing`` takes whatever a factor has proved and asks no further.

A factor proves one digest: that of the attempt, or of the withdrawal, that is shown. Proved for one act, it serves no other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from kolportal.accounts import confirmation
from pledges.models import Factor

if TYPE_CHECKING:
    from datetime import datetime

    from kolportal.accounts.models import User


@dataclass(frozen=True, slots=True, kw_only=True)
class Proved:
    """What a factor proved: ``digest`` (64 hexadecimal digits) of the act, by which factor, when; the masked contact for
    people to know it again; steward's key and gate for somebody seen in person."""

    digest: str
    factor: Factor
    at: datetime
    contact: str = ""
    steward_id: int | None = None
    gate: str = ""


class ProofOfAnotherAct(Exception):
    """What was proved is not the act that is to be done."""


class ProvenFactor(Protocol):
    """Every factor's one way."""

    def prove(self, *, digest: str, at: datetime) -> Proved:
        """Proves the act of this digest now, or raises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecentLogin:
    """The person logged in at most ``ACCOUNT_REAUTHENTICATION_TIMEOUT`` seconds ago; the caller has read that from the session."""

    user: User
    logged_in_at: datetime

    def prove(self, *, digest: str, at: datetime) -> Proved:
        """As it says."""
        return Proved(
            digest=digest,
            factor=Factor.RECENT_LOGIN,
            at=self.logged_in_at,
            contact=masked_email(self.user.email),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailCode:
    """The code that was mailed for this very digest."""

    user: User
    purpose: str
    code: str

    def prove(self, *, digest: str, at: datetime) -> Proved:
        """Uses the code up; sent twice for one act, it proves that act twice. Raises ``confirmation.ConfirmationError``."""
        try:
            confirmation.confirm(user=self.user, purpose=self.purpose, act=digest, code=self.code, at=at)
        except confirmation.CodeUsed as used:
            at = used.used_at
        return Proved(digest=digest, factor=Factor.EMAIL_CODE, at=at, contact=masked_email(self.user.email))


@dataclass(frozen=True, slots=True, kw_only=True)
class InPerson:
    """A steward saw the person at a gate and says so from an account of his or her own."""

    steward: User
    gate: str

    def prove(self, *, digest: str, at: datetime) -> Proved:
        """As it says."""
        return Proved(
            digest=digest, factor=Factor.IN_PERSON, at=at, steward_id=self.steward.pk, gate=self.gate
        )


def masked_email(address: str) -> str:
    """``n***@example.com``: enough for its owner to know it again."""
    local, _at, domain = address.partition("@")
    return f"{local[:1]}***@{domain}"
