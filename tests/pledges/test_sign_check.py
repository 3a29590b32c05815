"""The answers once more before signing: in the order of the paper, to be changed, and only by the person who gave them."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from kolportal.audit.models import AuditEvent
from pledges import consent, retention, signing
from pledges.models import Attempt, Document, Factor, Pledge, PledgeState, Undertaking
from pledges.rendering.pages import written_date
from pledges.text import Binds
from tests import factories
from tests.pledges.signing_pages import DRAWN, Person, receipt_url, says, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.django_db
OVER = "This signing has ended"


def test_button_of_the_check_page_signs_after_a_fresh_login() -> None:
    person = Person()
    response: Any = person.client.post(person.prepare())
    signature = person.signatures().get()
    assert (response.status_code, response.url) == (302, receipt_url(signature))
    particulars = signature.particulars
    assert (particulars.method, particulars.typed_name, particulars.strokes) == (
        "typed",
        person.row.full_name,
        None,
    )
    assert (signature.text, signature.digest) == (person.text, person.text.digest)
    proof = signature.proofs.get()
    assert (proof.factor, proof.evidence.contact) == (Factor.RECENT_LOGIN, "n***@example.com")
    assert Document.objects.get().signature == signature
    assert AuditEvent.objects.about("signature", signature.reference).get().action == "pledge.signed"
    # Nothing of what was typed stays in the attempt.
    assert person.attempts().get().act == {}


def test_looking_at_the_answers_signs_nothing() -> None:
    person = Person()
    url = person.prepare()
    assert person.client.get(url).status_code == 200
    assert not person.signatures().exists()


def test_answers_are_shown_in_the_order_of_the_paper() -> None:
    row = factories.person(full_name="Nguyễn Thị Hòa", stage_name="Hòa Kể Chuyện", organisation="Trường Thử")
    person = Person(row=row)
    channel = factories.channel(person=row, name="Kênh của Hòa", url="https://www.facebook.com/hoa.ke.chuyen")
    page = text_of(person.client.get(person.prepare(channels=[str(channel.pk)])))
    content = person.text.content
    keep_until = retention.keep_until(signed=timezone.localdate(), valid_until=None)
    parts = [
        content.title,
        "Nguyễn Thị Hòa",
        "Hòa Kể Chuyện",
        row.commune_label,
        "Trường Thử",
        row.email,
        "Kênh của Hòa",
        "https://www.facebook.com/hoa.ke.chuyen",
        content.preamble.split("**")[0].strip(),
        *(item.text for item in content.undertakings),
        content.closing,
        f"{written_date(timezone.localdate(), 'vi')}",
        'class="signature-typed">Nguyễn Thị Hòa',
        # The record of signing.
        f">{person.text.label}</a>",
        f"{keep_until:%d/%m/%Y}",
    ]
    page = page[page.index("check-title") :]
    places = [page.index(part) for part in parts]
    assert places == sorted(places)


def test_undertakings_that_bind_others_stand_there_as_they_will_on_the_paper() -> None:
    person = Person()
    edition = factories.edition(pledge=person.pledge, number=2)
    text = factories.draft_text(of=edition)
    Undertaking.objects.filter(text=text, position=2).update(binds=Binds.PAGE_ADMIN)
    factories.freeze(edition)
    response = person.client.get(person.prepare())
    assert all(item.text in text_of(response) for item in person.text.content.undertakings)
    assert says(response, "Does not apply to you.")
    assert text_of(response).count('<li class="quiet">') == 1


def test_what_the_signing_replaces_and_how_it_will_be_confirmed_are_said() -> None:
    person = Person(recent=False)
    url = person.prepare()
    assert says(person.client.get(url), "by a code sent to %(email)s", email=person.user.email)
    first = person.sign()
    words = "the signing of %(day)s"
    day = f"{timezone.localtime(first.signed_at):%d/%m/%Y}"
    channel = factories.channel(person=person.row)
    assert says(person.client.get(person.prepare(channels=[str(channel.pk)])), words, day=day)
    newcomer = Person()
    response = newcomer.client.get(newcomer.prepare())
    assert not says(response, words, day=day)
    assert says(response, "by your log-in of a few minutes ago; no code is needed")


def test_without_channels_the_pledge_covers_the_person() -> None:
    person = Person()
    assert says(person.client.get(person.prepare()), "none; the pledge covers you as a person")


def test_drawn_signature_is_shown_as_it_will_be_printed_and_kept_as_checked_strokes() -> None:
    person = Person()
    url = person.prepare(method="drawn", strokes=DRAWN, typed_name="ignored")
    assert '<svg xmlns="http://www.w3.org/2000/svg"' in text_of(person.client.get(url))
    person.client.post(url)
    particulars = person.signatures().get().particulars
    assert (particulars.method, particulars.typed_name) == ("drawn", "")
    assert particulars.strokes[0][0] == [0, 216]


def test_evidence_names_browser_address_and_channels_as_they_stood_when_the_form_was_sent() -> None:
    person = Person()
    channel = factories.channel(person=person.row, followers=1_234)
    factories.channel(person=person.row)
    prepared: Any = person.client.post(
        person.url,
        person.answers(channels=[str(channel.pk)]),
        headers={"User-Agent": "Phone/1"},
        REMOTE_ADDR="203.0.113.7",
    )
    old_url = channel.url
    channel.name, channel.url = "Đổi tên", "https://www.facebook.com/doi.ten"
    channel.save()
    person.client.post(prepared.url)
    signature = person.signatures().get()
    circumstances = signature.circumstances
    assert (circumstances.user_agent, circumstances.ip_address) == ("Phone/1", "203.0.113.7")
    covered = signature.channels.get()
    assert (covered.url, covered.followers) == (old_url, 1_234)


def test_data_are_kept_until_the_day_that_was_shown() -> None:
    person = Person()
    valid_until = timezone.localdate() + timedelta(days=90)
    edition = factories.edition(pledge=person.pledge, number=2, valid_until=valid_until)
    factories.draft_text(of=edition)
    factories.freeze(edition)
    url = person.prepare()
    expected = retention.months_after(valid_until, 24)
    assert f"{expected:%d/%m/%Y}" in text_of(person.client.get(url))
    signature = person.sign()
    assert signature.particulars.keep_until == expected
    assert f"{expected:%d/%m/%Y}" in signature.particulars.consent_text


def test_form_left_open_over_midnight_signs_with_the_day_that_the_check_page_says() -> None:
    person = Person()
    yesterday = consent.text(of=person.text, at=timezone.now() - timedelta(days=1))
    today = consent.text(of=person.text, at=timezone.now())
    assert today.sentence != yesterday.sentence
    page = text_of(person.client.get(person.prepare(consent=yesterday.digest)))
    assert escape(today.sentence) in page
    person.client.post(person.url.replace("/sign/", f"/sign/check/{person.attempts().get().key}/"))
    assert person.signatures().get().particulars.consent_text == today.as_shown


def test_consent_of_before_midnight_is_still_ticked_when_an_answer_is_changed_after_it() -> None:
    person = Person()
    before = timezone.now() - timedelta(days=1)
    shown = consent.text(of=person.text, at=before).as_shown
    act = factories.act(text=person.text, person=person.row, consent_text=shown)
    attempt = signing.prepare(text=person.text, person=person.row, act=act, event=None, at=before)
    person.attempts().update(expires_at=timezone.now() + timedelta(minutes=5))
    form = text_of(person.client.get(person.url, {"attempt": attempt.key}))
    assert 'id="id_consent" checked' in form


# --- Changing an answer ----------------------------------------------------------------------------------------------------------


def test_every_answer_can_be_changed_and_the_form_comes_back_filled_in_without_scripts() -> None:
    person = Person()
    channel = factories.channel(person=person.row)
    url = person.prepare(channels=[str(channel.pk)], method="drawn", strokes=DRAWN)
    attempt = person.attempts().get()
    page = text_of(person.client.get(url))
    for step in (2, 3, 4, 5):
        assert f'href="{person.url}?attempt={attempt.key}#step-{step}"' in page
    form = text_of(person.client.get(person.url, {"attempt": attempt.key}))
    for wanted in (
        'id="of-age-yes" aria-describedby="age-help" checked',
        'id="ticked-3" checked',
        f'id="channel-{channel.pk}" checked',
        'id="id_consent" checked',
        'id="method-drawn" checked',
        "&quot;points&quot;",
    ):
        assert wanted in form
    assert "error-summary" not in form
    strokes = json.dumps(
        [{"points": [{"x": x, "y": y} for x, y in attempt.act["particulars"]["strokes"][0]]}]
    )
    again = person.send(channels=[str(channel.pk)], method="drawn", strokes=strokes)
    assert person.attempts().last().act["particulars"]["strokes"] == attempt.act["particulars"]["strokes"]
    assert again.status_code == 302


def test_answers_of_an_attempt_are_shown_to_its_person_alone() -> None:
    person, other = Person(), Person()
    other.pledge = person.pledge
    key = person.prepare(method="drawn", strokes=DRAWN).split("/")[-2]
    assert "&quot;points&quot;" not in text_of(other.client.get(person.url, {"attempt": key}))
    for key in ("'", "0" * 32, "x" * 5000):
        assert person.client.get(person.url, {"attempt": key}).status_code == 200


# --- Whose it is, and how long ------------------------------------------------------------------------------------------------------


def test_attempt_of_another_person_does_not_exist() -> None:
    person, other = Person(), Person()
    url = person.prepare()
    for path in (url, url.replace("/check/", "/code/")):
        assert other.client.get(path).status_code == 404
        assert other.client.post(path, {"code": "12345678"}).status_code == 404
        assert Client().get(path).status_code == 302
    assert not person.signatures().exists()


def test_attempt_does_not_exist_under_another_pledge() -> None:
    person = Person()
    url = person.prepare().replace(person.pledge.slug, factories.pledge().slug)
    assert person.client.get(url).status_code == 404


def _replaced(person: Person, url: str) -> None:
    person.prepare(method="drawn", strokes=DRAWN)


def _declined(person: Person, url: str) -> None:
    person.client.post(person.decline_url)


def _expired(person: Person, url: str) -> None:
    person.attempts().update(expires_at=timezone.now())


@pytest.mark.parametrize(
    ("end", "words"),
    [
        (
            _replaced,
            "You filled in the form again in another window, so only that newer one can be signed. Nothing was signed here.",
        ),
        (_declined, "You declined to sign in another window, so this signing has ended. Nothing was signed."),
        (
            _expired,
            "More than 30 minutes have passed since you filled in the form, so it is no longer open. Nothing was signed.",
        ),
    ],
)
def test_attempt_that_is_over_says_why_and_leads_back(end: Callable[[Person, str], None], words: str) -> None:
    person = Person()
    url = person.prepare()
    end(person, url)
    for response in (person.client.get(url), person.client.post(url)):
        assert response.status_code == 410
        assert says(response, words)
        assert f'href="{person.url}"' in text_of(response)
    assert not person.signatures().exists()


def test_second_completion_leads_to_the_same_receipt() -> None:
    person = Person()
    url = person.prepare()
    first: Any = person.client.post(url)
    again: Any
    for again in (
        person.client.post(url),
        person.client.get(url),
        person.client.get(url.replace("check", "code")),
    ):
        assert again.url == first.url
    assert person.signatures().count() == 1


def test_text_changed_while_the_answers_were_checked() -> None:
    person = Person()
    url = person.prepare()
    edition = factories.edition(pledge=person.pledge, number=2)
    factories.draft_text(of=edition, closing="Bản mới.")
    factories.freeze(edition)
    for response in (person.client.get(url), person.client.post(url)):
        assert response.status_code == 409
        assert says(response, "The text has changed")
    assert not person.signatures().exists()
    # The way back shows the new text, not the answers to the old one.
    key = url.split("/")[-2]
    form = text_of(person.client.get(person.url, {"attempt": key}))
    assert f'value="{person.text.digest}"' in form
    assert 'id="ticked-1" checked' not in form


def test_pledge_closed_while_the_answers_were_checked() -> None:
    person = Person()
    url = person.prepare()
    Pledge.objects.update(state=PledgeState.CLOSED)
    assert person.client.post(url).status_code == 409
    assert not person.signatures().exists()


def test_old_attempts_are_forgotten() -> None:
    person = Person()
    person.prepare()
    signed = Person()
    signed.sign()
    assert signing.forget_old_attempts(at=timezone.now()) == 0
    assert signing.forget_old_attempts(at=timezone.now() + timedelta(hours=2)) == 2
    assert not Attempt.objects.exists()
    assert signed.signatures().count() == 1
