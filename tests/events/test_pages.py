"""The public pages of events, as a stranger, a signer and the staff see them."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import timezone, translation
from pytest_django import DjangoAssertNumQueries

from events import lifecycle, registration
from events.models import AgendaItem, Answer, Attendee, Event, EventState, Material
from kolportal.accounts import roles
from kolportal.people.models import Person
from tests import factories
from tests.events.pictures import a_picture
from tests.events.samples import scanned
from tests.events.test_linking import proved_person

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_english(client: Client) -> None:
    """The words are checked as msgids; that each has Vietnamese is checked by `make check`."""
    client.cookies["django_language"] = "en"


@pytest.fixture
def event() -> Event:
    return factories.event(title="Hội nghị gặp mặt KOL")


@pytest.fixture
def signer(client: Client) -> Person:
    person = factories.person()
    assert person.user is not None
    client.force_login(person.user)
    return person


def answer_of(person: Person) -> str | None:
    return Attendee.objects.filter(person=person).values_list("answer", flat=True).first()


def test_list_shows_what_comes_before_what_was_and_no_draft(client: Client) -> None:
    coming = factories.event(title="Sắp tới")
    past = factories.event(
        title="Đã qua",
        starts_at=timezone.now() - timedelta(days=2),
        ends_at=timezone.now() - timedelta(days=1),
    )
    called_off = factories.event(title="Đã hoãn", state=EventState.CANCELLED)
    factories.event(title="Bản nháp", state=EventState.DRAFT)
    page = client.get("/events/").content.decode()
    assert page.index(coming.title) < page.index("Past and cancelled") < page.index(past.title)
    assert called_off.title in page
    assert "Bản nháp" not in page


def test_empty_list_says_what_will_be_there(client: Client) -> None:
    assert "No event is announced" in client.get("/events/").content.decode()


def test_long_history_comes_in_pages(client: Client) -> None:
    for _ in range(21):
        factories.event(state=EventState.CLOSED)
    assert client.get("/events/").content.count(b"chip-closed") == 20
    assert client.get("/events/?page=2").content.count(b"chip-closed") == 1


def test_detail_tells_when_where_who_and_what(
    client: Client, event: Event, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    AgendaItem.objects.create(
        event=event,
        starts_at=event.starts_at,
        title="Khai mạc",
        speaker="Trần Văn B",
        speaker_role="Phó Giám đốc",
    )
    Material.objects.create(event=event, title="Sổ tay KOL", file=ContentFile(b"%PDF-1.7", "so-tay.pdf"))
    factories.pledge(asked_at=event)
    with django_assert_max_num_queries(6):  # event, pledge, its text, parts, agenda, materials
        response = client.get(f"/events/{event.slug}/")
    page = response.content.decode()
    for words in (event.title, event.venue, event.address, "Chủ trì", "Khai mạc", "Trần Văn B", "Phó Giám đốc", "Sổ tay KOL",
                  "Bản cam kết thử nghiệm", "(+07:00)", "100 / 100", "Signing is voluntary", f"/events/{event.slug}/register/"):  # fmt: skip
        assert words in page


def test_a_pledge_is_signed_for_the_event_from_whose_page_one_comes(client: Client, event: Event) -> None:
    pledge = factories.pledge(asked_at=event)
    page = client.get(f"/events/{event.slug}/").content.decode()
    assert f'href="/pledges/{pledge.slug}/sign/?event={event.slug}"' in page
    assert f'href="/pledges/{pledge.slug}/?event={event.slug}"' in page


@pytest.mark.parametrize("state", ["draft", "closed"])
def test_a_pledge_that_cannot_be_signed_now_is_not_offered(client: Client, event: Event, state: str) -> None:
    pledge = factories.pledge(asked_at=event, state=state)
    assert pledge.slug not in client.get(f"/events/{event.slug}/").content.decode()


def test_draft_is_404_to_strangers_signers_and_other_units_and_a_preview_to_its_own_staff(
    client: Client,
) -> None:
    unit = factories.unit()
    draft = factories.event(organiser=unit, state=EventState.DRAFT, cover=a_picture())
    material = Material.objects.create(
        event=draft, title="Dự thảo", file=ContentFile(b"%PDF-1.7", "du-thao.pdf")
    )
    addresses = [
        f"/events/{draft.slug}/",
        f"/events/{draft.slug}/cover/",
        f"/events/{draft.slug}/materials/{material.pk}/",
    ]

    def statuses() -> set[int]:
        responses = [client.get(address) for address in addresses]
        for response in responses:
            assert b"".join(response)  # to its end, which closes the file
        return {response.status_code for response in responses}

    assert statuses() == {404}
    client.force_login(factories.user())
    assert statuses() == {404}
    assert client.get(f"/events/{draft.slug}/register/").status_code == 404
    client.force_login(roles.grant(factories.user(is_staff=True), roles.Role.ORGANISER))
    assert statuses() == {404}
    own = roles.grant(factories.user(is_staff=True), roles.Role.ORGANISER)
    unit.members.add(own)
    client.force_login(own)
    assert statuses() == {200}
    assert "Only the staff" in client.get(addresses[0]).content.decode()


def test_registering_asks_first_then_gives_a_seat_and_says_so(
    client: Client, event: Event, signer: Person
) -> None:
    asked = client.get(f"/events/{event.slug}/register/")
    assert signer.full_name in asked.content.decode()
    assert "Signing a pledge is voluntary" in asked.content.decode()
    assert answer_of(signer) is None  # a GET changes nothing
    done = client.post(f"/events/{event.slug}/register/", follow=True)
    assert "You are registered. We look forward" in done.content.decode()
    assert "99 / 100" in done.content.decode()
    assert answer_of(signer) == Answer.COMING


@pytest.mark.parametrize(
    ("verb", "words"),
    [
        ("register", "You were registered already"),
        ("decline", "Your answer was noted already"),
        ("cancel", "Your registration was cancelled already"),
    ],
)
def test_a_second_click_changes_nothing_and_says_so(
    client: Client, event: Event, signer: Person, verb: str, words: str
) -> None:
    if verb == "cancel":
        client.post(f"/events/{event.slug}/register/")
    client.post(f"/events/{event.slug}/{verb}/")
    before = Attendee.objects.get()
    assert words in client.post(f"/events/{event.slug}/{verb}/", follow=True).content.decode()
    assert Attendee.objects.get().answered_at == before.answered_at


def test_declining_takes_as_many_steps_as_registering(client: Client, event: Event, signer: Person) -> None:
    page = client.get(f"/events/{event.slug}/").content.decode()
    assert f"/events/{event.slug}/register/" in page
    assert f"/events/{event.slug}/decline/" in page
    done = client.post(f"/events/{event.slug}/decline/", follow=True)
    assert "you will not attend" in done.content.decode()
    assert answer_of(signer) == Answer.NOT_COMING


def test_a_reason_may_be_given_and_one_that_cannot_be_kept_is_told_at_the_field(
    client: Client, event: Event, signer: Person
) -> None:
    refused = client.post(f"/events/{event.slug}/decline/", {"reason": "a" * 301}).content.decode()
    assert "<title>Error: Not attending" in refused
    assert 'aria-invalid="true"' in refused
    client.post(f"/events/{event.slug}/decline/", {"reason": "Bận công tác"})
    assert Attendee.objects.get().reason == "Bận công tác"


def test_somebody_on_a_list_is_asked_and_the_answer_joins_the_row(client: Client, event: Event) -> None:
    listed = factories.attendee(at_event=event, email="lan@example.com")
    person = proved_person("lan@example.com")
    assert person.user
    client.force_login(person.user)
    page = client.get(f"/events/{event.slug}/").content.decode()
    assert "You are on the list of this event" in page
    assert f"/events/{event.slug}/decline/" in page
    assert Attendee.objects.get().person is None  # a GET changes nothing
    client.post(f"/events/{event.slug}/register/")
    listed.refresh_from_db()
    assert (listed.person, listed.answer) == (person, Answer.COMING)


def test_somebody_waiting_is_told_and_can_leave(client: Client, event: Event, signer: Person) -> None:
    Event.objects.update(capacity=0)
    registration.wait(event=event, person=signer, at=timezone.now())
    page = client.get(f"/events/{event.slug}/").content.decode()
    assert "You are on the waiting list" in page
    assert "Leave the waiting list" in page
    client.post(f"/events/{event.slug}/cancel/")
    assert answer_of(signer) == Answer.CANCELLED


def test_cancelling_frees_the_seat(client: Client, event: Event, signer: Person) -> None:
    client.post(f"/events/{event.slug}/register/")
    assert "Cancel my registration" in client.get(f"/events/{event.slug}/").content.decode()
    done = client.post(f"/events/{event.slug}/cancel/", follow=True)
    assert "the seat is free again" in done.content.decode()
    assert Event.objects.get().seats_taken == 0


@pytest.mark.parametrize("verb", ["register", "decline", "cancel"])
def test_a_stranger_is_sent_to_the_login_and_back_here(client: Client, event: Event, verb: str) -> None:
    address = f"/events/{event.slug}/{verb}/"
    for response in (client.get(address), client.post(address)):
        assert response.status_code == HTTPStatus.FOUND
        assert response["Location"] == f"/accounts/login/?next={address}"
    assert not Attendee.objects.exists()


def test_a_person_whom_we_do_not_know_fills_it_in_first(client: Client, event: Event) -> None:
    client.force_login(factories.user())
    response = client.post(f"/events/{event.slug}/register/")
    assert response.status_code == HTTPStatus.FOUND
    assert response["Location"].endswith(f"?next=%2Fevents%2F{event.slug}%2Fregister%2F")
    assert not Attendee.objects.exists()


def test_one_person_never_touches_another_persons_answer(
    client: Client, event: Event, signer: Person
) -> None:
    other = factories.person()
    registration.register(event=event, person=other, at=timezone.now())
    refused = client.post(
        f"/events/{event.slug}/cancel/", {"person": other.pk, "attendee": Attendee.objects.get().pk}
    )
    assert refused.status_code == HTTPStatus.CONFLICT
    assert "You are not registered" in refused.content.decode()
    assert answer_of(other) == Answer.COMING
    assert other.full_name not in client.get(f"/events/{event.slug}/").content.decode()


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
@pytest.mark.parametrize("verb", ["register", "decline", "cancel"])
def test_other_methods_are_refused(
    client: Client, event: Event, signer: Person, verb: str, method: str
) -> None:
    assert (
        getattr(client, method)(f"/events/{event.slug}/{verb}/").status_code == HTTPStatus.METHOD_NOT_ALLOWED
    )
    assert client.post(f"/events/{event.slug}/").status_code == HTTPStatus.METHOD_NOT_ALLOWED


@pytest.mark.parametrize(
    ("change", "on_the_page", "after_the_click"),
    [
        ({"state": EventState.CANCELLED}, "This event has been cancelled", "This event has been cancelled"),
        (
            {"state": EventState.CLOSED},
            "Registration for this event has ended",
            "Registration for this event has ended",
        ),
        ({"capacity": 0}, "No seat is left", "No seat is left"),
        (
            {"registration_opens_at": timezone.now() + timedelta(days=1)},
            "Registration has not opened yet",
            "Please come back at the time shown below",
        ),
        (
            {"registration_closes_at": timezone.now() - timedelta(minutes=1)},
            "Registration for this event has ended",
            "Registration for this event has ended",
        ),
    ],
)
def test_refusals_have_words_on_the_page_and_after_the_click(
    client: Client,
    event: Event,
    signer: Person,
    change: dict[str, object],
    on_the_page: str,
    after_the_click: str,
) -> None:
    Event.objects.update(**change)
    page = client.get(f"/events/{event.slug}/").content.decode()
    assert on_the_page in page
    assert f"/events/{event.slug}/register/" not in page
    refused = client.post(f"/events/{event.slug}/register/")
    assert refused.status_code == HTTPStatus.CONFLICT
    assert after_the_click in refused.content.decode()
    assert answer_of(signer) is None


def test_leaving_after_the_beginning_is_refused_in_words(
    client: Client, event: Event, signer: Person
) -> None:
    client.post(f"/events/{event.slug}/register/")
    Event.objects.update(starts_at=timezone.now() - timedelta(minutes=1))
    assert "Cancel my registration" not in client.get(f"/events/{event.slug}/").content.decode()
    refused = client.post(f"/events/{event.slug}/cancel/")
    assert "The event has begun" in refused.content.decode()
    assert answer_of(signer) == Answer.COMING


def test_an_event_cancelled_between_page_and_click_is_told(
    client: Client, event: Event, signer: Person
) -> None:
    client.get(f"/events/{event.slug}/register/")
    lifecycle.cancel(event=event, actor_id=None, at=timezone.now())
    assert "has been cancelled" in client.post(f"/events/{event.slug}/register/").content.decode()


def test_somebody_checked_in_sees_it_and_can_no_longer_cancel(
    client: Client, event: Event, signer: Person
) -> None:
    client.post(f"/events/{event.slug}/register/")
    assert scanned(Attendee.objects.get()).result == "welcome"
    assert "You were checked in at" in client.get(f"/events/{event.slug}/").content.decode()
    assert "checked in at the door" in client.post(f"/events/{event.slug}/cancel/").content.decode()


def test_cover_has_its_description_and_a_type_of_ours(client: Client) -> None:
    event = factories.event(cover=a_picture("bia.png"), cover_description="Toàn cảnh hội trường")
    assert 'alt="Toàn cảnh hội trường"' in client.get(f"/events/{event.slug}/").content.decode()
    response = client.get(f"/events/{event.slug}/cover/")
    assert (response["Content-Type"], response["X-Content-Type-Options"]) == ("image/png", "nosniff")
    assert b"".join(response)  # to its end, which closes the file


def test_material_is_a_download_under_its_title_and_never_shown_in_place(
    client: Client, event: Event
) -> None:
    material = Material.objects.create(
        event=event, title="Sổ tay Đạo đức/KOL <2025>", file=ContentFile(b"%PDF-1.7 noi dung", "a.pdf")
    )
    response = client.get(f"/events/{event.slug}/materials/{material.pk}/")
    assert response["Content-Disposition"] == 'attachment; filename="so-tay-dao-duc-kol-2025.pdf"'
    assert (response["Content-Type"], response["X-Content-Type-Options"]) == (
        "application/octet-stream",
        "nosniff",
    )
    assert b"".join(response) == b"%PDF-1.7 noi dung"
    other = factories.event()
    assert client.get(f"/events/{other.slug}/materials/{material.pk}/").status_code == 404


def test_files_are_not_served_by_their_storage_path(client: Client) -> None:
    event = factories.event(cover=a_picture(), state=EventState.DRAFT)
    assert event.cover.name is not None
    assert Path(event.cover.path).exists()
    assert client.get(f"/media/{event.cover.name}").status_code == 404


def test_pages_speak_vietnamese_first(client: Client, event: Event) -> None:
    del client.cookies["django_language"]
    with translation.override("vi"):
        page = client.get(f"/events/{event.slug}/").content.decode()
    assert "Đăng ký tham dự" in page
    assert "Việc ký cam kết là tự nguyện" not in page  # no pledge is asked for here
