"""Signing once, whatever is sent twice; signing again when something changed; after a withdrawal."""

from __future__ import annotations

import pytest

from kolportal.audit.models import AuditEvent
from pledges.models import Decline, Document, Signature
from tests import factories
from tests.pledges.signing_pages import Person, receipt_url, text_of

pytestmark = pytest.mark.django_db


def test_same_form_sent_twice_reaches_the_same_receipt() -> None:
    person = Person()
    answers = person.answers()
    first, second = person.send(answers), person.send(answers)
    assert first.url == second.url
    assert person.signatures().count() == Document.objects.count() == 1
    assert AuditEvent.objects.filter(action="pledge.signed").count() == 1


def test_form_of_another_tab_reaches_the_same_receipt() -> None:
    person = Person()
    other_tab = person.answers(method="drawn", strokes='[{"points": [{"x": 1, "y": 1}, {"x": 90, "y": 40}]}]')
    first = person.send()
    assert person.send(other_tab).url == first.url
    assert person.signatures().count() == 1


def test_form_sent_again_with_a_missing_tick_still_reaches_the_receipt() -> None:
    person = Person()
    answers = person.answers()
    first = person.send(answers)
    assert person.send({**answers, "ticked": []}).url == first.url


def test_form_sent_again_after_the_pledge_closed_reaches_the_receipt() -> None:
    person = Person()
    answers = person.answers()
    first = person.send(answers)
    type(person.pledge).objects.update(state="closed")
    assert person.send(answers).url == first.url


def test_signed_and_nothing_changed_says_so_instead_of_the_form() -> None:
    person = Person()
    person.send()
    page = text_of(person.client.get(person.url))
    assert "không cần ký lại" in page
    assert 'name="digest"' not in page
    assert 'name="digest"' in text_of(person.client.get(person.url, {"again": "1"}))


def test_other_channels_supersede_and_the_page_says_what_changed() -> None:
    person = Person()
    person.send()
    old = person.signatures().get()
    channel = factories.channel(profile=person.profile, name="Kênh mới mở")
    page = text_of(person.client.get(person.url))
    assert "Ký lần này sẽ thay thế chữ ký đó" in page
    assert "kênh chưa thuộc phạm vi cam kết: Kênh mới mở" in page
    response = person.send(channels=[str(channel.pk)])
    old.refresh_from_db()
    new = person.signatures().last()
    assert response.url == receipt_url(new)
    assert new.supersedes == old
    assert old.superseded_at is not None
    assert "Chữ ký đã được thay thế" in text_of(person.client.get(receipt_url(old)))


def test_new_version_supersedes_and_links_to_what_changed() -> None:
    person = Person()
    person.send()
    factories.freeze(factories.draft_version(pledge=person.pledge, number=2, undertakings=4))
    page = text_of(person.client.get(person.url))
    assert "nội dung: từ phiên bản 1 sang phiên bản 2" in page
    assert f"/pledges/{person.pledge.slug}/changes/1/2/" in page
    person.send()
    assert [signature.version.number for signature in person.signatures()] == [1, 2]
    assert Signature.objects.active().get().version.number == 2


def test_form_of_before_a_withdrawal_signs_nothing() -> None:
    person = Person()
    answers = person.answers()
    person.send(answers)
    signature = person.signatures().get()
    person.client.post(f"{receipt_url(signature)}withdraw/")
    response = person.send(answers)
    assert response.status_code == 409
    assert "Vì vậy lần gửi này chưa được ghi nhận." in text_of(response)
    assert person.signatures().count() == 1


def test_form_opened_before_a_withdrawal_to_replace_the_signature_signs_nothing() -> None:
    person = Person()
    person.send()
    answers = person.answers(channels=[str(factories.channel(profile=person.profile).pk)])
    person.client.post(f"{receipt_url(person.signatures().get())}withdraw/")
    assert person.send(answers).status_code == 409
    assert person.signatures().count() == 1


def test_form_opened_before_another_signature_does_not_replace_it() -> None:
    person = Person()
    channel = factories.channel(profile=person.profile)
    stale = person.answers(channels=[str(channel.pk)])
    person.send()
    response = person.send(stale)
    assert response.status_code == 409
    assert "Trạng thái chữ ký đã thay đổi" in text_of(response)
    assert person.signatures().get().channels.count() == 0


def test_signing_after_a_withdrawal_makes_a_new_signature() -> None:
    person = Person()
    person.send()
    old = person.signatures().get()
    person.client.post(f"{receipt_url(old)}withdraw/")
    assert "Ký lần này sẽ tạo chữ ký mới" in text_of(person.client.get(person.url))
    person.send()
    new = person.signatures().last()
    assert new != old
    assert new.supersedes is None
    assert new.is_active


def test_signing_takes_a_refusal_back() -> None:
    person = Person()
    person.client.post(f"/pledges/{person.pledge.slug}/decline/")
    person.send()
    assert Decline.objects.get().reversed_at is not None
