"""Taking part: register, decline, cancel. The only writer of ``Attendee.state`` and of ``Event.seats_taken``.

A seat is taken by one conditional update of the event's row, so that two people cannot get the last one; the check
constraint ``event_never_oversold`` stands behind it. Locks are always taken in one order: attendee, then event.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from django.db import IntegrityError, transaction
from django.db.models import F

from events import history
from events.models import Answer, Attendee, Event, EventState
from kolportal.people.models import Person

if TYPE_CHECKING:
    from datetime import datetime


class Transition(NamedTuple):
    """What a verb does to an attendance; ``None`` among the sources is a person who is not on the list yet."""

    sources: tuple[Answer | None, ...]
    target: Answer
    action: str


TRANSITIONS: dict[str, Transition] = {
    "register": Transition(
        (None, Answer.NOT_COMING, Answer.CANCELLED),
        Answer.COMING,
        history.REGISTERED,
    ),
    "decline": Transition((None, Answer.COMING), Answer.NOT_COMING, history.DECLINED),
    "cancel": Transition((Answer.COMING,), Answer.CANCELLED, history.CANCELLED),
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


class EventStarted(RegistrationRefused):
    """The event has begun; an attendance can no longer be declined or cancelled."""


class NotRegistered(RegistrationRefused):
    """There is no registration to cancel."""


class AlreadyCheckedIn(RegistrationRefused):
    """The person is in the hall."""


def register(
    *, event: Event, profile: Person, actor_id: int | None, at: datetime, by_staff: bool = False
) -> Attendee:
    """Gives the person a seat. Asking again changes nothing and returns the same attendee.

    ``by_staff``: staff may add people outside the registration window while the event has not ended, but never beyond
    the seats. Raises a ``RegistrationRefused``.
    """
    try:
        with transaction.atomic():
            return _register(event, profile, actor_id=actor_id, at=at, by_staff=by_staff)
    except IntegrityError:
        # A double click's twin inserted the same person between our read and our insert; our seat was rolled back.
        twin = Attendee.objects.seated().filter(event=event, profile=profile).first()
        if twin is None:
            raise
        return twin


def _register(
    event: Event, profile: Person, *, actor_id: int | None, at: datetime, by_staff: bool
) -> Attendee:
    transition = TRANSITIONS["register"]
    attendee = _locked(event, profile)
    if attendee is not None and attendee.state not in transition.sources:
        return attendee
    if not _take_seat(event, at=at, by_staff=by_staff):
        # The twin of a double click may have taken the last seat for this very person.
        if (attendee := _locked(event, profile)) is not None and attendee.state in SEATED:
            return attendee
        raise _refusal(event, at=at, by_staff=by_staff)
    attendee = attendee or Attendee(event=event, profile=profile)
    attendee.registered_at = at
    return _write(attendee, transition, actor_id=actor_id, at=at)


def decline(*, event: Event, profile: Person, actor_id: int | None, at: datetime) -> Attendee:
    """Notes that the person will not come and frees the seat, if there was one. Asking again changes nothing.

    Possible from publication until the event begins, whatever the registration window. Raises a ``RegistrationRefused``.
    """

    def answer() -> Attendee:
        with transaction.atomic():
            attendee = _locked(event, profile) or Attendee(event=event, profile=profile)
            return _leave(attendee, TRANSITIONS["decline"], actor_id=actor_id, at=at)

    try:
        return answer()
    except IntegrityError:
        # A double click's twin inserted the same person between our read and our insert: now there is a row to lock.
        return answer()


def cancel(*, event: Event, profile: Person, actor_id: int | None, at: datetime) -> Attendee:
    """Takes a registration back and frees the seat. Asking again changes nothing.

    Possible until the event begins. Raises a ``RegistrationRefused``.
    """
    with transaction.atomic():
        attendee = _locked(event, profile)
        if attendee is None or attendee.state == Answer.NOT_COMING:
            raise NotRegistered
        return _leave(attendee, TRANSITIONS["cancel"], actor_id=actor_id, at=at)


def _leave(attendee: Attendee, transition: Transition, *, actor_id: int | None, at: datetime) -> Attendee:
    if attendee.state == Answer.COMING:
        raise AlreadyCheckedIn
    if (attendee.state or None) not in transition.sources:
        return attendee
    event = Event.objects.get(pk=attendee.event_id)
    if event.state != EventState.PUBLISHED:
        raise _refusal(event, at=at, by_staff=False)
    if at >= event.starts_at:
        raise EventStarted
    if attendee.state == Answer.COMING:
        Event.objects.filter(pk=event.pk, seats_taken__gt=0).update(seats_taken=F("seats_taken") - 1)
    return _write(attendee, transition, actor_id=actor_id, at=at)


def _locked(event: Event, profile: Person) -> Attendee | None:
    return Attendee.objects.select_for_update().filter(event=event, profile=profile).first()


def _take_seat(event: Event, *, at: datetime, by_staff: bool) -> bool:
    open_for_it = Event.objects.filter(pk=event.pk, state=EventState.PUBLISHED, seats_taken__lt=F("capacity"))
    if by_staff:
        open_for_it = open_for_it.filter(ends_at__gt=at)
    else:
        open_for_it = open_for_it.filter(registration_opens_at__lte=at, registration_closes_at__gt=at)
    return open_for_it.update(seats_taken=F("seats_taken") + 1) == 1


def _refusal(event: Event, *, at: datetime, by_staff: bool) -> RegistrationRefused:
    """Why ``_take_seat`` found no seat, from the row as it is now."""
    now = Event.objects.get(pk=event.pk)
    by_state: dict[str, type[RegistrationRefused]] = {
        EventState.DRAFT: EventNotPublished,
        EventState.CANCELLED: EventCancelled,
        EventState.CLOSED: RegistrationClosed,
    }
    if now.state in by_state:
        return by_state[now.state]()
    if not by_staff and at < now.registration_opens_at:
        return NotYetOpen()
    if at >= (now.ends_at if by_staff else now.registration_closes_at):
        return RegistrationClosed()
    return EventFull()


def _write(attendee: Attendee, transition: Transition, *, actor_id: int | None, at: datetime) -> Attendee:
    before = attendee.state or None
    attendee.state = transition.target
    attendee.state_changed_at = at
    attendee.save()
    audit.record(
        action=transition.action,
        actor_id=actor_id,
        subject_type="attendee",
        subject_id=attendee.pk,
        at=at,
        detail={"event": attendee.event_id, "from": before},
    )
    return attendee
