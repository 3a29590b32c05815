"""Registering, declining, cancelling: every state, every refusal, and the last seat that two people want at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from events import registration
from events.models import SEATED, Attendee, AttendeeState, Event, EventState
from kolportal.accounts.models import SignerProfile
from kolportal.audit.models import AuditEvent
from tests import factories
from tests.events.samples import OPEN, STARTS, an_event
from tests.servers import PATIENCE

pytestmark = pytest.mark.servers

VERBS: dict[str, Callable[..., Attendee]] = {
    "register": registration.register,
    "decline": registration.decline,
    "cancel": registration.cancel,
}


def do(verb: str, event: Event, profile: SignerProfile, *, at: datetime = OPEN) -> Attendee:
    return VERBS[verb](event=event, profile=profile, actor_id=None, at=at)


def brought_to(state: AttendeeState, event: Event, profile: SignerProfile) -> None:
    """Brings a person into a state by the public door; the door itself (check-in) is written here as it will leave it."""
    do("decline" if state == AttendeeState.DECLINED else "register", event, profile)
    if state == AttendeeState.CANCELLED:
        do("cancel", event, profile)
    if state == AttendeeState.CHECKED_IN:
        Attendee.objects.update(state=state, checked_in_at=STARTS)


def seats_taken(event: Event) -> int:
    return Event.objects.get(pk=event.pk).seats_taken


@pytest.mark.django_db
@pytest.mark.parametrize("state", list(AttendeeState))
@pytest.mark.parametrize("verb", list(VERBS))
def test_every_state_changes_as_the_table_says_and_seats_follow(verb: str, state: AttendeeState) -> None:
    event, profile = an_event(), factories.profile()
    brought_to(state, event, profile)
    transition = registration.TRANSITIONS[verb]
    try:
        do(verb, event, profile)
    except (registration.AlreadyCheckedIn, registration.NotRegistered):
        assert state not in transition.sources
    expected = transition.target if state in transition.sources else state
    assert Attendee.objects.get().state == expected
    assert seats_taken(event) == Attendee.objects.seated().count() == int(expected in SEATED)


@pytest.mark.django_db
@pytest.mark.parametrize("verb", ["register", "decline"])
def test_a_person_who_is_not_on_the_list_may_register_or_decline(verb: str) -> None:
    assert do(verb, an_event(), factories.profile()).state == registration.TRANSITIONS[verb].target


@pytest.mark.django_db
def test_each_change_leaves_one_audit_event_and_a_repetition_none() -> None:
    event, profile = an_event(), factories.profile()
    for verb in ("register", "register", "cancel", "cancel", "register", "decline", "decline"):
        do(verb, event, profile)
    assert list(AuditEvent.objects.order_by("id").values_list("action", flat=True)) == [
        "attendee.registered", "attendee.cancelled", "attendee.registered", "attendee.declined",
    ]  # fmt: skip
    assert seats_taken(event) == 0


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "at", "error"),
    [
        ({"state": EventState.DRAFT}, OPEN, registration.EventNotPublished),
        ({"state": EventState.CANCELLED}, OPEN, registration.EventCancelled),
        ({"state": EventState.CLOSED}, OPEN, registration.RegistrationClosed),
        ({}, STARTS - timedelta(days=11), registration.NotYetOpen),
        ({}, STARTS - timedelta(hours=1), registration.RegistrationClosed),
        ({"capacity": 0}, OPEN, registration.EventFull),
    ],
)
def test_refusals_name_their_reason_and_write_nothing(
    fields: dict[str, object], at: datetime, error: type[Exception]
) -> None:
    event = an_event(**fields)
    with pytest.raises(error):
        do("register", event, factories.profile(), at=at)
    assert not Attendee.objects.exists()
    assert not AuditEvent.objects.exists()
    assert seats_taken(event) == 0


@pytest.mark.django_db
def test_the_boundaries_of_the_window_are_open_first_and_closed_last() -> None:
    event = an_event()
    do("register", event, factories.profile(), at=event.registration_opens_at)
    do(
        "register",
        event,
        factories.profile(full_name="Trần Thị Bình"),
        at=event.registration_closes_at - timedelta(seconds=1),
    )
    assert seats_taken(event) == 2


@pytest.mark.django_db
@pytest.mark.parametrize("verb", ["decline", "cancel"])
@pytest.mark.parametrize(
    ("fields", "at", "error"),
    [
        ({}, STARTS, registration.EventStarted),
        ({"state": EventState.CANCELLED}, OPEN, registration.EventCancelled),
        ({"state": EventState.CLOSED}, OPEN, registration.RegistrationClosed),
    ],
)
def test_nobody_leaves_an_event_that_has_begun_or_ended(
    verb: str, fields: dict[str, object], at: datetime, error: type[Exception]
) -> None:
    event, profile = an_event(), factories.profile()
    do("register", event, profile)
    Event.objects.update(**fields or {"slug": event.slug})
    with pytest.raises(error):
        do(verb, event, profile, at=at)
    assert Attendee.objects.get().state == AttendeeState.REGISTERED
    assert seats_taken(event) == 1


@pytest.mark.django_db
def test_cancelling_without_a_registration_is_refused() -> None:
    with pytest.raises(registration.NotRegistered):
        do("cancel", an_event(), factories.profile())


@pytest.mark.django_db
def test_a_seat_given_back_goes_to_the_next_person() -> None:
    event = an_event(capacity=1)
    first, second = factories.profile(), factories.profile(full_name="Trần Thị Bình")
    do("register", event, first)
    with pytest.raises(registration.EventFull):
        do("register", event, second)
    do("cancel", event, first)
    do("register", event, second)
    with pytest.raises(registration.EventFull):
        do("register", event, first)


@pytest.mark.django_db
def test_staff_add_people_late_but_never_beyond_the_seats_or_after_the_end() -> None:
    event = an_event(capacity=1)

    def add(profile: SignerProfile, at: datetime) -> Attendee:
        return registration.register(event=event, profile=profile, actor_id=None, at=at, by_staff=True)

    add(factories.profile(), STARTS)
    with pytest.raises(registration.EventFull):
        add(factories.profile(full_name="Trần Thị Bình"), STARTS)
    with pytest.raises(registration.RegistrationClosed):
        add(factories.profile(full_name="Lê Cường"), event.ends_at)


@pytest.mark.django_db
def test_the_database_refuses_to_oversell_whoever_writes() -> None:
    event = an_event(capacity=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        Event.objects.filter(pk=event.pk).update(seats_taken=2)


# --- At once -----------------------------------------------------------------------------------------------------------


def in_threads(*calls: Callable[[], object]) -> list[object]:
    """Runs the calls at the same moment, each with a database connection of its own; what each returned or raised."""
    gate = threading.Barrier(len(calls))
    outcomes: list[object] = [None] * len(calls)

    def run(index: int, call: Callable[[], object]) -> None:
        try:
            gate.wait(PATIENCE)
            outcomes[index] = call()
        except (registration.RegistrationRefused, DatabaseError) as error:
            outcomes[index] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    return outcomes


@pytest.mark.usefixtures("committed_db")
def test_two_people_want_one_seat_and_exactly_one_gets_it() -> None:
    for _ in range(10):
        event = an_event(capacity=1)
        people = factories.profile(), factories.profile(full_name="Trần Thị Bình")
        outcomes = in_threads(*(partial(do, "register", event, who) for who in people))
        assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Attendee", "EventFull"]
        assert seats_taken(event) == Attendee.objects.filter(event=event).count() == 1


@pytest.mark.usefixtures("committed_db")
def test_a_double_click_for_the_last_seat_gives_the_same_attendee_twice() -> None:
    for _ in range(10):
        event, profile = an_event(capacity=1), factories.profile()
        outcomes = in_threads(*[partial(do, "register", event, profile)] * 2)
        assert [type(outcome) for outcome in outcomes] == [Attendee, Attendee]
        assert seats_taken(event) == Attendee.objects.filter(event=event).count() == 1


@pytest.mark.usefixtures("committed_db")
def test_register_and_cancel_at_once_leave_the_count_true() -> None:
    event, profile = an_event(capacity=1), factories.profile()
    for _ in range(10):
        do("register", event, profile)
        in_threads(lambda: do("cancel", event, profile), lambda: do("register", event, profile))
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
            raise registration.EventFull
        return Event.objects.filter(pk=event.pk).update(seats_taken=seen.seats_taken + 1)

    assert in_threads(read_then_write, read_then_write) == [1, 1]  # two people were told "you have a seat"
    assert seats_taken(event) == 1  # and the count does not even show it


@pytest.mark.usefixtures("committed_db")
def test_a_double_click_on_no_by_somebody_not_yet_on_the_list_gives_the_same_attendee_twice() -> None:
    for _ in range(10):
        event, profile = an_event(), factories.profile()
        outcomes = in_threads(*[partial(do, "decline", event, profile)] * 2)
        assert [type(outcome) for outcome in outcomes] == [Attendee, Attendee]
        assert Attendee.objects.get(event=event).state == AttendeeState.DECLINED
