"""Who comes to the demo's meetings: a unit's list that no account stands behind, people who register, who waits, who is present."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from django.db import transaction

from events import answers, checkin, lifecycle, lists, registration
from events.answers import Way
from events.details import ListDetails
from events.models import Attendee, AttendeeSource, EventState
from kolportal.accounts.models import User
from kolportal.demo import people, texts
from kolportal.people import details
from kolportal.people.models import Person

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from events.models import Event

    Act = Callable[[], object]

REGISTERED, WAITING = 96, 4
ACCOUNTS = REGISTERED + WAITING
"""Generated people with an account, the first ``REGISTERED`` with a seat in September."""
LISTED, GUESTS, NOT_COMING = 30, 8, 6
COMING = REGISTERED + LISTED - NOT_COMING
PRESENT = 104
INVITED = 12
_LISTED_PRESENT = 20


def fill(event: Event, *, starts_at: datetime, organiser: User, steward: User) -> None:
    """September's list from the first name to the door, in the order of time."""
    if event.state != EventState.PUBLISHED:
        return
    listed = _listed(
        event, count=LISTED, guests=GUESTS, organiser=organiser, at=starts_at - timedelta(days=30)
    )
    coming, staying = listed[NOT_COMING:], listed[:NOT_COMING]
    acts = [
        *_registrations(event, first=starts_at - timedelta(days=20)),
        *_answers(coming, organiser, coming=True, first=starts_at - timedelta(days=18)),
        *_answers(staying, organiser, coming=False, first=starts_at - timedelta(days=15)),
    ]
    for _at, act in sorted(acts, key=lambda pair: pair[0]):
        act()
    _door(event, starts_at=starts_at, steward=steward)
    lifecycle.close(event=event, actor_id=None, at=starts_at + timedelta(hours=4))


def invite(event: Event, *, organiser: User, at: datetime) -> None:
    """The coming meeting's list: names that have not answered yet, and one who has declined."""
    rows = _listed(event, count=INVITED, guests=3, organiser=organiser, at=at)
    answers.answer(
        attendee=rows[0],
        coming=False,
        way=Way.STAFF,
        actor_id=organiser.pk,
        at=at,
        reason="Đi công tác (minh họa)",
    )


def say_who(person: people.DemoPerson, user: User, *, at: datetime) -> Person:
    """The person's details and channels, as he or she would type them."""
    said = details.save(
        person=None,
        user=user,
        data={
            "full_name": person.full_name,
            "stage_name": person.stage_name,
            "kind": person.kind,
            "commune_code": person.commune_code,
            "organisation": texts.MARK,
            "phone": "",
        },
        at=at,
    )
    for channel in person.channels:
        details.declare_channel(
            person=said,
            data={
                "platform": channel.platform,
                "url": channel.url,
                "name": channel.name,
                "role": channel.role,
                "followers": channel.followers,
            },
            at=at,
        )
    return said


def _listed(event: Event, *, count: int, guests: int, organiser: User, at: datetime) -> list[Attendee]:
    """The rows of the unit's list, added once."""
    present = Attendee.objects.filter(event=event, source=AttendeeSource.IMPORTED).order_by("pk")
    if not present.exists():
        with transaction.atomic():
            for row in people.listed(count, guests=guests, seed=event.pk):
                data = ListDetails(
                    full_name=row.full_name,
                    kind=row.kind,
                    commune_code=row.commune_code,
                    organisation=f"{row.body} ({texts.MARK})" if row.body else texts.MARK,
                    group="Khách mời" if row.body else "Danh sách đơn vị gửi",
                )
                lists.add(event=event, data=data, source=AttendeeSource.IMPORTED, actor=organiser, at=at)
    return list(present)


def _registrations(event: Event, *, first: datetime) -> list[tuple[datetime, Act]]:
    """Everybody with an account, three hours apart: says who he or she is and takes a seat, the last ones a place in the queue."""
    return [
        (
            first + timedelta(hours=3 * number),
            partial(_register, event, person, at=first + timedelta(hours=3 * number)),
        )
        for number, person in enumerate(people.generate(ACCOUNTS))
    ]


def _register(event: Event, person: people.DemoPerson, *, at: datetime) -> None:
    # No password: nobody logs in as an invented attendee.
    user = User.objects.filter(email=person.email).first() or User.objects.create_user(
        person.email, date_joined=at
    )
    said = Person.objects.of_account(user) or say_who(person, user, at=at - timedelta(minutes=5))
    act = registration.register if person.number <= REGISTERED else registration.wait
    act(event=event, person=said, at=at)


def _answers(
    rows: list[Attendee], organiser: User, *, coming: bool, first: datetime
) -> list[tuple[datetime, Act]]:
    """What staff were told by telephone, an hour apart."""
    return [
        (
            first + timedelta(hours=number),
            partial(
                answers.answer, attendee=row, coming=coming, way=Way.STAFF, actor_id=organiser.pk,
                at=first + timedelta(hours=number), reason="" if coming else "Đi công tác (minh họa)",
            ),
        )
        for number, row in enumerate(rows)
    ]  # fmt: skip


def _door(event: Event, *, starts_at: datetime, steward: User) -> None:
    """``PRESENT`` people come in within half an hour, by the code that each shows."""
    seated = Attendee.objects.seated().filter(event=event).order_by("pk")
    from_list = list(seated.filter(person=None)[:_LISTED_PRESENT])
    from_site = list(seated.filter(person__isnull=False)[: PRESENT - _LISTED_PRESENT])
    for number, attendee in enumerate([*from_list, *from_site]):
        at = starts_at - timedelta(minutes=30) + timedelta(seconds=17 * number)
        asked: dict[str, Any] = {
            "event": event,
            "nonce": f"minh-hoa-{number}",
            "steward": steward,
            "gate": "Cửa chính",
            "device": "minh-hoa",
            "scanned_at": at,
            "at": at,
        }
        if attendee.person_id is None:  # without a letter: found by name
            checkin.let_in(attendee=attendee, **asked)
        else:
            checkin.scan(code=attendee.door_code, **asked)
