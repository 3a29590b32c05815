"""Plain SQL against the rules that the database keeps of lists and the door (events/migrations/0002_frozen.py)."""

from __future__ import annotations

import importlib
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from events import checkin, invitations, lifecycle, lists
from events.models import Attendee, Entry, Invitation, Notice, Scan
from kolportal.people.models import Person
from tests import factories
from tests.events.samples import OPEN, STARTS, an_event, scanned
from tests.frozen import insert, moment

pytestmark = [pytest.mark.django_db, pytest.mark.servers]

RULES = importlib.import_module("events.migrations.0002_frozen").RULES
_tried: set[str] = set()


def refused(words: str, sql: str, *values: Any) -> None:
    """The statement is refused with these words, and changes nothing."""
    _tried.add(words)
    with (
        pytest.raises(DatabaseError, match=words),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql, values)


def allowed(sql: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        assert cursor.rowcount == 1


@pytest.fixture
def attendee() -> Attendee:
    return factories.attendee(at_event=an_event())


@pytest.mark.parametrize(
    "change",
    ["result = 'welcome'", "attendee_id = NULL", "gate = 'B'", "received_at = scanned_at", "nonce = 'x'"],
)
def test_a_scan_is_never_changed_or_removed(attendee: Attendee, change: str) -> None:
    scan = scanned(attendee).scan
    refused("a scan is never changed", f"UPDATE events_scan SET {change} WHERE id = %s", scan.pk)
    refused("a scan is never changed", "DELETE FROM events_scan WHERE id = %s", scan.pk)
    assert Scan.objects.count() == 1


def test_a_notice_is_never_changed_or_removed() -> None:
    lifecycle.cancel(event=an_event(), actor_id=None, at=OPEN)
    refused("a notice is never changed", "UPDATE events_notice SET what = 'moved'")
    refused("a notice is never changed", "DELETE FROM events_notice")
    assert Notice.objects.count() == 1


def test_an_entry_is_undone_once_and_never_changed_or_removed(attendee: Attendee) -> None:
    entry = scanned(attendee).entry
    assert entry
    words = "an entry is undone once and never changed"
    other = factories.attendee(at_event=attendee.event)
    refused(words, "UPDATE events_entry SET attendee_id = %s WHERE id = %s", other.pk, entry.pk)
    refused(words, "UPDATE events_entry SET gate = 'B' WHERE id = %s", entry.pk)
    refused(words, "UPDATE events_entry SET scan_id = NULL WHERE id = %s", entry.pk)
    refused(words, "UPDATE events_entry SET entered_at = %s WHERE id = %s", OPEN, entry.pk)
    refused("an entry is never removed", "DELETE FROM events_entry WHERE id = %s", entry.pk)
    checkin.undo(entry=entry, reason="nhầm", actor=factories.user(), at=STARTS)
    refused(words, "UPDATE events_entry SET undone_reason = 'khác' WHERE id = %s", entry.pk)
    back = "UPDATE events_entry SET undone_at = NULL, undone_by_id = NULL, undone_reason = '' WHERE id = %s"
    refused(words, back, entry.pk)
    assert Entry.objects.get().undone_reason == "nhầm"


def test_an_entry_stands_on_a_scan_that_welcomed_its_attendee(attendee: Attendee) -> None:
    welcomed = scanned(attendee)
    refusing = scanned(attendee)
    assert welcomed.entry
    other = factories.attendee(at_event=attendee.event)
    insert = (
        "INSERT INTO events_entry (attendee_id, scan_id, entered_at, steward_id, gate, undone_reason)"
        " VALUES (%s, %s, %s, %s, '', '')"
    )
    words = "an entry stands on a scan that welcomed the same attendee"
    steward = welcomed.scan.steward_id
    refused(words, insert, other.pk, welcomed.scan.pk, STARTS, steward)
    refused(words, insert, attendee.pk, refusing.scan.pk, STARTS, steward)
    allowed(insert, other.pk, None, STARTS, steward)  # carried over from a double


def test_an_invitation_is_revoked_once_and_never_changed_or_removed(attendee: Attendee) -> None:
    invitation = invitations.issue(attendee=attendee, actor_id=None, at=OPEN)
    words = "an invitation is revoked once and never changed"
    refused(words, "UPDATE events_invitation SET code_hash = 'x' WHERE id = %s", invitation.pk)
    later = STARTS + timedelta(days=1)
    refused(words, "UPDATE events_invitation SET expires_at = %s WHERE id = %s", later, invitation.pk)
    refused(words, "UPDATE events_invitation SET number = 7 WHERE id = %s", invitation.pk)
    refused("an invitation is never removed", "DELETE FROM events_invitation WHERE id = %s", invitation.pk)
    invitations.revoke(attendee=attendee, actor_id=None, at=OPEN)
    refused(words, "UPDATE events_invitation SET revoked_at = NULL WHERE id = %s", invitation.pk)
    assert Invitation.objects.get().revoked_at == OPEN


def test_an_attendee_stays_with_the_event_and_the_person_and_is_never_deleted(attendee: Attendee) -> None:
    words = "an attendee stays with the event and the person"
    row = "WHERE id = %s"
    refused(words, f"UPDATE events_attendee SET event_id = %s {row}", an_event().pk, attendee.pk)
    refused(words, f"UPDATE events_attendee SET source = 'registered' {row}", attendee.pk)
    refused(words, f"UPDATE events_attendee SET created_at = %s {row}", STARTS, attendee.pk)
    person, other = factories.person(), factories.person()
    allowed(f"UPDATE events_attendee SET person_id = %s {row}", person.pk, attendee.pk)
    refused(words, f"UPDATE events_attendee SET person_id = %s {row}", other.pk, attendee.pk)
    refused(words, f"UPDATE events_attendee SET person_id = NULL {row}", attendee.pk)
    tablet = factories.person(user=None)
    guest = factories.attendee(at_event=attendee.event, person=tablet)
    Person.objects.filter(pk=tablet.pk).update(merged_into=other, merged_at=OPEN)
    refused(words, f"UPDATE events_attendee SET person_id = %s {row}", factories.person().pk, guest.pk)
    allowed(
        f"UPDATE events_attendee SET person_id = %s {row}", other.pk, guest.pk
    )  # who the guest turned out to be
    refused("removed or erased, never deleted", f"DELETE FROM events_attendee {row}", attendee.pk)


def test_merging_removing_and_erasing_happen_once(attendee: Attendee) -> None:
    words = "merging, removing and erasing happen once"
    staff, event = factories.user(), attendee.event
    stays, third = factories.attendee(at_event=event), factories.attendee(at_event=event)
    lists.merge(attendee=attendee, into=stays, actor=staff, at=OPEN)
    row = "WHERE id = %s"
    refused(words, f"UPDATE events_attendee SET merged_into_id = NULL, merged_at = NULL {row}", attendee.pk)
    refused(words, f"UPDATE events_attendee SET merged_into_id = %s {row}", third.pk, attendee.pk)
    lists.remove(attendee=stays, reason="nhầm", actor=staff, at=OPEN)
    refused(words, f"UPDATE events_attendee SET removed_at = NULL, removed_reason = '' {row}", stays.pk)
    Attendee.objects.filter(pk=third.pk).update(
        full_name="", kind="", commune_code="", search_key="", sort_key="", door_code_hash="", erased_at=OPEN
    )
    refused(words, f"UPDATE events_attendee SET erased_at = NULL, full_name = 'A' {row}", third.pk)


def test_an_attendee_is_merged_within_the_event(attendee: Attendee) -> None:
    elsewhere = factories.attendee(at_event=an_event())
    refused(
        "an attendee is merged into another of the same event",
        "UPDATE events_attendee SET merged_into_id = %s, merged_at = %s WHERE id = %s",
        elsewhere.pk,
        OPEN,
        attendee.pk,
    )


def test_a_scan_names_nobody_of_another_event_and_no_row_begins_merged(attendee: Attendee) -> None:
    scan = scanned(attendee).scan
    elsewhere = factories.attendee(at_event=an_event())
    sql, values = insert(scan, nonce="khac", attendee_id=elsewhere.pk)
    refused("a scan names nobody of another event", sql, *values)
    sql, values = insert(scan, nonce="khac", result="already_in")
    allowed(sql, *values)
    other = factories.attendee(at_event=attendee.event)
    sql, values = insert(other, merged_into_id=attendee.pk, merged_at=moment(OPEN), door_code_hash="")
    refused("an attendee is merged after it was listed", sql, *values)


def test_every_rule_was_tried_above() -> None:
    untried = [rule.message for rule in RULES if not any(words in rule.message for words in _tried)]
    assert untried == []
