"""Making the sealed PDF of a signature: claim, render, seal, look at the result, store, finish.

The pending row is the truth. A claim is one conditional UPDATE that takes a lease; whoever holds it, and only while the
row still carries its token, may finish the row. A worker that dies leaves a lease that ends by itself, and the attempt is
counted at the claim, so that a document which kills its worker is parked like one that fails.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from kolportal import pades, sealing_key
from kolportal.audit import events as audit
from pledges import announcing, rendering, sheets, storage
from pledges.models import Document, DocumentState

if TYPE_CHECKING:
    from datetime import datetime

log = structlog.get_logger("pledges.documents")

FIRST_PAUSE = timedelta(seconds=10)
LONGEST_PAUSE = timedelta(minutes=30)
# A sweep ends well before CELERY_TASK_SOFT_TIME_LIMIT, which would count as a failed attempt of the document in hand; the
# next one goes on where it stopped.
SWEEP_FOR = timedelta(seconds=45)


class SealedWrong(Exception):
    """What came out of sealing is not the document that was asked for."""


@dataclass(frozen=True, slots=True)
class _Claim:
    document: Document
    token: str


@dataclass(frozen=True, slots=True)
class _Made:
    sealed: pades.Sealed
    pages: int
    is_test: bool


def seal(*, document_id: int, at: datetime) -> bool:
    """Seals one document if it is due and free; returns whether this call sealed it. A failure stays in the row."""
    claim = _claim(document_id=document_id, at=at)
    if claim is None:
        return False
    try:
        made = _make(claim.document, at=at)
        sha256 = storage.put(made.sealed.data)
    except SoftTimeLimitExceeded as error:
        _fail(claim, error=error, at=at)
        raise
    except Exception as error:  # noqa: BLE001  (whatever went wrong belongs into the row, where staff see it)
        _fail(claim, error=error, at=at)
        return False
    finished = _finish(claim, made=made, sha256=sha256, at=at)
    if finished:
        announcing.announce(document_id=document_id, at=timezone.now())
    return finished


def sweep(*, within: timedelta = SWEEP_FOR) -> int:
    """Takes whatever is due, of any age, oldest first, and begins no more after ``within``; returns how many it sealed.

    Then, in the time that is left, tells the signers of sealed documents whom nobody has told yet.
    """
    sealed = 0
    end = timezone.now() + within
    _park_exhausted(at=timezone.now())
    tried: set[int] = set()
    while (now := timezone.now()) < end:
        due = Document.objects.due(at=now).exclude(pk__in=tried).order_by("next_attempt_at", "pk")
        document_id = due.values_list("pk", flat=True).first()
        if document_id is None:
            break
        tried.add(document_id)
        sealed += seal(document_id=document_id, at=now)
    for document_id in list(Document.objects.unannounced().values_list("pk", flat=True)[:200]):
        if timezone.now() >= end:
            break
        announcing.announce(document_id=document_id, at=timezone.now())
    return sealed


def retry_parked(*, document: Document, actor_id: int, at: datetime) -> bool:
    """Gives a parked document its attempts back; ``False`` when it is not parked."""
    with transaction.atomic():
        changed = Document.objects.filter(pk=document.pk, state=DocumentState.PARKED).update(
            state=DocumentState.PENDING, attempts=0, next_attempt_at=at, lease_until=None, lease_token=""
        )
        if changed:
            audit.record(
                action="document.retried",
                actor_id=actor_id,
                subject_type="document",
                subject_id=document.pk,
                at=at,
            )
    return bool(changed)


def _claim(*, document_id: int, at: datetime) -> _Claim | None:
    token = secrets.token_hex(16)
    taken = (
        Document.objects.due(at=at)
        .filter(pk=document_id, attempts__lt=settings.SEAL_MAX_ATTEMPTS)
        .update(
            lease_until=at + timedelta(seconds=settings.SEAL_LEASE_SECONDS),
            lease_token=token,
            attempts=F("attempts") + 1,
        )
    )
    if not taken:
        return None
    document = (
        Document.objects.select_related("signature__version", "signature__pledge", "signature__supersedes")
        .prefetch_related("signature__channels")
        .get(pk=document_id)
    )
    return _Claim(document, token)


def _make(document: Document, *, at: datetime) -> _Made:
    """The sealed file, looked at again as a stranger would. Raises whatever the parts raise, or ``SealedWrong``."""
    key = sealing_key.current()
    key.check_valid_at(at)
    sheet = sheets.of_signature(document.signature, key=key)
    sealed = pades.seal(rendering.render(sheet), key=key, at=at)
    pages = _check(sealed.data, sheet=sheet, key=key, at=at)
    return _Made(sealed, pages, key.is_test)


def _check(data: bytes, *, sheet: rendering.PledgeSheet, key: pades.SealKey, at: datetime) -> int:
    """Seal intact, over the whole file, by our certificate; the text that must be there, there. Returns the pages."""
    report = pades.verify(data, at=at)
    if not report.sealed_whole or report.fingerprint != key.fingerprint:
        raise SealedWrong(f"seal: {report.fault or 'not by the configured key'}")
    if report.pages < 2:
        raise SealedWrong(f"{report.pages} pages")
    missing = rendering.missing_text(data, expected=rendering.expected_text(sheet))
    if missing:
        raise SealedWrong(f"{len(missing)} expected pieces of text are missing")
    return report.pages


def _finish(claim: _Claim, *, made: _Made, sha256: str, at: datetime) -> bool:
    """Marks the row sealed if it is still this claim's. The file of a lost claim stays: it is content-addressed."""
    with transaction.atomic():
        finished = Document.objects.filter(
            pk=claim.document.pk, state=DocumentState.PENDING, lease_token=claim.token
        ).update(
            state=DocumentState.SEALED,
            sha256=sha256,
            size=len(made.sealed.data),
            pages=made.pages,
            sealed_at=at,
            seal_certificate_sha256=made.sealed.key_fingerprint,
            seal_level=made.sealed.achieved,
            is_test=made.is_test,
            lease_until=None,
            last_error="",
        )
        if finished:
            audit.record(
                action="document.sealed",
                actor_id=None,
                subject_type="document",
                subject_id=claim.document.pk,
                at=at,
                detail={"sha256": sha256, "level": made.sealed.achieved},
            )
    return bool(finished)


def _fail(claim: _Claim, *, error: BaseException, at: datetime) -> None:
    """Writes the failure into the row: a pause that doubles, or parking after the last attempt."""
    attempts = claim.document.attempts
    parked = attempts >= settings.SEAL_MAX_ATTEMPTS
    pause = min(FIRST_PAUSE * 2 ** (attempts - 1), LONGEST_PAUSE)
    Document.objects.filter(
        pk=claim.document.pk, state=DocumentState.PENDING, lease_token=claim.token
    ).update(
        state=DocumentState.PARKED if parked else DocumentState.PENDING,
        next_attempt_at=at + pause,
        lease_until=None,
        last_error=describe(error),
    )
    log.error(
        "sealing failed",
        document=claim.document.pk,
        attempts=attempts,
        parked=parked,
        error=type(error).__name__,
    )


def _park_exhausted(*, at: datetime) -> None:
    """Parks rows whose worker died at the last attempt, so that nobody was left to write the failure."""
    parked = (
        Document.objects.due(at=at)
        .filter(attempts__gte=settings.SEAL_MAX_ATTEMPTS)
        .update(state=DocumentState.PARKED, lease_until=None, last_error="WorkerLost")
    )
    if parked:
        log.error("documents parked", count=parked, error="WorkerLost")


def describe(error: BaseException) -> str:
    """The failure for staff: its type, and for our own typed errors their words. Never a path or a name."""
    name = type(error).__name__
    return f"{name}: {error}"[:200] if isinstance(error, pades.SealingError | SealedWrong) else name
