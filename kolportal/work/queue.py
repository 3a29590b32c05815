"""Putting work into the queue, claiming it, finishing it, failing it, sweeping up what was left.

Nothing is lost with the broker or a worker: the row is written in the transaction of what makes the work necessary, and a
sweep takes due rows of any age. An attempt is counted at the claim, so that work which kills its worker is parked like
work that fails.
"""

from __future__ import annotations

import secrets
import time
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from kolportal.work.kinds import RESTING, Away, Hopeless, Kind
from kolportal.work.models import Work

if TYPE_CHECKING:
    from collections.abc import Iterable

log = structlog.get_logger("kolportal.work")

# A sweep ends well before CELERY_TASK_SOFT_TIME_LIMIT, which would count as a failed attempt of the work in hand; the next
# one goes on where it stopped.
SWEEP_FOR = timedelta(seconds=45)

# A broker that does not answer costs about a second; after that a process leaves it alone, and the sweep finds the rows.
BROKER_RESTS = timedelta(seconds=15)
_BROKER = "broker"

# Until when this process leaves the broker, and the kinds whose service is away, alone; by time.monotonic().
_left_alone: dict[str, float] = {}


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
        """Takes the row away, inside the transaction that writes the result. Raises ``ClaimLost``, which rolls it back.

        A row that was put again since the claim stays, and is due at once with all its attempts.
        """
        mine = Work.objects.filter(pk=self.work_id, token=self.token)
        if mine.filter(again=False).delete()[0]:
            return
        if not mine.update(again=False, attempts=0, lease_until=None, token="", error=""):
            raise ClaimLost(self.work_id)
        transaction.on_commit(lambda: wake(self.work_id, priority=self.kind.priority))


# --- Putting ------------------------------------------------------------------------------------------------------------------


def put(kind: Kind, subject: int, *, at: datetime, due_at: datetime | None = None) -> Work:
    """Writes the row in the caller's transaction, or marks the one that is there (with its time and its attempts) to be done with
    what this transaction writes; wakes a worker after the commit. A parked row stays parked."""
    due_at = due_at or at
    work, created = Work.objects.get_or_create(
        kind=kind.name, subject=subject, defaults={"created_at": at, "due_at": due_at}
    )
    if not created and not Work.objects.filter(pk=work.pk).update(again=True):
        # It was finished between the two statements.
        work = Work.objects.create(kind=kind.name, subject=subject, created_at=at, due_at=due_at)
    if work.due_at <= at:
        transaction.on_commit(lambda: wake(work.pk, priority=kind.priority))
    return work


def put_new(kind: Kind, subject: int, *, at: datetime) -> None:
    """The same for a subject that the caller's transaction has just made, so that no row can be there: one statement."""
    work = Work.objects.create(kind=kind.name, subject=subject, created_at=at, due_at=at)
    transaction.on_commit(lambda: wake(work.pk, priority=kind.priority))


def put_many(kind: Kind, subjects: Iterable[int], *, at: datetime) -> None:
    """The same for many, without a message each: the sweep finds them."""
    Work.objects.bulk_create(
        [Work(kind=kind.name, subject=subject, created_at=at, due_at=at, again=True) for subject in subjects],
        batch_size=1000,
        update_conflicts=True,
        unique_fields=["kind", "subject"],
        update_fields=["again"],
    )


def wake(work_id: int, *, priority: int = 6) -> None:
    """Tells a worker about a row. A broker that is down costs one short try in a while: the sweep finds the row."""
    from kolportal.work import tasks  # the task imports this module

    if _rests(_BROKER):
        return
    try:
        tasks.run.apply_async((work_id,), priority=priority)
    except Exception as error:  # noqa: BLE001  (whatever the transport raises, the row stands)
        _leave_alone(_BROKER, BROKER_RESTS)
        log.warning("worker not woken", work=work_id, error=type(error).__name__)


# --- Doing --------------------------------------------------------------------------------------------------------------------


def run(work_id: int, *, at: datetime) -> bool:
    """Does one row's work if it is due, free, and of a kind that this process can do; whether this call did it.

    A failure stays in the row.
    """
    began = time.monotonic()
    claim = _claim(work_id, at=at)
    if claim is None or claim.kind.handler is None:
        return False
    try:
        claim.kind.handler(claim, at)
    except ClaimLost:
        log.warning("claim lost", work=work_id, kind=claim.kind.name)
        return False
    except SoftTimeLimitExceeded as error:
        _fail(claim, error=error, at=at + timedelta(seconds=time.monotonic() - began))
        raise
    except Exception as error:  # noqa: BLE001  (whatever went wrong belongs into the row, where staff see it)
        _fail(claim, error=error, at=at + timedelta(seconds=time.monotonic() - began))
        return False
    return True


def sweep(*, within: timedelta = SWEEP_FOR) -> int:
    """Takes whatever is due, of any age, and begins no more after ``within``; returns how much it did.

    The kinds take turns, each with its oldest row, so that ten thousand of one kind do not keep a single one of another
    waiting.
    """
    done = 0
    end = timezone.now() + within
    park_exhausted(at=timezone.now())
    turns = deque(kind for kind in Kind.known.values() if kind.handler is not None)
    tried: dict[str, list[int]] = {kind.name: [] for kind in turns}
    idle = 0  # kinds in a row that had nothing to do; what is done for one may put work of another
    while idle < len(turns) and (now := timezone.now()) < end:
        kind = turns[0]
        turns.rotate(-1)
        due = Work.objects.due(at=now).filter(kind=kind.name).exclude(pk__in=tried[kind.name])
        work_id = (
            None if _rests(kind.name) else due.order_by("due_at", "pk").values_list("pk", flat=True).first()
        )
        if work_id is None:
            idle += 1
            continue
        idle = 0
        if run(work_id, at=now):
            done += 1
        else:
            # Failed, or another worker was faster. What is still due in spite of it is left for the next sweep.
            tried[kind.name].append(work_id)
    return done


def retry(work: Work, *, at: datetime) -> bool:
    """Gives parked work its attempts back; ``False`` when it is not parked. The caller records who did it."""
    changed = (
        Work.objects.parked()
        .filter(pk=work.pk)
        .update(parked_at=None, attempts=0, due_at=at, lease_until=None, token="")
    )
    if changed:
        transaction.on_commit(lambda: wake(work.pk, priority=Kind.known[work.kind].priority))
    return bool(changed)


def park_exhausted(*, at: datetime) -> int:
    """Parks rows whose worker died at the last attempt, so that nobody was left to write the failure."""
    exhausted = Q(pk__in=())
    for kind in Kind.known.values():
        exhausted |= Q(kind=kind.name, attempts__gte=kind.tries)
    parked = 0
    for work in Work.objects.due(at=at).filter(exhausted)[:1000]:
        parked += _park(work, Kind.known[work.kind], error="WorkerLost", at=at)
    return parked


def _claim(work_id: int, *, at: datetime) -> Claim | None:
    work = Work.objects.due(at=at).filter(pk=work_id).first()
    kind = Kind.known.get(work.kind) if work else None
    if work is None or kind is None or kind.handler is None or _rests(kind.name):
        return None
    token = secrets.token_hex(16)
    taken = (
        Work.objects.due(at=at)
        .filter(pk=work_id, attempts=work.attempts, attempts__lt=kind.tries)
        .update(attempts=F("attempts") + 1, lease_until=at + kind.lease, token=token, again=False)
    )
    return Claim(work_id, kind, work.subject, work.attempts + 1, token) if taken else None


def _leave_alone(name: str, period: timedelta) -> None:
    _left_alone[name] = time.monotonic() + period.total_seconds()


def _rests(name: str) -> bool:
    return time.monotonic() < _left_alone.get(name, 0.0)


def _fail(claim: Claim, *, error: BaseException, at: datetime) -> None:
    """Writes the failure into the row: a pause that doubles, or parking after the last attempt or a hopeless one."""
    kind, words = claim.kind, describe(error)
    log.error(
        "work failed",
        work=claim.work_id,
        kind=kind.name,
        attempts=claim.attempts,
        error=type(error).__name__,
    )
    if isinstance(error, Away):
        _leave_alone(kind.name, RESTING)
    mine = Work.objects.filter(pk=claim.work_id, token=claim.token)
    if claim.attempts >= kind.tries or isinstance(error, Hopeless):
        for work in mine:
            _park(work, kind, error=words, at=at)
        return
    mine.update(due_at=at + kind.pause_after(claim.attempts), lease_until=None, token="", error=words)


def _park(work: Work, kind: Kind, *, error: str, at: datetime) -> bool:
    """Parks the row if it is still as it was read. What the kind does about it is a part of the same transaction; where that
    fails, the row stays to be parked by the next sweep."""
    try:
        with transaction.atomic():
            rows = Work.objects.filter(pk=work.pk, parked_at=None, token=work.token, attempts=work.attempts)
            parked = rows.update(parked_at=at, lease_until=None, token="", error=error)
            if parked and kind.on_parked is not None:
                kind.on_parked(work.subject, error, at)
    except Exception as failure:  # noqa: BLE001  (one kind's fault must not keep the sweep from the others)
        log.error("work not parked", work=work.pk, kind=kind.name, error=type(failure).__name__)
        return False
    if parked:
        log.error(
            "work parked", work=work.pk, kind=kind.name, attempts=work.attempts, error=error.split(":")[0]
        )
    return bool(parked)


def describe(error: BaseException) -> str:
    """The failure for staff: its type, and for errors that say so (``safe_words``) their words too; of ``Hopeless`` and ``Away``
    the words alone. Never a path or a name, which other errors' texts may hold."""
    if isinstance(error, Hopeless | Away) and str(error):
        return str(error)[:200]
    name = type(error).__name__
    return f"{name}: {error}"[:200] if getattr(error, "safe_words", False) else name
