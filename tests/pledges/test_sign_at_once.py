"""Two requests at the same moment: exactly one signature, the same receipt. On real commits, SQLite and Postgres alike."""

from __future__ import annotations

import contextlib
import importlib
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier, BrokenBarrierError, Event
from typing import TYPE_CHECKING, Any

import pytest
from django.db import IntegrityError, connection
from django.test import Client

from kolportal import triggers
from kolportal.audit.models import AuditEvent
from kolportal.ledger.models import Leaf
from pledges import history, signing
from pledges.models import (
    Attempt,
    Circumstances,
    Decline,
    Document,
    Particulars,
    Proof,
    ProofEvidence,
    Signature,
    SignedChannel,
    new_attempt_key,
)
from tests import factories
from tests.pledges.signing_pages import DRAWN, Person, code_in_mail, receipt_url
from tests.servers import PATIENCE, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TOGETHER = 6
pytestmark = [pytest.mark.usefixtures("committed_db"), pytest.mark.servers]


def _at_once(calls: list[Callable[[], Any]]) -> list[Any]:
    barrier = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        try:
            barrier.wait(PATIENCE)
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result(PATIENCE) for future in [pool.submit(run, call) for call in calls]]


def _posts(person: Person, posts: list[tuple[str, dict[str, Any]]]) -> list[Callable[[], Any]]:
    """One browser per POST, all logged in already."""
    return [partial(person.log_in(Client()).post, url, data) for url, data in posts]


def test_form_sent_many_times_at_once_is_one_attempt() -> None:
    person = Person()
    responses = _at_once(_posts(person, [(person.url, person.answers())] * TOGETHER))
    attempt = person.attempts().get()
    assert {response.url for response in responses} == {f"{person.url}check/{attempt.key}/"}


def test_two_tabs_with_different_answers_leave_one_open_attempt() -> None:
    person = Person()
    forms = [person.answers(), person.answers(method="drawn", strokes=DRAWN)]
    responses = _at_once(_posts(person, [(person.url, form) for form in forms]))
    assert {response.status_code for response in responses} == {302}
    assert person.attempts().count() == 2
    assert person.attempts().filter(ended_at=None).count() == 1


def test_attempt_completed_many_times_at_once_is_one_signature_and_one_receipt() -> None:
    person = Person()
    responses = _at_once(_posts(person, [(person.prepare(), {})] * TOGETHER))
    signature = person.signatures().get()
    assert {response.url for response in responses} == {receipt_url(signature)}
    assert Document.objects.count() == 1
    assert AuditEvent.objects.filter(action="pledge.signed").count() == 1
    assert Leaf.objects.filter(entry_type="kolportal/log/pledge-signed/2").count() == 1


def test_other_channels_completed_many_times_at_once_replace_once() -> None:
    person = Person()
    person.sign()
    url = person.prepare(channels=[str(factories.channel(person=person.row).pk)])
    responses = _at_once(_posts(person, [(url, {})] * TOGETHER))
    old, new = person.signatures()
    assert new.supersedes == old
    assert {response.url for response in responses} == {receipt_url(new)}


def test_code_sent_many_times_at_once_signs_once_and_everybody_reaches_the_receipt() -> None:
    person = Person(recent=False)
    url = person.ask_for_code(person.prepare())
    responses = _at_once(_posts(person, [(url, {"code": code_in_mail()})] * 3))
    signature = person.signatures().get()
    assert {response.url for response in responses} == {receipt_url(signature)}
    assert signature.proofs.count() == 1


def test_signing_and_withdrawing_at_once_leaves_a_sound_history() -> None:
    person = Person()
    old = person.sign()
    url = person.prepare(channels=[str(factories.channel(person=person.row).pk)])
    _at_once(_posts(person, [(url, {}), (f"{receipt_url(old)}withdraw/", {})]))
    old.refresh_from_db()
    assert (old.withdrawn_at is None) != (old.superseded_at is None)
    assert Signature.objects.active().count() == (1 if old.superseded_at else 0)


def test_declining_many_times_at_once_is_one_answer() -> None:
    person = Person()
    responses = _at_once(_posts(person, [(person.decline_url, {})] * TOGETHER))
    assert {response.status_code for response in responses} == {302}
    assert Decline.objects.count() == 1


# --- A no sent while the signature is being written ----------------------------------------------------------------------------


@pytest.fixture
def decline_comes_between(monkeypatch: pytest.MonkeyPatch) -> Event:
    """Set when every row of the signature is written and not yet committed; the signing then dawdles until somebody waits for
    its locks or the no is written."""
    written, original = Event(), history.signed

    def dawdle(*arguments: Any, **more: Any) -> None:
        original(*arguments, **more)
        written.set()
        _until_the_other_has_come()

    monkeypatch.setattr(history, "signed", dawdle)
    return written


def _until_the_other_has_come() -> None:
    if connection.vendor == "sqlite":
        time.sleep(1)  # the other cannot come: this transaction has held the write lock since it began
        return
    waiting = (
        "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
    )
    with connection.cursor() as cursor:
        wait_until(
            lambda: cursor.execute(waiting) or cursor.fetchone()[0] or _declined_by_another(),
            what="the no waits or is written",
        )


def _declined_by_another() -> bool:
    # Read committed: what others have committed is seen inside this transaction.
    return Decline.objects.filter(reversed_at=None).exists()


def _sign_and_decline(written: Event) -> tuple[int, int]:
    """How many signatures and refusals stand when a no is sent while the signature is being written."""
    person = Person()
    sign, decline = _posts(person, [(person.prepare(), {}), (person.decline_url, {})])

    def decline_then() -> Any:
        assert written.wait(PATIENCE)
        return decline()

    _at_once([sign, decline_then])
    return Signature.objects.active().count(), Decline.objects.active().count()


def test_no_sent_while_a_signature_is_being_written_does_not_stand_beside_it(
    decline_comes_between: Event,
) -> None:
    assert _sign_and_decline(decline_comes_between) == (1, 0)


@pytest.mark.usefixtures("nobody_holds_the_person")
def test_without_the_lock_postgres_would_end_an_attempt_that_has_just_led_to_a_signature(
    decline_comes_between: Event,
) -> None:
    """The negative control: there only a constraint is left to refuse it, and the person would see an error. SQLite's
    transactions begin with the write lock, so the no waits there anyway."""
    if connection.vendor == "postgresql":
        with pytest.raises(IntegrityError, match="attempt_signed_has_no_other_end"):
            _sign_and_decline(decline_comes_between)
    else:
        assert _sign_and_decline(decline_comes_between) == (1, 0)


# --- The negative controls: what lock and constraint are for --------------------------------------------------------------------


@pytest.fixture
def without_the_constraint(committed_db: None) -> Iterator[None]:
    """Takes the unique constraint away for one test, and its rows with it."""
    (constraint,) = [
        each
        for each in Signature._meta.constraints
        if each.name == "signature_one_active_per_pledge_and_person"
    ]
    _create, drop = triggers.operations(importlib.import_module("pledges.migrations.0002_frozen").RULES)
    with connection.schema_editor() as editor:
        editor.remove_constraint(Signature, constraint)
    yield
    with connection.schema_editor() as editor:
        drop(None, editor)
    parts = (Attempt, ProofEvidence, Proof, Circumstances, Particulars, SignedChannel, Document, Signature)
    for model in parts:
        model._default_manager.all().delete()
    with connection.schema_editor() as editor:
        editor.add_constraint(Signature, constraint)


@pytest.fixture
def nobody_holds_the_person(monkeypatch: pytest.MonkeyPatch) -> None:
    """Takes the lock on the person's row away."""
    monkeypatch.setattr(signing, "_hold", lambda person_id: None)


@pytest.fixture
def both_look_before_one_writes(monkeypatch: pytest.MonkeyPatch, nobody_holds_the_person: None) -> None:
    """Two signings wait for each other after their checks and before their rows; on SQLite one waits in vain and goes on."""
    met, original = Barrier(2), signing._create

    def wait_for_the_other(*arguments: Any, **more: Any) -> Any:
        with contextlib.suppress(BrokenBarrierError):
            met.wait(PATIENCE if connection.vendor == "postgresql" else 2)
        return original(*arguments, **more)

    monkeypatch.setattr(signing, "_create", wait_for_the_other)


def _two_attempts(person: Person) -> list[str]:
    """Two open attempts of one person, which ``prepare`` never leaves; where they are completed."""
    person.prepare()
    second = person.attempts().get()
    second.pk, second.key = None, new_attempt_key()
    second.save(force_insert=True)
    return [f"{person.url}check/{attempt.key}/" for attempt in person.attempts()]


@pytest.mark.usefixtures("without_the_constraint", "both_look_before_one_writes")
def test_without_the_constraint_the_race_would_sign_twice() -> None:
    """Of somebody who had never signed when the attempt was made, nothing but the constraint looks again."""
    person = Person()
    _at_once(_posts(person, [(url, {}) for url in _two_attempts(person)]))
    assert person.signatures().count() == 2


@pytest.mark.usefixtures("both_look_before_one_writes")
def test_with_the_constraint_the_same_race_signs_once() -> None:
    person = Person()
    responses = _at_once(_posts(person, [(url, {}) for url in _two_attempts(person)]))
    signature = person.signatures().get()
    assert sorted(response.status_code for response in responses) == [302, 409]
    assert receipt_url(signature) in {response.headers.get("Location") for response in responses}
    assert Attempt.objects.exclude(signature=None).count() == 1


@pytest.mark.usefixtures("without_the_constraint", "both_look_before_one_writes")
def test_one_attempt_completed_twice_signs_once_even_without_lock_and_constraint() -> None:
    """The condition on the attempt's own row is enough for that."""
    person = Person()
    responses = _at_once(_posts(person, [(person.prepare(), {})] * 2))
    assert {response.url for response in responses} == {receipt_url(person.signatures().get())}
