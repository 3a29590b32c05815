"""Why a document could not be sealed. Every class is one cause; the text names the detail for an engineer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from kolportal.pades.levels import Cause, Level, Obstacle


class SealingError(Exception):
    """Base of everything that :mod:`kolportal.pades` raises on purpose."""

    safe_words = True
    """The text names no path and no person: it may be kept and shown to staff."""


class KeyMissing(SealingError):
    """No key or certificate where one was expected (file absent, empty value)."""


class KeyUnreadable(SealingError):
    """Key or certificate cannot be read: not PEM, damaged, wrong or missing passphrase, no permission."""


class WrongPassphrase(KeyUnreadable):
    """The passphrase of a PKCS#12 file, or the PIN of a PKCS#11 token, is missing or wrong."""


class TokenMissing(KeyMissing):
    """The PKCS#11 module, its token, or the key or certificate on it is not there."""


class TokenFailed(SealingError):
    """The PKCS#11 token was found and did not sign: taken out, locked, or of another mind."""


class KeyUnsupported(SealingError):
    """The key type or size is not one that seals: P-256, P-384, or RSA of at least 2048 bits."""


class KeyMismatch(SealingError):
    """The private key does not belong to the certificate."""


class KeyUsageWrong(SealingError):
    """The certificate may not sign documents (a CA certificate, or key usage without signature bits)."""


class CertificateExpired(SealingError):
    """The certificate had ended at the time of sealing."""


class CertificateNotYetValid(SealingError):
    """The certificate had not begun at the time of sealing."""


class NotAPdf(SealingError):
    """The bytes are not a PDF file that can be read."""


class EncryptedPdf(SealingError):
    """The PDF is encrypted; a pledge never is."""


class AlreadySealed(SealingError):
    """The PDF carries a signature already; sealing twice would mislead a reader."""


class ReserveTooSmall(SealingError):
    """The room reserved in the file does not hold the signature."""


class NotSealed(SealingError):
    """The PDF carries no seal that could be raised to a higher level."""


class SealBroken(SealingError):
    """The PDF's seal, or a time-stamp after it, does not fit its bytes: nothing is built upon it."""


class NothingToRenew(SealingError):
    """The PDF has no document time-stamp yet: it is raised to B-LTA first."""


class TooLateToRenew(SealingError):
    """The certificate of the last document time-stamp has ended: a new one could no longer vouch for it."""


class RenewalFailed(SealingError):
    """No new document time-stamp, or no validation data for the last one, could be had. The file stays as it was."""

    def __init__(self, obstacles: Sequence[Obstacle]) -> None:
        super().__init__("; ".join(map(str, obstacles)))
        self.obstacles = tuple(obstacles)


class ServiceFailed(SealingError):
    """A time-stamp authority or a source of validation data gave nothing usable. Clients that are handed in raise it.

    ``source`` is the authority or URL; :func:`kolportal.pades.seal` turns it into an :class:`Obstacle`.
    """

    def __init__(self, cause: Cause, detail: str = "", *, source: str = "") -> None:
        super().__init__(": ".join(part for part in (cause.value, source, detail) if part))
        self.cause = cause
        self.detail = detail
        self.source = source

    def obstacle(self, level: Level) -> Obstacle:
        return Obstacle(level=level, cause=self.cause, source=self.source, detail=self.detail)


@contextmanager
def reading(what: str) -> Iterator[None]:
    """Around the parsing of bytes that somebody else made: parsers raise anything at them, and ServiceFailed is owed."""
    try:
        yield
    except ServiceFailed:
        raise
    except Exception as error:
        told = f"{what} cannot be read: {type(error).__name__}: {error}"
        raise ServiceFailed(Cause.MALFORMED, told[:200]) from error
