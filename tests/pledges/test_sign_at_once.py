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
from django.db import connection
from django.test import Client

from kolportal.audit import events as audit
from kolportal.audit.models import AuditEvent
from pledges import signing
from pledges.models import Decline, Document, Signature
from tests import factories
from tests.pledges.signing_pages import Person, code_in_mail, receipt_url
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


def _posts(person: Person, answers: list[dict[str, Any]]) -> list[Callable[[], Any]]:
    """One browser per POST, all logged in already."""
    return [partial(person.log_in(Client()).post, person.url, data) for data in answers]


def test_form_sent_many_times_at_once_is_one_signature_and_one_receipt() -> None:
    person = Person()
    responses = _at_once(_posts(person, [person.answers()] * TOGETHER))
    signature = person.signatures().get()
    assert {response.url for response in responses} == {receipt_url(signature)}
    assert Document.objects.count() == 1
    assert AuditEvent.objects.filter(action="pledge.signed").count() == 1


def test_other_channels_sent_many_times_at_once_supersede_once() -> None:
    person = Person()
    person.send()
    channel = factories.channel(profile=person.profile)
    responses = _at_once(_posts(person, [person.answers(channels=[str(channel.pk)])] * TOGETHER))
    old, new = person.signatures()
    assert new.supersedes == old
    assert {response.url for response in responses} == {receipt_url(new)}


def test_two_tabs_with_different_channels_leave_one_active_signature() -> None:
    person = Person()
    channels = [factories.channel(profile=person.profile) for _ in range(2)]
    responses = _at_once(_posts(person, [person.answers(channels=[str(channel.pk)]) for channel in channels]))
    assert sorted(response.status_code for response in responses) == [302, 409]
    assert person.signatures().count() == 1


def test_code_sent_many_times_at_once_signs_once_and_everybody_reaches_the_receipt() -> None:
    person = Person(recent=False)
    answers = person.answers()
    person.send(answers)
    responses = _at_once(_posts(person, [{**answers, "code": code_in_mail()}] * 3))
    signature = person.signatures().get()
    assert {response.url for response in responses} == {receipt_url(signature)}


def test_signing_and_withdrawing_at_once_leaves_a_sound_history() -> None:
    person = Person()
    person.send()
    old = person.signatures().get()
    channel = factories.channel(profile=person.profile)
    browser = person.log_in(Client())
    sign = _posts(person, [person.answers(channels=[str(channel.pk)])])
    _at_once([*sign, partial(browser.post, f"{receipt_url(old)}withdraw/")])
    old.refresh_from_db()
    assert (old.withdrawn_at is None) != (old.superseded_at is None)
    assert Signature.objects.active().count() == (1 if old.superseded_at else 0)


def test_declining_many_times_at_once_is_one_answer() -> None:
    person = Person()
    browsers = [person.log_in(Client()) for _ in range(TOGETHER)]
    url = f"/pledges/{person.pledge.slug}/decline/"
    responses = _at_once([partial(browser.post, url) for browser in browsers])
    assert {response.status_code for response in responses} == {302}
    assert Decline.objects.count() == 1


@pytest.fixture
def decline_comes_between(monkeypatch: pytest.MonkeyPatch) -> Event:
    """Set when the signing has taken back earlier refusals and is not yet committed; it then dawdles until somebody waits
    for its locks or the no is written."""
    written, original = Event(), audit.record

    def dawdle(*, action: str, **arguments: Any) -> None:
        original(action=action, **arguments)
        if action == "pledge.signed":
            written.set()
            _until_the_other_has_come()

    monkeypatch.setattr(audit, "record", dawdle)
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
    browser = person.log_in(Client())

    def decline() -> Any:
        assert written.wait(PATIENCE)
        return browser.post(f"/pledges/{person.pledge.slug}/decline/")

    _at_once([*_posts(person, [person.answers()]), decline])
    return Signature.objects.active().count(), Decline.objects.filter(reversed_at=None).count()


def test_no_sent_while_a_signature_is_being_written_does_not_stand_beside_it(
    decline_comes_between: Event,
) -> None:
    assert _sign_and_decline(decline_comes_between) == (1, 0)


@pytest.mark.usefixtures("nobody_holds_the_person")
def test_without_the_lock_postgres_would_keep_both_answers(decline_comes_between: Event) -> None:
    """The negative control. SQLite's transactions begin with the write lock, so the no waits there anyway."""
    assert _sign_and_decline(decline_comes_between) == (1, 1 if connection.vendor == "postgresql" else 0)


# --- The negative control: what the constraint is for ------------------------------------------------------------------------


@pytest.fixture
def without_the_constraint(committed_db: None) -> Iterator[None]:
    """Takes the unique constraint away for one test, and its rows with it."""
    (constraint,) = [
        each
        for each in Signature._meta.constraints
        if each.name == "signature_one_active_per_pledge_and_signer"
    ]
    frozen = importlib.import_module("pledges.migrations.0002_frozen")
    with connection.schema_editor() as editor:
        editor.remove_constraint(Signature, constraint)
    yield
    with connection.schema_editor() as editor:
        frozen.drop(None, editor)
    Document.objects.all().delete()
    Signature.objects.all().delete()
    with connection.schema_editor() as editor:
        editor.add_constraint(Signature, constraint)


@pytest.fixture
def nobody_holds_the_person(monkeypatch: pytest.MonkeyPatch) -> None:
    """Takes the lock on the person's profile away."""
    original = signing._profile_and_channels
    monkeypatch.setattr(
        signing, "_profile_and_channels", lambda **arguments: original(**{**arguments, "hold": False})
    )
    monkeypatch.setattr(signing, "_hold", lambda signer_id: None)


@pytest.fixture
def both_look_before_one_writes(monkeypatch: pytest.MonkeyPatch, nobody_holds_the_person: None) -> None:
    """Two signings wait for each other after their checks and before their rows; on SQLite one waits in vain and goes on."""
    met, original = Barrier(2), signing.event_of

    def wait_for_the_other(**arguments: Any) -> Any:
        with contextlib.suppress(BrokenBarrierError):
            met.wait(PATIENCE if connection.vendor == "postgresql" else 2)
        return original(**arguments)

    monkeypatch.setattr(signing, "event_of", wait_for_the_other)


@pytest.mark.usefixtures("without_the_constraint", "both_look_before_one_writes")
def test_without_the_constraint_postgres_would_sign_twice() -> None:
    """SQLite does not: its transactions here begin with the write lock, so the second one looks after the first wrote."""
    person = Person()
    _at_once(_posts(person, [person.answers()] * 2))
    assert person.signatures().count() == (2 if connection.vendor == "postgresql" else 1)


@pytest.mark.usefixtures("both_look_before_one_writes")
def test_with_the_constraint_the_same_race_signs_once() -> None:
    person = Person()
    responses = _at_once(_posts(person, [person.answers()] * 2))
    assert {response.url for response in responses} == {receipt_url(person.signatures().get())}
