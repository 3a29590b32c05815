"""Signing once, whatever is sent twice; signing again when something changed; after a withdrawal."""

from __future__ import annotations

import pytest

from kolportal.audit.models import AuditEvent
from kolportal.mail.models import Message
from pledges.models import Decline, Document, Signature
from tests import factories
from tests.pledges.signing_pages import DRAWN, Person, receipt_url, says, text_of

pytestmark = pytest.mark.django_db


def _next_edition(person: Person, **fields: object) -> None:
    edition = factories.edition(pledge=person.pledge, number=2)
    factories.draft_text(of=edition, **{"closing": "Lời kết mới.", **fields})  # type: ignore[arg-type]  # a plain dict serves
    factories.freeze(edition)


def test_form_sent_again_after_it_was_signed_reaches_the_same_receipt() -> None:
    person = Person()
    answers = person.answers()
    signature = person.sign()
    assert person.send(answers).url == receipt_url(signature)
    assert Document.objects.count() == 1
    assert AuditEvent.objects.filter(action="pledge.signed").count() == 1


def test_form_of_another_tab_reaches_the_same_receipt() -> None:
    person = Person()
    other_tab = person.answers(method="drawn", strokes=DRAWN)
    signature = person.sign()
    assert person.send(other_tab).url == receipt_url(signature)
    assert person.signatures().count() == 1


def test_signed_and_nothing_changed_says_so_instead_of_the_form() -> None:
    person = Person()
    person.sign()
    page = text_of(person.client.get(person.url))
    assert person.text.label in page
    assert 'name="digest"' not in page
    assert 'name="digest"' in text_of(person.client.get(person.url, {"again": "1"}))


def test_other_channels_replace_and_the_page_says_what_changed() -> None:
    person = Person()
    old = person.sign()
    channel = factories.channel(person=person.row, name="Kênh mới mở")
    response = person.client.get(person.url)
    assert says(response, "channel not covered so far: %(name)s", name="Kênh mới mở")
    assert old.text.label in text_of(response)
    new = person.sign(channels=[str(channel.pk)])
    old.refresh_from_db()
    assert new.supersedes == old
    assert old.superseded_at == new.signed_at
    assert says(person.client.get(receipt_url(old)), "Signing replaced by a newer one")
    assert Message.objects.get(purpose="pledge_replaced").to_address == person.user.email


def test_new_text_is_shown_with_its_differences_and_replaces() -> None:
    person = Person()
    old = person.sign()
    _next_edition(person, undertakings=4)
    response = person.client.get(person.url)
    page = text_of(response)
    assert old.text.label in page
    assert person.text.label in page
    assert says(response, "Undertaking %(number)s (new)", number=4)
    assert says(response, "Closing")
    assert f"/pledges/{person.pledge.slug}/changes/1/2/" in page
    person.sign()
    assert [signature.text.edition.number for signature in person.signatures()] == [1, 2]
    assert Signature.objects.active().get().text.edition.number == 2


def test_differences_are_listed_in_the_language_that_was_signed_whichever_the_form_is_in() -> None:
    person = Person()
    person.sign()
    edition = factories.edition(pledge=person.pledge, number=2)
    factories.draft_text(of=edition, closing="Lời kết mới.", undertakings=4)
    factories.draft_text(of=edition, language="en", undertakings=4)
    factories.freeze(edition)
    person.client.cookies["django_language"] = "en"
    page = text_of(person.client.get(person.url))
    assert 'name="language" value="en"' in page
    assert "Undertaking 4 (new)" in page
    assert "<li>Closing</li>" in page
    assert "<li>Undertaking 1</li>" not in page


def test_what_was_signed_is_named_by_its_version_on_the_receipt() -> None:
    person = Person()
    signature = person.sign()
    _next_edition(person)
    assert signature.text.label in text_of(person.client.get(receipt_url(signature)))


def _withdraw(person: Person) -> Signature:
    signature: Signature = person.signatures().last()
    person.client.post(f"{receipt_url(signature)}withdraw/")
    signature.refresh_from_db()
    assert signature.withdrawn_at
    return signature


def test_form_of_before_a_withdrawal_signs_nothing() -> None:
    person = Person()
    answers = person.answers()
    person.sign()
    _withdraw(person)
    response = person.send(answers)
    assert response.status_code == 409
    assert person.signatures().count() == 1


def test_attempt_of_before_a_withdrawal_signs_nothing_and_the_state_says_withdrawn() -> None:
    person = Person()
    person.sign()
    url = person.prepare(channels=[str(factories.channel(person=person.row).pk)])
    _withdraw(person)
    response = person.client.post(url)
    assert response.status_code == 409
    assert "chip-withdrawn" in text_of(response)
    assert person.signatures().count() == 1


def test_form_opened_before_another_signature_does_not_replace_it() -> None:
    person = Person()
    channel = factories.channel(person=person.row)
    stale = person.answers(channels=[str(channel.pk)])
    person.sign()
    assert person.send(stale).status_code == 409
    assert person.signatures().get().channels.count() == 0


def test_after_a_withdrawal_the_pages_say_withdrawn_and_signing_makes_a_new_signature() -> None:
    person = Person()
    person.sign()
    old = _withdraw(person)
    response = person.client.get(person.url)
    assert says(response, "Open that receipt")
    assert old.text.label in text_of(response)
    assert "chip-withdrawn" in text_of(person.client.get(receipt_url(old)))
    new = person.sign()
    assert new != old
    assert new.supersedes is None
    assert new.is_active


def test_signing_takes_a_refusal_back() -> None:
    person = Person()
    person.client.post(person.decline_url)
    person.sign()
    assert Decline.objects.get().reversed_at is not None
