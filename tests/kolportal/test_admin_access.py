"""Every address of the administration as every role: what is not in the table below is closed.

The table is written out, not derived from kolportal.accounts.roles: a right that slips into the roles fails here.
"""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import NamedTuple

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import URLPattern, URLResolver
from django.utils import timezone

import kolportal.urls  # noqa: F401  (registers every page)
from events import registration
from events.models import Attendee, EventState
from kolportal.accounts import roles
from kolportal.accounts.models import User
from kolportal.audit.models import AuditEvent
from kolportal.mail.models import Message
from pledges import signing
from pledges.models import Document, LegalReference, Pledge
from tests import factories

pytestmark = pytest.mark.django_db

OWN, ELSEWHERE, STEWARD, OFFICIAL, ADMINISTRATOR = (
    "organiser",
    "organiser elsewhere",
    "steward",
    "official",
    "administrator",
)
STAFF = (OWN, ELSEWHERE, STEWARD, OFFICIAL, ADMINISTRATOR)
ORGANISERS = (OWN, ELSEWHERE)

# Address → who gets in by GET. Objects belong to the unit of all but "organiser elsewhere".
OPEN: dict[str, tuple[str, ...]] = {
    "index": STAFF,
    "search": STAFF,
    "jsi18n": STAFF,
    "password_change": STAFF,
    "password_change_done": STAFF,
    "events_event_changelist": (*ORGANISERS, ADMINISTRATOR),
    "events_event_add": ORGANISERS,
    "events_event_change": (OWN, ADMINISTRATOR),
    "events_event_history": (OWN, ADMINISTRATOR),
    "events_event_close_event": (OWN,),
    "events_event_cancel_event": (OWN,),
    "events_attendee_changelist": ORGANISERS,
    "events_attendee_add": ORGANISERS,
    "events_attendee_change": (OWN,),
    "events_attendee_history": (OWN,),
    "events_attendee_cancel_registration": (OWN,),
    "events_attendee_remove_entry": (OWN,),
    "units_organisingunit_changelist": (*ORGANISERS, ADMINISTRATOR),
    "units_organisingunit_add": (ADMINISTRATOR,),
    "units_organisingunit_change": (OWN, ADMINISTRATOR),
    "units_organisingunit_history": (OWN, ADMINISTRATOR),
    "units_organisingunit_delete": (ADMINISTRATOR,),
    "accounts_user_changelist": (ADMINISTRATOR,),
    "accounts_user_add": (ADMINISTRATOR,),
    "accounts_user_change": (ADMINISTRATOR,),
    "accounts_user_history": (ADMINISTRATOR,),
    "audit_auditevent_changelist": (ADMINISTRATOR,),
    "audit_auditevent_change": (ADMINISTRATOR,),
    "audit_auditevent_history": (ADMINISTRATOR,),
    "mail_message_changelist": (ADMINISTRATOR,),
    "mail_message_change": (ADMINISTRATOR,),
    "mail_message_history": (ADMINISTRATOR,),
    "pledges_signature_changelist": (*ORGANISERS, OFFICIAL),
    "pledges_signature_change": (OWN, OFFICIAL),
    "pledges_signature_history": (OWN, OFFICIAL),
    "pledges_decline_changelist": (*ORGANISERS, OFFICIAL),
    "pledges_decline_change": (OWN, OFFICIAL),
    "pledges_decline_history": (OWN, OFFICIAL),
    "pledges_document_changelist": (OFFICIAL, ADMINISTRATOR),
    "pledges_document_change": (OFFICIAL, ADMINISTRATOR),
    "pledges_document_history": (OFFICIAL, ADMINISTRATOR),
    "pledges_document_retry_all": (ADMINISTRATOR,),
    "pledges_signature_download_all": (OFFICIAL,),
    "pledges_pledge_texts": (OWN, ADMINISTRATOR),  # leads to the list of texts
    "pledges_pledge_close_pledge": (ADMINISTRATOR,),
    "pledges_pledge_changelist": (*ORGANISERS, ADMINISTRATOR),
    "pledges_pledge_add": (ADMINISTRATOR,),
    "pledges_pledge_change": (OWN, ADMINISTRATOR),
    "pledges_pledge_history": (OWN, ADMINISTRATOR),
    "pledges_edition_changelist": (*ORGANISERS, ADMINISTRATOR),
    "pledges_edition_add": (ADMINISTRATOR,),
    "pledges_edition_change": (OWN, ADMINISTRATOR),
    "pledges_edition_history": (OWN, ADMINISTRATOR),
    "pledges_edition_delete": (ADMINISTRATOR,),
    "pledges_edition_publish": (ADMINISTRATOR,),
    "pledges_edition_copy_as_next": (ADMINISTRATOR,),
    "pledges_edition_add_english": (ADMINISTRATOR,),
    "pledges_text_changelist": STAFF,  # leads to the list of versions, which asks
    "pledges_text_to_edition": (OWN, ADMINISTRATOR),  # leads to the version's page
    "pledges_text_compare": (OWN, ADMINISTRATOR),
    "pledges_text_add": (ADMINISTRATOR,),
    "pledges_text_change": (OWN, ADMINISTRATOR),
    "pledges_text_history": (OWN, ADMINISTRATOR),
    "pledges_text_delete": (ADMINISTRATOR,),
    "pledges_text_preview": (OWN, ADMINISTRATOR),
    "pledges_text_specimen": (OWN, ADMINISTRATOR),
    "pledges_legalreference_changelist": (ADMINISTRATOR,),
    "pledges_legalreference_add": (ADMINISTRATOR,),
    "pledges_legalreference_change": (ADMINISTRATOR,),
    "pledges_legalreference_history": (ADMINISTRATOR,),
}
# Doors that are not for the table: the login itself, logging out (POST), the old form of an object's address (it
# redirects to the change page, which asks), a link to the site, and the choices of a field (asked with a model below).
DOORS = {"login", "logout", None, "view_on_site", "autocomplete", "app_list"}


class World(NamedTuple):
    """One of everything, in one unit; and the accounts."""

    objects: dict[str, object]
    people: dict[str, User]


@pytest.fixture
def world() -> World:
    unit, other = factories.unit(), factories.unit()
    event = factories.event(organiser=unit)
    factories.event(organiser=other)
    signer = factories.person()
    attendee = registration.register(event=event, person=signer, at=timezone.now())
    pledge = factories.pledge(keeper=unit, asked_at=event)
    signature = factories.signature(of=pledge, signer=signer)
    draft = factories.draft_text(of=factories.edition(pledge=pledge, number=2))
    text = pledge.current_text()
    assert text is not None
    declined = signing.decline(text=text, person=factories.person(), at=timezone.now())
    people = {"signer": signer.user or factories.user()}
    for name, role, of in (
        (OWN, roles.Role.ORGANISER, unit),
        (ELSEWHERE, roles.Role.ORGANISER, other),
        (STEWARD, roles.Role.STEWARD, unit),
        (OFFICIAL, roles.Role.OFFICIAL, unit),
        (ADMINISTRATOR, roles.Role.ADMINISTRATOR, unit),
    ):
        people[name] = roles.grant(factories.user(is_staff=True), role)
        of.members.add(people[name])
    law = LegalReference.objects.create(
        title="Luật An ninh mạng", number="24/2018/QH14", issued_date="2018-06-12"
    )
    objects: dict[str, object] = {
        "events_event": event, "events_attendee": attendee, "units_organisingunit": unit,
        "accounts_user": people["signer"], "audit_auditevent": AuditEvent.objects.first(),
        "mail_message": Message.objects.first(), "pledges_signature": signature, "pledges_decline": declined, "pledges_document": Document.objects.get(),
        "pledges_pledge": pledge, "pledges_edition": draft.edition, "pledges_text": draft, "pledges_legalreference": law,
    }  # fmt: skip
    return World(objects, people)


def addresses() -> Iterator[tuple[str | None, str]]:
    """Name and route of every page of the administration."""

    def walk(patterns: list[URLPattern | URLResolver], before: str) -> Iterator[tuple[str | None, str]]:
        for pattern in patterns:
            route = before + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                yield from walk(pattern.url_patterns, route)
            else:
                yield pattern.name, route

    yield from walk(admin.site.get_urls(), "/admin/")


def path_of(name: str, route: str, world: World) -> str:
    subject = "_".join(name.split("_")[:2])
    key = getattr(world.objects.get(subject), "pk", "")
    return route.replace("<path:object_id>", str(key)).replace("<int:object_id>", str(key))


TABLED = [(name, route) for name, route in addresses() if name not in DOORS]


@pytest.mark.parametrize(("name", "route"), TABLED, ids=[name or "" for name, _ in TABLED])
def test_every_address_is_open_to_those_in_the_table_and_closed_to_everybody_else(
    client: Client, world: World, name: str, route: str
) -> None:
    path = path_of(name, route, world)
    got: dict[str, int] = {}
    for person, user in {"anonymous": None, **world.people}.items():
        client.logout()
        if user is not None:
            client.force_login(user)
        response = client.get(path)
        sent_to_login = response.status_code == HTTPStatus.FOUND and "login" in response["Location"]
        got[person] = HTTPStatus.UNAUTHORIZED if sent_to_login else response.status_code
    allowed = OPEN.get(name, ())
    opened = {person for person, status in got.items() if status in {HTTPStatus.OK, HTTPStatus.FOUND}}
    assert opened == set(allowed), (path, got)
    assert not [status for status in got.values() if status >= 500], got
    closed = {person: status for person, status in got.items() if person not in allowed}
    assert closed.pop("anonymous") == HTTPStatus.UNAUTHORIZED
    assert closed.pop("signer") in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
    assert set(closed.values()) <= {403, 404, 405}, (path, got)


def test_the_table_names_no_address_that_is_gone() -> None:
    assert set(OPEN) <= {name for name, _ in addresses()}


@pytest.mark.parametrize("person", ["signer", STEWARD, OFFICIAL, ADMINISTRATOR, ELSEWHERE])
def test_nobody_but_the_own_organiser_changes_an_event(client: Client, world: World, person: str) -> None:
    event = world.objects["events_event"]
    client.force_login(world.people[person])
    for verb in ("change", "close", "cancel"):
        assert client.post(f"/admin/events/event/{event.pk}/{verb}/").status_code in {302, 403, 404}  # type: ignore[attr-defined]  # objects of many kinds
    event.refresh_from_db()  # type: ignore[attr-defined]  # as above
    assert event.state == EventState.PUBLISHED  # type: ignore[attr-defined]  # as above


@pytest.mark.parametrize(
    "subject", ["pledges_signature", "pledges_document", "audit_auditevent", "mail_message"]
)
def test_not_even_a_superuser_changes_or_removes_what_is_evidence(
    client: Client, world: World, subject: str
) -> None:
    client.force_login(User.objects.create_superuser("toi-cao@example.com", "mat-khau-dai"))
    app, model = subject.split("_")
    key = world.objects[subject].pk  # type: ignore[attr-defined]  # objects of many kinds
    for verb in ("delete", "change"):
        assert (
            client.post(f"/admin/{app}/{model}/{key}/{verb}/", {"post": "yes"}).status_code
            == HTTPStatus.FORBIDDEN
        )
    assert client.get(f"/admin/{app}/{model}/add/").status_code == HTTPStatus.FORBIDDEN


def test_roles_hold_no_right_to_change_or_remove_evidence() -> None:
    held = {name for names in roles.PERMISSIONS.values() for name in names}
    for model in (
        "pledges.{}_signature",
        "audit.{}_auditevent",
        "mail.{}_message",
        "pledges.{}_signedchannel",
        "pledges.{}_decline",
    ):
        assert not held & {model.format(verb) for verb in ("add", "change", "delete")}
    assert not held & {
        "pledges.delete_document",
        "pledges.add_document",
        "accounts.delete_user",
        "events.delete_event",
    }
    assert roles.PERMISSIONS[roles.Role.STEWARD] == ()


def test_sync_gives_exactly_the_table_and_can_be_repeated() -> None:
    from django.contrib.auth.models import Group, Permission

    group = Group.objects.get(name=roles.Role.OFFICIAL)
    group.permissions.add(Permission.objects.get(codename="change_event"))
    for _ in range(2):
        roles.sync()
    for role, names in roles.PERMISSIONS.items():
        held = Group.objects.get(name=role).permissions.values_list("content_type__app_label", "codename")
        assert {f"{app}.{codename}" for app, codename in held} == set(names)


def test_choices_of_a_field_are_closed_to_those_who_may_not_see_the_model(
    client: Client, world: World
) -> None:
    query = {
        "app_label": "pledges",
        "model_name": "undertaking",
        "field_name": "legal_references",
        "term": "an ninh",
    }

    def offered(person: str) -> int:
        client.force_login(world.people[person])
        response = client.get("/admin/autocomplete/", query)
        return (
            len(response.json()["results"]) if response.status_code == HTTPStatus.OK else response.status_code
        )

    got = {person: offered(person) for person in STAFF}
    assert got == {OWN: 403, ELSEWHERE: 403, STEWARD: 403, OFFICIAL: 403, ADMINISTRATOR: 1}


def test_nobody_not_even_a_superuser_sees_rows_of_people(client: Client, world: World) -> None:
    """What somebody says of himself or herself is for that person; staff see their own lists and what was signed."""
    registered = {model._meta.label for model in admin.site._registry}
    assert not registered & {"people.Person", "people.Contact", "people.Channel", "account.EmailAddress"}
    held = {name for names in roles.PERMISSIONS.values() for name in names}
    assert not [name for name in held if name.startswith("people.")]


def test_lists_show_the_own_units_rows_only(client: Client, world: World) -> None:
    attendee, pledge = world.objects["events_attendee"], world.objects["pledges_pledge"]
    assert isinstance(attendee, Attendee)
    assert isinstance(pledge, Pledge)
    for path, words in (
        ("/admin/events/event/", attendee.event.title),
        ("/admin/events/attendee/", attendee.full_name),
        ("/admin/pledges/pledge/", pledge.name),
        ("/admin/pledges/edition/", pledge.name),
        ("/admin/pledges/signature/", attendee.full_name),
    ):
        client.force_login(world.people[OWN])
        assert words in client.get(path).content.decode(), path
        client.force_login(world.people[ELSEWHERE])
        assert words not in client.get(path).content.decode(), path
