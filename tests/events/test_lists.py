"""What staff do with a list: add, correct, take off, merge; and what they cannot learn by it."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from events import answers, invitations, lists, registration
from events.details import ListDetails
from events.models import Answer, Attendee, AttendeeSource, Entry, Event
from kolportal.accounts.models import User
from kolportal.audit.models import AuditEvent, HistoryValue
from kolportal.mail.models import Message
from tests import factories
from tests.events.at_once import in_threads
from tests.events.samples import OPEN, STARTS, an_event, scanned
from tests.events.test_linking import proved_person

pytestmark = pytest.mark.servers


@pytest.fixture
def staff(db: None) -> User:
    return factories.user(is_staff=True)


def somebody(**fields: Any) -> ListDetails:
    return ListDetails(**{"full_name": "Trần Văn Bình", **fields})


def add(event: Event, staff: User, *, at: Any = OPEN, coming: bool = False, **fields: Any) -> Attendee:
    return lists.add(
        event=event, data=somebody(**fields), source=AttendeeSource.DESK, actor=staff, at=at, coming=coming
    )


def seats_taken(event: Event) -> int:
    return Event.objects.get(pk=event.pk).seats_taken


# --- Add ------------------------------------------------------------------------------------------------------------------


def test_somebody_is_added_with_all_that_a_list_says(staff: User) -> None:
    row = add(
        an_event(),
        staff,
        kind="kol",
        commune_code="04795",
        organisation="Công ty Thử",
        email="binh@example.com",
        phone="+84912345678",
        channels="facebook.com/binh",
        group="Bàn 3",
        note="đi cùng phiên dịch",
    )
    row.refresh_from_db()
    assert (row.answer, row.person, row.group, row.note) == (
        Answer.INVITED,
        None,
        "Bàn 3",
        "đi cùng phiên dịch",
    )
    assert AuditEvent.objects.get().action == "attendee.added"
    assert seats_taken(row.event) == 0


def test_a_guest_has_no_kind(staff: User) -> None:
    row = add(an_event(), staff)
    assert row.kind == ""
    assert str(row.kind_label) in {"Guest", "Khách mời"}


def test_staff_seat_people_late_but_never_beyond_the_seats_or_after_the_end(staff: User) -> None:
    event = an_event(capacity=1)
    add(event, staff, at=STARTS, coming=True)
    with pytest.raises(answers.EventFull):
        add(event, staff, at=STARTS, coming=True, full_name="Trần Thị An")
    with pytest.raises(answers.RegistrationClosed):
        add(event, staff, at=event.ends_at, coming=True, full_name="Lê Cường")
    assert Attendee.objects.count() == seats_taken(event) == 1


@pytest.mark.parametrize(
    ("fields", "columns"),
    [
        ({"email": "binh@example.com"}, ["email"]),
        ({"phone": "+84912345678"}, ["phone"]),
        ({"email": "binh@example.com", "phone": "+84912345678"}, ["email", "phone"]),
    ],
)
def test_the_same_address_or_number_stands_once_among_rows_that_nobody_joined(
    staff: User, fields: dict[str, Any], columns: list[str]
) -> None:
    event = an_event()
    add(event, staff, email="binh@example.com", phone="+84912345678")
    with pytest.raises(lists.AlreadyListed) as refused:
        add(event, staff, full_name="Trần Thị An", **fields)
    assert refused.value.columns == columns
    add(an_event(), staff, full_name="Trần Thị An", **fields)  # another list is another list


@pytest.mark.usefixtures("committed_db")
def test_two_members_of_staff_who_add_the_same_address_at_once_make_one_row() -> None:
    staff = factories.user(is_staff=True)
    for number in range(10):
        event = an_event()
        twice = [partial(add, event, staff, email=f"binh-{number}@example.com")] * 2
        assert sorted(type(outcome).__name__ for outcome in in_threads(*twice)) == [
            "AlreadyListed",
            "Attendee",
        ]


# --- What adding does not tell ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("coming", [False, True])
@pytest.mark.parametrize("known", ["no account", "an account", "registered here", "registered elsewhere"])
def test_adding_any_address_does_the_same_and_links_nothing(staff: User, known: str, coming: bool) -> None:
    event = an_event()
    if known != "no account":
        person = proved_person("lan@example.com")
        if known != "an account":
            where = event if known == "registered here" else an_event()
            registration.register(event=where, person=person, at=OPEN)
    add(event, staff, email="unknown@example.com", full_name="Người trước", coming=coming)  # warm
    with CaptureQueriesContext(
        connection,
    ) as of_unknown:
        add(event, staff, email="nobody@example.com", coming=coming)
    with CaptureQueriesContext(connection) as of_known:
        row = add(event, staff, email="lan@example.com", coming=coming)
    assert len(of_known) == len(of_unknown)
    row.refresh_from_db()
    assert row.person is None
    told = Message.objects.filter(to_address__in=("nobody@example.com", "lan@example.com"))
    own = {"event_registered"} if coming or known.startswith("registered") else set()
    assert set(told.values_list("purpose", flat=True)) == own


def test_a_double_is_refused_alike_whether_or_not_somebody_has_joined_the_row_that_is_there(
    staff: User,
) -> None:
    event = an_event()
    for address in ("lan@example.com", "binh@example.com"):
        add(event, staff, email=address, full_name="Nguyễn Lan")
    joined = registration.register(event=event, person=proved_person("lan@example.com"), at=OPEN)
    assert joined.source == AttendeeSource.DESK
    other = add(event, staff, email="an@example.com", full_name="Trần Thị An")
    for address in ("lan@example.com", "binh@example.com"):
        with pytest.raises(lists.AlreadyListed):
            add(event, staff, email=address, full_name="Lê Cường")
        with pytest.raises(lists.AlreadyListed):
            lists.correct(attendee=other, data=somebody(email=address), actor=staff, at=OPEN)
    with pytest.raises(lists.AlreadyListed):
        lists.correct(attendee=joined, data=somebody(email="binh@example.com"), actor=staff, at=OPEN)


def test_what_stands_twice_already_is_no_hindrance_to_another_correction(staff: User) -> None:
    event = an_event()
    for person in (None, factories.person()):
        factories.attendee(at_event=event, email="lan@example.com", person=person)
    for row in Attendee.objects.all():
        data = somebody(email="lan@example.com", note="đi cùng phiên dịch")
        assert lists.correct(attendee=row, data=data, actor=staff, at=OPEN)


# --- Correct --------------------------------------------------------------------------------------------------------------------


def test_a_correction_keeps_old_and_new_values_and_ends_the_invitation_to_the_old_address(
    staff: User,
) -> None:
    row = add(an_event(), staff, email="bin@example.com")
    invitation = invitations.issue(attendee=row, actor_id=staff.pk, at=OPEN)
    assert lists.correct(attendee=row, data=somebody(email="binh@example.com"), actor=staff, at=OPEN)
    row.refresh_from_db()
    assert row.email == "binh@example.com"
    assert HistoryValue.objects.get().fields == {"email": ["bin@example.com", "binh@example.com"]}
    with pytest.raises(invitations.InvitationRevoked):
        invitations.find(invitations.code_of(invitation), at=OPEN)
    assert not lists.correct(attendee=row, data=somebody(email="binh@example.com"), actor=staff, at=OPEN)


def test_what_a_person_said_is_not_overwritten(staff: User) -> None:
    row = registration.register(event=an_event(), person=factories.person(), at=OPEN)
    with pytest.raises(lists.MadeByPerson):
        lists.correct(attendee=row, data=somebody(), actor=staff, at=OPEN)


def test_a_correction_to_an_address_that_another_row_has_is_refused(staff: User) -> None:
    event = an_event()
    add(event, staff, email="binh@example.com")
    row = add(event, staff, email="an@example.com", full_name="Trần Thị An")
    with pytest.raises(lists.AlreadyListed):
        lists.correct(attendee=row, data=somebody(email="binh@example.com"), actor=staff, at=OPEN)
    row.refresh_from_db()
    assert row.email == "an@example.com"


# --- Take off -------------------------------------------------------------------------------------------------------------------


def test_taking_off_the_list_frees_the_seat_and_keeps_the_row_with_the_reason(staff: User) -> None:
    row = add(an_event(), staff, coming=True, email="binh@example.com")
    lists.remove(attendee=row, reason="thêm nhầm", actor=staff, at=OPEN)
    row.refresh_from_db()
    assert (row.removed_at, row.removed_reason) == (OPEN, "thêm nhầm")
    assert seats_taken(row.event) == 0
    assert not Attendee.objects.listed().exists()
    with pytest.raises(lists.NotListed):
        lists.remove(attendee=row, reason="lần nữa", actor=staff, at=OPEN)
    add(row.event, staff, email="binh@example.com")  # the address is free again


def test_somebody_in_the_hall_is_not_taken_off(staff: User) -> None:
    row = add(an_event(), staff, coming=True)
    scanned(row)
    with pytest.raises(answers.AlreadyCheckedIn):
        lists.remove(attendee=row, reason="nhầm", actor=staff, at=STARTS)


# --- Merge ----------------------------------------------------------------------------------------------------------------------


def merge(double: Attendee, stays: Attendee, staff: User) -> None:
    lists.merge(attendee=double, into=stays, actor=staff, at=STARTS)
    double.refresh_from_db()
    stays.refresh_from_db()


def test_a_double_goes_into_the_row_that_stays_which_takes_over_what_it_lacks(staff: User) -> None:
    event = an_event()
    double = add(event, staff, coming=True, phone="+84912345678", organisation="Công ty Thử")
    stays = add(event, staff, full_name="Trần Bình", organisation="Đài Thử")
    merge(double, stays, staff)
    assert (double.merged_into, double.merged_at) == (stays, STARTS)
    assert (stays.full_name, stays.phone, stays.organisation) == ("Trần Bình", "+84912345678", "Đài Thử")
    assert stays.answer == Answer.COMING  # it had not answered
    assert seats_taken(event) == Attendee.objects.seated().count() == 1


def test_of_two_seats_one_becomes_free(staff: User) -> None:
    event = an_event()
    double, stays = add(event, staff, coming=True), add(event, staff, coming=True, full_name="Trần Bình")
    merge(double, stays, staff)
    assert seats_taken(event) == Attendee.objects.seated().count() == 1


def test_presence_is_carried_over_and_codes_of_the_double_lead_to_the_row_that_stays(staff: User) -> None:
    event = an_event()
    double, stays = add(event, staff, coming=True), add(event, staff, coming=True, full_name="Trần Bình")
    invitation = invitations.issue(attendee=double, actor_id=None, at=OPEN)
    first = scanned(double)
    merge(double, stays, staff)
    assert list(Attendee.objects.present()) == [stays]
    assert first.entry
    assert Entry.objects.open().get().entered_at == first.entry.entered_at
    again = scanned(double)
    assert (again.result, again.attendee) == ("already_in", stays)
    assert invitations.find(invitations.code_of(invitation), at=OPEN).attendee == stays


def test_with_another_address_letters_to_a_double_end_too(staff: User) -> None:
    event = an_event()
    first, double, stays = (add(event, staff, full_name=f"Trần Bình {name}") for name in "ABC")
    letters = [invitations.issue(attendee=row, actor_id=None, at=OPEN) for row in (first, double, stays)]
    merge(first, double, staff)
    merge(double, stays, staff)
    lists.correct(attendee=stays, data=somebody(email="binh@example.com"), actor=staff, at=OPEN)
    for letter in letters:
        with pytest.raises(invitations.InvitationRevoked):
            invitations.find(invitations.code_of(letter), at=OPEN)


def test_a_row_that_a_person_joined_stays_and_two_people_are_never_one(staff: User) -> None:
    event = an_event()
    joined = registration.register(event=event, person=factories.person(full_name="Trần Bình"), at=OPEN)
    another = registration.register(event=event, person=factories.person(), at=OPEN)
    double = add(event, staff, organisation="Công ty Thử")
    with pytest.raises(lists.JoinedRowStays):
        merge(joined, double, staff)
    with pytest.raises(lists.BothJoined):
        merge(joined, another, staff)
    merge(double, joined, staff)
    assert (joined.full_name, joined.organisation) == ("Trần Bình", "")  # what the person said stands


def test_rows_of_two_events_are_not_merged_and_a_merged_one_is_gone(staff: User) -> None:
    event = an_event()
    double, stays = add(event, staff), add(event, staff, full_name="Trần Bình")
    with pytest.raises(lists.OtherEvent):
        merge(double, add(an_event(), staff), staff)
    merge(double, stays, staff)
    with pytest.raises(lists.NotListed):
        merge(double, stays, staff)
    with pytest.raises(lists.NotListed):
        lists.remove(attendee=double, reason="nhầm", actor=staff, at=STARTS)
