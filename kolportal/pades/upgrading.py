"""Sealed PDFs later on: raised to a higher level, and renewed before the authority behind the last time-stamp ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from cryptography import x509

from kolportal.pades import raising
from kolportal.pades.errors import NothingToRenew, RenewalFailed, ServiceFailed, TooLateToRenew
from kolportal.pades.levels import Level
from kolportal.pades.revocation import Question
from kolportal.pades.sealed_documents import SealedDocument, open_sealed
from kolportal.pades.sealing import Sealed, sealed_of
from kolportal.pades.timestamps import Timestamper
from kolportal.pades.validation_data import ValidationSource, collect


def upgrade(
    sealed_pdf: bytes,
    *,
    level: Level,
    timestampers: Sequence[Timestamper] = (),
    validation: ValidationSource | None = None,
    at: datetime,
    pool: Sequence[x509.Certificate] = (),
) -> Sealed:
    """Raise a sealed PDF to ``level`` by incremental updates; the bytes handed in stay a prefix of the result.

    ``at`` (aware) is now. ``pool``: certificates that may be needed and are not in the file, such as the root. A seal
    without a signature time-stamp gets a document time-stamp, with which ETSI EN 319 142-1 clause 6.3 reaches B-T as well:
    it proves the seal's existence from then on, not from when it was made.

    Returns the same bytes where the file is at ``level`` already or nothing could be had; ``shortfalls`` says which.
    Raises NotAPdf, EncryptedPdf, NotSealed, SealBroken; ValueError for a naive ``at``.
    """
    if at.tzinfo is None:
        raise ValueError("the time must be aware")
    document = open_sealed(sealed_pdf)
    progress = raising.Progress(data=sealed_pdf, achieved=document.level, tokens=document.tokens)
    if not progress.achieved.reaches(level) and not progress.tokens:
        progress = _with_first_timestamp(progress, timestampers, at)
    if progress.tokens:
        progress = raising.raised(
            progress,
            level=level,
            signer=document.certificate,
            pool=[*document.known, *pool],
            timestampers=timestampers,
            validation=validation,
            at=at,
        )
    return _outcome(progress, document, intended=level)


def renew(
    sealed_pdf: bytes,
    *,
    timestampers: Sequence[Timestamper],
    validation: ValidationSource,
    at: datetime,
    pool: Sequence[x509.Certificate] = (),
) -> Sealed:
    """Put fresh validation data for the last document time-stamp, and a new one over all, behind a B-LTA document.

    To be done while the certificate of the last time-stamp is valid and stands unrevoked (ETSI EN 319 142-1 clause 5.4.3); see
    ``Sealed.renew_before``. Raises NothingToRenew, TooLateToRenew, RenewalFailed, and what :func:`upgrade` raises.
    """
    if at.tzinfo is None:
        raise ValueError("the time must be aware")
    document = open_sealed(sealed_pdf)
    if document.level is not Level.B_LTA:
        raise NothingToRenew(f"the file is at {document.level}")
    last = document.tokens[-1]
    if at > last.certificate.not_valid_after_utc:
        raise TooLateToRenew(
            f"{last.certificate.subject.rfc4514_string()} ended {last.certificate.not_valid_after_utc.isoformat()}"
        )
    known = [*document.known, *pool]
    try:
        data = collect(last.certificate, Question(at, proven_at=at), pool=known, source=validation)
    except ServiceFailed as error:
        raise RenewalFailed([error.obstacle(Level.B_LTA)]) from error
    progress = raising.Progress(data=sealed_pdf, achieved=Level.B_LT, tokens=document.tokens)
    progress = raising.archived(progress, data, timestampers=timestampers, validation=validation, at=at)
    if progress.achieved is not Level.B_LTA:
        raise RenewalFailed(progress.obstacles)
    return _outcome(progress, document, intended=Level.B_LTA)


def _with_first_timestamp(
    progress: raising.Progress, timestampers: Sequence[Timestamper], at: datetime
) -> raising.Progress:
    data, token, obstacles = raising.stamped(
        progress.data, None, timestampers=timestampers, at=at, level=Level.B_T
    )
    if data is None or token is None:
        return replace(progress, obstacles=obstacles)
    return raising.Progress(data=data, achieved=Level.B_T, obstacles=obstacles, tokens=(token,))


def _outcome(progress: raising.Progress, document: SealedDocument, *, intended: Level) -> Sealed:
    return sealed_of(
        progress,
        intended=intended,
        field_name=document.field_name,
        key_fingerprint=document.fingerprint,
        sealed_at=document.claimed_at,
    )
