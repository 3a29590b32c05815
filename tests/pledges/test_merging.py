"""Somebody who signed at a tablet turns out to have an account: one person from then on, one active act per pledge."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from events import answers, registration
from events.models import Answer, Attendee, AttendeeSource, Entry, Event
from kolportal.audit.models import AuditEvent
from kolportal.mail.models import Message
from kolportal.people.models import MOST_CHANNELS, Channel, Person
from kolportal.privacy.erasing import erase
from pledges import merging, signing
from pledges.merging import merge_people
from pledges.models import Attempt, Decline, Pledge, Signature, Standing
from tests import factories
from tests.clients import english_client
from tests.events.samples import OPEN, an_event, scanned

pytestmark = [pytest.mark.django_db, pytest.mark.servers]

AT = timezone.now()
PHONE = "+84912345678"


@pytest.fixture
def guest() -> Person:
    return factories.person(user=None, full_name="Nguyễn Thị Bảng")


@pytest.fixture
def person() -> Person:
    return factories.person(full_name="Nguyễn Thị Bảng")


def merge(guest: Person, person: Person, at: datetime = AT) -> bool:
    return merge_people(at_tablet=guest, into=person, at=at)


def again(person: Person) -> Person:
    return Person.objects.get(pk=person.pk)


def test_they_are_one_from_then_on_told_once_and_never_again(guest: Person, person: Person) -> None:
    assert merge(guest, person)
    assert not merge(guest, person)
    assert (again(guest).merged_into, again(guest).merged_at) == (person, AT)
    told = AuditEvent.objects.get(action="profile.merged")
    assert (told.subject_id, told.actor_id) == (str(guest.pk), str(person.user_id))
    assert told.detail == {"into": person.pk}


@pytest.mark.parametrize("newer", ["tablet", "account"])
def test_the_older_act_on_one_pledge_ends_as_superseded_told_first_and_by_mail(
    guest: Person, person: Person, newer: str
) -> None:
    pledge, other = factories.pledge(), factories.pledge()
    first, second = (guest, person) if newer == "account" else (person, guest)
    old = factories.signature(of=pledge, signer=first, at=AT - timedelta(days=2))
    new = factories.signature(of=pledge, signer=second, at=AT - timedelta(days=1))
    alone = factories.signature(of=other, signer=guest, at=AT - timedelta(days=3))
    merge(guest, person)
    for signature in (old, new, alone):
        signature.refresh_from_db()
    assert (old.standing, old.superseded_at) == (Standing.SUPERSEDED, AT)
    assert (new.standing, alone.standing) == (Standing.VALID, Standing.VALID)
    told = AuditEvent.objects.get(action="pledge.superseded")
    assert (told.subject_id, told.at, told.actor_id) == (old.reference, AT, str(person.user_id))
    message = Message.objects.get(purpose="pledge_replaced")
    assert message.to_address == person.user.email  # type: ignore[union-attr]  # has an account
    assert new.reference_grouped in message.text


def test_receipt_of_an_act_that_ended_so_can_be_read(guest: Person, person: Person) -> None:
    pledge = factories.pledge()
    old = factories.signature(of=pledge, signer=guest, at=AT - timedelta(days=2))
    factories.signature(of=pledge, signer=person, at=AT - timedelta(days=1))
    merge(guest, person)
    client = english_client()
    client.force_login(person.user)  # type: ignore[arg-type]  # has an account
    page = client.get(reverse("pledges:receipt", args=[old.reference]))
    assert page.status_code == 200
    assert "was replaced by a newer one" in page.content.decode()


def test_a_signing_under_way_ends_for_what_it_stands_on_has_changed(guest: Person, person: Person) -> None:
    pledge = factories.pledge()
    running = factories.attempt(of=pledge, signer=person)
    factories.signature(of=pledge, signer=guest)
    merge(guest, person)
    with pytest.raises(signing.AttemptOver):
        signing.complete(attempt=running, proof=factories.proved(running.digest), at=timezone.now())
    assert Attempt.objects.get(pk=running.pk).act == {}
    assert Signature.objects.active().count() == 1


def test_rows_of_lists_become_the_persons_and_two_on_one_list_become_one(
    guest: Person, person: Person
) -> None:
    event, alone = an_event(), an_event()
    walked_in = factories.attendee(at_event=event, person=guest, source=AttendeeSource.WALK_IN)
    row = factories.attendee(at_event=alone, person=guest, source=AttendeeSource.WALK_IN)
    mine = registration.register(event=event, person=person, at=OPEN)
    answers.answer(attendee=walked_in, coming=True, way=answers.Way.STAFF, actor_id=None, at=OPEN)
    scanned(walked_in)
    merge(guest, person)
    walked_in.refresh_from_db()
    row.refresh_from_db()
    assert walked_in.merged_into == mine
    assert row.person == person
    assert Entry.objects.open().get().attendee == mine
    assert (
        Event.objects.get(pk=event.pk).seats_taken
        == Attendee.objects.seated().filter(event=event).count()
        == 1
    )
    assert Attendee.objects.get(pk=mine.pk).answer == Answer.COMING
    assert AuditEvent.objects.filter(action="attendee.linked", subject_id=str(row.pk)).exists()


def test_contacts_and_channels_become_the_persons_but_own_words_stand(guest: Person, person: Person) -> None:
    assert person.user
    person.contacts.create(kind="phone", value="+84987654321")
    person.contacts.create(kind="email", value="chung@example.com")
    for kind, value in (
        ("phone", PHONE),
        ("email", "chung@example.com"),
        ("email", "rieng@example.com"),
        ("email", person.user.email),
    ):
        guest.contacts.create(kind=kind, value=value, verified_at=AT)
    theirs = factories.channel(person=guest, url="https://www.facebook.com/trang.cua.toi")
    both = factories.channel(person=person)
    factories.channel(person=guest, url=both.url)
    merge(guest, person)
    assert again(person).phone == "+84987654321"
    emails = person.contacts.filter(kind="email").order_by("value")
    assert list(emails.values_list("value", "verified_at")) == [
        ("chung@example.com", AT),
        ("rieng@example.com", AT),
    ]
    assert set(person.channels.values_list("pk", flat=True)) == {theirs.pk, both.pk}
    assert again(guest).email == person.user.email


def test_a_number_moves_where_there_is_none_and_channels_as_far_as_there_is_room(
    guest: Person, person: Person
) -> None:
    guest.contacts.create(kind="phone", value=PHONE)
    for _ in range(MOST_CHANNELS - 1):
        factories.channel(person=person)
    for _ in range(2):
        factories.channel(person=guest)
    merge(guest, person)
    assert again(person).phone == PHONE
    assert Channel.objects.current().filter(person=person).count() == MOST_CHANNELS


def test_what_cannot_be_one_is_refused_and_nothing_is_written(guest: Person, person: Person) -> None:
    erased = factories.person()
    erase(person=erased, actor_id=None, at=AT)
    merge(joined := factories.person(user=None), person)
    for at_tablet, into, refusal in (
        (factories.person(), person, merging.TwoAccounts),
        (guest, factories.person(user=None), merging.NoAccount),
        (guest, again(joined), merging.NoAccount),
        (again(joined), factories.person(), merging.MergedAlready),
        (guest, erased, merging.Erased),
    ):
        with pytest.raises(refusal):
            merge(at_tablet, into)
    assert again(guest).merged_into is None
    assert AuditEvent.objects.filter(action="profile.merged").count() == 1


def test_an_erasure_takes_both_and_what_was_handed_over(guest: Person, person: Person) -> None:
    guest.contacts.create(kind="email", value="rieng@example.com", verified_at=AT)
    row = factories.attendee(at_event=an_event(), person=guest, email="rieng@example.com")
    signature = factories.signature(of=factories.pledge(), signer=guest)
    merge(guest, person)
    assert erase(person=again(person), actor_id=None, at=timezone.now())
    assert not Person.objects.filter(erased_at=None).exists()
    assert Attendee.objects.get(pk=row.pk).email == ""
    assert Signature.objects.get(pk=signature.pk).particulars.full_name == ""
    assert Pledge.objects.count() == 1


# --- From then on ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def client(person: Person) -> Client:
    client = english_client()
    client.force_login(person.user)  # type: ignore[arg-type]  # has an account
    return client


def test_what_was_signed_at_the_tablet_stands_in_the_way_of_signing_it_again(
    guest: Person, person: Person, client: Client
) -> None:
    pledge = factories.pledge()
    signature = factories.signature(of=pledge, signer=guest)
    merge(guest, person)
    with pytest.raises(signing.AlreadySigned):
        factories.attempt(of=pledge, signer=person, basis=signing.basis_of(signature))
    page = client.get(f"/pledges/{pledge.slug}/").content.decode()
    assert f"/receipts/{signature.reference}/" in page


def test_signing_with_other_channels_replaces_it(guest: Person, person: Person) -> None:
    pledge = factories.pledge()
    old = factories.signature(of=pledge, signer=guest)
    merge(guest, person)
    newer = factories.signature(
        of=pledge,
        signer=again(person),
        basis=signing.basis_of(old),
        channel_ids=[factories.channel(person=person).pk],
    )
    old.refresh_from_db()
    assert (old.standing, newer.supersedes) == (Standing.SUPERSEDED, old)
    assert Signature.objects.active().get() == newer
    told = AuditEvent.objects.get(action="pledge.superseded")
    assert (told.subject_id, told.actor_id) == (old.reference, str(person.user_id))


def test_it_is_withdrawn_by_who_the_signer_turned_out_to_be(guest: Person, person: Person) -> None:
    signature = factories.signature(signer=guest)
    merge(guest, person)
    factories.withdraw(Signature.objects.get(pk=signature.pk))
    assert AuditEvent.objects.get(action="pledge.withdrawn").actor_id == str(person.user_id)


def test_it_is_not_declined_while_it_is_in_force(guest: Person, person: Person, client: Client) -> None:
    pledge = factories.pledge()
    factories.signature(of=pledge, signer=guest)
    merge(guest, person)
    assert client.post(f"/pledges/{pledge.slug}/decline/").status_code == 409
    assert not Decline.objects.exists()


def test_a_refusal_at_the_tablet_is_the_persons_too_and_signing_takes_it_back(
    guest: Person, person: Person, client: Client
) -> None:
    pledge = factories.pledge()
    text = pledge.current_text()
    assert text is not None
    signing.decline(text=text, person=guest, at=AT)
    merge(guest, person)
    client.post(f"/pledges/{pledge.slug}/decline/")
    assert Decline.objects.count() == 1
    assert "You declined to sign" in client.get(f"/pledges/{pledge.slug}/").content.decode()
    signature = factories.signature(of=pledge, signer=person)
    assert Decline.objects.get().reversed_at == signature.signed_at
