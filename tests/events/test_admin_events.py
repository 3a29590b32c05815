"""Events in the administration, as an organiser works with them."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import Any

import pytest
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from events import registration
from events.models import Event, EventState, EventUnit, Notice
from kolportal.accounts import roles
from kolportal.accounts.models import User
from kolportal.audit.models import AuditEvent
from kolportal.units.models import OrganisingUnit
from tests import factories
from tests.events.pictures import a_picture

pytestmark = [pytest.mark.django_db, pytest.mark.servers, pytest.mark.usefixtures("organiser")]

# With Redis the session is no query.
SESSION = int(settings.SESSION_ENGINE.endswith(".db"))


@pytest.fixture
def event(unit: OrganisingUnit) -> Event:
    return factories.event(organiser=unit, title="Hội nghị Đền Hùng")


def form(event: Event | None = None, *, unit: OrganisingUnit | None = None, **changes: Any) -> dict[str, Any]:
    """What a browser posts for an event: its fields and empty inlines, or one part for ``unit``."""
    now = timezone.localtime()
    moments = {
        "starts_at": now + timedelta(days=9),
        "ends_at": now + timedelta(days=9, hours=3),
        "registration_opens_at": now,
        "registration_closes_at": now + timedelta(days=8),
    }
    data: dict[str, Any] = {
        "title": "Hội nghị mới",
        "slug": "hoi-nghi-moi",
        "venue": "Hội trường",
        "address": "Việt Trì",
        "capacity": "50",
    }
    for name, moment in moments.items():
        data |= {f"{name}_0": f"{moment:%d/%m/%Y}", f"{name}_1": f"{moment:%H:%M:%S}"}
    for prefix in ("parts", "agenda", "materials"):
        data |= {f"{prefix}-TOTAL_FORMS": "0", f"{prefix}-INITIAL_FORMS": "0"}
    parts = list(event.parts.all()) if event else []
    data |= {
        "parts-TOTAL_FORMS": str(len(parts) or int(unit is not None)),
        "parts-INITIAL_FORMS": str(len(parts)),
    }
    for number, part in enumerate(parts):
        data |= {
            f"parts-{number}-id": part.pk,
            f"parts-{number}-unit": part.unit_id,
            f"parts-{number}-part": part.part,
            f"parts-{number}-position": "0",
        }
    if unit and not parts:
        data |= {"parts-0-unit": unit.pk, "parts-0-part": "Chủ trì", "parts-0-position": "0"}
    if event and hasattr(event, "asks_for"):
        data |= {"asks_for-INITIAL_FORMS": "1"}
    data |= {"asks_for-TOTAL_FORMS": "0", "asks_for-INITIAL_FORMS": "0"}
    return data | changes


def errors_of(response: Any) -> str:
    context = response.context
    forms = [context["adminform"].form, *(inline.formset for inline in context["inline_admin_formsets"])]
    return " ".join(str(each.errors) + str(getattr(each, "non_form_errors", str)()) for each in forms)


# --- Lists -------------------------------------------------------------------------------------------------------------


def test_search_knows_no_accents(client: Client, event: Event) -> None:
    for term in ("den hung", "ĐỀN HÙNG", "hung den"):
        assert event.title in client.get("/admin/events/event/", {"q": term}).content.decode()
    assert event.title not in client.get("/admin/events/event/", {"q": "viet tri xa"}).content.decode()


def test_times_in_lists_carry_the_offset(client: Client, event: Event) -> None:
    local = timezone.localtime(event.starts_at)
    assert f"{local:%d/%m/%Y %H:%M} (+07:00)" in client.get("/admin/events/event/").content.decode()


def test_list_of_events_costs_the_same_for_one_row_and_for_twenty(
    client: Client, event: Event, unit: OrganisingUnit, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client.get("/admin/events/event/")
    expected = SESSION + 5  # account, its two queries of permissions, count, rows
    with django_assert_num_queries(expected):
        client.get("/admin/events/event/")
    for _ in range(19):
        factories.event(organiser=unit)
    with django_assert_num_queries(expected):
        client.get("/admin/events/event/")


# --- The form ------------------------------------------------------------------------------------------------------------


def test_an_event_is_made_as_a_draft_of_the_own_unit(client: Client, unit: OrganisingUnit) -> None:
    response = client.post("/admin/events/event/add/", form(unit=unit))
    assert response.status_code == HTTPStatus.FOUND, errors_of(response)
    made = Event.objects.get()
    assert made.state == EventState.DRAFT
    assert EventUnit.objects.get().unit == unit


def test_an_event_without_an_own_unit_is_refused_in_words(client: Client) -> None:
    response = client.post("/admin/events/event/add/", form(unit=factories.unit()))
    assert "At least one of your own units" in errors_of(response)
    assert not Event.objects.exists()


def test_only_its_own_staff_take_a_units_part_out(client: Client, event: Event, unit: OrganisingUnit) -> None:
    host = factories.unit(name="Công an thử nghiệm")
    EventUnit.objects.create(event=event, unit=host, part="Chủ trì")
    data = form(event) | {"parts-1-DELETE": "on", "slug": event.slug}
    assert [part.unit for part in event.parts.order_by("pk")][1] == host
    response = client.post(f"/admin/events/event/{event.pk}/change/", data)
    assert "can take a unit&#x27;s part out of the event: Công an thử nghiệm" in errors_of(response)
    assert event.parts.count() == 2
    host.members.add(User.objects.get(name="Cán bộ thử"))
    assert client.post(f"/admin/events/event/{event.pk}/change/", data).status_code == HTTPStatus.FOUND
    assert event.parts.get().unit == unit


def test_a_changed_event_leaves_a_trace_of_what_changed_and_an_unchanged_one_none(
    client: Client, event: Event
) -> None:
    page = f"/admin/events/event/{event.pk}/change/"
    data = form(event) | {"slug": event.slug, "title": "Hội nghị khác", "venue": "Nhà văn hóa"}
    client.post(page, data)
    trace = AuditEvent.objects.get(action="event.changed")
    assert trace.subject_id == str(event.pk)
    assert {"title", "venue"} <= set(trace.detail["fields"])
    client.post(page, data)
    assert AuditEvent.objects.filter(action="event.changed").count() == 1


def test_saving_an_old_form_keeps_seats_and_state_that_changed_meanwhile(
    client: Client, event: Event
) -> None:
    registration.register(event=event, person=factories.person(), at=timezone.now())
    stale = form(event, title="Tên mới", state="draft", seats_taken="0")
    response = client.post(f"/admin/events/event/{event.pk}/change/", stale)
    assert response.status_code == HTTPStatus.FOUND, errors_of(response)
    event.refresh_from_db()
    assert (event.title, event.seats_taken, event.state) == ("Tên mới", 1, EventState.PUBLISHED)
    assert Event.objects.filter(search_key__contains="ten moi").exists()


def test_fewer_seats_than_are_taken_are_refused_in_words(client: Client, event: Event) -> None:
    for _ in range(2):
        registration.register(event=event, person=factories.person(), at=timezone.now())
    response = client.post(f"/admin/events/event/{event.pk}/change/", form(event, capacity="1"))
    assert "2 seats are taken already" in errors_of(response)


def test_a_refused_form_offers_no_button_that_the_page_itself_does_not(client: Client, event: Event) -> None:
    page = f"/admin/events/event/{event.pk}/change/"
    for response in (client.get(page), client.post(page, form(event, title=""))):
        assert response.status_code == HTTPStatus.OK
        assert "/close/" in response.content.decode()
        assert "/publish/" not in response.content.decode()


def test_times_out_of_order_are_refused_at_their_fields(client: Client, event: Event) -> None:
    wrong: dict[str, Any] = {"ends_at_0": "01/01/2020", "registration_closes_at_0": "01/01/2020"}
    words = errors_of(client.post(f"/admin/events/event/{event.pk}/change/", form(event, **wrong)))
    assert "must end after it begins" in words
    assert "Registration must end after it opens" in words


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("anh.png", b"khong phai anh", "not a picture"),  # Django's own check speaks first
        ("anh.jpg", a_picture().read(), "does not fit its content"),
        ("anh.svg", b"<svg onload='alert(1)'/>", "not a picture"),
        ("anh.html", b"<script>alert(1)</script>", "not a picture"),
    ],
)
def test_a_cover_that_is_no_picture_is_refused(
    client: Client, event: Event, name: str, content: bytes, words: str
) -> None:
    upload = SimpleUploadedFile(name, content)
    response = client.post(
        f"/admin/events/event/{event.pk}/change/", form(event, cover=upload, cover_description="Mô tả")
    )
    found = errors_of(response)
    assert words in found or "not an image" in found or "either not an image" in found, found
    event.refresh_from_db()
    assert not event.cover


def test_a_cover_needs_its_description(client: Client, event: Event) -> None:
    upload = SimpleUploadedFile("anh.png", a_picture().read())
    response = client.post(f"/admin/events/event/{event.pk}/change/", form(event, cover=upload))
    assert "what the picture shows" in errors_of(response)


def test_a_material_that_is_not_what_its_name_says_is_refused(client: Client, event: Event) -> None:
    upload = SimpleUploadedFile("tai-lieu.pdf", b"<html><script>alert(1)</script>")
    material: dict[str, Any] = {
        "materials-TOTAL_FORMS": "1",
        "materials-0-title": "Tài liệu",
        "materials-0-file": upload,
        "materials-0-position": "0",
    }
    response = client.post(f"/admin/events/event/{event.pk}/change/", form(event, **material))
    assert "not what its ending says" in errors_of(response)
    assert not event.materials.exists()


# --- Telling people -----------------------------------------------------------------------------------------------------


def test_another_place_is_offered_to_be_told_with_a_count_and_told(client: Client, event: Event) -> None:
    for _ in range(2):
        registration.register(event=event, person=factories.person(), at=timezone.now())
    address = f"/admin/events/event/{event.pk}/change/"
    assert "If place or time changes, write to the 2 people concerned" in client.get(address).content.decode()
    data = form(event, slug=event.slug, venue="Nhà văn hóa", tell="on")
    page = client.post(address, data, follow=True).content.decode()
    assert "The people concerned are told of the new place or time by e-mail." in page
    notice = Notice.objects.get()
    assert (notice.what, notice.changes["venue"]) == ("moved", ["Hội trường thử", "Nhà văn hóa"])
    assert AuditEvent.objects.get(action="event.changed").values.fields["venue"] == notice.changes["venue"]


def test_without_the_tick_or_another_place_nobody_is_told(client: Client, event: Event) -> None:
    address = f"/admin/events/event/{event.pk}/change/"
    client.post(address, form(event, slug=event.slug, venue="Nhà văn hóa"))
    event.refresh_from_db()
    same: dict[str, Any] = {"venue": event.venue, "address": event.address}
    for name, at in (("starts_at", event.starts_at), ("ends_at", event.ends_at)):
        local = timezone.localtime(at)
        same |= {f"{name}_0": f"{local:%d/%m/%Y}", f"{name}_1": f"{local:%H:%M:%S}"}
    client.post(address, form(event, slug=event.slug, title="Tên khác", tell="on", **same))
    assert Event.objects.get().title == "Tên khác"
    assert not Notice.objects.exists()


def test_who_may_only_look_sees_the_event_without_the_offer(client: Client, event: Event) -> None:
    client.force_login(roles.grant(factories.user(is_staff=True), roles.Role.ADMINISTRATOR))
    page = client.get(f"/admin/events/event/{event.pk}/change/").content.decode()
    assert event.title in page
    assert "write to the" not in page


def test_calling_off_says_how_many_are_told(client: Client, event: Event) -> None:
    registration.register(event=event, person=factories.person(), at=timezone.now())
    address = f"/admin/events/event/{event.pk}/cancel/"
    assert "1 person who comes, waits or is invited" in client.get(address).content.decode()
    client.post(address)
    assert Notice.objects.get().what == "called_off"


# --- Changes of state ---------------------------------------------------------------------------------------------------


def test_publishing_asks_first_then_shows_the_event_and_leaves_traces(
    client: Client, unit: OrganisingUnit, organiser: User
) -> None:
    draft = factories.event(organiser=unit, state=EventState.DRAFT)
    asked = client.get(f"/admin/events/event/{draft.pk}/publish/")
    assert "Everybody can then see its page" in asked.content.decode()
    draft.refresh_from_db()
    assert draft.state == EventState.DRAFT  # a GET changes nothing
    done = client.post(f"/admin/events/event/{draft.pk}/publish/", follow=True)
    assert "The event is published." in done.content.decode()
    draft.refresh_from_db()
    assert draft.state == EventState.PUBLISHED
    assert AuditEvent.objects.get(action="event.published").actor_id == str(organiser.pk)
    assert LogEntry.objects.filter(object_id=str(draft.pk)).count() == 1


def test_a_draft_that_is_not_ready_says_why(client: Client, unit: OrganisingUnit) -> None:
    past = timezone.now() - timedelta(days=3)
    draft = factories.event(
        organiser=unit, state=EventState.DRAFT, starts_at=past, ends_at=past + timedelta(hours=1)
    )
    page = client.post(f"/admin/events/event/{draft.pk}/publish/", follow=True).content.decode()
    assert "The event cannot be published: it lies in the past." in page


def test_a_change_that_comes_too_late_is_told_in_words(client: Client, event: Event) -> None:
    client.post(f"/admin/events/event/{event.pk}/close/")
    page = client.post(f"/admin/events/event/{event.pk}/cancel/", follow=True).content.decode()
    assert "Somebody has changed the event meanwhile; it is now: closed." in page


def test_only_the_buttons_that_fit_the_state_are_shown(client: Client, event: Event) -> None:
    def shown() -> set[str]:
        page = client.get(f"/admin/events/event/{event.pk}/change/").content.decode()
        return {
            verb
            for verb in ("publish", "close", "cancel")
            if f"/admin/events/event/{event.pk}/{verb}/" in page
        }

    assert shown() == {"close", "cancel"}
    client.post(f"/admin/events/event/{event.pk}/cancel/")
    assert shown() == set()
