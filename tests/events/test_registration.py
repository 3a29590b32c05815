"""Registering, declining, cancelling: every state, every refusal, and the last seat that two people want at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import pytest
from django.db import IntegrityError, transaction

from events import answers, registration
from events.models import Answer, Attendee, AttendeeSource, Event, EventState
from kolportal.audit.models import AuditEvent
from kolportal.mail.models import Message
from kolportal.people.models import Person
from tests import factories
from tests.events.at_once import in_threads
from tests.events.samples import OPEN, STARTS, an_event, scanned
from tests.servers import PATIENCE

pytestmark = pytest.mark.servers

VERBS: dict[str, Callable[..., Attendee]] = {
    "register": registration.register,
    "wait": registration.wait,
    "decline": registration.decline,
    "cancel": registration.cancel,
}


def do(verb: str, event: Event, person: Person, *, at: datetime = OPEN) -> Attendee:
    return VERBS[verb](event=event, person=person, at=at)


def brought_to(answer: Answer, event: Event, person: Person) -> None:
    """Brings a person to an answer by the public door; an invited one stands on a list and was joined to it."""
    if answer == Answer.INVITED:
        factories.attendee(at_event=event, person=person)
    elif answer == Answer.WAITING:
        Event.objects.update(capacity=0)
        do("wait", event, person)
        Event.objects.update(capacity=10)
    else:
        do("decline" if answer == Answer.NOT_COMING else "register", event, person)
    if answer == Answer.CANCELLED:
        do("cancel", event, person)


def seats_taken(event: Event) -> int:
    return Event.objects.get(pk=event.pk).seats_taken


@pytest.mark.django_db
@pytest.mark.parametrize("answer", list(Answer))
@pytest.mark.parametrize("verb", list(VERBS))
def test_every_answer_changes_as_the_table_says_and_seats_follow(verb: str, answer: Answer) -> None:
    event, person = an_event(), factories.person()
    brought_to(answer, event, person)
    transition = answers.TRANSITIONS[verb]
    if verb == "wait":
        Event.objects.update(capacity=Event.objects.get().seats_taken)
    try:
        do(verb, event, person)
    except answers.NotRegistered:
        assert answer not in transition.sources
    expected = transition.target if answer in transition.sources else answer
    assert Attendee.objects.get().answer == expected
    assert seats_taken(event) == Attendee.objects.seated().count() == int(expected == Answer.COMING)


@pytest.mark.django_db
def test_whoever_cancelled_can_still_say_why_he_or_she_will_not_come_and_is_told_so() -> None:
    event, person = an_event(), factories.person()
    brought_to(Answer.CANCELLED, event, person)
    row = registration.decline(
        event=event, person=person, at=OPEN + timedelta(minutes=1), reason="Bận công tác"
    )
    assert (row.answer, row.reason) == (Answer.NOT_COMING, "Bận công tác")
    assert row.answered_at == OPEN + timedelta(minutes=1)
    assert seats_taken(event) == 0
    assert Message.objects.filter(purpose="event_declined").count() == 1
    assert AuditEvent.objects.filter(action="attendee.declined").get().detail["from"] == "cancelled"


@pytest.mark.django_db
@pytest.mark.parametrize("verb", ["register", "decline", "cancel"])
def test_somebody_in_the_hall_cannot_leave_and_stays_registered(verb: str) -> None:
    event, person = an_event(), factories.person()
    attendee = do("register", event, person)
    scanned(attendee)
    if verb == "register":
        assert do(verb, event, person) == attendee
    else:
        with pytest.raises(answers.AlreadyCheckedIn):
            do(verb, event, person)
    assert Attendee.objects.get().answer == Answer.COMING
    assert seats_taken(event) == 1


@pytest.mark.django_db
@pytest.mark.parametrize("verb", ["register", "decline"])
def test_a_person_who_is_not_on_the_list_may_register_or_decline(verb: str) -> None:
    assert do(verb, an_event(), factories.person()).answer == answers.TRANSITIONS[verb].target


@pytest.mark.django_db
def test_registering_copies_what_the_person_says_into_the_list_of_the_event() -> None:
    person = factories.person(stage_name="Thử Official", organisation="Công ty Thử", commune_code="04792")
    person.contacts.create(kind="phone", value="+84912345678")
    factories.channel(person=person, name="Trang A", url="https://www.facebook.com/trang.a")
    attendee = registration.register(event=an_event(), person=person, at=OPEN, language="en")
    attendee.refresh_from_db()
    assert (attendee.source, attendee.person, attendee.registered_by) == (
        AttendeeSource.REGISTERED,
        person,
        None,
    )
    assert (attendee.full_name, attendee.stage_name, attendee.kind) == (
        person.full_name,
        "Thử Official",
        person.kind,
    )
    assert (attendee.commune_code, attendee.organisation) == ("04792", "Công ty Thử")
    assert (attendee.email, attendee.phone) == (person.email, "+84912345678")
    assert attendee.channels == "Facebook: Trang A – https://www.facebook.com/trang.a"
    assert attendee.language == "en"


@pytest.mark.django_db
def test_a_reason_is_kept_with_a_no_and_gone_with_a_yes() -> None:
    event, person = an_event(), factories.person()
    assert (
        registration.decline(event=event, person=person, at=OPEN, reason="Bận công tác").reason
        == "Bận công tác"
    )
    assert do("register", event, person).reason == ""


@pytest.mark.django_db
def test_waiting_is_for_full_events_only_and_a_freed_seat_is_taken_by_registering() -> None:
    event = an_event(capacity=1)
    first, second = factories.person(), factories.person()
    with pytest.raises(answers.SeatsLeft):
        do("wait", event, second)
    do("register", event, first)
    assert do("wait", event, second).answer == Answer.WAITING
    with pytest.raises(answers.EventFull):
        do("register", event, second)
    do("cancel", event, first)
    assert do("register", event, second).answer == Answer.COMING
    assert seats_taken(event) == 1


@pytest.mark.django_db
def test_each_change_leaves_one_audit_event_and_a_repetition_none() -> None:
    event, person = an_event(), factories.person()
    for verb in ("register", "register", "cancel", "cancel", "register", "decline", "decline"):
        do(verb, event, person)
    assert list(AuditEvent.objects.order_by("id").values_list("action", flat=True)) == [
        "attendee.registered", "attendee.cancelled", "attendee.registered", "attendee.declined",
    ]  # fmt: skip
    assert seats_taken(event) == 0


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "at", "error"),
    [
        ({"state": EventState.DRAFT}, OPEN, answers.EventNotPublished),
        ({"state": EventState.CANCELLED}, OPEN, answers.EventCancelled),
        ({"state": EventState.CLOSED}, OPEN, answers.RegistrationClosed),
        ({}, STARTS - timedelta(days=11), answers.NotYetOpen),
        ({}, STARTS - timedelta(hours=1), answers.RegistrationClosed),
        ({"capacity": 0}, OPEN, answers.EventFull),
    ],
)
def test_refusals_name_their_reason_and_write_nothing(
    fields: dict[str, object], at: datetime, error: type[Exception]
) -> None:
    event = an_event(**fields)
    with pytest.raises(error):
        do("register", event, factories.person(), at=at)
    assert not Attendee.objects.exists()
    assert not AuditEvent.objects.exists()
    assert seats_taken(event) == 0


@pytest.mark.django_db
def test_the_boundaries_of_the_window_are_open_first_and_closed_last() -> None:
    event = an_event()
    do("register", event, factories.person(), at=event.registration_opens_at)
    do(
        "register",
        event,
        factories.person(full_name="Trần Thị Bình"),
        at=event.registration_closes_at - timedelta(seconds=1),
    )
    assert seats_taken(event) == 2


@pytest.mark.django_db
@pytest.mark.parametrize("verb", ["decline", "cancel"])
@pytest.mark.parametrize(
    ("fields", "at", "error"),
    [
        ({}, STARTS, answers.EventStarted),
        ({"state": EventState.CANCELLED}, OPEN, answers.EventCancelled),
        ({"state": EventState.CLOSED}, OPEN, answers.RegistrationClosed),
    ],
)
def test_nobody_leaves_an_event_that_has_begun_or_ended(
    verb: str, fields: dict[str, object], at: datetime, error: type[Exception]
) -> None:
    event, person = an_event(), factories.person()
    do("register", event, person)
    Event.objects.update(**fields or {"slug": event.slug})
    with pytest.raises(error):
        do(verb, event, person, at=at)
    assert Attendee.objects.get().answer == Answer.COMING
    assert seats_taken(event) == 1


@pytest.mark.django_db
def test_cancelling_without_a_registration_is_refused() -> None:
    with pytest.raises(answers.NotRegistered):
        do("cancel", an_event(), factories.person())


@pytest.mark.django_db
def test_a_seat_given_back_goes_to_the_next_person() -> None:
    event = an_event(capacity=1)
    first, second = factories.person(), factories.person(full_name="Trần Thị Bình")
    do("register", event, first)
    with pytest.raises(answers.EventFull):
        do("register", event, second)
    do("cancel", event, first)
    do("register", event, second)
    with pytest.raises(answers.EventFull):
        do("register", event, first)


@pytest.mark.django_db
def test_the_database_refuses_to_oversell_whoever_writes() -> None:
    event = an_event(capacity=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        Event.objects.filter(pk=event.pk).update(seats_taken=2)


# --- At once -----------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("committed_db")
def test_two_people_want_one_seat_and_exactly_one_gets_it() -> None:
    for _ in range(10):
        event = an_event(capacity=1)
        people = factories.person(), factories.person(full_name="Trần Thị Bình")
        outcomes = in_threads(*(partial(do, "register", event, who) for who in people))
        assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Attendee", "EventFull"]
        assert seats_taken(event) == Attendee.objects.filter(event=event).count() == 1


@pytest.mark.usefixtures("committed_db")
def test_a_double_click_for_the_last_seat_gives_the_same_attendee_twice() -> None:
    for _ in range(10):
        event, person = an_event(capacity=1), factories.person()
        outcomes = in_threads(*[partial(do, "register", event, person)] * 2)
        assert [type(outcome) for outcome in outcomes] == [Attendee, Attendee]
        assert seats_taken(event) == Attendee.objects.filter(event=event).count() == 1


@pytest.mark.usefixtures("committed_db")
def test_register_and_cancel_at_once_leave_the_count_true() -> None:
    event, person = an_event(capacity=1), factories.person()
    for _ in range(10):
        do("register", event, person)
        in_threads(lambda: do("cancel", event, person), lambda: do("register", event, person))
        assert seats_taken(event) == Attendee.objects.seated().filter(event=event).count()


@pytest.mark.usefixtures("committed_db")
def test_control_reading_then_writing_oversells_the_same_seat() -> None:
    """Negative control: the race is real. The same two threads without the conditional update sell one seat twice."""
    event = an_event(capacity=1)
    both_have_read = threading.Barrier(2)

    def read_then_write() -> int:
        seen = Event.objects.get(pk=event.pk)
        both_have_read.wait(PATIENCE)
        if seen.seats_left < 1:
            raise answers.EventFull
        return Event.objects.filter(pk=event.pk).update(seats_taken=seen.seats_taken + 1)

    assert in_threads(read_then_write, read_then_write) == [1, 1]  # two people were told "you have a seat"
    assert seats_taken(event) == 1  # and the count does not even show it


@pytest.mark.usefixtures("committed_db")
def test_a_double_click_on_no_by_somebody_not_yet_on_the_list_gives_the_same_attendee_twice() -> None:
    for _ in range(10):
        event, person = an_event(), factories.person()
        outcomes = in_threads(*[partial(do, "decline", event, person)] * 2)
        assert [type(outcome) for outcome in outcomes] == [Attendee, Attendee]
        assert Attendee.objects.get(event=event).answer == Answer.NOT_COMING
