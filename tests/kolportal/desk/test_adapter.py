"""A changed address of an account: the lists of meetings to come follow, and nobody erased gets one again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from django.test import Client, RequestFactory
from django.utils import timezone

from events import registration
from events.models import Attendee
from kolportal.accounts.models import User
from kolportal.audit.models import AuditEvent, HistoryValue
from kolportal.people.models import Person
from kolportal.privacy.erasing import erase
from tests import factories
from tests.clients import english_client
from tests.kolportal.accounts.conftest import account, mailed_code

pytestmark = [pytest.mark.django_db, pytest.mark.servers]

PASSWORD = "mot-mat-khau-dai"
NEW = "moi@example.com"


@pytest.fixture
def person() -> Person:
    return factories.person(user=account("lan@example.com", PASSWORD))


@pytest.fixture
def client(person: Person) -> Client:
    client = english_client()
    client.post("/accounts/login/", {"login": "lan@example.com", "password": PASSWORD})
    return client


def change_address(client: Client) -> None:
    client.post("/accounts/email/", {"email": NEW, "action_add": ""})
    client.post("/accounts/confirm-email/", {"code": mailed_code(NEW)})
    assert User.objects.filter(email=NEW).exists()


def test_rows_that_the_person_made_follow_to_the_new_address_with_old_and_new_values(
    client: Client, person: Person
) -> None:
    row = registration.register(event=factories.event(), person=person, at=timezone.now())
    change_address(client)
    assert Attendee.objects.get(pk=row.pk).email == NEW
    entry = AuditEvent.objects.get(action="attendee.corrected")
    assert (entry.subject_id, entry.actor_id) == (str(row.pk), str(person.user_id))
    assert HistoryValue.objects.get(event=entry).fields == {"email": ["lan@example.com", NEW]}


def test_what_a_list_says_and_meetings_that_are_over_stay(client: Client, person: Person) -> None:
    now = timezone.now()
    listed = factories.attendee(at_event=factories.event(), email="lan@example.com")
    registration.register(event=listed.event, person=person, at=now)
    over = factories.event(starts_at=now - timedelta(days=2), ends_at=now - timedelta(days=1))
    past = factories.attendee(at_event=over, person=person, source="registered", email="lan@example.com")
    change_address(client)
    assert set(Attendee.objects.filter(email="lan@example.com")) == {listed, past}


def test_an_account_without_a_person_changes_its_address_too() -> None:
    account("lan@example.com", PASSWORD)
    client = english_client()
    client.post("/accounts/login/", {"login": "lan@example.com", "password": PASSWORD})
    change_address(client)


def test_an_address_confirmed_while_its_owner_was_erased_does_not_come_back(person: Person) -> None:
    """The code's page has read the account before the erasure, and goes on after it."""
    assert person.user
    read_before = EmailAddress(user=User.objects.get(pk=person.user.pk), email=NEW)
    erase(person=person, actor_id=None, at=timezone.now())
    request = RequestFactory().post("/accounts/confirm-email/")
    assert not get_adapter(request).confirm_email(request, read_before)
    assert not EmailAddress.objects.exists()
    assert User.objects.get(pk=person.user.pk).email.endswith("@erased.invalid")
