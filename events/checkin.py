"""The door: who comes in, who has come in already, who does not come in. ``_judge`` is where a scan is refused.

Every question is one ``Scan``, a row that nobody changes; under a nonce that the event has seen the answer of then is given
again and nothing is written. Presence is an open ``Entry``, at most one per attendee by the constraint
``entry_one_open_per_attendee``; the attendee's row is held meanwhile, so that of two scans in one instant the second is told
``ALREADY_IN``, with the first one's time and gate.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from events import answers, codes, history
from events.models import Answer, Attendee, Entry, Event, EventState, Scan, ScanResult, ScanWay
from kolportal.codes import Mistyped

if TYPE_CHECKING:
    from datetime import datetime

    from events.models import AttendeeQuerySet
    from kolportal.accounts.models import User

OPENS_BEFORE = timedelta(hours=3)
CLOSES_AFTER = timedelta(hours=1)
"""How long before an event begins, and after it ends, the door lets people in."""


class AlreadyUndone(Exception):
    """The entry was undone before."""


@dataclass(frozen=True, slots=True)
class Scanned:
    """What the door is told: the scan as it was kept, and whom it found. ``entry``: the open one that the person came in by, now
    or before. Of another event's attendee nothing is told."""

    scan: Scan
    result: ScanResult
    attendee: Attendee | None
    entry: Entry | None


def scan(
    *,
    event: Event,
    code: str,
    nonce: str,
    steward: User,
    gate: str,
    device: str,
    scanned_at: datetime,
    at: datetime,
) -> Scanned:
    """Answers a scanned or typed code, and lets its attendee in if nothing stands against it.

    ``nonce``: the device's name of this scan, at most 40 characters. ``scanned_at``: the device's time, for scans that were
    sent later; never after ``at``.
    """
    try:
        wanted = codes.fingerprint_of_typed(code)
    except Mistyped:
        found = Attendee.objects.none()
    else:
        found = Attendee.objects.filter(door_code_hash=wanted)
    asked = Scan(event=event, nonce=nonce, way=ScanWay.CODE, steward=steward, gate=gate, device=device)
    return _ask(asked, found, scanned_at=scanned_at, at=at)


def let_in(
    *,
    attendee: Attendee,
    event: Event,
    nonce: str,
    steward: User,
    gate: str,
    device: str,
    scanned_at: datetime,
    at: datetime,
) -> Scanned:
    """The same for somebody whom the steward found by searching the list of ``event``."""
    asked = Scan(event=event, nonce=nonce, way=ScanWay.SEARCH, steward=steward, gate=gate, device=device)
    return _ask(asked, Attendee.objects.filter(pk=attendee.pk), scanned_at=scanned_at, at=at)


def undo(*, entry: Entry, reason: str, actor: User, at: datetime) -> None:
    """Takes an entry back, with the reason; the scan stands, and the next one lets the attendee in again.

    Raises ``AlreadyUndone``.
    """
    with transaction.atomic():
        answers.locked(Attendee.objects.filter(pk=entry.attendee_id))
        undone = (
            Entry.objects.open()
            .filter(pk=entry.pk)
            .update(undone_at=at, undone_by=actor, undone_reason=reason)
        )
        if not undone:
            raise AlreadyUndone
        history.ENTRY_UNDONE.record(
            entry.attendee_id, actor_id=actor.pk, at=at, detail={"entry": entry.pk, "gate": entry.gate}
        )


def carry_over(double: Attendee, stays: Attendee, *, actor: User, at: datetime) -> None:
    """The presence of a row that is merged becomes that of the row that stays; both are held by the caller."""
    entry = Entry.objects.open().filter(attendee=double).first()
    if entry is None:
        return
    if not Entry.objects.open().filter(attendee=stays).exists():
        Entry.objects.create(
            attendee=stays, entered_at=entry.entered_at, steward_id=entry.steward_id, gate=entry.gate
        )
    undo(entry=entry, reason=_("merged into another entry of the list"), actor=actor, at=at)


def _ask(asked: Scan, found: AttendeeQuerySet, *, scanned_at: datetime, at: datetime) -> Scanned:
    asked.scanned_at, asked.received_at = min(scanned_at, at), at
    try:
        with transaction.atomic():
            attendee = _held(found)
            inside = Entry.objects.open().filter(attendee=attendee).first() if attendee else None
            result = _judge(asked, attendee, inside)
            asked.result = result
            asked.attendee = None if result is ScanResult.OTHER_EVENT else attendee
            asked.save(force_insert=True)
            if result is ScanResult.WELCOME and attendee is not None:
                inside = Entry.objects.create(
                    attendee=attendee,
                    scan=asked,
                    entered_at=asked.scanned_at,
                    steward=asked.steward,
                    gate=asked.gate,
                )
    except IntegrityError:
        earlier = Scan.objects.select_related("attendee").filter(event=asked.event, nonce=asked.nonce).first()
        if earlier is None:
            raise
        return _as_before(earlier)
    return Scanned(asked, result, asked.attendee, inside if asked.attendee else None)


def _judge(asked: Scan, attendee: Attendee | None, inside: Entry | None) -> ScanResult:
    """The answer of the door. A second scan is refused here: there is an open entry."""
    if attendee is None:
        return ScanResult.NOT_LISTED
    if attendee.event_id != asked.event_id:
        return ScanResult.OTHER_EVENT
    if inside is not None:
        return ScanResult.ALREADY_IN
    if attendee.removed_at is not None or attendee.erased_at is not None:
        return ScanResult.NOT_LISTED
    if attendee.answer in (Answer.CANCELLED, Answer.NOT_COMING):
        return ScanResult.CANCELLED
    if attendee.answer == Answer.WAITING:
        return ScanResult.WAITING
    if not door_is_open(attendee.event, at=asked.scanned_at):
        return ScanResult.OUTSIDE_WINDOW
    return ScanResult.WELCOME


def door_is_open(event: Event, *, at: datetime) -> bool:
    """Whether the door lets people in at this time. Closing an event ends its registration, not its door."""
    return (
        event.state in (EventState.PUBLISHED, EventState.CLOSED)
        and event.starts_at - OPENS_BEFORE <= at < event.ends_at + CLOSES_AFTER
    )


def _held(found: AttendeeQuerySet) -> Attendee | None:
    """The row that a question found, or the one that it was merged into, held until the transaction ends."""
    attendee = answers.locked(found.select_related("event"))
    if attendee is None or attendee.merged_into_id is None:
        return attendee
    stays = Attendee.objects.filter(pk=attendee.staying().pk)
    return answers.locked(stays.select_related("event"))


def _as_before(earlier: Scan) -> Scanned:
    """What was answered when this nonce came first."""
    entry = Entry.objects.filter(scan=earlier).first()
    if entry is None and earlier.result == ScanResult.ALREADY_IN:
        entry = (
            Entry.objects.filter(attendee=earlier.attendee, entered_at__lte=earlier.scanned_at)
            .order_by("-id")
            .first()
        )
    return Scanned(earlier, ScanResult(earlier.result), earlier.attendee, entry)
