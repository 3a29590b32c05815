"""The door: who is let in, who is not and why; twice, at once, and again under the same nonce."""

from __future__ import annotations

import threading
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from events import checkin, invitations, lists, registration
from events.models import Answer, Attendee, Entry, Event, EventState, Scan, ScanResult, ScanWay
from kolportal import codes
from kolportal.audit.models import AuditEvent
from tests import factories
from tests.events.at_once import in_threads
from tests.events.samples import OPEN, STARTS, an_event, scanned
from tests.servers import PATIENCE

pytestmark = pytest.mark.servers


def coming(event: Event | None = None) -> Attendee:
    return registration.register(event=event or an_event(), person=factories.person(), at=OPEN)


def answered(answer: Answer) -> Attendee:
    """A row with this answer, brought there without seats."""
    attendee = factories.attendee(at_event=an_event())
    answered_at = None if answer == Answer.INVITED else OPEN
    Attendee.objects.filter(pk=attendee.pk).update(answer=answer, answered_at=answered_at)
    return attendee


# --- The first scan -----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_scan_lets_its_attendee_in_and_is_kept() -> None:
    attendee, steward = coming(), factories.user(is_staff=True)
    at = STARTS + timedelta(seconds=3)
    told = scanned(attendee, steward=steward, nonce="n1", scanned_at=STARTS, at=at)
    assert (told.result, told.attendee) == (ScanResult.WELCOME, attendee)
    scan = Scan.objects.get()
    assert (scan.attendee, scan.nonce, scan.way, scan.steward) == (attendee, "n1", ScanWay.CODE, steward)
    assert (scan.gate, scan.device, scan.scanned_at, scan.received_at) == ("Cửa A", "máy 1", STARTS, at)
    entry = Entry.objects.get()
    assert told.entry == entry
    assert (entry.attendee, entry.scan, entry.entered_at, entry.steward) == (attendee, scan, STARTS, steward)
    assert list(Attendee.objects.present()) == [attendee]


@pytest.mark.django_db
def test_presence_leaves_the_answer_alone() -> None:
    attendee = answered(Answer.INVITED)
    assert scanned(attendee).result == ScanResult.WELCOME
    attendee.refresh_from_db()
    assert attendee.answer == Answer.INVITED


@pytest.mark.django_db
def test_a_code_is_read_as_people_type_it() -> None:
    attendee = coming()
    typed = codes.grouped(attendee.door_code).lower().replace("-", " ")
    assert scanned(attendee, code=typed).result == ScanResult.WELCOME


@pytest.mark.django_db
def test_an_accepted_scan_takes_four_statements_in_one_transaction() -> None:
    attendee, steward = coming(), factories.user(is_staff=True)
    with CaptureQueriesContext(connection) as queries:
        scanned(attendee, steward=steward)
    # begin; the row with its event, held; an open entry; the scan; the entry; commit
    assert len(queries) == 6, [query["sql"] for query in queries]


@pytest.mark.django_db
def test_a_steward_lets_somebody_in_who_was_found_by_searching() -> None:
    attendee, steward = coming(), factories.user(is_staff=True)
    facts: dict[str, Any] = {
        "attendee": attendee,
        "event": attendee.event,
        "steward": steward,
        "gate": "Cửa B",
        "device": "máy 2",
        "scanned_at": STARTS,
        "at": STARTS,
    }
    assert checkin.let_in(nonce="n1", **facts).result == ScanResult.WELCOME
    assert Scan.objects.get().way == ScanWay.SEARCH
    assert checkin.let_in(nonce="n2", **facts).result == ScanResult.ALREADY_IN
    elsewhere = facts | {"event": an_event()}
    assert checkin.let_in(nonce="n3", **elsewhere).result == ScanResult.OTHER_EVENT


# --- Refused ------------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_second_scan_is_told_when_and_where_the_first_one_was() -> None:
    attendee = coming()
    first = scanned(attendee, gate="Cửa A")
    second = scanned(
        attendee, gate="Cửa B", scanned_at=STARTS + timedelta(minutes=5), at=STARTS + timedelta(hours=1)
    )
    assert second.result == ScanResult.ALREADY_IN
    assert second.entry == first.entry
    assert second.entry
    assert (second.entry.gate, second.entry.entered_at) == ("Cửa A", STARTS)
    assert (Entry.objects.count(), Scan.objects.count()) == (1, 2)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("answer", "result"),
    [
        (Answer.INVITED, ScanResult.WELCOME),
        (Answer.COMING, ScanResult.WELCOME),
        (Answer.NOT_COMING, ScanResult.CANCELLED),
        (Answer.CANCELLED, ScanResult.CANCELLED),
        (Answer.WAITING, ScanResult.WAITING),
    ],
)
def test_the_answer_decides_who_comes_in(answer: Answer, result: ScanResult) -> None:
    assert scanned(answered(answer)).result == result
    assert Entry.objects.exists() == (result == ScanResult.WELCOME)


@pytest.mark.django_db
def test_another_events_code_names_nobody() -> None:
    attendee = coming()
    told = scanned(attendee, event=an_event())
    assert (told.result, told.attendee, told.entry) == (ScanResult.OTHER_EVENT, None, None)
    assert Scan.objects.get().attendee is None


@pytest.mark.django_db
@pytest.mark.parametrize("code", ["", "không phải mã", "0000-0000-0000-0000", "9" * 5000])
def test_what_is_no_code_of_anybody_is_not_listed(code: str) -> None:
    told = scanned(coming(), code=code)
    assert (told.result, told.attendee) == (ScanResult.NOT_LISTED, None)


@pytest.mark.django_db
def test_who_was_taken_off_the_list_or_has_a_newer_code_is_not_listed() -> None:
    staff, removed, renewed = factories.user(is_staff=True), coming(), coming()
    lists.remove(attendee=removed, reason="nhầm", actor=staff, at=OPEN)
    old = renewed.door_code
    invitations.revoke_door_code(attendee=renewed, actor_id=staff.pk, at=OPEN)
    assert scanned(removed).result == ScanResult.NOT_LISTED
    assert scanned(renewed, code=old).result == ScanResult.NOT_LISTED
    renewed.refresh_from_db()
    assert scanned(renewed).result == ScanResult.WELCOME


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("state", "moment", "opens"),
    [
        (EventState.PUBLISHED, STARTS - checkin.OPENS_BEFORE - timedelta(seconds=1), False),
        (EventState.PUBLISHED, STARTS - checkin.OPENS_BEFORE, True),
        (EventState.CLOSED, STARTS, True),
        (EventState.CANCELLED, STARTS, False),
        (EventState.DRAFT, STARTS, False),
        (EventState.PUBLISHED, STARTS + timedelta(hours=4), False),
    ],
)
def test_the_door_has_its_time(state: EventState, moment: Any, opens: bool) -> None:
    attendee = coming()
    Event.objects.update(state=state)
    told = scanned(attendee, scanned_at=moment, at=moment)
    assert told.result == (ScanResult.WELCOME if opens else ScanResult.OUTSIDE_WINDOW)


@pytest.mark.django_db
def test_a_scan_sent_later_counts_at_its_own_time_but_never_in_the_future() -> None:
    attendee = coming()
    late = scanned(attendee, scanned_at=STARTS, at=STARTS + timedelta(hours=9))
    assert late.result == ScanResult.WELCOME
    early = scanned(coming(), scanned_at=STARTS, at=STARTS - timedelta(days=1))
    assert early.result == ScanResult.OUTSIDE_WINDOW


# --- Again under the same nonce -------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_same_nonce_is_the_same_scan() -> None:
    attendee = coming()
    first = scanned(attendee, nonce="n1")
    again = scanned(attendee, nonce="n1", at=STARTS + timedelta(minutes=1))
    assert (again.scan, again.result, again.attendee, again.entry) == (
        first.scan,
        ScanResult.WELCOME,
        attendee,
        first.entry,
    )
    refused = scanned(attendee, nonce="n2")
    again = scanned(attendee, nonce="n2")
    assert (again.scan, again.result, again.entry) == (refused.scan, ScanResult.ALREADY_IN, first.entry)
    assert (Scan.objects.count(), Entry.objects.count()) == (2, 1)


@pytest.mark.django_db
def test_another_event_may_use_the_same_nonce() -> None:
    assert scanned(coming(), nonce="n1").scan != scanned(coming(), nonce="n1").scan


# --- Undone -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_an_entry_is_undone_once_with_its_reason_and_the_next_scan_lets_in_again() -> None:
    attendee, staff = coming(), factories.user(is_staff=True)
    entry = scanned(attendee).entry
    assert entry
    checkin.undo(entry=entry, reason="quét nhầm người", actor=staff, at=STARTS)
    entry.refresh_from_db()
    assert (entry.undone_at, entry.undone_by, entry.undone_reason) == (STARTS, staff, "quét nhầm người")
    assert not Attendee.objects.present().exists()
    assert AuditEvent.objects.filter(action="door.undone").get().subject_id == str(attendee.pk)
    with pytest.raises(checkin.AlreadyUndone):
        checkin.undo(entry=entry, reason="lần nữa", actor=staff, at=STARTS)
    assert scanned(attendee).result == ScanResult.WELCOME


# --- At once ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("committed_db")
def test_two_scans_in_one_instant_give_one_entry_and_two_scans() -> None:
    steward = factories.user(is_staff=True)
    for _ in range(10):
        attendee = coming()
        outcomes = in_threads(*[partial(scanned, attendee, steward=steward)] * 2)
        results = sorted(str(outcome.result) for outcome in outcomes if isinstance(outcome, checkin.Scanned))
        assert results == ["already_in", "welcome"]
        entry = Entry.objects.get(attendee=attendee)
        assert Scan.objects.filter(attendee=attendee).count() == 2
        assert all(isinstance(outcome, checkin.Scanned) and outcome.entry == entry for outcome in outcomes)


@pytest.mark.usefixtures("committed_db")
def test_one_scan_sent_twice_in_one_instant_is_written_once() -> None:
    steward = factories.user(is_staff=True)
    for _ in range(10):
        attendee = coming()
        outcomes = in_threads(*[partial(scanned, attendee, steward=steward, nonce="n1")] * 2)
        assert all(
            isinstance(outcome, checkin.Scanned) and outcome.result == "welcome" for outcome in outcomes
        )
        assert Scan.objects.filter(attendee=attendee).count() == 1


@pytest.mark.usefixtures("committed_db")
def test_control_looking_first_and_writing_then_welcomes_the_same_person_twice() -> None:
    """Negative control: the race is real. Two doors that look for an entry and then write both find none; that only one row
    stands is the database's doing, and without the held row the second door would be told nothing but an error."""
    attendee, steward = coming(), factories.user(is_staff=True)
    both_have_looked = threading.Barrier(2)

    def look_then_write() -> str:
        assert not Entry.objects.open().filter(attendee=attendee).exists()
        both_have_looked.wait(PATIENCE)
        Entry.objects.create(attendee=attendee, entered_at=STARTS, steward=steward)
        return "welcome"

    outcomes = in_threads(look_then_write, look_then_write)
    assert {type(outcome) for outcome in outcomes} == {str, IntegrityError}
