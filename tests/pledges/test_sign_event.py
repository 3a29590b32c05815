"""Which meeting a signature is filed under, and that this is said before signing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from events.models import Answer, Attendee, Event, EventState
from pledges.models import EventPledge
from tests import factories
from tests.pledges.signing_pages import Person, says, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.servers]


def _meeting(person: Person, *, days: float, answer: Answer | None = None, **fields: Any) -> Event:
    """A meeting in so many days that asks for the person's pledge; ``answer``: what the person said to it."""
    starts = timezone.now() + timedelta(days=days)
    event = factories.event(
        **{
            "starts_at": starts,
            "ends_at": starts + timedelta(hours=3),
            "registration_opens_at": starts - timedelta(days=60),
            "registration_closes_at": starts - timedelta(days=1),
            **fields,
        }
    )
    EventPledge.objects.create(event=event, pledge=person.pledge)
    if answer is not None:
        _answered(person, event, answer)
    return event


def _answered(person: Person, event: Event, answer: Answer, **fields: Any) -> Attendee:
    at = None if answer == Answer.INVITED else timezone.now()
    return factories.attendee(at_event=event, person=person.row, answer=answer, answered_at=at, **fields)


def _said(person: Person, **query: str) -> str:
    """What the form says of it."""
    return text_of(person.client.get(person.url, query))


def test_filed_under_the_meeting_from_whose_page_one_comes() -> None:
    person = Person()
    _meeting(person, days=1, answer=Answer.COMING)
    asked = _meeting(person, days=9)
    page = _said(person, event=asked.slug)
    assert asked.title in page
    assert f'name="event" value="{asked.slug}"' in page
    assert person.sign(event=asked.slug).event == asked


def test_else_under_the_nearest_one_with_a_seat_held() -> None:
    person = Person()
    _meeting(person, days=8, answer=Answer.COMING)
    nearest = _meeting(person, days=-2, answer=Answer.COMING)
    _meeting(person, days=1)
    page = _said(person)
    assert nearest.title in page
    url = person.prepare()
    assert nearest.title in text_of(person.client.get(url))
    assert person.sign().event == nearest


def test_meeting_under_way_is_nearest() -> None:
    person = Person()
    here = _meeting(person, days=-0.05, answer=Answer.COMING)
    starts = timezone.now() + timedelta(minutes=20)
    _meeting(person, days=1, answer=Answer.COMING, starts_at=starts, ends_at=starts + timedelta(hours=1))
    assert person.sign().event == here


@pytest.mark.parametrize("answer", [Answer.NOT_COMING, Answer.CANCELLED])
def test_never_under_one_that_the_person_declined(answer: Answer) -> None:
    person = Person()
    declined = _meeting(person, days=1, answer=answer)
    page = _said(person, event=declined.slug)
    assert declined.title not in page
    assert person.sign(event=declined.slug).event is None


@pytest.mark.parametrize("answer", [Answer.INVITED, Answer.WAITING])
def test_without_a_seat_only_if_one_comes_from_its_page(answer: Answer) -> None:
    person = Person()
    event = _meeting(person, days=1, answer=answer)
    assert event.title not in _said(person)
    assert event.title in _said(person, event=event.slug)


@pytest.mark.parametrize("days", [-40, 31])
def test_never_under_a_far_one(days: int) -> None:
    person = Person()
    far = _meeting(person, days=days, answer=Answer.COMING)
    assert person.sign(event=far.slug).event is None


def test_from_the_page_of_a_far_meeting_the_near_one_with_a_seat_is_meant() -> None:
    person = Person()
    near = _meeting(person, days=2, answer=Answer.COMING)
    far = _meeting(person, days=40)
    assert person.sign(event=far.slug).event == near


def test_never_under_one_that_asks_for_another_pledge_was_cancelled_or_is_a_draft() -> None:
    person = Person()
    other = factories.event()
    _answered(person, other, Answer.COMING)
    cancelled = _meeting(person, days=1, answer=Answer.COMING, state=EventState.CANCELLED)
    draft = _meeting(person, days=1, answer=Answer.COMING, state=EventState.DRAFT)
    for event in (other, cancelled, draft):
        assert event.title not in _said(person, event=event.slug)
    assert person.sign(event=draft.slug).event is None


def test_seat_of_a_removed_row_is_none() -> None:
    person = Person()
    event = _meeting(person, days=1)
    _answered(person, event, Answer.COMING, removed_at=timezone.now())
    assert person.sign().event is None


def test_without_any_it_is_said_that_there_is_none() -> None:
    person = Person()
    assert says(person.client.get(person.url), "The signature is not filed under any meeting.")
    url = person.prepare()
    assert says(person.client.get(url), "none; the signature is not filed under any meeting")
    assert person.sign().event is None


@pytest.mark.parametrize("slug", ["khong-co", "../../x", "\x00", "a" * 500])
def test_unknown_meeting_is_no_wish(slug: str) -> None:
    person = Person()
    assert person.sign(event=slug).event is None
