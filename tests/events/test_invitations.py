"""Personal links: derived, revoked, expired; what a link can do and what it cannot."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import override_settings

from events import answers, invitations, lists
from events.models import Answer, Attendee, Event, Invitation
from kolportal import codes
from kolportal.audit.models import AuditEvent
from tests import factories
from tests.events.samples import OPEN, STARTS, an_event, scanned

pytestmark = pytest.mark.django_db


def issued(attendee: Attendee | None = None) -> Invitation:
    return invitations.issue(
        attendee=attendee or factories.attendee(at_event=an_event()), actor_id=None, at=OPEN
    )


def test_the_same_letter_can_be_printed_again_and_only_a_hash_is_kept() -> None:
    invitation = issued()
    code = invitations.code_of(invitation)
    assert len(code) == 16
    assert set(code) <= set(codes.ALPHABET)
    assert issued(invitation.attendee) == invitation
    assert invitations.code_of(Invitation.objects.get()) == code
    assert code not in str(list(Invitation.objects.values())) + str(list(Attendee.objects.values()))


def test_every_row_and_every_purpose_has_a_code_of_its_own() -> None:
    first, second = issued(), issued()
    seen = {
        invitations.code_of(first),
        invitations.code_of(second),
        invitations.door_code(first.attendee),
        invitations.door_code(second.attendee),
    }
    assert len(seen) == 4


def test_a_code_is_found_as_people_type_it_and_no_other_is() -> None:
    invitation = issued()
    code = invitations.code_of(invitation)
    assert invitations.find(codes.grouped(code).lower(), at=OPEN) == invitation
    wrong = ("1" if code[0] != "1" else "2") + code[1:]
    for typed in (wrong, code[:-1], "", invitations.door_code(invitation.attendee)):
        with pytest.raises(invitations.UnknownInvitation):
            invitations.find(typed, at=OPEN)


def test_revoking_ends_a_link_for_good_and_the_next_one_has_another_code() -> None:
    first = issued()
    code = invitations.code_of(first)
    assert invitations.revoke(attendee=first.attendee, actor_id=None, at=OPEN)
    assert not invitations.revoke(attendee=first.attendee, actor_id=None, at=OPEN)
    with pytest.raises(invitations.InvitationRevoked):
        invitations.find(code, at=OPEN)
    second = issued(first.attendee)
    assert (second.number, invitations.code_of(second) == code) == (2, False)
    assert list(AuditEvent.objects.order_by("id").values_list("action", flat=True)) == [
        "invitation.issued",
        "invitation.revoked",
        "invitation.issued",
    ]


def test_a_link_ends_when_the_event_begins_or_when_it_was_said_to() -> None:
    invitation = issued()
    code = invitations.code_of(invitation)
    assert invitations.find(code, at=STARTS - timedelta(seconds=1)) == invitation
    with pytest.raises(invitations.InvitationExpired):
        invitations.find(code, at=STARTS)
    with pytest.raises(invitations.InvitationExpired):
        invitations.issue(attendee=invitation.attendee, actor_id=None, at=STARTS)
    attendee = factories.attendee(at_event=an_event())
    short = invitations.issue(attendee=attendee, actor_id=None, at=OPEN, expires_at=OPEN + timedelta(hours=1))
    later = OPEN + timedelta(hours=1)
    with pytest.raises(invitations.InvitationExpired):
        invitations.find(invitations.code_of(short), at=later)
    assert invitations.issue(attendee=attendee, actor_id=None, at=later).number == 2


def test_a_link_answers_for_its_attendee_whatever_the_window_and_joins_no_account() -> None:
    event = an_event(registration_closes_at=OPEN)
    attendee = factories.attendee(at_event=event)
    code = invitations.code_of(issued(attendee))
    invitations.answer(code=code, coming=True, at=OPEN)
    attendee.refresh_from_db()
    assert (attendee.answer, attendee.answered_at, attendee.person) == (Answer.COMING, OPEN, None)
    invitations.answer(code=code, coming=False, at=OPEN, reason="Bận việc")
    attendee.refresh_from_db()
    assert (attendee.answer, attendee.reason) == (Answer.NOT_COMING, "Bận việc")
    assert Event.objects.get().seats_taken == 0


def test_a_link_gives_no_seat_that_is_not_there() -> None:
    invitation = issued(factories.attendee(at_event=an_event(capacity=0)))
    with pytest.raises(answers.EventFull):
        invitations.answer(code=invitations.code_of(invitation), coming=True, at=OPEN)


def test_a_link_of_somebody_who_was_taken_off_the_list_answers_nothing() -> None:
    invitation = issued()
    staff = factories.user(is_staff=True)
    lists.remove(attendee=invitation.attendee, reason="nhầm", actor=staff, at=OPEN)
    with pytest.raises(invitations.UnknownInvitation):
        invitations.find(invitations.code_of(invitation), at=OPEN)
    with pytest.raises(invitations.UnknownInvitation):
        issued(invitation.attendee)


def test_another_code_for_the_door_ends_the_old_one() -> None:
    attendee = factories.attendee(at_event=an_event())
    old = invitations.door_code(attendee)
    invitations.revoke_door_code(attendee=attendee, actor_id=None, at=OPEN)
    attendee.refresh_from_db()
    assert invitations.door_code(attendee) != old
    assert scanned(attendee, code=old).result == "not_listed"
    assert scanned(attendee, code=invitations.door_code(attendee)).result == "welcome"
    assert AuditEvent.objects.get().action == "door.code_revoked"


def test_with_another_server_key_old_codes_work_on_and_are_not_printed_wrong() -> None:
    invitation = issued()
    link, door = invitations.code_of(invitation), invitations.door_code(invitation.attendee)
    with override_settings(SECRET_KEY="another key of fifty characters, for this test only"):
        assert invitations.find(link, at=OPEN) == invitation
        assert scanned(invitation.attendee, code=door).result == "welcome"
        with pytest.raises(invitations.CodeLost):
            invitations.code_of(invitation)
        with pytest.raises(invitations.CodeLost):
            invitations.door_code(invitation.attendee)


def test_a_link_revoked_while_its_answer_waits_for_the_row_answers_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    attendee = factories.attendee(at_event=an_event())
    code = invitations.code_of(issued(attendee))
    answer = answers.answer

    def revoked_first(**arguments: Any) -> Attendee:
        invitations.revoke(attendee=attendee, actor_id=None, at=OPEN)
        return answer(**arguments)

    monkeypatch.setattr(answers, "answer", revoked_first)
    with pytest.raises(invitations.InvitationRevoked):
        invitations.answer(code=code, coming=True, at=OPEN)
    attendee.refresh_from_db()
    assert attendee.answer == Answer.INVITED
