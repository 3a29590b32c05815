"""PAdES baseline levels, and the typed reasons why a lower one than asked for was reached. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """PAdES baseline level (ETSI EN 319 142-1 clause 6)."""

    B_B = "B-B"
    """A signature with its certificate."""
    B_T = "B-T"
    """And a time-stamp by an authority: the seal existed before that time."""
    B_LT = "B-LT"
    """And certificates and revocation data of seal and time-stamp: can be validated without the network."""
    B_LTA = "B-LTA"
    """And a document time-stamp over all of that: can be validated after the certificates have ended."""

    def reaches(self, other: Level) -> bool:
        """Whether this level is ``other`` or a higher one."""
        levels = list(Level)
        return levels.index(self) >= levels.index(other)


class Cause(StrEnum):
    """Why a level was not reached: what was missing, or what was wrong with what came."""

    NONE_GIVEN = "none given"
    """No time-stamp authority, or no source of validation data, was handed in."""

    # the way there
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    HTTP_STATUS = "HTTP status"
    TOO_LARGE = "too large"
    MALFORMED = "malformed"

    # time-stamp tokens (RFC 3161)
    REJECTED = "rejected"
    WRONG_NONCE = "wrong nonce"
    WRONG_IMPRINT = "wrong imprint"
    WRONG_POLICY = "wrong policy"
    WRONG_TIME = "wrong time"
    BAD_SIGNATURE = "bad signature"
    CERTIFICATE_USAGE = "certificate usage"
    CERTIFICATE_EXPIRED = "certificate expired"
    CERTIFICATE_NOT_YET_VALID = "certificate not yet valid"
    UNTRUSTED = "untrusted"

    # validation data (RFC 5280, RFC 6960)
    ISSUER_MISSING = "issuer missing"
    REVOCATION_MISSING = "revocation data missing"
    NOT_FRESH = "not fresh"
    REVOKED = "revoked"


@dataclass(frozen=True)
class Obstacle:
    """Something that stood in the way of ``level``: an authority that was down, data that could not be had.

    ``source`` names the authority, the URL or the certificate's subject, and is empty where nothing was handed in;
    ``detail`` is for an engineer.
    """

    level: Level
    cause: Cause
    source: str = ""
    detail: str = ""

    def __str__(self) -> str:
        told = f"{self.level}: {self.cause.value}"
        return ": ".join(part for part in (told, self.source, self.detail) if part)
