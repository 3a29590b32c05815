"""The lists in the administration, as an organiser works with them; and what an organiser cannot learn there."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from events import lists, registration
from events.models import Answer, Attendee, Event
from kolportal.accounts import roles
from kolportal.accounts.models import User
from kolportal.audit.models import AuditEvent
from kolportal.people.models import Person, SignerKind
from kolportal.units.models import OrganisingUnit
from tests import factories
from tests.events.samples import scanned
from tests.events.test_linking import proved_person

pytestmark = [pytest.mark.django_db, pytest.mark.servers, pytest.mark.usefixtures("organiser")]

LIST = "/admin/events/attendee/"
# With Redis the session is no query.
SESSION = int(settings.SESSION_ENGINE.endswith(".db"))


@pytest.fixture
def event(unit: OrganisingUnit) -> Event:
    return factories.event(organiser=unit, title="Hội nghị Đền Hùng")


def registered(event: Event, **fields: Any) -> Attendee:
    return registration.register(event=event, person=factories.person(**fields), at=timezone.now())


def page(client: Client, query: dict[str, str] | None = None) -> str:
    return client.get(LIST, query or {}).content.decode()


@pytest.mark.parametrize(
    "probe",
    [
        {"person__isnull": "0"},
        {"person_id__isnull": "0"},
        {"person__user__email__startswith": "lan"},
        {"door_code_hash__startswith": "a"},
        {"event__title__startswith": "H"},
        {"entries__undone_at__isnull": "0"},
    ],
)
def test_the_list_answers_no_question_but_those_of_its_filters(
    client: Client, event: Event, probe: dict[str, str]
) -> None:
    """An organiser who could filter by "has a person" would learn whose account stands behind an entry."""
    registered(event)
    assert client.get(LIST, probe).status_code == 400


def test_each_filter_of_the_list_still_answers(client: Client, event: Event) -> None:
    row = registered(event)
    for query in (
        {"event": str(event.pk)},
        {"answer__exact": "coming"},
        {"presence": "out"},
        {"kind": row.kind},
        {"commune": row.commune_code},
        {"source__exact": "registered"},
    ):
        response = client.get(LIST, query)
        assert (response.status_code, row.full_name in response.content.decode()) == (200, True), query


# --- The list -------------------------------------------------------------------------------------------------------------


def test_the_list_costs_the_same_for_one_row_and_for_twenty(
    client: Client, event: Event, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    registered(event)
    page(client)
    # account, its two queries of permissions, events for the filter, count, rows
    expected = SESSION + 6
    with django_assert_num_queries(expected):
        page(client)
    for _ in range(19):
        registered(event)
    with django_assert_num_queries(expected):
        page(client)


def test_people_are_sorted_by_given_name_and_found_without_accents(client: Client, event: Event) -> None:
    for name in ("Trần Văn Bình", "Nguyễn Đức Ánh", "Lê Thị Cường"):
        registered(event, full_name=name)
    shown = page(client)
    assert shown.index("Nguyễn Đức Ánh") < shown.index("Trần Văn Bình") < shown.index("Lê Thị Cường")
    for term in ("nguyen duc", "ĐỨC NGUYỄN", "anh nguyen"):
        found = page(client, {"q": term})
        assert "Nguyễn Đức Ánh" in found
        assert "Trần Văn Bình" not in found


@pytest.mark.parametrize(
    "term", ["binh@example.com", "BINH@example", "0912 345 678", "+84912345678", "ban 3"]
)
def test_an_address_a_number_and_a_group_are_found_too(client: Client, event: Event, term: str) -> None:
    factories.attendee(
        at_event=event, full_name="Người A", email="binh@example.com", phone="+84912345678", group="Bàn 3"
    )
    factories.attendee(at_event=event, full_name="Người B")
    found = page(client, {"q": term})
    assert "Người A" in found
    assert "Người B" not in found


@pytest.mark.parametrize(
    "query",
    [
        {"platform": "youtube"},
        {"commune": "04792"},
        {"kind": "both"},
        {"answer__exact": "not_coming"},
        {"source__exact": "imported"},
    ],
)
def test_filters(client: Client, event: Event, query: dict[str, str]) -> None:
    factories.channel(person=(first := factories.person(full_name="Người A")))
    registration.register(event=event, person=first, at=timezone.now())
    second = factories.attendee(
        at_event=event,
        full_name="Người B",
        kind=SignerKind.BOTH,
        commune_code="04792",
        channels="https://www.youtube.com/@nguoi-b",
    )
    Attendee.objects.filter(pk=second.pk).update(answer=Answer.NOT_COMING, answered_at=timezone.now())
    shown = page(client, query)
    assert "Người B" in shown
    assert "Người A" not in shown


def test_guests_and_those_who_have_come_are_found_by_filters(client: Client, event: Event) -> None:
    factories.attendee(at_event=event, full_name="Người A", kind="")
    present = registered(event, full_name="Người B")
    assert scanned(present).result == "welcome"
    assert "Người B" not in page(client, {"kind": "guest"})
    assert "Người A" not in page(client, {"presence": "in"})
    assert "Người B" in page(client, {"presence": "in"})
    assert "Người B" not in page(client, {"presence": "out"})


def test_filter_by_event_offers_own_events_only_and_survives_nonsense(client: Client, event: Event) -> None:
    elsewhere = factories.event(title="Của đơn vị khác")
    shown = page(client, {"event": str(elsewhere.pk)})
    assert event.title in shown
    assert elsewhere.title not in shown
    assert client.get(LIST, {"event": "abc"}).status_code == 200


def test_other_units_lists_and_rows_off_the_list_are_not_found(
    client: Client, event: Event, organiser: User
) -> None:
    elsewhere, removed = factories.attendee(), factories.attendee(at_event=event)
    lists.remove(attendee=removed, reason="nhầm", actor=organiser, at=timezone.now())
    for attendee in (elsewhere, removed):
        assert attendee.full_name not in page(client)
        assert client.get(f"{LIST}{attendee.pk}/change/").status_code == 404
        assert client.post(f"{LIST}{attendee.pk}/cancel/").status_code == 404


# --- On somebody's behalf --------------------------------------------------------------------------------------------------


def filled_in(event: Event, **fields: Any) -> dict[str, Any]:
    return {"event": event.pk, "answer": "invited", "full_name": "Đặng Thị Hoa", **fields}


def test_somebody_is_added_invited_or_with_a_seat(client: Client, event: Event) -> None:
    client.post(f"{LIST}add/", filled_in(event, full_name="  Đặng  Thị Hoa "))
    assert (Attendee.objects.get().full_name, Attendee.objects.get().answer) == (
        "Đặng Thị Hoa",
        Answer.INVITED,
    )
    everything = {
        "answer": "coming",
        "full_name": "Trần Văn Bình",
        "stage_name": "Bình Official",
        "kind": "kol",
        "commune_code": "04795",
        "organisation": "Công ty Thử",
        "email": "Binh@Example.com",
        "phone": "0912 345 678",
        "channels": "facebook.com/binh\r\n\r\ntiktok.com/@binh",
        "group": "Bàn 3",
        "note": "đi cùng phiên dịch",
    }
    client.post(f"{LIST}add/", filled_in(event, **everything))
    row = Attendee.objects.get(full_name="Trần Văn Bình")
    assert (row.email, row.phone, row.answer) == ("binh@example.com", "+84912345678", Answer.COMING)
    assert row.channels == "facebook.com/binh\ntiktok.com/@binh"
    event.refresh_from_db()
    assert event.seats_taken == 1
    assert not Person.objects.exists()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"full_name": ""}, "required"),
        ({"full_name": "A\u202eB"}, "invisible or control characters"),
        ({"full_name": "😀"}, "without emoji"),
        ({"email": "khong phai"}, "valid email"),
        ({"phone": "123"}, "no phone number"),
        ({"note": "A\u202eB"}, "invisible or control characters"),
    ],
)
def test_what_is_wrong_with_an_addition_is_said_at_its_field(
    client: Client, event: Event, data: dict[str, str], words: str
) -> None:
    assert words in client.post(f"{LIST}add/", filled_in(event, **data)).content.decode()
    assert not Attendee.objects.exists()


def test_a_double_on_the_list_is_said_at_the_field(client: Client, event: Event) -> None:
    client.post(f"{LIST}add/", filled_in(event, email="binh@example.com"))
    again = client.post(f"{LIST}add/", filled_in(event, email="BINH@example.com")).content.decode()
    assert "Another entry of this list has this address." in again
    assert Attendee.objects.count() == 1


def test_an_addition_to_a_full_event_or_another_units_event_leaves_nobody_behind(
    client: Client, unit: OrganisingUnit
) -> None:
    full = factories.event(organiser=unit, capacity=0)
    refused = client.post(f"{LIST}add/", filled_in(full, answer="coming")).content.decode()
    assert "No seat is left." in refused
    client.post(f"{LIST}add/", filled_in(factories.event()))
    assert not Attendee.objects.exists()


def test_staff_cancel_after_being_asked_and_the_seat_is_free(
    client: Client, event: Event, organiser: User
) -> None:
    attendee = registered(event)
    address = f"{LIST}{attendee.pk}/cancel/"
    assert "The seat becomes free." in client.get(address).content.decode()
    client.post(address)
    attendee.refresh_from_db()
    event.refresh_from_db()
    assert (attendee.answer, event.seats_taken) == (Answer.CANCELLED, 0)
    assert AuditEvent.objects.get(action="attendee.cancelled").actor_id == str(organiser.pk)


def test_staff_give_a_seat_to_somebody_who_was_invited(client: Client, event: Event) -> None:
    attendee = factories.attendee(at_event=event)
    client.post(f"{LIST}{attendee.pk}/register/")
    attendee.refresh_from_db()
    assert attendee.answer == Answer.COMING


def test_cancelling_after_the_beginning_is_refused_in_words(client: Client, event: Event) -> None:
    attendee = registered(event)
    Event.objects.update(starts_at=timezone.now() - timedelta(minutes=1))
    shown = client.post(f"{LIST}{attendee.pk}/cancel/", follow=True).content.decode()
    assert "registrations can no longer be cancelled" in shown


def test_an_entry_is_corrected_and_taken_off_the_list_with_a_reason(client: Client, event: Event) -> None:
    attendee = factories.attendee(at_event=event, full_name="Trần Văn Bin")
    address = f"{LIST}{attendee.pk}/correct/"
    assert 'value="Trần Văn Bin"' in client.get(address).content.decode()
    client.post(address, {"full_name": "Trần Văn Bình", "kind": "kol", "commune_code": "04795"})
    attendee.refresh_from_db()
    assert attendee.full_name == "Trần Văn Bình"
    address = f"{LIST}{attendee.pk}/remove/"
    client.post(address, {"reason": ""})
    assert Attendee.objects.listed().exists()
    client.post(address, {"reason": "thêm nhầm"})
    assert not Attendee.objects.listed().exists()


def test_what_a_person_said_offers_no_correction_and_takes_none(client: Client, event: Event) -> None:
    attendee = registered(event)
    shown = client.get(f"{LIST}{attendee.pk}/change/").content.decode()
    assert f"{LIST}{attendee.pk}/cancel/" in shown
    assert f"{LIST}{attendee.pk}/correct/" not in shown
    told = client.post(f"{LIST}{attendee.pk}/correct/", {"full_name": "Tên khác"}, follow=True)
    assert "The person gave these details" in told.content.decode()
    attendee.refresh_from_db()
    assert attendee.full_name != "Tên khác"


def test_a_role_that_may_look_may_not_change(client: Client, event: Event, unit: OrganisingUnit) -> None:
    attendee = registered(event)
    official = roles.grant(factories.user(is_staff=True), roles.Role.OFFICIAL)
    unit.members.add(official)
    client.force_login(official)
    for address in (LIST, f"{LIST}add/", f"{LIST}{attendee.pk}/change/", f"{LIST}{attendee.pk}/cancel/"):
        assert client.get(address).status_code == 403


# --- What an organiser cannot learn -----------------------------------------------------------------------------------------


def seen_of(client: Client, event: Event, email: str) -> tuple[list[str], list[int]]:
    """Adds this address; every page that the organiser sees then, without what was typed and what names the row, and the
    statements that each took."""
    pages: list[str] = []
    costs: list[int] = []

    def look(method: str, address: str, data: dict[str, Any] | None = None) -> None:
        with CaptureQueriesContext(connection) as queries:
            response = getattr(client, method)(address, data or {}, follow=True)
        costs.append(len(queries))
        words = response.content.decode().replace(email.partition("@")[0], "NAME")
        key = str(Attendee.objects.order_by("-pk").values_list("pk", flat=True).first())
        words = words.replace(f"/{key}/", "/KEY/")
        words = re.sub(r'(name="csrfmiddlewaretoken" value=|nonce=|data-csrf-token=)"[^"]*"', "TOKEN", words)
        pages.append(re.sub(r"\d\d/\d\d/\d{4} \d\d:\d\d(:\d\d)?", "TIME", words))

    look("post", f"{LIST}add/", filled_in(event, email=email, answer="coming"))
    row = Attendee.objects.get(email=email, event=event, person=None)
    for action in ("change", "correct", "cancel", "remove"):
        look("get", f"{LIST}{row.pk}/{action}/")
    look("get", LIST, {"q": email})
    look("post", f"{LIST}add/", filled_in(event, email=email))
    look("post", f"{LIST}{row.pk}/cancel/")
    look("post", f"{LIST}{row.pk}/remove/", {"reason": "thử"})
    return pages, costs


def test_adding_any_address_opens_nothing_and_does_not_tell_known_from_unknown(
    client: Client, event: Event
) -> None:
    known = proved_person("nguoi.known@example.com", full_name="Người Có Tài Khoản")
    factories.channel(person=known)
    factories.signature(signer=known)
    registration.register(event=factories.event(), person=known, at=timezone.now())
    seen_of(client, event, "nguoi.warming@example.com")
    of_unknown = seen_of(client, event, "nguoi.other@example.com")
    of_known = seen_of(client, event, "nguoi.known@example.com")
    for before, after in zip(of_unknown[0], of_known[0], strict=True):
        assert after == before
    assert of_known[1] == of_unknown[1]
    assert not any("Người Có Tài Khoản" in words for words in of_known[0])
    assert not Attendee.objects.filter(event=event, person__isnull=False).exists()


def test_the_page_of_a_row_shows_and_saves_nothing(client: Client, event: Event) -> None:
    row = factories.attendee(at_event=event, channels="facebook.com/a\n<b>tiktok.com/@b</b>")
    address = f"{LIST}{row.pk}/change/"
    shown = client.get(address).content.decode()
    assert "facebook.com/a<br>&lt;b&gt;tiktok.com/@b&lt;/b&gt;" in shown
    assert 'name="_save"' not in shown
    assert client.post(address, {}).status_code == 405


def test_the_administrations_own_journal_keeps_no_name(client: Client, event: Event) -> None:
    client.post(f"{LIST}add/", filled_in(event, email="binh@example.com"))
    client.post(f"{LIST}{Attendee.objects.get().pk}/remove/", {"reason": "thử"})
    assert not LogEntry.objects.exists()
