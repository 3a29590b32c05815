"""Erasing a person: who can be erased, whose rows go and whose stay, and what meets an erasure on its way."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.conf import settings
from django.core.files.storage import FileSystemStorage, storages
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from events import checkin, lists, registration
from events.details import ListDetails
from events.models import Answer, Attendee, AttendeeSource, Event
from kolportal.accounts import roles
from kolportal.accounts.models import User
from kolportal.accounts.roles import Role
from kolportal.audit.models import AuditEvent, HistoryValue
from kolportal.mail.models import Message, MessageState
from kolportal.people.models import Person
from kolportal.privacy.erasing import StillStaff, erase
from kolportal.work import queue
from kolportal.work.models import Work
from pledges import documents, signing
from pledges.acts import AttemptOver
from pledges.models import Attempt, Document, DocumentState, SealedFile, Signature, Standing
from tests import factories
from tests.pledges.sealed import file_of, seal, sealed_signature

pytestmark = [pytest.mark.django_db, pytest.mark.servers]


def _erase(person: Person) -> bool:
    return erase(person=person, actor_id=None, at=timezone.now())


def _is_on_file(sha256: str) -> bool:
    return storages["documents"].exists(f"{sha256[:2]}/{sha256[2:4]}/{sha256}.pdf")


# --- Who ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["administration", "role", "unit"])
def test_staff_are_not_erased_while_they_are_staff(how: str) -> None:
    person = factories.person()
    assert person.user is not None
    if how == "administration":
        User.objects.filter(pk=person.user.pk).update(is_staff=True)
    elif how == "role":
        roles.sync()
        roles.grant(person.user, Role.STEWARD)
    else:
        factories.unit().members.add(person.user)
    with pytest.raises(StillStaff):
        _erase(Person.objects.get(pk=person.pk))
    assert Person.objects.get(pk=person.pk).full_name


def test_erasing_twice_does_it_once_and_tells_it_once() -> None:
    signature = factories.signature()
    officer = factories.user()
    assert erase(person=signature.person, actor_id=officer.pk, at=timezone.now())
    assert not erase(person=signature.person, actor_id=officer.pk, at=timezone.now())
    told = AuditEvent.objects.filter(action="profile.erased")
    assert [(event.actor_id, event.detail) for event in told] == [
        (str(officer.pk), {"signatures": 1, "attendees": 0})
    ]
    assert AuditEvent.objects.filter(action="pledge.particulars_erased").count() == 1


def test_who_was_merged_goes_along_whichever_of_them_is_named() -> None:
    at_tablet = factories.person(user=None, full_name="Nguyễn Thị Bảng")
    early = factories.signature(signer=at_tablet)
    person = factories.person()
    Person.objects.filter(pk=at_tablet.pk).update(merged_into=person, merged_at=timezone.now())
    assert _erase(Person.objects.get(pk=at_tablet.pk))
    assert not Person.objects.filter(pk__in=[at_tablet.pk, person.pk], erased_at=None).exists()
    assert Signature.objects.get(pk=early.pk).particulars.full_name == ""


def test_account_is_closed_and_its_address_free_for_a_new_beginning() -> None:
    person = factories.person()
    assert person.user is not None
    address = person.user.email
    _erase(person)
    closed = User.objects.get(pk=person.user.pk)
    assert (closed.is_active, closed.has_usable_password(), closed.name) == (False, False, "")
    assert closed.email.endswith("@erased.invalid")
    assert Person.objects.get(pk=person.pk).email == ""
    factories.user(email=address)


def test_sessions_go_with_all_that_they_hold() -> None:
    person, other = factories.person(), factories.person()
    browsers = {each.pk: Client() for each in (person, other)}
    for each in (person, other):
        assert each.user is not None
        browsers[each.pk].force_login(
            each.user, backend="allauth.account.auth_backends.AuthenticationBackend"
        )
    half_way = Client()
    session = half_way.session
    session["account_login_code"] = {"user_id": str(person.user_id), "email": "a@example.com"}
    session.save()
    _erase(person)
    queue.sweep()
    store: Any = import_module(settings.SESSION_ENGINE).SessionStore
    keys = [browser.session.session_key for browser in (browsers[person.pk], half_way, browsers[other.pk])]
    assert [store().exists(key) for key in keys] == [False, False, True]


# --- The act ----------------------------------------------------------------------------------------------------------------


def test_pledge_stays_in_force_because_nobody_withdrew_it() -> None:
    signature = sealed_signature()
    _erase(signature.person)
    now = Signature.objects.get(pk=signature.pk)
    assert now.standing == Standing.VALID
    assert not AuditEvent.objects.filter(action="pledge.withdrawn").exists()
    assert Signature.objects.active().count() == 1


def test_signing_under_way_ends_in_every_tab() -> None:
    attempt = factories.attempt()
    proof = factories.proved(attempt.digest)
    _erase(attempt.person)
    with pytest.raises(AttemptOver):
        signing.complete(attempt=attempt, proof=proof, at=timezone.now())
    kept = Attempt.objects.get(pk=attempt.pk)
    assert (kept.act, kept.digest) == ({}, "0" * 64)
    assert not Signature.objects.exists()


# --- Files --------------------------------------------------------------------------------------------------------------------


def test_every_generation_of_the_file_goes() -> None:
    signature = sealed_signature(data=b"%PDF one")
    first = file_of(signature)
    signature = seal(signature, data=b"%PDF two")
    second = file_of(signature)
    _erase(signature.person)
    assert documents.state_of(signature.document) == DocumentState.DESTROYED
    queue.sweep()
    assert [_is_on_file(file.sha256) for file in (first, second)] == [False, False]
    assert not Work.objects.exists()


def test_file_that_another_document_shares_stays_until_that_one_goes() -> None:
    mine, other = sealed_signature(data=b"%PDF same"), sealed_signature(data=b"%PDF same")
    _erase(mine.person)
    queue.sweep()
    assert _is_on_file(file_of(other).sha256)
    _erase(other.person)
    queue.sweep()
    assert not _is_on_file(file_of(other).sha256)


def test_what_was_not_sealed_yet_never_is() -> None:
    signature = factories.signature()
    _erase(signature.person)
    queue.sweep()
    assert not SealedFile.objects.exists()
    assert documents.state_of(Document.objects.get(signature=signature)) == DocumentState.DESTROYED


def test_worker_that_was_sealing_meanwhile_leaves_no_file() -> None:
    signature = factories.signature()
    data = b"%PDF with the name"
    with (
        pytest.raises(IntegrityError, match="erased"),
        documents.stored(data, document=signature.document, at=timezone.now()) as sha256,
    ):
        assert _is_on_file(sha256)
        _erase(signature.person)
        with transaction.atomic():
            factories.sealed_file(signature, sha256=sha256)
    assert not _is_on_file(sha256)


class AwayStorage(FileSystemStorage):
    """A storage that cannot be reached when something is to be removed."""

    def delete(self, name: str) -> None:
        """Fails as a network does."""
        raise ConnectionError(name)


def test_file_goes_later_when_the_storage_was_away(settings: Any) -> None:
    signature = sealed_signature()
    sha256 = file_of(signature).sha256
    kept = settings.STORAGES
    away = {"BACKEND": f"{__name__}.AwayStorage", "OPTIONS": kept["documents"]["OPTIONS"]}
    settings.STORAGES = {**kept, "documents": away}
    _erase(signature.person)
    queue.sweep()
    settings.STORAGES = kept
    assert _is_on_file(sha256)
    assert documents.state_of(signature.document) == DocumentState.DESTROYED
    Work.objects.update(due_at=timezone.now())
    queue.sweep()
    assert not _is_on_file(sha256)


# --- Lists ----------------------------------------------------------------------------------------------------------------------


def test_seat_at_a_meeting_to_come_is_given_back() -> None:
    person, event = factories.person(), factories.event()
    registration.register(event=event, person=person, at=timezone.now())
    _erase(person)
    assert Event.objects.get(pk=event.pk).seats_taken == 0
    assert not Attendee.objects.listed().exists()
    assert Attendee.objects.get().erased_at is not None


def test_who_was_at_a_meeting_still_counts_and_has_no_name() -> None:
    now = timezone.now()
    person = factories.person(full_name="Nguyễn Thị Có Mặt")
    event = factories.event(
        starts_at=now + timedelta(minutes=20),
        ends_at=now + timedelta(hours=3),
        registration_closes_at=now + timedelta(minutes=10),
    )
    row = registration.register(event=event, person=person, at=now)
    later = now + timedelta(hours=1)
    checkin.let_in(
        attendee=row,
        event=event,
        nonce="n1",
        steward=factories.user(),
        gate="Cửa A",
        device="",
        scanned_at=later,
        at=later,
    )
    erase(person=person, actor_id=None, at=later + timedelta(minutes=1))
    kept = Attendee.objects.listed().present().get()
    assert (kept.pk, str(kept), kept.answer) == (row.pk, f"#{row.pk}", Answer.COMING)
    assert kept.scans.count() == 1


def test_family_that_shared_an_address_keeps_its_row_without_what_the_erased_one_had_proved() -> None:
    person = factories.person()
    assert person.user is not None
    sister = ListDetails(full_name="Nguyễn Thị Chị", email=person.user.email)
    row = lists.add(
        event=factories.event(),
        data=sister,
        source=AttendeeSource.DESK,
        actor=factories.user(),
        at=timezone.now(),
    )
    person.contacts.create(kind="phone", value="+84912345678", verified_at=timezone.now())
    lists.correct(
        attendee=row,
        data=replace(sister, phone="+84912345678"),
        actor=factories.user(),
        at=timezone.now(),
    )
    _erase(person)
    kept = Attendee.objects.get(pk=row.pk)
    assert (kept.full_name, kept.email, kept.phone, kept.erased_at) == ("Nguyễn Thị Chị", "", "", None)
    assert not [
        value.fields for value in HistoryValue.objects.all() if {"email", "phone"} & set(value.fields)
    ]


def test_address_that_another_has_proved_too_stays_on_the_list() -> None:
    person, other = factories.person(), factories.person()
    assert other.user is not None
    person.contacts.create(kind="email", value=other.user.email, verified_at=timezone.now())
    data = ListDetails(full_name="Nguyễn Thị Chị", email=other.user.email)
    row = lists.add(
        event=factories.event(),
        data=data,
        source=AttendeeSource.DESK,
        actor=factories.user(),
        at=timezone.now(),
    )
    _erase(person)
    assert Attendee.objects.get(pk=row.pk).email == other.user.email


def test_address_that_somebody_else_has_proved_is_left_alone() -> None:
    person, other = factories.person(), factories.person()
    assert other.user is not None
    person.contacts.create(kind="email", value=other.user.email)
    signature = factories.signature(signer=other)
    factories.withdraw(signature)
    _erase(person)
    message = Message.objects.get(to_address=other.user.email)
    assert message.text
    assert message.state == MessageState.QUEUED


def test_message_not_sent_yet_is_not_sent(mailoutbox: list[Any]) -> None:
    signature = factories.withdraw(factories.signature())
    _erase(signature.person)
    queue.sweep()
    assert mailoutbox == []
    message = Message.objects.get(purpose="pledge_withdrawn")
    assert (message.state, message.to_address, message.text) == (MessageState.FAILED, "", "")
