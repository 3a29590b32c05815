"""Putting work into the queue, claiming it, finishing it, failing it, sweeping up what was left.

Nothing is lost with the broker or a worker: the row is written in the transaction of what makes the work necessary, and a
sweep takes due rows of any age. An attempt is counted at the claim, so that work which kills its worker is parked like
work that fails.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from kolportal.work.kinds import Hopeless, Kind
from kolportal.work.models import Work

if TYPE_CHECKING:
    from collections.abc import Iterable

log = structlog.get_logger("kolportal.work")

# A sweep ends well before CELERY_TASK_SOFT_TIME_LIMIT, which would count as a failed attempt of the work in hand; the next
# one goes on where it stopped.
SWEEP_FOR = timedelta(seconds=45)


class ClaimLost(Exception):
    """The lease ran out and another worker holds the row now, or has finished it; nothing of this claim may be kept."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One worker's hold on one row."""

    work_id: int
    kind: Kind
    subject: int
    attempts: int
    token: str

    def finish(self) -> None:
        """Takes the row away, inside the transaction that writes the result. Raises ``ClaimLost``, which rolls it back."""
        if not Work.objects.filter(pk=self.work_id, token=self.token).delete()[0]:
            raise ClaimLost(self.work_id)


def put(kind: Kind, subject: int, *, at: datetime, due_at: datetime | None = None) -> Work:
    """Writes the row in the caller's transaction, or returns the one that is there; wakes a worker after the commit."""
    work, _created = Work.objects.get_or_create(
        kind=kind.name, subject=subject, defaults={"created_at": at, "due_at": due_at or at}
    )
    if work.due_at <= at:
        transaction.on_commit(lambda: wake(work.pk))
    return work


def put_many(kind: Kind, subjects: Iterable[int], *, at: datetime) -> None:
    """The same for many, without a message each: the sweep finds them."""
    Work.objects.bulk_create(
        [Work(kind=kind.name, subject=subject, created_at=at, due_at=at) for subject in subjects],
        batch_size=1000,
        ignore_conflicts=True,
    )


def wake(work_id: int) -> None:
    """Tells a worker about a row. A broker that is down costs nothing: the sweep finds the row."""
    from kolportal.work import tasks  # the task imports this module

    try:
        tasks.run.delay(work_id)
    except Exception as error:  # noqa: BLE001  (whatever the transport raises, the row stands)
        log.warning("worker not woken", work=work_id, error=type(error).__name__)


def run(work_id: int, *, at: datetime) -> bool:
    """Does one row's work if it is due and free; whether this call did it. A failure stays in the row."""
    claim = _claim(work_id, at=at)
    if claim is None or claim.kind.handler is None:
        return False
    try:
        claim.kind.handler(claim, at)
    except ClaimLost:
        log.warning("claim lost", work=work_id, kind=claim.kind.name)
        return False
    except SoftTimeLimitExceeded as error:
        _fail(claim, error=error, at=at)
        raise
    except Exception as error:  # noqa: BLE001  (whatever went wrong belongs into the row, where staff see it)
        _fail(claim, error=error, at=at)
        return False
    return True


def sweep(*, within: timedelta = SWEEP_FOR) -> int:
    """Takes whatever is due, of any age, oldest first, and begins no more after ``within``; returns how much it did."""
    done = 0
    end = timezone.now() + within
    park_exhausted(at=timezone.now())
    tried: set[int] = set()
    while (now := timezone.now()) < end:
        due = Work.objects.due(at=now).exclude(pk__in=tried).order_by("due_at", "pk")
        work_id = due.values_list("pk", flat=True).first()
        if work_id is None:
            break
        tried.add(work_id)
        done += run(work_id, at=now)
    return done


def retry(work: Work, *, at: datetime) -> bool:
    """Gives parked work its attempts back; ``False`` when it is not parked. The caller records who did it."""
    changed = (
        Work.objects.parked()
        .filter(pk=work.pk)
        .update(parked_at=None, attempts=0, due_at=at, lease_until=None, token="")
    )
    if changed:
        transaction.on_commit(lambda: wake(work.pk))
    return bool(changed)


def park_exhausted(*, at: datetime) -> int:
    """Parks rows whose worker died at the last attempt, so that nobody was left to write the failure."""
    parked = 0
    for kind in Kind.known.values():
        rows = Work.objects.due(at=at).filter(kind=kind.name, attempts__gte=kind.tries)
        for work in rows.only("pk", "subject"):
            parked += _park(work.pk, kind, work.subject, error="WorkerLost", at=at, attempts=kind.tries)
    return parked


def _claim(work_id: int, *, at: datetime) -> Claim | None:
    work = Work.objects.due(at=at).filter(pk=work_id).first()
    kind = Kind.known.get(work.kind) if work else None
    if work is None or kind is None:
        return None
    token = secrets.token_hex(16)
    taken = (
        Work.objects.due(at=at)
        .filter(pk=work_id, attempts__lt=kind.tries)
        .update(attempts=F("attempts") + 1, lease_until=at + kind.lease, token=token)
    )
    return Claim(work_id, kind, work.subject, work.attempts + 1, token) if taken else None


def _fail(claim: Claim, *, error: BaseException, at: datetime) -> None:
    """Writes the failure into the row: a pause that doubles, or parking after the last attempt or a hopeless one."""
    words = describe(error)
    log.error(
        "work failed",
        work=claim.work_id,
        kind=claim.kind.name,
        attempts=claim.attempts,
        error=type(error).__name__,
    )
    if claim.attempts >= claim.kind.tries or isinstance(error, Hopeless):
        _park(
            claim.work_id, claim.kind, claim.subject, error=words, at=at, attempts=claim.attempts, token=claim.token
        )
        return
    Work.objects.filter(pk=claim.work_id, token=claim.token).update(
        due_at=at + claim.kind.pause_after(claim.attempts), lease_until=None, token="", error=words
    )


def _park(
    work_id: int, kind: Kind, subject: int, *, error: str, at: datetime, attempts: int, token: str | None = None
) -> bool:
    with transaction.atomic():
        rows = Work.objects.filter(pk=work_id, parked_at=None)
        if token is not None:
            rows = rows.filter(token=token)
        parked = rows.update(parked_at=at, lease_until=None, token="", error=error)
        if parked and kind.on_parked is not None:
            kind.on_parked(subject, error, at)
    if parked:
        log.error("work parked", work=work_id, kind=kind.name, attempts=attempts, error=error.split(":")[0])
    return bool(parked)


def describe(error: BaseException) -> str:
    """The failure for staff: its type; and for errors that say so (``safe_words``) and hopeless ones their words too. Never
    a path or a name, which other errors' texts may hold."""
    name = type(error).__name__
    told = isinstance(error, Hopeless) or getattr(error, "safe_words", False)
    return f"{name}: {error}"[:200] if told else name
