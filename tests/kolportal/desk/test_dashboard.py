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

from events.models import Answer, Entry, Event
from kolportal.accounts import roles
from kolportal.accounts.models import User
from kolportal.accounts.roles import Role
from kolportal.desk import statistics
from kolportal.mail.models import Message, MessageState
from kolportal.people.models import Person, Platform, SignerKind
from kolportal.privacy.erasing import erase
from kolportal.work.models import Work
from pledges import signing
from pledges.kinds import SEAL
from pledges.models import LegalReference, Pledge, PledgeState, Signature
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


def _attends(event: Event, *, came: bool = False, answer: Answer = Answer.COMING, **fields: Any) -> Person:
    """Somebody with an account on the event's list."""
    person = factories.person(**fields)
    now = timezone.now()
    row = factories.attendee(
        at_event=event,
        person=person,
        kind=person.kind,
        commune_code=person.commune_code,
        answer=answer,
        answered_at=now,
    )
    if came:
        Entry.objects.create(attendee=row, entered_at=now, steward=factories.user(is_staff=True))
    return person


def _fill(event: Event, pledge: Pledge) -> None:
    """Four come or register, one cancelled; two signatures in force (one of them signed twice), one withdrawn, one decline."""
    text = pledge.current_text()
    assert text is not None
    kol = _attends(event, came=True, kind=SignerKind.KOL)
    both = _attends(event, came=True, kind=SignerKind.BOTH)
    gone = _attends(event, kind=SignerKind.KOL)
    refuses = _attends(event, kind=SignerKind.PAGE_ADMIN)
    _attends(event, answer=Answer.CANCELLED, kind=SignerKind.KOL)
    factories.signature(of=pledge, signer=kol, event=event)
    channels = [
        factories.channel(person=kol, platform=Platform.TIKTOK, url=f"https://www.tiktok.com/@kol{number}").pk
        for number in (1, 2)
    ]
    factories.signature(of=pledge, signer=kol, event=event, channel_ids=channels)
    factories.signature(of=pledge, signer=both, event=event)
    factories.withdraw(factories.signature(of=pledge, signer=gone, event=event))
    signing.decline(text=text, person=refuses, at=timezone.now())


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
    factories.signature(of=other_pledge, signer=_attends(other_event), event=other_event)
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


def test_guests_and_rows_without_an_account_count_as_attendance(event: Event, pledge: Pledge) -> None:
    now = timezone.now()
    for kind, commune in ((SignerKind.KOL, "04795"), ("", "")):
        factories.attendee(
            at_event=event, kind=kind, commune_code=commune, answer=Answer.COMING, answered_at=now
        )
    factories.attendee(at_event=event)  # invited, has not answered
    numbers = statistics.gather(user=_official(pledge))
    assert numbers.registered == 2
    assert {row.label: row.registered for row in numbers.by_kind}["Guest"] == 1
    assert numbers.by_commune[-1] == statistics.Row("no commune given", 0, 1, 0)


def test_who_came_without_an_answer_is_counted_once(event: Event, pledge: Pledge) -> None:
    row = factories.attendee(at_event=event)
    steward = factories.user(is_staff=True)
    now = timezone.now()
    Entry.objects.create(
        attendee=row,
        entered_at=now,
        steward=steward,
        undone_at=now,
        undone_by=steward,
        undone_reason="nhầm người",
    )
    assert statistics.gather(user=_official(pledge)).attended == 0
    Entry.objects.create(attendee=row, entered_at=now, steward=steward)
    numbers = statistics.gather(user=_official(pledge))
    assert (numbers.registered, numbers.attended) == (1, 1)


def test_removed_rows_are_not_counted(event: Event, pledge: Pledge) -> None:
    now = timezone.now()
    factories.attendee(at_event=event, answer=Answer.COMING, answered_at=now, removed_at=now)
    assert statistics.gather(user=_official(pledge)).registered == 0


def test_whose_particulars_were_erased_counts_without_a_commune() -> None:
    ended = timezone.now() - timedelta(days=1)
    event = factories.event(starts_at=ended - timedelta(hours=3), ends_at=ended)
    pledge = factories.pledge(keeper=event.units.get(), asked_at=event)
    signed = factories.signature(of=pledge, signer=_attends(event, kind=SignerKind.KOL), event=event)
    _erase(signed)
    numbers = statistics.gather(user=_official(pledge))
    assert (numbers.signed, numbers.registered) == (1, 1)
    assert numbers.by_commune == [statistics.Row("erased", 1, 1, 0)]
    # The kind is a part of the act; what the list said is gone.
    assert {
        row.label: (row.signed, row.registered) for row in numbers.by_kind if row.signed or row.registered
    } == {
        "KOL": (1, 0),
        "erased": (0, 1),
    }


def _erase(signature: Signature) -> None:
    erase(person=signature.person, actor_id=None, at=timezone.now())


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
    for person in Person.objects.all():
        assert person.full_name not in page


@pytest.mark.parametrize("role", [Role.STEWARD, Role.ADMINISTRATOR])
def test_others_see_no_numbers(event: Event, pledge: Pledge, role: Role) -> None:
    user = roles.grant(factories.user(is_staff=True), role)
    pledge.unit.members.add(user)
    assert "overview" not in _page(user).context


def test_what_could_not_be_sealed_is_shown_to_its_own_officials(event: Event, pledge: Pledge) -> None:
    signature = factories.signature(of=pledge, signer=_attends(event), event=event)
    Work.objects.filter(kind=SEAL.name, subject=signature.document.pk).update(
        parked_at=timezone.now(), error="E"
    )
    page = _page(_official(pledge)).content.decode()
    assert "1 signed pledge could not be sealed and needs attention." in page
    assert "Try again" not in page, "an official reads"
    assert "could not be sealed" not in _page(_official(factories.pledge())).content.decode()


def test_administrator_hears_of_what_the_machine_gave_up(pledge: Pledge) -> None:
    now = timezone.now()
    Work.objects.create(kind="pledges.raise", subject=1, created_at=now, due_at=now, parked_at=now, error="E")
    Message.objects.create(
        message_id="<1@example.com>", occasion="a", purpose="pledge_sealed", to_address="lan@example.com", language="vi",
        text="…", state=MessageState.FAILED, reason="SMTP 550", created_at=now,
    )  # fmt: skip
    # A code that was not sent is nobody's work any more: whoever waited for it was told at once.
    Message.objects.create(
        message_id="<2@example.com>", occasion="b", purpose="confirmation_code", to_address="lan@example.com",
        language="vi", state=MessageState.FAILED, reason="SMTP 550", created_at=now, emptied_at=now,
    )  # fmt: skip
    page = _page(roles.grant(factories.user(is_staff=True), Role.ADMINISTRATOR)).content.decode()
    assert "1 task in the background was given up" in page
    assert "1 message could not be sent." in page
    page = _page(_official(pledge)).content.decode()
    assert "given up" not in page
    assert "could not be sent" not in page


def test_open_pledge_that_cites_an_ended_law_is_shown_to_its_keepers(pledge: Pledge) -> None:
    administrator = roles.grant(factories.user(is_staff=True), Role.ADMINISTRATOR)
    law = LegalReference.objects.create(title="Luật cũ", number="1/2018/QH14", issued_date=date(2018, 6, 12))
    newer = factories.edition(pledge=pledge, number=2)
    factories.draft_text(of=newer).undertakings.get(position=1).legal_references.add(law)
    factories.freeze(newer)
    assert "no longer in force" not in _page(administrator).content.decode()
    LegalReference.objects.filter(pk=law.pk).update(ended_date=timezone.localdate())
    assert (
        f"The pledge “{pledge.name}” cites a law that is no longer in force."
        in _page(administrator).content.decode()
    )
    pledge.state = PledgeState.CLOSED
    pledge.save()
    assert "no longer in force" not in _page(administrator).content.decode()


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
            factories.signature(of=pledge, signer=_attends(event), event=event)
        _page(user)
        with CaptureQueriesContext(connection) as queries:
            _page(user)
        counts.append(len(queries))
    # Login (three writes and reads of the session), account, permissions (two), unsealed, events, pledges, five for the numbers.
    assert counts[0] == counts[1]
    with CaptureQueriesContext(connection) as queries:
        statistics.gather(user=User.objects.get(pk=user.pk))
    # The account and its permissions (three), attendance, signatures, platforms, days, declines.
    assert len(queries) <= 8
