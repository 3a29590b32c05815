"""The signing form: what is taken, what is refused and where, and that nothing typed is lost."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from kolportal.people.models import Channel, SignerKind
from pledges import signing
from pledges.models import Attempt, Pledge, PledgeState, Signature, Text, Undertaking
from tests import factories
from tests.pledges.signing_pages import DRAWN, Person, says, text_of

pytestmark = pytest.mark.django_db


def test_form_leads_to_the_page_where_the_answers_are_checked_and_signs_nothing_yet() -> None:
    person = Person()
    response = person.send()
    attempt = person.attempts().get()
    assert (response.status_code, response.url) == (302, f"{person.url}check/{attempt.key}/")
    assert attempt.text == person.text
    assert attempt.expires_at - attempt.prepared_at == signing.OPEN_FOR
    assert not person.signatures().exists()


def test_same_form_sent_twice_is_one_attempt() -> None:
    person = Person()
    answers = person.answers()
    assert person.send(answers).url == person.send(answers).url
    assert person.attempts().count() == 1


def test_other_answers_end_the_attempt_of_before_and_nothing_of_it_is_kept() -> None:
    person = Person()
    person.send()
    person.send(method="drawn", strokes=DRAWN)
    old, new = person.attempts()
    assert (old.end, old.act) == ("replaced", {})
    assert new.ended_at is None


def test_nothing_is_ticked_or_chosen_beforehand() -> None:
    person = Person()
    factories.channel(person=person.row)
    page = person.client.get(person.url).content.decode()
    inputs = [part.split(">")[0] for part in page.split("<input")[1:]]
    boxes = [part for part in inputs if 'type="checkbox"' in part]
    ages = [part for part in inputs if 'name="of_age"' in part]
    assert len(boxes) == 3 + 1 + 1  # undertakings, the channel, the consent
    assert len(ages) == 2
    assert not [box for box in boxes + ages if "checked" in box]


def test_form_shows_the_whole_text_and_carries_its_digest() -> None:
    person = Person()
    page = text_of(person.client.get(person.url))
    for item in person.text.content.undertakings:
        assert page.count(item.text) == 2  # read first, ticked then
    assert f'name="digest" value="{person.text.digest}"' in page


def test_form_is_kept_by_no_cache_and_filled_in_by_no_browser() -> None:
    person = Person()
    response = person.client.get(person.url)
    assert "no-store" in response.headers["Cache-Control"]
    page = text_of(response)
    assert 'class="sign-form" autocomplete="off"' in page
    assert 'name="typed_name" id="id_typed_name" autocomplete="off"' in page


def test_enter_can_press_nothing_but_the_button_that_goes_on() -> None:
    """The first submit button in a form is the one that Enter presses; declining is a link."""
    person = Person()
    page = text_of(person.client.get(person.url))
    form = page[page.index("data-sign-form") : page.index("</form>", page.index("data-sign-form"))]
    submits = [
        part.split(">")[0] for part in form.split("<button")[1:] if 'type="button"' not in part.split(">")[0]
    ]
    assert len(submits) == 1
    assert "data-submit" in submits[0]
    assert form.count(f'href="{person.decline_url}"') == 5


def test_channel_with_a_large_number_is_offered_by_that_number() -> None:
    person = Person()
    factories.channel(person=person.row, pk=1_234_567)
    assert 'name="channels" value="1234567" id="channel-1234567"' in text_of(person.client.get(person.url))
    assert person.sign(channels=["1234567"]).channels.count() == 1


def test_adding_a_channel_leads_back_to_the_step_of_the_channels() -> None:
    person = Person()
    page = text_of(person.client.get(person.url, {"again": "1"}))
    assert f"/me/channels/add/?next={person.url.replace('/', '%2F')}%3Fagain%3D1%23step-3" in page


# --- Only what binds this person is asked ------------------------------------------------------------------------------------


def _pledge_for_some() -> Pledge:
    """One undertaking for everyone, one for administrators, one for KOLs."""
    pledge = factories.pledge()
    edition = factories.edition(pledge=pledge, number=2)
    text = factories.draft_text(of=edition, undertakings=0)
    for position, binds in enumerate(("everyone", "page_admin", "kol"), start=1):
        Undertaking.objects.create(text=text, position=position, body=f"Điều {position}.", binds=binds)
    factories.freeze(edition)
    return pledge


@pytest.mark.parametrize(
    ("kind", "asked"),
    [
        (SignerKind.KOL, [1, 3]),
        (SignerKind.PAGE_ADMIN, [1, 2]),
        (SignerKind.BOTH, [1, 2, 3]),
    ],
)
def test_only_undertakings_that_bind_the_persons_kind_are_asked(kind: SignerKind, asked: list[int]) -> None:
    person = Person(pledge=_pledge_for_some(), row=factories.person(kind=kind))
    page = text_of(person.client.get(person.url))
    assert [number for number in (1, 2, 3) if f'id="ticked-{number}"' in page] == asked
    signature = person.sign()
    assert signature.ticked == asked


def test_influencer_with_a_channel_is_asked_for_what_binds_administrators_too() -> None:
    person = Person(pledge=_pledge_for_some())
    channel = factories.channel(person=person.row)
    page = text_of(person.client.get(person.url))
    assert all(f'id="ticked-{number}"' in page for number in (1, 2, 3))
    assert person.send(ticked=["1", "3"]).status_code == 422
    # Whether the pledge covers the channel or not: who runs it is bound.
    assert person.sign().ticked == [1, 2, 3]
    channel.removed_at = timezone.now()
    channel.save()
    page = text_of(person.client.get(person.url, {"again": "1"}))
    assert 'id="ticked-2"' not in page


def test_channel_added_in_another_window_asks_for_what_binds_administrators() -> None:
    person = Person(pledge=_pledge_for_some())
    answers = person.answers()
    factories.channel(person=person.row)
    response = person.send(answers)
    assert response.status_code == 422
    assert 'id="ticked-2" aria-invalid="true"' in text_of(response)


def test_tick_of_what_binds_others_is_no_part_of_the_act() -> None:
    person = Person(pledge=_pledge_for_some())
    assert person.sign(ticked=["1", "2", "3"]).ticked == [1, 3]


def test_kind_changed_in_another_window_asks_for_what_binds_it() -> None:
    person = Person(pledge=_pledge_for_some())
    answers = person.answers()
    person.row.kind = SignerKind.BOTH
    person.row.save()
    response = person.send(answers)
    assert response.status_code == 422
    assert 'id="ticked-2" aria-invalid="true"' in text_of(response)


# --- Under 18 ------------------------------------------------------------------------------------------------------------------


def test_who_is_under_18_signs_nothing_is_told_whom_to_ask_and_nothing_is_kept() -> None:
    keeper = factories.unit(contact_email="hoi@don-vi.example.com", contact_phone="0210 123 456")
    person = Person(pledge=factories.pledge(keeper=keeper))
    # Whatever else is on the form.
    response = person.send(of_age="no", ticked=[], consent=None, typed_name="")
    assert response.status_code == 200
    assert "mailto:hoi@don-vi.example.com" in text_of(response)
    assert "tel:0210 123 456" in text_of(response)
    assert keeper.name in text_of(response)
    assert not person.attempts().exists()
    assert not person.signatures().exists()


def test_age_must_be_said() -> None:
    _refused(Person(), of_age=None, field="of_age")
    _refused(Person(), of_age="maybe", field="of_age")


# --- Refusals: each keeps what was typed ---------------------------------------------------------------------------------------


def _refused(person: Person, *, status: int = 422, field: str = "", words: str = "", **changes: Any) -> str:
    """The page after a refusal, which must be told at the field (or in these words); nothing was prepared."""
    response = person.send(**changes)
    page = text_of(response)
    assert response.status_code == status, page
    if words:
        assert says(response, words)
    if field:
        assert f'id="id_{field}_error"' in page
        assert 'aria-invalid="true"' in page
        assert f"id_{field}_error" in page.split("aria-describedby", 1)[1]
        assert "data-error-summary" in page
        assert says(response, "Error:")
        assert (
            page.index("<title>")
            < page.index("Lỗi:" if "Lỗi:" in page else "Error:")
            < page.index("</title>")
        )
    assert not person.attempts().exists()
    assert not person.signatures().exists()
    return page


def test_missing_undertaking_is_named_and_the_others_stay_ticked() -> None:
    person = Person()
    page = _refused(person, ticked=["1", "3"], field="ticked")
    assert 'value="1" id="ticked-1" checked' in page
    assert 'value="2" id="ticked-2" aria-invalid="true" aria-describedby="id_ticked_error"' in page
    assert 'value="3" id="ticked-3" checked' in page
    assert f'value="{person.row.full_name}"' in page
    assert 'id="id_consent" checked' in page
    assert 'id="of-age-yes" aria-describedby="age-help" checked' in page


@pytest.mark.parametrize("ticked", [["x"], ["1", "2", "3", "-1"], ["9" * 30], ["१", "2", "3"], ["1'; DROP"]])
def test_senseless_ticks_are_refused(ticked: list[str]) -> None:
    page = _refused(Person(), ticked=ticked)
    assert 'id="id_ticked_error"' in page


def test_without_consent_nothing_is_signed() -> None:
    page = _refused(Person(), consent=None, field="consent")
    assert 'value="3" id="ticked-3" checked' in page


def test_consent_to_other_words_is_none() -> None:
    _refused(
        Person(),
        consent="0" * 64,
        field="consent",
        words="The words of the consent have changed. Please read them again and tick the box.",
    )


def _points(count: int) -> list[dict[str, Any]]:
    return [{"points": [{"x": index % 300, "y": index % 90} for index in range(count)]}]


EMPTY = "Please draw your signature in the box, or choose to type your name."
SMALL = "The drawing is too small to be a signature. Please draw it larger, or choose to type your name."
UNREADABLE = "The drawing could not be read. Please clear it and draw it again, or choose to type your name."
LARGE = (
    "The drawing has too many strokes. Please clear it and draw it more simply, or choose to type your name."
)


@pytest.mark.parametrize(
    ("strokes", "words"),
    [
        ("", EMPTY),
        ("[]", EMPTY),
        ('[{"points": []}]', EMPTY),
        ('[{"points": [{"x": 5, "y": 5}]}]', SMALL),
        ('[{"points": [{"x": NaN, "y": 5}]}]', UNREADABLE),
        ('[{"points": [{"x": 1e999, "y": 5}]}]', UNREADABLE),
        ("{not json", UNREADABLE),
        ("[" * 50_000, UNREADABLE),
        (json.dumps(_points(9_000)), LARGE),
        (" " * 1_100_000, LARGE),
    ],
    ids=[
        "nothing",
        "no strokes",
        "no points",
        "dot",
        "NaN",
        "infinite",
        "no JSON",
        "deep",
        "gigantic",
        "long text",
    ],
)
def test_drawing_that_is_no_signature(strokes: str, words: str) -> None:
    page = _refused(Person(), method="drawn", strokes=strokes, words=words, field="method")
    assert (
        'value="drawn" id="method-drawn" aria-invalid="true" aria-describedby="id_method_error" checked'
        in page
    )
    assert 'value="2" id="ticked-2" checked' in page


def test_bad_drawing_comes_back_to_be_mended() -> None:
    small = '[{"points": [{"x": 5, "y": 5}]}]'
    page = _refused(Person(), method="drawn", strokes=small, words=SMALL)
    assert 'name="strokes" value="[{&quot;points&quot;' in page


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Please type your full name as your signature."),
        ("   ", "Please type your full name as your signature."),
        ("Ng" + "ư" * 10_000, "This name is too long: at most 120 characters."),
        ("Nguyễn \u202eĐức", "The name holds characters that are not visible. Please type it again."),
        ("Nguyễn\u200b Đức", "The name holds characters that are not visible. Please type it again."),
        ("Nguyễn Đức 😀", "A name has letters, spaces, hyphens and apostrophes only."),
        (
            "Một Người Khác",
            "The name typed is not the one in your profile. Please type your full name, or correct your profile first.",
        ),
    ],
    ids=["nothing", "blank", "10,000 letters", "bidi", "zero width", "emoji", "another name"],
)
def test_typed_name_that_is_no_signature(typed: str, words: str) -> None:
    page = _refused(Person(), typed_name=typed, words=words, field="typed_name")
    assert 'aria-describedby="id_typed_name_error typed-help"' in page


@pytest.mark.parametrize("typed", ["nguyễn thị hoà", "NGUYEN THI HOA", "Nguye\u0302\u0303n  Thi\u0323  Hòa "])
def test_name_typed_in_another_form_is_the_same_name(typed: str) -> None:
    person = Person(row=factories.person(full_name="Nguyễn Thị Hòa"))
    assert person.sign(typed_name=typed).particulars.typed_name == "Nguyễn Thị Hòa"


def test_no_method_chosen() -> None:
    _refused(Person(), method=None, field="method")


def test_channel_of_somebody_else_cannot_be_covered() -> None:
    person = Person()
    factories.channel(person=person.row)
    _refused(person, channels=[str(factories.channel().pk)], field="channels")


def test_removed_channel_cannot_be_covered() -> None:
    person = Person()
    channel = factories.channel(person=person.row)
    Channel.objects.filter(pk=channel.pk).update(removed_at=timezone.now())
    _refused(person, channels=[str(channel.pk)])
    other = factories.channel(person=person.row)
    _refused(person, channels=[str(channel.pk), str(other.pk)], field="channels")


def test_more_than_thirty_channels_are_refused_and_thirty_are_not() -> None:
    person = Person()
    channels = [str(factories.channel(person=person.row).pk) for _ in range(31)]
    _refused(person, channels=channels, field="channels")
    assert person.sign(channels=channels[:30]).channels.count() == 30


CHANGED = "The text of the pledge has just been updated, so this signing was not recorded. Please read the new text."


@pytest.mark.parametrize("digest", ["", "0" * 64, "x" * 500, "'; --", "Nguyễn"])
def test_unknown_or_tampered_digest_signs_nothing(digest: str) -> None:
    _refused(Person(), digest=digest, words=CHANGED, status=409)


def _next_edition(pledge: Pledge, **fields: Any) -> None:
    edition = factories.edition(pledge=pledge, number=2, **fields)
    factories.draft_text(of=edition, closing="Bản mới.")
    factories.freeze(edition)


def test_text_changed_between_reading_and_signing() -> None:
    person = Person()
    answers = person.answers()
    _next_edition(person.pledge)
    response = person.send(answers)
    assert response.status_code == 409
    assert says(response, CHANGED)
    assert not person.attempts().exists()


def test_changed_text_is_said_before_any_field_error() -> None:
    person = Person()
    answers = person.answers(ticked=[], consent=None)
    _next_edition(person.pledge)
    assert person.send(answers).status_code == 409


def test_draft_pledge_does_not_exist() -> None:
    person = Person()
    answers = person.answers()
    Pledge.objects.update(state=PledgeState.DRAFT)
    assert person.send(answers).status_code == 404
    assert person.client.get(person.url).status_code == 404
    assert not person.attempts().exists()


NOT_OPEN = "The signing of this pledge has ended or is outside its period of validity. Nothing was signed."


def test_closed_pledge_is_not_signed() -> None:
    person = Person()
    Pledge.objects.update(state=PledgeState.CLOSED)
    _refused(person, words=NOT_OPEN, status=409)
    _refused(person, words=NOT_OPEN, status=409, consent=None)
    assert person.client.get(person.url).status_code == 409


def test_text_outside_its_validity_is_not_signed() -> None:
    past = timezone.localdate() - timedelta(days=1)
    person = Person()
    _next_edition(person.pledge, valid_until=past)
    _refused(person, words=NOT_OPEN, status=409)
    assert person.client.get(person.url).status_code == 409


def test_stranger_is_sent_to_the_login_and_nothing_is_signed() -> None:
    person = Person()
    client = Client()
    for response in (client.get(person.url), client.post(person.url, person.answers())):
        assert response.status_code == 302
        assert response.headers["Location"].startswith("/accounts/login/?next=")
    assert not Attempt.objects.exists()


def test_form_of_another_person_signs_for_the_one_who_sends_it_and_needs_the_own_name() -> None:
    """The account that is logged in signs; a name typed by somebody else before the account changed is refused."""
    person, other = Person(), Person(row=factories.person(full_name="Trần Văn Khác"))
    other.pledge = person.pledge
    response = other.client.post(person.url, person.answers())
    assert response.status_code == 422
    assert not Attempt.objects.exists()


def test_account_without_details_gives_them_first_and_comes_back() -> None:
    person = Person()
    client = Client()
    client.force_login(factories.user())
    for response in (client.get(person.url), client.post(person.url, person.answers(consent=None))):
        assert response.status_code == 302
        assert response.headers["Location"] == f"/me/profile/?next={person.url.replace('/', '%2F')}"


def test_forged_form_without_token_is_refused() -> None:
    person = Person()
    client = person.log_in(Client(enforce_csrf_checks=True))
    assert client.post(person.url, person.answers()).status_code == 403
    assert not person.attempts().exists()


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_other_methods_are_refused(method: str) -> None:
    person = Person()
    assert getattr(person.client, method)(person.url).status_code == 405


def test_too_many_posts_in_a_minute_keep_the_answers(settings: Any) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "sign": "1/m/user"}
    person = Person()
    person.send(consent=None)
    page = _refused(person, status=429)
    assert 'id="id_consent" checked' in page


def test_english_page_signs_the_english_text() -> None:
    person = Person(pledge=factories.pledge(languages=("vi", "en")))
    person.client.cookies["django_language"] = "en"
    page = text_of(person.client.get(person.url))
    english = Text.objects.get(edition__pledge=person.pledge, language="en")
    assert f'name="digest" value="{english.digest}"' in page
    assert "I agree that" in page
    signature = person.sign(text=english)
    assert (signature.text, signature.digest) == (english, english.digest)
    assert signature.particulars.consent_text.startswith("I agree that")


def test_english_page_without_english_text_shows_the_vietnamese_one() -> None:
    person = Person()
    person.client.cookies["django_language"] = "en"
    page = text_of(person.client.get(person.url))
    assert f'name="digest" value="{person.text.digest}"' in page


@pytest.mark.servers
def test_every_hidden_field_may_hold_anything() -> None:
    for value in ("\x00", "💥", "{{ 7 }}", "9" * 10_000):
        for name in (
            "digest",
            "basis",
            "language",
            "method",
            "consent",
            "ticked",
            "channels",
            "event",
            "of_age",
        ):
            person = Person()
            changes: dict[str, Any] = {name: value}
            response = person.send(**changes)
            expected = {302} if name in {"language", "event"} else {409, 422}
            assert response.status_code in expected, (name, value)
    assert not Signature.objects.exists()
