"""The overview: right numbers, of the own units only, in few queries, drawn without scripts or inline styles."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as st

from events.models import Attendee, AttendeeState, Event
from kolportal.accounts import roles
from kolportal.accounts.models import Platform, SignerKind, SignerProfile, User
from kolportal.accounts.roles import Role
from pledges import charts, signing, statistics
from pledges.models import Pledge
from tests import factories
from tests.clients import english_client

pytestmark = [pytest.mark.django_db, pytest.mark.servers]


@pytest.fixture(autouse=True)
def _roles() -> Any:
    roles.sync()
    with translation.override("en"):
        yield


@pytest.fixture
def event() -> Event:
    """A meeting of the unit that also keeps the pledge."""
    return factories.event(organiser=factories.unit())


@pytest.fixture
def pledge(event: Event) -> Pledge:
    """The pledge that the meeting asks for."""
    return factories.pledge(keeper=event.units.get(), asked_at=event)


def _official(pledge: Pledge) -> User:
    user = roles.grant(factories.user(is_staff=True), Role.OFFICIAL)
    pledge.unit.members.add(user)
    return user


def _attends(event: Event, state: AttendeeState = AttendeeState.REGISTERED, **fields: Any) -> SignerProfile:
    profile = factories.profile(**fields)
    now = timezone.now()
    Attendee.objects.create(
        event=event,
        profile=profile,
        state=state,
        registered_at=now,
        state_changed_at=now,
        checked_in_at=now if state == AttendeeState.CHECKED_IN else None,
    )
    return profile


def _fill(event: Event, pledge: Pledge) -> None:
    """Four come or register, one cancelled; two signatures in force (one of them signed twice), one withdrawn, one decline."""
    version = pledge.current_version()
    assert version is not None
    kol = _attends(event, AttendeeState.CHECKED_IN, kind=SignerKind.KOL, commune_code="04795")
    both = _attends(event, AttendeeState.CHECKED_IN, kind=SignerKind.BOTH, commune_code="04795")
    gone = _attends(event, kind=SignerKind.KOL, commune_code="04795")
    refuses = _attends(event, kind=SignerKind.PAGE_ADMIN, commune_code="04795")
    _attends(event, AttendeeState.CANCELLED, kind=SignerKind.KOL, commune_code="04795")
    factories.signature(of=pledge, signer=kol)
    channels = [
        factories.channel(
            profile=kol, platform=Platform.TIKTOK, url=f"https://www.tiktok.com/@kol{number}"
        ).pk
        for number in (1, 2)
    ]
    factories.signature(of=pledge, signer=kol, channel_ids=channels)
    factories.signature(of=pledge, signer=both)
    signing.withdraw(signature=factories.signature(of=pledge, signer=gone), at=timezone.now())
    assert refuses.user is not None
    signing.decline(version=version, signer=refuses.user, at=timezone.now())


def test_numbers_are_of_people_and_acts_in_force(event: Event, pledge: Pledge) -> None:
    _fill(event, pledge)
    numbers = statistics.gather(user=_official(pledge))
    assert (numbers.registered, numbers.attended) == (4, 2)
    assert (numbers.signed, numbers.declined, numbers.withdrawn) == (2, 1, 1)
    assert [(row.signed, row.registered, row.attended) for row in numbers.by_kind] == [
        (1, 2, 1),
        (0, 1, 0),
        (1, 1, 1),
    ]
    assert [(row.signed, row.registered, row.attended) for row in numbers.by_commune] == [(2, 4, 2)]
    # Two channels on one platform are one signature.
    assert {row.label: row.signed for row in numbers.by_platform}["TikTok"] == 1
    assert numbers.by_day == [(timezone.localdate(), 2)]


def test_filters_narrow_the_numbers(event: Event, pledge: Pledge) -> None:
    _fill(event, pledge)
    other_event = factories.event(organiser=pledge.unit)
    other_pledge = factories.pledge(keeper=pledge.unit, asked_at=other_event)
    factories.signature(of=other_pledge, signer=_attends(other_event))
    user = _official(pledge)
    assert statistics.gather(user=user).signed == 3
    for choice in ({"event": event}, {"pledge": pledge}, {"event": event, "pledge": pledge}):
        numbers = statistics.gather(user=user, **choice)
        assert (numbers.registered, numbers.signed, numbers.declined, numbers.withdrawn) == (4, 2, 1, 1)
    assert statistics.gather(user=user, event=event, pledge=other_pledge).signed == 0


def test_other_units_are_not_counted(event: Event, pledge: Pledge) -> None:
    _fill(event, pledge)
    numbers = statistics.gather(user=_official(factories.pledge()))
    assert (numbers.registered, numbers.signed, numbers.declined, numbers.withdrawn) == (0, 0, 0, 0)
    assert (numbers.by_commune, numbers.by_day) == ([], [])


def _page(user: User, **query: str) -> Any:
    client = english_client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client.get(reverse("admin:index"), query)


def test_official_lands_on_the_overview(event: Event, pledge: Pledge) -> None:
    _fill(event, pledge)
    page = _page(_official(pledge)).content.decode()
    assert re.search(r"<dt>signed, in force</dt>\s*<dd>2</dd>", page)
    assert "phường Việt Trì" in page or "By commune" in page
    assert "<svg" in page


def test_filter_of_another_units_event_is_ignored(event: Event, pledge: Pledge) -> None:
    _fill(event, pledge)
    foreign = factories.event()
    response = _page(_official(pledge), event=str(foreign.pk))
    assert response.context["overview"]["event"] is None
    assert foreign.title not in response.content.decode()


def test_overview_names_nobody(event: Event, pledge: Pledge) -> None:
    _fill(event, pledge)
    page = _page(_official(pledge)).content.decode()
    for profile in SignerProfile.objects.all():
        assert profile.full_name not in page


@pytest.mark.parametrize("role", [Role.STEWARD, Role.ADMINISTRATOR])
def test_others_see_no_numbers(event: Event, pledge: Pledge, role: Role) -> None:
    user = roles.grant(factories.user(is_staff=True), role)
    pledge.unit.members.add(user)
    assert "overview" not in _page(user).context


def test_charts_obey_the_content_policy_and_are_well_formed(event: Event, pledge: Pledge) -> None:
    _fill(event, pledge)
    page = _page(_official(pledge)).content.decode()
    drawn = re.findall(r"<svg class=\"kp-.*?</svg>", page, flags=re.DOTALL)
    assert len(drawn) > 3
    for svg in drawn:
        assert "style=" not in svg
        assert "<script" not in svg
        ElementTree.fromstring(svg)


def test_overview_costs_the_same_for_few_and_many(event: Event, pledge: Pledge) -> None:
    user = _official(pledge)
    counts = []
    for number in (1, 20):
        for _ in range(number):
            factories.signature(of=pledge, signer=_attends(event, commune_code="04795"))
        _page(user)
        with CaptureQueriesContext(connection) as queries:
            _page(user)
        counts.append(len(queries))
    # Login (three writes and reads of the session), account, permissions (two), parked, events, pledges, five for the numbers.
    assert counts[0] == counts[1]
    with CaptureQueriesContext(connection) as queries:
        statistics.gather(user=User.objects.get(pk=user.pk))
    # The account and its permissions (three), attendance, signatures, platforms, days, declines.
    assert len(queries) <= 8


@given(st.lists(st.integers(0, 100_000), max_size=60))
def test_columns_stay_in_their_box(values: list[int]) -> None:
    start = date(2025, 9, 10)
    drawn = charts.columns([(start + timedelta(days=index), value) for index, value in enumerate(values)])
    assert len(drawn) == min(len(values), 31)
    for column in drawn:
        assert 0 <= float(column.x) <= float(column.x) + float(column.width) <= charts.WIDTH + 0.2
        assert 0 <= float(column.y) <= float(column.y) + float(column.height) <= charts.HEIGHT
        assert float(column.above) >= 10


@given(st.integers(-5, 10**9), st.integers(0, 10**9))
def test_bar_is_a_share_of_the_longest(value: int, largest: int) -> None:
    width = charts.bar_width(min(value, largest), largest)
    assert 0 <= float(width) <= 100
    assert "," not in width
