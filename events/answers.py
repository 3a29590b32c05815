"""One row's answer: coming, not coming, waiting, cancelled. The only writer of ``Attendee.answer`` and ``Event.seats_taken``.

A seat is taken by one conditional update of the event's row, so that two people cannot get the last one; the check
constraint ``event_never_oversold`` stands behind it. Locks are always taken in one order: person, attendee, event.
What people do about themselves is ``events.registration``, what staff do with a list ``events.lists``; presence is another
axis, ``events.checkin``.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from django.db import transaction
from django.db.models import F, Q

from events import history, messages
from events.models import Answer, Attendee, Entry, Event, EventState
from kolportal.audit.history import Event as Told

if TYPE_CHECKING:
    from datetime import datetime

    from events.models import AttendeeQuerySet


class Transition(NamedTuple):
    """What a verb does to an answer, and what the audit trail tells of it; ``None`` among the sources: not on the list yet."""

    sources: tuple[Answer | None, ...]
    target: Answer
    told_as: Told


TRANSITIONS: dict[str, Transition] = {
    "add": Transition((None,), Answer.INVITED, history.ADDED),
    "register": Transition(
        (None, Answer.INVITED, Answer.WAITING, Answer.NOT_COMING, Answer.CANCELLED),
        Answer.COMING,
        history.REGISTERED,
    ),
    "wait": Transition(
        (None, Answer.INVITED, Answer.NOT_COMING, Answer.CANCELLED), Answer.WAITING, history.WAITING
    ),
    "decline": Transition(
        (None, Answer.INVITED, Answer.COMING, Answer.WAITING, Answer.CANCELLED),
        Answer.NOT_COMING,
        history.DECLINED,
    ),
    "cancel": Transition((Answer.COMING, Answer.WAITING), Answer.CANCELLED, history.CANCELLED),
}


class RegistrationRefused(Exception):
    """The list of attendees stays as it was; the subclass says why."""


class EventNotPublished(RegistrationRefused):
    """The event is a draft."""


class EventCancelled(RegistrationRefused):
    """The event was called off."""


class NotYetOpen(RegistrationRefused):
    """Registration has not begun."""


class RegistrationClosed(RegistrationRefused):
    """Registration has ended, or the event is closed."""


class EventFull(RegistrationRefused):
    """No seat is left."""


class SeatsLeft(RegistrationRefused):
    """Nobody needs to wait: there is a seat."""


class EventStarted(RegistrationRefused):
    """The event has begun; an answer can no longer be declined or cancelled."""


class NotRegistered(RegistrationRefused):
    """There is no registration to cancel."""


class AlreadyCheckedIn(RegistrationRefused):
    """The person is in the hall."""


class Way(Enum):
    """Who answers, and with it until when a seat can be taken."""

    SELF = "self"  # in the registration window
    INVITATION = "invitation"  # until the event begins
    STAFF = "staff"  # until the event ends


# --- For invitations and staff -----------------------------------------------------------------------------------------------


def answer(
    *, attendee: Attendee, coming: bool, way: Way, actor_id: int | None, at: datetime, reason: str = ""
) -> Attendee:
    """Answers for a row that is on the list: by its invitation, or by staff. Raises a ``RegistrationRefused``."""
    with transaction.atomic():
        row = locked(Attendee.objects.listed().filter(pk=attendee.pk))
        if row is None:
            raise NotRegistered
        if coming:
            return come(row, way=way, actor_id=actor_id, at=at)
        return decline(row, actor_id=actor_id, at=at, reason=reason)


def cancel(*, attendee: Attendee, actor_id: int | None, at: datetime) -> Attendee:
    """Takes the registration of a row back. Asking again changes nothing. Raises a ``RegistrationRefused``."""
    with transaction.atomic():
        row = locked(Attendee.objects.listed().filter(pk=attendee.pk))
        if row is None or row.answer in (Answer.INVITED, Answer.NOT_COMING):
            raise NotRegistered
        return _leave(row, TRANSITIONS["cancel"], actor_id=actor_id, at=at)


# --- Inside a transaction that holds the row ----------------------------------------------------------------------------------


def locked(rows: AttendeeQuerySet) -> Attendee | None:
    """The first of these rows as it is now, held until the transaction ends."""
    return rows.select_for_update(of=("self",), no_key=True).first()


def invite(attendee: Attendee, *, actor_id: int | None, at: datetime) -> Attendee:
    """Puts a new row on the list, without an answer."""
    return _write(attendee, TRANSITIONS["add"], actor_id=actor_id, at=at, tell=False)


def come(attendee: Attendee, *, way: Way, actor_id: int | None, at: datetime, tell: bool = True) -> Attendee:
    """Gives the row (held, or new and unsaved) a seat; one that has it stays as it is. ``tell``: writes the message.

    Raises a ``RegistrationRefused``, upon which the caller's transaction must be rolled back.
    """
    transition = TRANSITIONS["register"]
    if _answer_of(attendee) not in transition.sources:
        return attendee
    # The row first, then the seat: a new row may have to wait for another with the same address, and whoever waits must not
    # hold the event. Without a seat the row is rolled back.
    _write(attendee, transition, actor_id=actor_id, at=at, tell=tell)
    if not _take_seat(attendee.event_id, way, at=at):
        raise _refusal(attendee.event_id, way, at=at)
    return attendee


def wait(attendee: Attendee, *, actor_id: int | None, at: datetime) -> Attendee:
    """Puts the row on the waiting list of an event that registers people and is full. Raises a ``RegistrationRefused``."""
    transition = TRANSITIONS["wait"]
    if _answer_of(attendee) not in transition.sources:
        return attendee
    event = Event.objects.select_for_update(no_key=True).get(pk=attendee.event_id)
    if event.registration_is_open(at=at) and event.seats_left > 0:
        raise SeatsLeft
    if not isinstance(refusal := _refusal(event.pk, Way.SELF, at=at), EventFull):
        raise refusal
    return _write(attendee, transition, actor_id=actor_id, at=at)


def decline(attendee: Attendee, *, actor_id: int | None, at: datetime, reason: str) -> Attendee:
    """Notes that the row will not come and frees the seat, if there was one. Raises a ``RegistrationRefused``."""
    return _leave(attendee, TRANSITIONS["decline"], actor_id=actor_id, at=at, reason=reason)


def give_back(attendee: Attendee) -> None:
    """Frees the seat of a row that leaves the list."""
    if attendee.answer == Answer.COMING:
        Event.objects.filter(pk=attendee.event_id, seats_taken__gt=0).update(seats_taken=F("seats_taken") - 1)


def _leave(
    attendee: Attendee, transition: Transition, *, actor_id: int | None, at: datetime, reason: str = ""
) -> Attendee:
    if not attendee._state.adding and Entry.objects.open().filter(attendee=attendee).exists():
        raise AlreadyCheckedIn
    if _answer_of(attendee) not in transition.sources:
        return attendee
    event = Event.objects.get(pk=attendee.event_id)
    if event.state != EventState.PUBLISHED:
        raise _refusal(event.pk, Way.SELF, at=at)
    if at >= event.starts_at:
        raise EventStarted
    give_back(attendee)
    return _write(attendee, transition, actor_id=actor_id, at=at, reason=reason)


def _answer_of(attendee: Attendee) -> Answer | None:
    return None if attendee._state.adding else Answer(attendee.answer)


def _take_seat(event_id: int, way: Way, *, at: datetime) -> bool:
    free = Event.objects.filter(pk=event_id, state=EventState.PUBLISHED, seats_taken__lt=F("capacity"))
    in_time = {
        Way.SELF: Q(registration_opens_at__lte=at, registration_closes_at__gt=at),
        Way.INVITATION: Q(starts_at__gt=at),
        Way.STAFF: Q(ends_at__gt=at),
    }
    return free.filter(in_time[way]).update(seats_taken=F("seats_taken") + 1) == 1


def _refusal(event_id: int, way: Way, *, at: datetime) -> RegistrationRefused:
    """Why ``_take_seat`` found no seat, from the row as it is now."""
    now = Event.objects.get(pk=event_id)
    by_state: dict[str, type[RegistrationRefused]] = {
        EventState.DRAFT: EventNotPublished,
        EventState.CANCELLED: EventCancelled,
        EventState.CLOSED: RegistrationClosed,
    }
    if now.state in by_state:
        return by_state[now.state]()
    if way is Way.SELF and at < now.registration_opens_at:
        return NotYetOpen()
    ends = {Way.SELF: now.registration_closes_at, Way.INVITATION: now.starts_at, Way.STAFF: now.ends_at}
    if at >= ends[way]:
        return RegistrationClosed()
    return EventFull()


def _write(
    attendee: Attendee,
    transition: Transition,
    *,
    actor_id: int | None,
    at: datetime,
    reason: str = "",
    tell: bool = True,
) -> Attendee:
    before = _answer_of(attendee)
    attendee.answer, attendee.reason = transition.target, reason
    attendee.answered_at = None if transition.target is Answer.INVITED else at
    attendee.save()
    entry = transition.told_as.record(
        attendee.pk,
        actor_id=actor_id,
        at=at,
        detail={"event": attendee.event_id, "from": before.value if before else None},
    )
    if tell:
        messages.answered(attendee, entry, at=at)
    return attendee
