"""Withdrawing one's own pledge: asked once, confirmed afresh, told by mail; the PDF stays."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail

from kolportal.audit.models import AuditEvent
from kolportal.mail.models import Message
from pledges.models import Signature
from tests import factories
from tests.pledges.sealed import seal
from tests.pledges.signing_pages import (
    Person,
    another_code,
    code_in_mail,
    receipt_url,
    says,
    text_of,
)

pytestmark = pytest.mark.django_db


def _signed(*, recent: bool = True) -> tuple[Person, Signature, str]:
    """Somebody who signed, and where the pledge is withdrawn."""
    person = Person(recent=recent)
    signature = person.sign()
    mail.outbox.clear()
    return person, signature, f"{receipt_url(signature)}withdraw/"


def _is_active(signature: Signature) -> bool:
    return Signature.objects.get(pk=signature.pk).is_active


def test_looking_at_the_page_withdraws_nothing() -> None:
    person, signature, url = _signed()
    assert says(person.client.get(url), "The PDF stays available to you.")
    assert _is_active(signature)


def test_after_a_fresh_login_one_button_withdraws() -> None:
    person, signature, url = _signed()
    seal(signature)
    response = person.client.post(url, follow=True)
    assert says(response, "The pledge has been withdrawn.")
    assert "chip-withdrawn" in text_of(response)
    assert f"{receipt_url(signature)}pdf" in text_of(response)
    assert person.client.get(f"{receipt_url(signature)}pdf").status_code == 200
    assert AuditEvent.objects.filter(action="pledge.withdrawn").count() == 1
    assert Message.objects.get(purpose="pledge_withdrawn").to_address == person.user.email


def test_login_longer_ago_asks_for_a_code_that_names_the_pledge() -> None:
    person, signature, url = _signed(recent=False)
    asked: Any = person.client.post(url)
    assert asked.url == f"{url}code/"
    assert _is_active(signature)
    assert signature.text.title in str(mail.outbox[-1].body)
    refused = person.client.post(asked.url, {"code": another_code(code_in_mail())})
    assert refused.status_code == 422
    assert 'id="id_code_error"' in text_of(refused)
    assert _is_active(signature)
    done: Any = person.client.post(asked.url, {"code": code_in_mail()})
    assert done.url == receipt_url(signature)
    assert not _is_active(signature)


def test_code_for_signing_withdraws_nothing_and_the_other_way_round() -> None:
    person, signature, url = _signed(recent=False)
    channel = factories.channel(person=person.row)
    sign_url = person.ask_for_code(person.prepare(channels=[str(channel.pk)]))
    sign_code = code_in_mail()
    withdraw_url: Any = person.client.post(url)
    withdraw_code = code_in_mail()
    if sign_code != withdraw_code:
        assert person.client.post(withdraw_url.url, {"code": sign_code}).status_code == 422
        assert person.client.post(sign_url, {"code": withdraw_code}).status_code == 422
    assert _is_active(signature)
    assert person.signatures().count() == 1


def test_code_for_one_signature_withdraws_no_other() -> None:
    person, _, url = _signed(recent=False)
    person.client.post(url)
    code = code_in_mail()
    other = Person(row=person.row, recent=False)
    signature = other.sign()
    other_url = f"{receipt_url(signature)}withdraw/"
    other.client.post(other_url)
    assert other.client.post(f"{other_url}code/", {"code": code}).status_code == 422
    assert _is_active(signature)


def test_new_code_can_be_asked_for() -> None:
    person, signature, url = _signed(recent=False)
    person.client.post(url)
    older = code_in_mail()
    again: Any = person.client.post(f"{url}code/", {"resend": "1"})
    assert again.url == f"{url}code/"
    assert person.client.post(f"{url}code/", {"code": older}).status_code == 422
    person.client.post(f"{url}code/", {"code": code_in_mail()})
    assert not _is_active(signature)


def test_second_withdrawal_changes_nothing() -> None:
    person, _, url = _signed()
    for _ in range(2):
        assert person.client.post(url).status_code == 302
    assert AuditEvent.objects.filter(action="pledge.withdrawn").count() == 1
    for path in (url, f"{url}code/"):
        assert person.client.get(path).status_code == 302


def test_replaced_signature_cannot_be_withdrawn() -> None:
    person, _, url = _signed()
    person.sign(channels=[str(factories.channel(person=person.row).pk)])
    response = person.client.post(url, follow=True)
    assert says(response, "This signature has been replaced by a newer one. The newer one can be withdrawn.")
    assert Signature.objects.filter(withdrawn_at=None).count() == 2


def test_pledge_can_be_withdrawn_after_it_closed() -> None:
    person, signature, url = _signed()
    type(person.pledge).objects.update(state="closed")
    person.client.post(url)
    assert not _is_active(signature)
