"""The work queue through its public functions: claimed by one, lost by nobody, given up in the open."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import connection, transaction
from django.utils import timezone

from kolportal.units.models import OrganisingUnit
from kolportal.work import queue
from kolportal.work.kinds import Away, Hopeless, Kind
from kolportal.work.models import Work

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from kolportal.work.queue import Claim

    MakeKind = Callable[..., Kind]

NOW = timezone.now()
MINUTE = timedelta(minutes=1)


@pytest.fixture
def kind(monkeypatch: pytest.MonkeyPatch) -> MakeKind:
    """Makes kinds of this test's own, known to the queue as long as the test runs, beside no others."""
    monkeypatch.setattr(Kind, "known", {})

    def make(name: str = "test", **options: Any) -> Kind:
        return Kind(name, **options)

    return make


def done_by(kind: Kind) -> list[int]:
    """Has ``kind`` finish whatever it is given; the subjects in the order in which that happened."""
    subjects: list[int] = []

    @kind.handles
    def handle(claim: Claim, at: datetime) -> None:
        subjects.append(claim.subject)
        claim.finish()

    return subjects


def failing(kind: Kind, error: BaseException) -> None:
    """Has ``kind`` fail with ``error``."""

    @kind.handles
    def handle(claim: Claim, at: datetime) -> None:
        raise error


def row(work: Work) -> Work:
    return Work.objects.get(pk=work.pk)


# --- Putting ------------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_work_is_done_once_and_its_row_is_gone(kind: MakeKind) -> None:
    done = done_by(tested := kind())
    work = queue.put(tested, 7, at=NOW)
    assert queue.run(work.pk, at=NOW)
    assert not queue.run(work.pk, at=NOW)
    assert done == [7]
    assert not Work.objects.exists()


@pytest.mark.django_db
def test_putting_twice_is_one_row(kind: MakeKind) -> None:
    done = done_by(tested := kind())
    first, second = (queue.put(tested, 7, at=NOW) for _ in range(2))
    queue.put_many(tested, [7, 8], at=NOW)
    assert first == second
    assert queue.sweep() == 2
    assert sorted(done) == [7, 8]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "again", [queue.put, lambda kind, subject, at: queue.put_many(kind, [subject], at=at)]
)
def test_work_put_again_while_it_is_done_is_done_again(kind: MakeKind, again: Callable[..., Any]) -> None:
    """What the first worker has read may be older than what made the second request necessary."""
    tested = kind()
    seen: list[int] = []

    @tested.handles
    def handle(claim: Claim, at: datetime) -> None:
        seen.append(claim.attempts)
        if len(seen) == 1:
            again(tested, claim.subject, at=at)
        claim.finish()

    queue.put(tested, 7, at=NOW)
    assert queue.sweep() == 2
    assert seen == [1, 1], "the attempts begin anew"
    assert not Work.objects.exists()


@pytest.mark.django_db
def test_work_waits_for_its_time(kind: MakeKind) -> None:
    done = done_by(tested := kind())
    work = queue.put(tested, 7, at=NOW, due_at=NOW + MINUTE)
    assert not queue.run(work.pk, at=NOW)
    assert queue.run(work.pk, at=NOW + MINUTE)
    assert done == [7]


@pytest.mark.django_db
def test_what_is_rolled_back_leaves_no_work(kind: MakeKind) -> None:
    tested = kind()
    with pytest.raises(RuntimeError), transaction.atomic():
        queue.put(tested, 7, at=NOW)
        raise RuntimeError
    assert not Work.objects.exists()


@pytest.mark.django_db
def test_a_process_that_cannot_do_a_kind_of_work_leaves_it_untouched(kind: MakeKind) -> None:
    """A web process knows a kind's name and not its handler; a row may also be of a kind that only a newer release knows."""
    works = [queue.put(kind(), 7, at=NOW), queue.put(kind("of tomorrow"), 7, at=NOW)]
    del Kind.known["of tomorrow"]
    for work in works:
        assert not queue.run(work.pk, at=NOW)
    assert queue.sweep() == 0
    assert [(row(work).attempts, row(work).lease_until) for work in works] == [(0, None)] * 2


# --- Claims -------------------------------------------------------------------------------------------------------------------


def two_workers(works: list[Work]) -> list[bool]:
    """What each of two workers says of each work, both beginning at once."""
    start, ran = threading.Barrier(2), list[bool]()

    def worker() -> None:
        start.wait(300)
        ran.extend(queue.run(work.pk, at=NOW) for work in works)
        connection.close()

    threads = [threading.Thread(target=worker) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    return sorted(ran)


@pytest.mark.usefixtures("committed_db")
def test_of_two_workers_at_once_one_does_the_work(kind: MakeKind) -> None:
    done = done_by(tested := kind())
    works = [queue.put(tested, number, at=NOW) for number in range(10)]
    assert two_workers(works) == [False] * 10 + [True] * 10
    assert sorted(done) == list(range(10))


@pytest.mark.usefixtures("committed_db")
def test_a_claim_that_looks_first_and_takes_then_would_be_two(
    kind: MakeKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control of the test above."""
    tested, done, both_looked = kind(), list[int](), threading.Barrier(2)

    @tested.handles
    def handle(claim: Claim, at: datetime) -> None:
        done.append(claim.subject)

    def naive(work_id: int, *, at: datetime) -> Claim | None:
        work = Work.objects.due(at=at).filter(pk=work_id).first()
        both_looked.wait(300)
        return queue.Claim(work_id, tested, work.subject, 1, "") if work else None

    work = queue.put(tested, 7, at=NOW)
    monkeypatch.setattr(queue, "_claim", naive)
    assert two_workers([work]) == [True, True]
    assert done == [7, 7]


@pytest.mark.usefixtures("committed_db")
def test_two_sweeps_share_the_work(kind: MakeKind) -> None:
    done = done_by(tested := kind())
    queue.put_many(tested, range(20), at=NOW)
    swept: list[int] = []

    def worker() -> None:
        swept.append(queue.sweep(within=timedelta(minutes=5)))
        connection.close()

    threads = [threading.Thread(target=worker) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    # Where both reached for one row in the same instant, the slower one leaves it to the faster, or to a next sweep.
    queue.sweep()
    assert sorted(done) == list(range(20))
    assert not Work.objects.exists()


@pytest.mark.django_db
def test_an_attempt_is_counted_at_the_claim_and_the_row_is_held(kind: MakeKind) -> None:
    tested = kind(lease=MINUTE)
    held: list[tuple[int, datetime | None, bool]] = []

    @tested.handles
    def handle(claim: Claim, at: datetime) -> None:
        now = Work.objects.get(pk=claim.work_id)
        held.append((now.attempts, now.lease_until, queue.run(claim.work_id, at=at)))
        claim.finish()

    queue.run(queue.put(tested, 7, at=NOW).pk, at=NOW)
    assert held == [(1, NOW + MINUTE, False)]


@pytest.mark.django_db
def test_whose_lease_ran_out_cannot_finish_and_keeps_nothing(kind: MakeKind) -> None:
    tested = kind(lease=MINUTE)
    names: list[str] = []

    @tested.handles
    def handle(claim: Claim, at: datetime) -> None:
        if claim.attempts == 1:
            # Another worker comes when the lease is over, and does the work.
            assert queue.run(claim.work_id, at=at + MINUTE)
        with transaction.atomic():
            unit = OrganisingUnit.objects.create(name=f"attempt {claim.attempts}")
            names.append(unit.name)
            claim.finish()

    work = queue.put(tested, 7, at=NOW)
    assert not queue.run(work.pk, at=NOW)
    assert names == ["attempt 2", "attempt 1"]
    assert list(OrganisingUnit.objects.filter(name__startswith="attempt").values_list("name", flat=True)) == [
        "attempt 2"
    ]


@pytest.mark.django_db
def test_whose_lease_ran_out_cannot_fail_the_work_of_the_next(kind: MakeKind) -> None:
    tested = kind(lease=MINUTE)

    @tested.handles
    def handle(claim: Claim, at: datetime) -> None:
        if claim.attempts == 1:
            taken = queue._claim(claim.work_id, at=at + MINUTE)
            assert taken is not None
            raise OSError
        raise AssertionError

    work = queue.put(tested, 7, at=NOW)
    assert not queue.run(work.pk, at=NOW)
    assert (row(work).attempts, row(work).lease_until, row(work).error) == (2, NOW + 2 * MINUTE, "")


# --- Failing ------------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_pauses_double_up_to_the_longest(kind: MakeKind) -> None:
    tested = kind(first_pause=MINUTE, longest_pause=3 * MINUTE, tries=5)
    failing(tested, OSError())
    work = queue.put(tested, 7, at=NOW)
    at = NOW
    for pause in (1, 2, 3):
        assert not queue.run(work.pk, at=at)
        waiting = row(work).due_at - at
        assert pause * MINUTE <= waiting < pause * MINUTE + timedelta(minutes=5)
        assert not queue.run(work.pk, at=at)
        at = row(work).due_at
    assert (row(work).attempts, row(work).error, row(work).lease_until) == (3, "OSError", None)


@pytest.mark.django_db
def test_a_pause_begins_when_the_work_failed_not_when_it_was_begun(
    kind: MakeKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    tested = kind(first_pause=MINUTE)
    clock = [0.0]
    monkeypatch.setattr(queue, "time", SimpleNamespace(monotonic=lambda: clock[0]))

    @tested.handles
    def handle(claim: Claim, at: datetime) -> None:
        clock[0] += 90
        raise OSError

    work = queue.put(tested, 7, at=NOW)
    queue.run(work.pk, at=NOW)
    assert row(work).due_at == NOW + timedelta(seconds=150)


@pytest.mark.django_db
def test_an_error_is_named_and_its_words_are_kept_only_where_they_are_safe(kind: MakeKind) -> None:
    class Told(Exception):
        safe_words = True

    assert queue.describe(OSError("/srv/documents/Nguyễn Văn A.pdf")) == "OSError"
    assert queue.describe(Told("the key is too old")) == "Told: the key is too old"
    assert queue.describe(Hopeless("SMTP 550")) == "SMTP 550"
    assert len(queue.describe(Told("x" * 1000))) == 200


@pytest.mark.django_db
def test_work_is_parked_after_its_last_attempt_and_told_in_the_same_transaction(kind: MakeKind) -> None:
    tested = kind(tries=2, first_pause=MINUTE)
    failing(tested, OSError())
    told: list[tuple[int, str, bool]] = []

    @tested.when_parked
    def parked(subject: int, error: str, at: datetime) -> None:
        told.append((subject, error, Work.objects.parked().exists()))

    work = queue.put(tested, 7, at=NOW)
    queue.run(work.pk, at=NOW)
    assert told == []
    queue.run(work.pk, at=row(work).due_at)
    assert told == [(7, "OSError", True)]
    assert row(work).parked_at is not None
    assert not queue.run(work.pk, at=NOW + timedelta(days=9))
    assert queue.sweep() == 0


@pytest.mark.django_db
def test_parking_that_cannot_be_told_is_no_parking_and_stops_nobody_else(kind: MakeKind) -> None:
    done = done_by(kind("well"))
    ill = kind("ill", tries=1, lease=timedelta(0))
    failing(ill, OSError())

    @ill.when_parked
    def parked(subject: int, error: str, at: datetime) -> None:
        raise LookupError

    work = queue.put(ill, 7, at=NOW)
    queue.put(Kind.known["well"], 8, at=NOW)
    for _ in range(2):
        queue.sweep()
        assert row(work).parked_at is None
    assert done == [8]
    ill.on_parked = None
    queue.sweep()
    assert row(work).parked_at is not None


@pytest.mark.django_db
def test_hopeless_work_is_parked_at_once_with_its_reason(kind: MakeKind) -> None:
    failing(tested := kind(tries=8), Hopeless("no such mailbox"))
    work = queue.put(tested, 7, at=NOW)
    assert not queue.run(work.pk, at=NOW)
    assert (row(work).attempts, row(work).error) == (1, "no such mailbox")
    assert row(work).parked_at is not None


@pytest.mark.django_db
def test_work_that_kills_its_worker_at_the_last_attempt_is_parked(kind: MakeKind) -> None:
    done = done_by(tested := kind(tries=1, lease=timedelta(days=1)))
    told: list[str] = []

    @tested.when_parked
    def parked(subject: int, error: str, at: datetime) -> None:
        told.append(error)

    work = queue.put(tested, 7, at=NOW)
    assert queue._claim(work.pk, at=NOW) is not None  # and then it died
    assert queue.sweep() == 0
    assert (told, done) == ([], []), "while the lease runs, it may live"
    Work.objects.update(lease_until=NOW)
    assert queue.sweep() == 0
    assert (told, done) == (["WorkerLost"], [])


@pytest.mark.django_db
def test_parked_work_gets_its_attempts_back_by_hand(kind: MakeKind) -> None:
    failing(tested := kind(tries=1), OSError())
    work = queue.put(tested, 7, at=NOW)
    assert not queue.retry(work, at=NOW), "it is not parked"
    queue.run(work.pk, at=NOW)
    done = done_by(tested)
    queue.put(tested, 7, at=NOW)
    assert queue.sweep() == 0, "asking for it again does not help"
    assert queue.retry(work, at=NOW)
    assert row(work).attempts == 0
    assert queue.sweep() == 1
    assert done == [7]


@pytest.mark.django_db
def test_a_task_out_of_time_fails_its_work_and_ends(kind: MakeKind) -> None:
    failing(tested := kind(), SoftTimeLimitExceeded())
    work = queue.put(tested, 7, at=NOW)
    with pytest.raises(SoftTimeLimitExceeded):
        queue.run(work.pk, at=NOW)
    assert (row(work).attempts, row(work).error, row(work).lease_until) == (1, "SoftTimeLimitExceeded", None)


@pytest.mark.django_db
def test_while_a_service_is_away_the_rest_of_its_kind_is_left_alone(kind: MakeKind) -> None:
    """A mail server that hangs ten seconds a message must not keep the workers from sealing."""
    away = kind("away", first_pause=timedelta(days=1), longest_pause=timedelta(days=1))
    calls: list[int] = []

    @away.handles
    def handle(claim: Claim, at: datetime) -> None:
        calls.append(claim.subject)
        raise Away("does not answer")

    done = done_by(kind("other"))
    works = [queue.put(away, number, at=NOW - MINUTE) for number in range(3)]
    queue.put(Kind.known["other"], 9, at=NOW)
    assert queue.sweep() == 1
    assert not queue.run(works[1].pk, at=NOW)
    assert (calls, done) == ([0], [9])
    assert [row(work).attempts for work in works] == [1, 0, 0], "those left alone lose no attempt"
    queue._left_alone.clear()  # as if the rest were over
    queue.sweep()
    assert calls == [0, 1]


# --- Sweeping -----------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_sweep_takes_work_of_any_age_oldest_first(kind: MakeKind) -> None:
    done = done_by(tested := kind())
    for days in (1, 400, 30):
        queue.put(tested, days, at=NOW - timedelta(days=days))
    assert queue.sweep() == 3
    assert done == [400, 30, 1]


@pytest.mark.django_db
def test_a_sweep_whose_time_is_over_leaves_the_rest_untouched_for_the_next(kind: MakeKind) -> None:
    done_by(tested := kind())
    work = queue.put(tested, 7, at=NOW)
    assert queue.sweep(within=timedelta(0)) == 0
    assert (row(work).attempts, row(work).lease_until) == (0, None)
    assert queue.sweep() == 1


@pytest.mark.django_db
def test_kinds_take_turns_so_that_a_thousand_of_one_keep_no_other_waiting(kind: MakeKind) -> None:
    order: list[str] = []
    for name in ("many", "one"):

        @kind(name).handles
        def handle(claim: Claim, at: datetime) -> None:
            order.append(claim.kind.name)
            claim.finish()

    queue.put_many(Kind.known["many"], range(5), at=NOW - MINUTE)
    queue.put(Kind.known["one"], 1, at=NOW)
    queue.sweep()
    assert order == ["many", "one", "many", "many", "many", "many"]


@pytest.mark.django_db
def test_work_that_other_work_puts_is_done_in_the_same_sweep(kind: MakeKind) -> None:
    """A kind that had nothing due comes round again: the message of a sealing goes out with it, not a sweep later."""
    done = done_by(mail := kind("mail"))
    sealing = kind("sealing")

    @sealing.handles
    def seal(claim: Claim, at: datetime) -> None:
        queue.put(mail, claim.subject, at=at)
        claim.finish()

    queue.put_many(sealing, [1, 2], at=NOW)
    assert queue.sweep() == 4
    assert sorted(done) == [1, 2]
    assert not Work.objects.exists()


@pytest.mark.django_db
def test_a_sweep_goes_on_after_a_failure_and_tries_it_no_second_time(kind: MakeKind) -> None:
    tested = kind(first_pause=timedelta(0))
    seen: list[int] = []

    @tested.handles
    def handle(claim: Claim, at: datetime) -> None:
        seen.append(claim.subject)
        if claim.subject == 1:
            raise OSError
        claim.finish()

    queue.put_many(tested, [1, 2], at=NOW)
    assert queue.sweep() == 1
    assert seen == [1, 2]


# --- The broker -----------------------------------------------------------------------------------------------------------------


@contextmanager
def broker(url: str) -> Iterator[None]:
    """Celery with another broker."""
    from django.conf import settings

    from kolportal.celery import app

    before = {name: app.conf[name] for name in ("broker_url", "broker_transport_options")}
    app.conf.update(broker_url=url, broker_transport_options=settings.REDIS_BROKER_OPTIONS)
    app.pool.force_close_all()  # type: ignore[attr-defined]  # celery-types gives the producers' pool
    try:
        yield
    finally:
        app.conf.update(before)
        app.pool.force_close_all()  # type: ignore[attr-defined]  # celery-types gives the producers' pool


@pytest.mark.usefixtures("committed_db")
def test_a_broker_that_is_down_is_asked_once_and_the_sweep_finds_the_work(
    kind: MakeKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kolportal.work import tasks

    done = done_by(tested := kind())
    asked: list[int] = []
    real = tasks.run.apply_async

    def counted(*args: Any, **options: Any) -> Any:
        asked.append(1)
        return real(*args, **options)

    monkeypatch.setattr(tasks.run, "apply_async", counted)
    with broker("redis://127.0.0.1:1/0"):
        for number in range(5):
            queue.put(tested, number, at=NOW)
    assert len(asked) == 1
    assert queue.sweep() == 5
    assert done == list(range(5))
