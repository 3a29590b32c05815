"""What people do about their own part in a meeting: register, wait, decline, cancel; register somebody else; be followed.

Only the person's own act links a row of a list to him or her. The rules of answers and seats are in ``events.answers``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from django.db.models.functions import Lower

from events import answers, details, history, lists, messages
from events.answers import NotRegistered, RegistrationRefused, Way
from events.models import Attendee, AttendeeSource, Event
from kolportal.people.models import Person

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from events.details import Details
    from events.models import AttendeeQuerySet
    from kolportal.accounts.models import User

MOST_OTHERS = 20
"""How many others one account may register for one event."""


class TooManyOthers(RegistrationRefused):
    """One account has registered ``MOST_OTHERS`` others for this event."""


def register(*, event: Event, person: Person, at: datetime, language: str = "vi") -> Attendee:
    """Gives the person a seat. Asking again changes nothing and returns the same attendee. Raises a ``RegistrationRefused``.

    Joins the person to a row of the list that carries an address which his or her account has proved; else makes a row of
    what the person says of himself or herself. ``language``: of the messages to the person.
    """

    def act() -> Attendee:
        row = _own_row(event, person, at=at) or _new_row(event, person, at=at)
        row.language = language
        return answers.come(row, way=Way.SELF, actor_id=person.user_id, at=at)

    return _twice(act)


def wait(*, event: Event, person: Person, at: datetime, language: str = "vi") -> Attendee:
    """Puts the person on the waiting list of a full event, as ``register`` would register. Raises a ``RegistrationRefused``."""

    def act() -> Attendee:
        row = _own_row(event, person, at=at) or _new_row(event, person, at=at)
        row.language = language
        return answers.wait(row, actor_id=person.user_id, at=at)

    return _twice(act)


def decline(
    *, event: Event, person: Person, at: datetime, reason: str = "", language: str = "vi"
) -> Attendee:
    """Notes that the person will not come and frees the seat, if there was one. Asking again changes nothing.

    Possible from publication until the event begins, whatever the registration window. Raises a ``RegistrationRefused``.
    """

    def act() -> Attendee:
        row = _own_row(event, person, at=at) or _new_row(event, person, at=at)
        row.language = language
        return answers.decline(row, actor_id=person.user_id, at=at, reason=reason)

    return _twice(act)


def cancel(*, event: Event, person: Person, at: datetime) -> Attendee:
    """Takes a registration back and frees the seat. Asking again changes nothing.

    Possible until the event begins. Raises a ``RegistrationRefused``.
    """
    with transaction.atomic():
        row = _own_row(event, person, at=at)
        if row is None:
            raise NotRegistered
        return answers.cancel(attendee=row, actor_id=person.user_id, at=at)


def register_other(
    *, event: Event, data: Details, by: Person, at: datetime, language: str = "vi"
) -> Attendee:
    """Registers somebody else, whom ``by`` names (đăng ký hộ): the row says so, and so does a message to the address, if one
    was given. It links no account, and signs nothing. Raises a ``RegistrationRefused``.

    An address or number that is on the list already is not kept with this row: whoever types it learns nothing of it.
    """

    def act() -> Attendee:
        _hold(by)
        if Attendee.objects.listed().filter(event=event, registered_by=by.user).count() >= MOST_OTHERS:
            raise TooManyOthers
        row = Attendee(
            event=event,
            source=AttendeeSource.REGISTERED,
            registered_by=by.user,
            language=language,
            created_at=at,
        )
        details.write(data, row)
        for column in lists.taken_contacts(row):
            setattr(row, column, "")
        answers.come(row, way=Way.SELF, actor_id=by.user_id, at=at, tell=False)
        messages.registered_by_other(row, to=data.email, by=by, at=at)
        return row

    return _twice(act)


def follow(*, person: Person, at: datetime) -> int:
    """Carries a correction of the person's details into the rows that he or she made, until each meeting ends; how many.

    Called in the transaction that changes the details. ``person`` may have been read a while ago.
    """
    with transaction.atomic():
        _hold(person)
        mine = Attendee.objects.of_person(person).made_by_person()
        rows = mine.filter(event__ends_at__gt=at, erased_at=None).order_by("pk")
        data = details.of_person(_as_now(person))
        followed = 0
        for row in rows.select_for_update(of=("self",), no_key=True):
            if values := details.write(data, row):
                row.save(update_fields=list(values))
                lists.record_correction(row, values, actor_id=person.user_id, at=at)
                followed += 1
        return followed


def relink(*, merged: Person, person: Person, actor: User, at: datetime) -> None:
    """The rows of somebody who turned out to be ``person`` become that person's; where both are on one list, the rows are joined.

    Called in the transaction that merges the two (``pledges.merging``), which holds both, after ``merged_into`` was written.
    """
    both = Attendee.objects.listed().filter(person__in=(merged, person), erased_at=None).order_by("pk")
    rows = list(both.select_for_update(of=("self",), no_key=True))
    mine = {row.event_id: row for row in rows if row.person_id == person.pk}
    for row in rows:
        if row.person_id == person.pk:
            continue
        if row.event_id in mine:
            lists.join(row, mine[row.event_id], actor=actor, at=at)
        else:
            row.person = person
            row.save(update_fields=["person"])
            history.LINKED.record(row.pk, actor_id=actor.pk, at=at)


def row_of(*, event: Event, person: Person | None) -> Attendee | None:
    """The person's row, or the unlinked one that his or her next act would join: by an address that the account has proved."""
    if person is None:
        return None
    mine = Attendee.objects.of_person(person).filter(event=event).first()
    return mine or _same_address(event, person).first()


def _own_row(event: Event, person: Person, *, at: datetime) -> Attendee | None:
    """The same, held until the transaction ends; an unlinked row becomes the person's. The person is held first, so that two
    acts of one person, or an act and a correction of the details, happen one after another.
    """
    _hold(person)
    mine = answers.locked(Attendee.objects.of_person(person).filter(event=event))
    if mine is not None:
        return mine
    row = answers.locked(_same_address(event, person))
    if row is not None:
        row.person = person
        row.save(update_fields=["person"])
        history.LINKED.record(row.pk, actor_id=person.user_id, at=at)
    return row


def _hold(person: Person) -> None:
    Person.objects.select_for_update(no_key=True).filter(pk=person.pk).values_list("pk").first()


def _as_now(person: Person) -> Person:
    """Read after the person is held, and with the account anew: another tab may have corrected either meanwhile."""
    return Person.objects.select_related("user").get(pk=person.pk)


def _same_address(event: Event, person: Person) -> AttendeeQuerySet:
    proved = EmailAddress.objects.filter(user=person.user_id, verified=True)
    rows = Attendee.objects.listed().filter(event=event, person=None).exclude(email="")
    return rows.filter(email__in=proved.values_list(Lower("email"), flat=True))


def _new_row(event: Event, person: Person, *, at: datetime) -> Attendee:
    now = _as_now(person)
    row = Attendee(event=event, person=now, source=AttendeeSource.REGISTERED, created_at=at)
    details.write(details.of_person(now), row)
    return row


def _twice(act: Callable[[], Attendee]) -> Attendee:
    try:
        with transaction.atomic():
            return act()
    except IntegrityError:
        # Somebody else wrote the same address between our read and our insert; now there is a row to see.
        with transaction.atomic():
            return act()
