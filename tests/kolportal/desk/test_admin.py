"""The pledge that a meeting asks for, on the meeting's page of the administration."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from events.models import Event
from kolportal.accounts import roles
from kolportal.accounts.roles import Role
from pledges.models import EventPledge, Pledge
from tests import factories
from tests.events.test_admin_events import errors_of, form

pytestmark = pytest.mark.django_db


@pytest.fixture
def event() -> Event:
    return factories.event(organiser=factories.unit())


@pytest.fixture
def client(event: Event) -> Client:
    """An organiser of the meeting's unit."""
    roles.sync()
    user = roles.grant(factories.user(is_staff=True), Role.ORGANISER)
    event.parts.get().unit.members.add(user)
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def _asked(event: Event, pledge: Pledge) -> dict[str, Any]:
    link = EventPledge.objects.filter(event=event).first()
    return {
        "asks_for-TOTAL_FORMS": "1",
        "asks_for-INITIAL_FORMS": str(int(link is not None)),
        "asks_for-0-id": link.pk if link else "",
        "asks_for-0-event": event.pk,
        "asks_for-0-pledge": pledge.pk,
    }


def test_a_meeting_asks_for_a_pledge_of_the_own_units_only(client: Client, event: Event) -> None:
    own = factories.pledge(unit=event.parts.get().unit)
    foreign = factories.pledge()
    url = f"/admin/events/event/{event.pk}/change/"
    page = client.get(url).content.decode()
    assert own.name in page
    assert foreign.name not in page
    response = client.post(url, form(event, **_asked(event, foreign)))
    assert response.status_code == 200
    assert not EventPledge.objects.exists()
    response = client.post(url, form(event, **_asked(event, own)))
    assert response.status_code == 302, errors_of(response)
    assert EventPledge.objects.get().pledge == own


def test_who_organises_with_the_keepers_of_the_pledge_corrects_the_meeting_without_taking_it_away(
    client: Client, event: Event
) -> None:
    asked, other = factories.pledge(asked_at=event), factories.pledge()
    url = f"/admin/events/event/{event.pk}/change/"
    page = client.get(url).content.decode()
    assert asked.name in page
    assert other.name not in page
    response = client.post(url, form(event, title="Hội nghị đổi tên", **_asked(event, asked)))
    assert response.status_code == 302, errors_of(response)
    event.refresh_from_db()
    assert (event.title, EventPledge.objects.get().pledge) == ("Hội nghị đổi tên", asked)
