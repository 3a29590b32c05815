"""What a meeting's people are told by mail."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail

from events import answers, lifecycle, lists, registration
from events.details import Details, ListDetails
from events.models import Answer, Attendee, AttendeeSource, Event
from kolportal.accounts.models import User
from kolportal.mail.models import Message
from kolportal.work import queue
from kolportal.work.models import Work
from tests import factories
from tests.events.samples import OPEN, STARTS, an_event

pytestmark = [pytest.mark.django_db, pytest.mark.servers]


def sent() -> list[tuple[str, str, str]]:
    """Runs the queue; address, subject and words of each message, in the order of sending."""
    while queue.sweep():  # what one sweep did may leave messages for the next
        pass
    return [(message.to[0], str(message.subject), str(message.body)) for message in mail.outbox]


def told(purpose: str) -> list[str]:
    """The addresses that were written to for this purpose."""
    return sorted(Message.objects.filter(purpose=purpose).values_list("to_address", flat=True))


# --- The own answer -------------------------------------------------------------------------------------------------------


def test_each_answer_is_confirmed_with_time_weekday_place_and_what_to_do() -> None:
    event, person = an_event(title="Hội nghị Đền Hùng", venue="Hội trường A"), factories.person()
    registration.register(event=event, person=person, at=OPEN, language="en")
    registration.cancel(event=event, person=person, at=OPEN)
    registration.register(event=event, person=person, at=OPEN, language="en")
    registration.decline(event=event, person=person, at=OPEN, language="en")
    messages = sent()
    assert {address for address, _subject, _words in messages} == {person.email}
    assert [subject for _address, subject, _words in messages] == [
        "You are registered: Hội nghị Đền Hùng",
        "Registration cancelled: Hội nghị Đền Hùng",
        "You are registered: Hội nghị Đền Hùng",
        "You will not come: Hội nghị Đền Hùng",
    ]
    for _address, _subject, words in messages:
        assert "Wednesday, 10/09/2025 08:30 (+07:00)" in words
        assert "Hội trường A" in words
        assert event.get_absolute_url() in words
        assert person.full_name in words
        assert "Không gian số Phú Thọ" in words
    assert "please cancel on the page of the meeting" in messages[0][2]


def test_a_repetition_tells_nothing_and_registering_again_tells_again() -> None:
    event, person = an_event(), factories.person()
    for verb in (registration.register, registration.register, registration.cancel, registration.register):
        verb(event=event, person=person, at=OPEN)
    assert len(told("event_registered")) == 2


def test_messages_speak_the_language_in_which_the_person_answered_else_vietnamese() -> None:
    event = an_event()
    registration.register(event=event, person=factories.person(), at=OPEN, language="en")
    registration.register(event=event, person=factories.person(), at=OPEN)
    assert set(Message.objects.values_list("language", flat=True)) == {"vi", "en"}
    assert any("Thứ Tư, 10/09/2025 08:30 (+07:00)" in words for _to, _subject, words in sent())


def test_somebody_registered_or_cancelled_by_staff_is_told_that_staff_did_it() -> None:
    staff, event = factories.user(is_staff=True), an_event()
    row = added(event, staff, email="binh@example.com", coming=True)
    Attendee.objects.update(language="en")
    answers.cancel(attendee=row, actor_id=staff.pk, at=OPEN)
    (_to, _subject, words) = sent()[-1]
    assert "The organisers have cancelled your registration" in words


def test_who_is_registered_by_somebody_else_is_told_by_whom_and_that_nobody_signs_for_others() -> None:
    by = factories.person(full_name="Nguyễn Thị Lan")
    data = Details(full_name="Trần Văn Bình", email="binh@example.com")
    registration.register_other(event=an_event(), data=data, by=by, at=OPEN, language="en")
    ((to, _subject, words),) = sent()
    assert to == "binh@example.com"
    assert "Nguyễn Thị Lan has registered you" in words
    assert "Nobody can sign a pledge for you." in words


def test_without_an_address_nobody_is_written_to() -> None:
    added(an_event(), factories.user(is_staff=True), coming=True)
    data = Details(full_name="Trần Văn Bình")
    registration.register_other(event=an_event(), data=data, by=factories.person(), at=OPEN)
    assert not Message.objects.exists()


# --- The event moves or is called off ------------------------------------------------------------------------------------------


def added(event: Event, staff: User, *, coming: bool = False, **fields: str) -> Attendee:
    data = ListDetails(**{"full_name": "Trần Văn Bình", **fields})
    return lists.add(event=event, data=data, source=AttendeeSource.DESK, actor=staff, at=OPEN, coming=coming)


@pytest.fixture
def concerned() -> Event:
    """An event with people who are concerned by its changes, and people who are not; their messages are gone."""
    event, staff = an_event(title="Hội nghị", venue="Hội trường A"), factories.user(is_staff=True)
    added(event, staff, email="coming@example.com", coming=True)
    added(event, staff, email="invited@example.com")
    added(event, staff)  # without an address
    removed = added(event, staff, email="removed@example.com")
    lists.remove(attendee=removed, reason="nhầm", actor=staff, at=OPEN)
    registration.register(
        event=event, person=factories.person(user=factories.user(email="person@example.com")), at=OPEN
    )
    no = factories.person(user=factories.user(email="no@example.com"))
    registration.decline(event=event, person=no, at=OPEN)
    added(an_event(), staff, email="elsewhere@example.com", coming=True)
    Attendee.objects.update(language="en")
    Message.objects.all().delete()
    Work.objects.all().delete()
    return event


WRITTEN_TO = ["coming@example.com", "invited@example.com", "person@example.com"]


def moved(event: Event, *, tell: bool = True, **fields: object) -> None:
    before = Event.objects.get(pk=event.pk)
    for name, value in fields.items():
        setattr(event, name, value)
    event.save()
    lifecycle.changed(event=event, before=before, fields=list(fields), tell=tell, actor_id=None, at=OPEN)


def test_calling_off_tells_everybody_concerned_once(concerned: Event) -> None:
    lifecycle.cancel(event=concerned, actor_id=None, at=OPEN)
    messages = sent()
    assert told("event_called_off") == WRITTEN_TO
    assert all("will not take place" in words for _to, _subject, words in messages)
    assert all("Wednesday, 10/09/2025 08:30 (+07:00)" in words for _to, _subject, words in messages)


def test_another_place_or_time_is_told_with_old_and_new(concerned: Event) -> None:
    moved(concerned, venue="Nhà văn hóa", starts_at=STARTS + timedelta(minutes=30))
    messages = sent()
    assert told("event_moved") == WRITTEN_TO
    for _to, subject, words in messages:
        assert subject == "Another time or place: Hội nghị"
        assert "Place: Nhà văn hóa (before: Hội trường A)" in words
        assert "Beginning: Wednesday, 10/09/2025 09:00 (+07:00)" in words
        assert "(before: Wednesday, 10/09/2025 08:30 (+07:00))" in words
    by_address = {to: words for to, _subject, words in messages}
    assert "You stay registered." in by_address["coming@example.com"]
    assert "whether you will come" in by_address["invited@example.com"]


def test_a_title_a_draft_or_a_decision_not_to_tell_writes_to_nobody(concerned: Event) -> None:
    moved(concerned, title="Hội nghị lớn")
    moved(concerned, tell=False, venue="Nhà văn hóa")
    Event.objects.filter(pk=concerned.pk).update(state="draft")
    concerned.refresh_from_db()
    moved(concerned, venue="Sân vận động")
    assert sent() == []


def test_a_worker_that_dies_in_between_leaves_nobody_untold_and_tells_nobody_twice(
    concerned: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    from events import messages, notices

    real, calls = messages.told, []

    def dies_at_the_second(attendee: Attendee, *args: object, **more: object) -> None:
        calls.append(attendee)
        if len(calls) == 2:
            raise RuntimeError("killed")
        real(attendee, *args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(notices, "_BATCH", 1)
    monkeypatch.setattr(messages, "told", dies_at_the_second)
    lifecycle.cancel(event=concerned, actor_id=None, at=OPEN)
    queue.sweep()
    assert len(told("event_called_off")) == 1
    Work.objects.update(due_at=OPEN)
    queue.sweep()
    assert told("event_called_off") == WRITTEN_TO


def test_who_is_concerned_is_counted_as_it_is_told(concerned: Event) -> None:
    rows = Attendee.objects.concerned().filter(event=concerned)
    assert rows.count() == len(WRITTEN_TO)
    assert set(rows.values_list("answer", flat=True)) == {Answer.COMING, Answer.INVITED}
