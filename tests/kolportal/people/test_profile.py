"""The own details and channels, through the pages."""

from __future__ import annotations

import unicodedata

import pytest
from django.test import Client
from django.utils import timezone

from events import registration
from events.models import Attendee
from kolportal.accounts.models import User
from kolportal.people import history
from kolportal.people.models import MOST_CHANNELS, Channel, Contact, Person
from tests import factories
from tests.kolportal.accounts.conftest import account

pytestmark = pytest.mark.django_db
PROFILE, ADD = "/me/profile/", "/me/channels/add/"
GOOD = {
    "full_name": "Lê Thị Lan",
    "stage_name": "",
    "kind": "kol",
    "commune_code": "04795",
    "phone": "",
    "organisation": "",
}
CHANNEL = {
    "url": "https://www.facebook.com/lan.dat.to",
    "name": "Lan Đất Tổ",
    "role": "owner",
    "followers": "",
}


@pytest.fixture
def me(english: Client) -> User:
    user = account("lan@example.com")
    english.force_login(user)
    return user


def errors(client: Client, url: str, data: dict[str, str]) -> str:
    """The page of a form that was refused; nothing was written."""
    before = (Person.objects.count(), Channel.objects.count())
    response = client.post(url, data)
    assert response.status_code == 200
    page = response.content.decode()
    assert "data-error-summary" in page
    assert (Person.objects.count(), Channel.objects.count()) == before
    return page


@pytest.mark.parametrize("url", [PROFILE, ADD, "/me/", "/me/channels/1/", "/me/channels/1/remove/"])
def test_pages_are_for_people_who_are_logged_in(client: Client, url: str) -> None:
    assert client.get(url)["Location"].startswith("/accounts/login/?next=/me/")


def test_profile_is_saved_clean_and_goes_on(english: Client, me: User) -> None:
    typed = {
        **GOOD,
        "full_name": unicodedata.normalize("NFD", "  Lê  Thị\tLan "),
        "phone": "０912 345 678",
        "next": "/events/hoi-nghi/register/",
    }
    assert english.post(PROFILE, typed)["Location"] == "/events/hoi-nghi/register/"
    profile = Person.objects.get()
    assert profile.user == me
    assert profile.full_name == "Lê Thị Lan"
    assert profile.phone == "+84912345678"
    assert history.CREATED.about(profile.pk).get().actor_id == str(me.pk)
    assert 'value="0912 345 678"' in english.get(PROFILE).content.decode()


def test_next_never_leaves_the_site(english: Client, me: User) -> None:
    for url in ("https://evil.example/", "//evil.example/", "javascript:alert(1)"):
        assert english.post(PROFILE, {**GOOD, "next": url})["Location"] == "/me/"
        assert url not in english.get(PROFILE, {"next": url}).content.decode().partition("<main")[2]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "This field is required."),
        ("Lan " * 2500, "at most 120 characters"),
        ("Lan\u202eEvil", "invisible or control characters"),
        ("Lan\u200bEvil", "invisible or control characters"),
        ("Lan\x07", "invisible or control characters"),
        ("Lan\x00", "invisible or control characters"),
        ("Lan 🌸", "without emoji"),
        ("Lan ❤\ufe0f", "without emoji"),
        ("12345", "with letters only"),
        ("<script>alert(1)</script>", "with letters only"),
        ("=HYPERLINK(1)", "with letters only"),
    ],
)
def test_names_that_cannot_stand_on_paper_are_refused_in_words(
    english: Client, me: User, name: str, words: str
) -> None:
    page = errors(english, PROFILE, {**GOOD, "full_name": name, "organisation": "Công ty Đất Tổ"})
    assert words in page
    assert 'value="Công ty Đất Tổ"' in page
    if len(name) > 1000:
        assert name.strip() in page, "what was typed is kept whole"
        assert "maxlength" not in page.partition('name="full_name"')[2][:200], (
            "no browser cuts it off in silence"
        )


@pytest.mark.parametrize("name", ["Hòa", "Hoà", "H’Hen Niê", "Nguyễn Thị Minh-Khai", "O'Neil", "Đ. T. Lan"])
def test_real_names_are_taken(english: Client, me: User, name: str) -> None:
    assert english.post(PROFILE, {**GOOD, "full_name": name}).status_code == 302
    assert Person.objects.get().full_name == name


@pytest.mark.parametrize(
    ("phone", "words"),
    [
        ("0210 3846 666", "This is no mobile number"),
        ("1900 1234", "This is no mobile number"),
        ("113", "This is no phone number"),
        ("09123", "This is no phone number"),
        ("abc", "This is no phone number"),
        ("0912345678" * 1000, "This is no phone number"),
        ("+1 212 555 0100", "This is no"),
    ],
)
def test_what_is_no_mobile_phone_is_refused_in_words_and_kept(
    english: Client, me: User, phone: str, words: str
) -> None:
    page = errors(english, PROFILE, {**GOOD, "phone": phone})
    assert words in page
    assert f'value="{phone}"' in page


@pytest.mark.parametrize("phone", ["0912345678", "+84 912 345 678", "84912345678", "0912.345.678"])
def test_mobile_phones_are_stored_as_e164(english: Client, me: User, phone: str) -> None:
    english.post(PROFILE, {**GOOD, "phone": phone})
    assert Person.objects.get().phone == "+84912345678"


@pytest.mark.parametrize(
    ("field", "value"), [("commune_code", ""), ("commune_code", "99999"), ("kind", "boss"), ("kind", "")]
)
def test_what_is_not_on_the_list_is_refused(english: Client, me: User, field: str, value: str) -> None:
    assert f"id_{field}" in errors(english, PROFILE, {**GOOD, field: value})


def test_commune_list_has_all_units_and_works_without_scripts(english: Client, me: User) -> None:
    page = english.get(PROFILE).content.decode()
    assert page.count("<option") == 149
    assert '<option value="04795"' in page


def test_channel_is_declared_in_one_form_with_the_date_of_its_followers(english: Client, me: User) -> None:
    factories.person(user=me)
    english.post(ADD, {**CHANNEL, "url": "m.facebook.com/Lan.Dat.To?fbclid=1", "followers": "12,500"})
    channel = Channel.objects.get()
    assert (channel.platform, channel.url, channel.followers) == ("facebook", CHANNEL["url"], 12_500)
    declared = channel.followers_declared_at
    assert declared
    english.post(f"/me/channels/{channel.pk}/", {**CHANNEL, "name": "Tên mới", "followers": "12500"})
    channel.refresh_from_db()
    assert (channel.name, channel.followers_declared_at) == ("Tên mới", declared), (
        "only a new number has a new date"
    )
    english.post(f"/me/channels/{channel.pk}/", {**CHANNEL, "followers": ""})
    channel.refresh_from_db()
    assert (channel.followers, channel.followers_declared_at) == (None, None)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"url": "javascript:alert(1)"}, "This is no link."),
        ({"url": "https://evil.example/lan"}, "This site is not among those known here"),
        ({"url": "https://www.facebook.com/watch?v=1"}, "leads to a post, a video, or is a short link"),
        ({"url": ""}, "This field is required."),
        ({"url": "https://www.facebook.com/" + "a" * 10_000}, "This is no link."),
        ({"name": "Lan 🌸"}, "without emoji"),
        ({"name": "x" * 10_000}, "at most 200 characters"),
        ({"followers": "-1"}, "greater than or equal to 0"),
        ({"followers": "nhiều"}, "whole number"),
        ({"followers": "9" * 30}, "less than or equal to"),
        ({"role": "boss"}, "id_role"),
    ],
)
def test_channels_that_are_none_are_refused_in_words(
    english: Client, me: User, changed: dict[str, str], words: str
) -> None:
    factories.person(user=me)
    assert words in errors(english, ADD, {**CHANNEL, **changed})


def test_same_channel_twice_is_refused_for_one_person_and_taken_from_two(english: Client, me: User) -> None:
    factories.channel(url=CHANNEL["url"])
    factories.person(user=me)
    english.post(ADD, CHANNEL)
    assert "declared this page, group or channel already" in errors(english, ADD, CHANNEL)
    other = {**CHANNEL, "url": "https://www.tiktok.com/@lan.dat.to"}
    english.post(ADD, other)
    second = Channel.objects.get(url=other["url"])
    page = errors(english, f"/me/channels/{second.pk}/", CHANNEL)
    assert "declared this page, group or channel already" in page


def test_the_list_has_an_end_and_this_is_said_in_words(english: Client, me: User) -> None:
    person = factories.person(user=me)
    for _ in range(MOST_CHANNELS):
        factories.channel(person=person)
    page = errors(english, ADD, CHANNEL)
    assert f"Your list has {MOST_CHANNELS} pages, groups and channels" in page
    assert f'value="{CHANNEL["url"]}"' in page
    last = Channel.objects.latest("pk")
    english.post(f"/me/channels/{last.pk}/remove/")
    assert english.post(ADD, CHANNEL).status_code == 302


def test_a_correction_follows_into_the_lists_of_meetings_that_the_person_registered_for(
    english: Client, me: User
) -> None:
    person = factories.person(user=me, full_name="Lê Thị Lan")
    registration.register(event=factories.event(), person=person, at=timezone.now())
    english.post(PROFILE, {**GOOD, "full_name": "Lê Thị Hương Lan", "phone": "0912 345 678"})
    attendee = Attendee.objects.get()
    assert (attendee.full_name, attendee.phone) == ("Lê Thị Hương Lan", "+84912345678")


def test_a_number_is_replaced_and_taken_back(english: Client, me: User) -> None:
    for typed, kept in (("0912 345 678", ["+84912345678"]), ("0987 654 321", ["+84987654321"]), ("", [])):
        english.post(PROFILE, {**GOOD, "phone": typed})
        assert list(Contact.objects.values_list("value", flat=True)) == kept


def test_removed_channel_leaves_the_list_and_can_be_declared_again(english: Client, me: User) -> None:
    channel = factories.channel(person=factories.person(user=me), url=CHANNEL["url"])
    url = f"/me/channels/{channel.pk}/remove/"
    english.get(url)
    assert Channel.objects.current().exists(), "a GET removes nothing"
    english.post(url)
    assert not Channel.objects.current().exists()
    assert english.post(ADD, CHANNEL).status_code == 302


def test_other_peoples_channels_do_not_exist(english: Client, me: User) -> None:
    factories.person(user=me)
    channel = factories.channel()
    for url in (f"/me/channels/{channel.pk}/", f"/me/channels/{channel.pk}/remove/"):
        assert english.get(url).status_code == 404
        assert english.post(url, CHANNEL).status_code == 404
    channel.refresh_from_db()
    assert channel.removed_at is None


def test_channels_need_a_profile_first_and_come_back(english: Client, me: User) -> None:
    assert (
        english.get(f"{ADD}?next=/x/")["Location"]
        == "/me/profile/?next=%2Fme%2Fchannels%2Fadd%2F%3Fnext%3D%2Fx%2F"
    )
