"""What staff do with an event's list: add, correct, take off, merge. Nothing here links a row to an account or looks one up.

Staff type names, addresses and numbers; whether somebody with them has an account changes nothing of what they are told, nor
of what is done. Only rows that say what the list says are compared, joined or not: whether a double is refused must not tell
whether somebody's account stands behind the row that is there.
"""

from __future__ import annotations

from dataclasses import asdict, fields, replace
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.db.models import Q

from events import answers, checkin, details, history, invitations
from events.answers import AlreadyCheckedIn, Way
from events.details import ListDetails
from events.models import Answer, Attendee, AttendeeSource, Entry, Event

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from kolportal.accounts.models import User


class ListRefused(Exception):
    """The list stays as it was; the subclass says why."""


class AlreadyListed(ListRefused):
    """Another row of this list carries the same; ``columns`` holds any of ``email`` and ``phone``."""

    def __init__(self, columns: list[str]) -> None:
        super().__init__(", ".join(columns))
        self.columns = columns


class NotListed(ListRefused):
    """The row was taken off the list, merged or erased meanwhile."""


class MadeByPerson(ListRefused):
    """The row says what the person said; it follows the person's own corrections."""


class OtherEvent(ListRefused):
    """The rows belong to different events."""


class BothJoined(ListRefused):
    """Two people have joined the two rows by their own acts, so they are not the same."""


class JoinedRowStays(ListRefused):
    """The row to be merged is the one that a person has joined; merge the other one into it."""


def add(
    *,
    event: Event,
    data: ListDetails,
    source: AttendeeSource,
    actor: User,
    at: datetime,
    coming: bool = False,
) -> Attendee:
    """Puts somebody on the list by hand: invited, or ``coming`` with a seat, until the event ends and whatever the window.

    Raises ``AlreadyListed`` or a ``RegistrationRefused``.
    """
    row = Attendee(event=event, source=source, created_at=at)
    details.write(data, row)

    def act() -> None:
        answers.invite(row, actor_id=actor.pk, at=at)
        if coming:
            answers.come(row, way=Way.STAFF, actor_id=actor.pk, at=at)

    _once_on_the_list(row, act, written=["email", "phone"])
    return row


def correct(*, attendee: Attendee, data: ListDetails, actor: User, at: datetime) -> bool:
    """Writes what staff know better; ``False`` when nothing differs. With another address the old one's invitation ends.

    Raises ``NotListed``, ``MadeByPerson`` or ``AlreadyListed``.
    """
    with transaction.atomic():
        (row,) = _held(attendee)
        if row.is_made_by_person:
            raise MadeByPerson
        values = details.write(data, row)

        def act() -> None:
            row.save(update_fields=list(values))
            record_correction(row, values, actor_id=actor.pk, at=at)
            if "email" in values:
                invitations.revoke(attendee=row, actor_id=actor.pk, at=at)

        if values:
            _once_on_the_list(row, act, written=[*values])
    return bool(values)


def remove(*, attendee: Attendee, reason: str, actor: User, at: datetime) -> None:
    """Takes a row off the list, with the reason, and frees its seat; the row and its scans stay.

    Raises ``NotListed``, or ``AlreadyCheckedIn`` while the person is in.
    """
    with transaction.atomic():
        (row,) = _held(attendee)
        if Entry.objects.open().filter(attendee=row).exists():
            raise AlreadyCheckedIn
        answers.give_back(row)
        row.removed_at, row.removed_reason = at, reason
        row.save(update_fields=["removed_at", "removed_reason"])
        history.REMOVED.record(row.pk, actor_id=actor.pk, at=at, detail={"event": row.event_id})


def merge(*, attendee: Attendee, into: Attendee, actor: User, at: datetime) -> None:
    """Joins a double into the row that stays, of the same event. The staying row's own words and answer stand; it takes over
    what it lacks (unless its person made it), an answer if it has none, and the presence. Codes of the other row lead to it.

    Raises ``NotListed``, ``OtherEvent``, ``BothJoined`` or ``JoinedRowStays``.
    """
    if attendee.event_id != into.event_id or attendee.pk == into.pk:
        raise OtherEvent
    with transaction.atomic():
        held = {row.pk: row for row in _held(attendee, into)}
        double, stays = held[attendee.pk], held[into.pk]
        if double.person_id is not None:
            raise BothJoined if stays.person_id is not None else JoinedRowStays
        join(double, stays, actor=actor, at=at)


def join(double: Attendee, stays: Attendee, *, actor: User, at: datetime) -> None:
    """Joins one row into another of the same event, as ``merge`` says; both are on the list and held by the caller."""
    double.merged_into, double.merged_at = stays, at
    double.save(update_fields=["merged_into", "merged_at"])
    history.MERGED.record(double.pk, actor_id=actor.pk, at=at, detail={"into": stays.pk})
    _take_over(double, stays, actor=actor, at=at)
    checkin.carry_over(double, stays, actor=actor, at=at)


def _take_over(double: Attendee, stays: Attendee, *, actor: User, at: datetime) -> None:
    if stays.answer == Answer.INVITED and double.answer != Answer.INVITED:
        # The seat, if there is one, goes with the answer.
        stays.answer, stays.answered_at, stays.reason = double.answer, double.answered_at, double.reason
        stays.save(update_fields=["answer", "answered_at", "reason"])
    else:
        answers.give_back(double)
    if stays.is_made_by_person:
        return
    lacking = {
        column: new for column, new in asdict(_details_of(double)).items() if not getattr(stays, column)
    }
    values = details.write(replace(_details_of(stays), **lacking), stays)
    if values:
        stays.save(update_fields=list(values))
        record_correction(stays, values, actor_id=actor.pk, at=at)


def _details_of(row: Attendee) -> ListDetails:
    return ListDetails(**{field.name: getattr(row, field.name) for field in fields(ListDetails)})


# --- Doubles ----------------------------------------------------------------------------------------------------------------


def taken_contacts(attendee: Attendee) -> list[str]:
    """Which of ``email`` and ``phone`` another row of the same list carries that its person did not make."""
    others = Attendee.objects.listed().made_by_list().filter(event=attendee.event_id).exclude(pk=attendee.pk)
    wanted = {"email": attendee.email, "phone": attendee.phone}
    same = Q(pk__in=())
    for column, value in wanted.items():
        if value:
            same |= Q(**{column: value})
    found = list(others.filter(same).values(*wanted))
    return [column for column, value in wanted.items() if value and value in {row[column] for row in found}]


def record_correction(
    attendee: Attendee, values: dict[str, tuple[str, str]], *, actor_id: int | None, at: datetime
) -> None:
    """Tells the audit trail which columns of a row changed, with old and new values."""
    detail = {"event": attendee.event_id, "fields": sorted(values)}
    history.CORRECTED.record(attendee.pk, actor_id=actor_id, at=at, detail=detail, values=values)


def _held(*attendees: Attendee) -> list[Attendee]:
    """The rows as they are now, held in the order of their keys. Raises ``NotListed`` unless all are on the list."""
    rows = Attendee.objects.listed().filter(pk__in=[row.pk for row in attendees], erased_at=None)
    held = list(rows.order_by("pk").select_for_update(of=("self",), no_key=True))
    if len(held) != len(attendees):
        raise NotListed
    return held


def _once_on_the_list(row: Attendee, write: Callable[[], None], *, written: list[str]) -> None:
    """Raises ``AlreadyListed`` when another row carries the same, before the database refuses it. ``written``: columns."""

    def refuse_doubles() -> None:
        if columns := [column for column in taken_contacts(row) if column in written]:
            raise AlreadyListed(columns)

    refuse_doubles()
    try:
        with transaction.atomic():
            write()
    except IntegrityError:
        refuse_doubles()
        raise
