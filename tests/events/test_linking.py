"""Who joins a row of a list, and whose corrections it follows; registering somebody else."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from allauth.account.models import EmailAddress

from events import answers, lists, registration
from events.details import Details, ListDetails
from events.models import Answer, Attendee, AttendeeSource, Event
from kolportal.accounts.models import User
from kolportal.audit.models import AuditEvent, HistoryValue
from kolportal.people.models import Person
from tests import factories
from tests.events.at_once import in_threads
from tests.events.samples import OPEN, an_event

pytestmark = pytest.mark.servers

ADDRESS = "lan@example.com"


def proved_person(email: str = ADDRESS, *, verified: bool = True, **fields: Any) -> Person:
    """Somebody whose account has proved its address."""
    user = factories.user(email=email)
    EmailAddress.objects.create(user=user, email=email, verified=verified, primary=True)
    return factories.person(user=user, **fields)


# --- Joining --------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("act", "answer"),
    [(registration.register, Answer.COMING), (registration.decline, Answer.NOT_COMING)],
)
def test_the_own_act_joins_the_row_with_the_proved_address(act: Any, answer: Answer) -> None:
    event, person = an_event(), proved_person()
    listed = factories.attendee(at_event=event, email=ADDRESS, full_name="Nguyễn Lan")
    joined = act(event=event, person=person, at=OPEN)
    assert joined == listed == Attendee.objects.get()
    assert (joined.person, joined.answer) == (person, answer)
    assert joined.full_name == "Nguyễn Lan"  # what the list says stays what the list says
    assert AuditEvent.objects.get(action="attendee.linked").subject_id == str(listed.pk)


@pytest.mark.django_db
def test_an_address_that_the_account_has_not_proved_joins_nothing() -> None:
    event, person = an_event(), proved_person(verified=False)
    listed = factories.attendee(at_event=event, email=ADDRESS)
    made = registration.register(event=event, person=person, at=OPEN)
    assert made != listed
    listed.refresh_from_db()
    assert (listed.person, listed.answer) == (None, Answer.INVITED)


@pytest.mark.django_db
def test_a_row_of_another_event_or_one_taken_off_the_list_is_not_joined() -> None:
    event, person, staff = an_event(), proved_person(), factories.user(is_staff=True)
    elsewhere = factories.attendee(at_event=an_event(), email=ADDRESS)
    removed = factories.attendee(at_event=event, email=ADDRESS)
    lists.remove(attendee=removed, reason="nhầm", actor=staff, at=OPEN)
    made = registration.register(event=event, person=person, at=OPEN)
    assert made not in (elsewhere, removed)
    assert Attendee.objects.filter(person=person).get() == made


@pytest.mark.django_db
def test_somebody_whom_staff_registered_can_cancel_and_keeps_one_row() -> None:
    event, person = an_event(), proved_person()
    lists.add(
        event=event,
        data=ListDetails(full_name="Nguyễn Lan", email=ADDRESS),
        source=AttendeeSource.DESK,
        actor=factories.user(is_staff=True),
        at=OPEN,
        coming=True,
    )
    assert registration.row_of(event=event, person=person) == Attendee.objects.get()
    registration.cancel(event=event, person=person, at=OPEN)
    assert (Attendee.objects.get().answer, Event.objects.get().seats_taken) == (Answer.CANCELLED, 0)


@pytest.mark.django_db
def test_looking_at_the_own_row_joins_nothing() -> None:
    event, person = an_event(), proved_person()
    listed = factories.attendee(at_event=event, email=ADDRESS)
    assert registration.row_of(event=event, person=person) == listed
    assert registration.row_of(event=event, person=factories.person()) is None
    assert Attendee.objects.get().person is None


@pytest.mark.usefixtures("committed_db")
def test_a_double_click_joins_once() -> None:
    for number in range(10):
        address = f"lan-{number}@example.com"
        event, person = an_event(capacity=1), proved_person(address)
        listed = factories.attendee(at_event=event, email=address)
        register = partial(registration.register, event=event, person=person, at=OPEN)
        assert in_threads(register, register) == [listed, listed]
        assert Event.objects.get(pk=event.pk).seats_taken == 1


# --- Following ----------------------------------------------------------------------------------------------------------------


def corrected(person: Person, **fields: str) -> None:
    for name, value in fields.items():
        setattr(person, name, value)
    person.save()


@pytest.mark.django_db
def test_a_correction_follows_into_the_rows_that_the_person_made_with_old_and_new_values() -> None:
    person = factories.person(full_name="Nguyễn Lan")
    row = registration.register(event=an_event(), person=person, at=OPEN)
    corrected(person, full_name="Nguyễn Thị Lan")
    assert registration.follow(person=person, at=OPEN) == 1
    row.refresh_from_db()
    assert row.full_name == "Nguyễn Thị Lan"
    assert Attendee.objects.filter(search_key__contains="nguyen thi lan").exists()
    assert AuditEvent.objects.get(action="attendee.corrected").detail["fields"] == ["full_name"]
    assert HistoryValue.objects.get().fields == {"full_name": ["Nguyễn Lan", "Nguyễn Thị Lan"]}
    assert registration.follow(person=person, at=OPEN) == 0  # nothing differs any more


@pytest.mark.django_db
def test_what_another_tab_has_corrected_meanwhile_is_not_put_back() -> None:
    person = factories.person(full_name="Nguyễn Lan")
    row = registration.register(event=an_event(), person=person, at=OPEN)
    read_before = Person.objects.select_related("user").get(pk=person.pk)
    corrected(person, full_name="Nguyễn Thị Lan")
    User.objects.filter(person=person).update(email="moi@example.com")
    registration.follow(person=read_before, at=OPEN)
    row.refresh_from_db()
    assert (row.full_name, row.email) == ("Nguyễn Thị Lan", "moi@example.com")


@pytest.mark.django_db
def test_a_channel_declared_later_follows_too() -> None:
    person = factories.person()
    row = registration.register(event=an_event(), person=person, at=OPEN)
    factories.channel(person=person, name="Trang mới", url="https://www.facebook.com/trang.moi")
    registration.follow(person=person, at=OPEN)
    row.refresh_from_db()
    assert "Trang mới" in row.channels


@pytest.mark.django_db
def test_after_the_meeting_the_list_stays_as_it_was() -> None:
    event, person = an_event(), factories.person(full_name="Nguyễn Lan")
    registration.register(event=event, person=person, at=OPEN)
    corrected(person, full_name="Nguyễn Thị Lan")
    assert registration.follow(person=person, at=event.ends_at) == 0
    assert registration.follow(person=person, at=event.ends_at - timedelta(seconds=1)) == 1


@pytest.mark.django_db
def test_what_a_list_says_of_somebody_who_joined_it_does_not_follow() -> None:
    event, person = an_event(), proved_person()
    listed = factories.attendee(at_event=event, email=ADDRESS, full_name="Ông Lan")
    registration.register(event=event, person=person, at=OPEN)
    assert registration.follow(person=person, at=OPEN) == 0
    listed.refresh_from_db()
    assert listed.full_name == "Ông Lan"


# --- Registering somebody else ------------------------------------------------------------------------------------------------


def other(**fields: str) -> Details:
    return Details(**{"full_name": "Trần Văn Bình", "kind": "kol", "email": "binh@example.com", **fields})


@pytest.mark.django_db
def test_somebody_else_is_registered_and_the_row_says_by_whom() -> None:
    by, event = factories.person(), an_event()
    row = registration.register_other(event=event, data=other(), by=by, at=OPEN)
    row.refresh_from_db()
    assert (row.registered_by, row.person, row.answer) == (by.user, None, Answer.COMING)
    assert not row.is_made_by_person
    assert Event.objects.get().seats_taken == 1


@pytest.mark.django_db
def test_the_window_and_the_seats_hold_for_others_too() -> None:
    event = an_event(capacity=1)
    register = partial(registration.register_other, event=event, by=factories.person())
    with pytest.raises(answers.NotYetOpen):
        register(data=other(), at=event.registration_opens_at - timedelta(seconds=1))
    register(data=other(), at=OPEN)
    with pytest.raises(answers.EventFull):
        register(data=other(email="an@example.com"), at=OPEN)


@pytest.mark.django_db
def test_an_address_that_is_listed_already_is_neither_refused_nor_kept_twice() -> None:
    event = an_event()
    listed = factories.attendee(at_event=event, email="binh@example.com", phone="+84912345678")
    row = registration.register_other(
        event=event, data=other(phone="+84912345678"), by=factories.person(), at=OPEN
    )
    assert (row.email, row.phone) == ("", "")
    listed.refresh_from_db()
    assert (listed.answer, listed.registered_by) == (Answer.INVITED, None)


@pytest.mark.django_db
def test_one_account_registers_so_many_others_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registration, "MOST_OTHERS", 1)
    event, by = an_event(), factories.person()
    registration.register_other(event=event, data=other(), by=by, at=OPEN)
    with pytest.raises(registration.TooManyOthers):
        registration.register_other(event=event, data=other(email="an@example.com"), by=by, at=OPEN)


@pytest.mark.django_db
def test_who_was_registered_by_somebody_else_joins_the_row_with_the_same_address() -> None:
    event = an_event()
    row = registration.register_other(event=event, data=other(), by=factories.person(), at=OPEN)
    person = proved_person("binh@example.com")
    assert registration.register(event=event, person=person, at=OPEN) == row
    assert Event.objects.get().seats_taken == 1


@pytest.mark.usefixtures("committed_db")
def test_staff_and_somebody_else_who_type_the_same_address_at_once_both_get_an_answer() -> None:
    by, staff = factories.person(), factories.user(is_staff=True)
    for number in range(10):
        event, address = an_event(), f"binh-{number}@example.com"
        outcomes = in_threads(
            partial(registration.register_other, event=event, data=other(email=address), by=by, at=OPEN),
            partial(
                lists.add,
                event=event,
                data=ListDetails(full_name="Trần Văn Bình", email=address),
                source=AttendeeSource.DESK,
                actor=staff,
                at=OPEN,
                coming=True,
            ),
        )
        assert isinstance(outcomes[0], Attendee), outcomes
        assert isinstance(outcomes[1], Attendee | lists.AlreadyListed), outcomes
        rows = Attendee.objects.filter(event=event)
        assert Event.objects.get(pk=event.pk).seats_taken == rows.count()
        assert rows.filter(email=address).count() == 1
