"""The receipt: what it shows, how its state changes, the PDF, what is left after an erasure, and that it is nobody else's."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from kolportal.audit.models import AuditEvent
from kolportal.people.models import Person
from kolportal.privacy.signers import erase_signers
from kolportal.work.models import Work
from pledges import history, storage
from pledges.models import Signature
from tests import factories
from tests.pledges import signing_pages
from tests.pledges.sealed import file_of, seal
from tests.pledges.signing_pages import DRAWN, receipt_url, says, text_of

pytestmark = pytest.mark.django_db


def _signed(**changes: Any) -> tuple[signing_pages.Person, Signature]:
    person = signing_pages.Person()
    return person, person.sign(**changes)


def test_receipt_shows_the_code_and_everything_that_is_kept() -> None:
    person = signing_pages.Person()
    channel = factories.channel(person=person.row)
    prepared: Any = person.client.post(
        person.url,
        person.answers(channels=[str(channel.pk)]),
        headers={"User-Agent": "Phone/1"},
        REMOTE_ADDR="203.0.113.7",
    )
    person.client.post(prepared.url)
    signature = person.signatures().get()
    page = text_of(person.client.get(receipt_url(signature)))
    for words in (
        signature.reference_grouped, signature.digest, signature.text.label, signature.unit_name, channel.name, "Phone/1",
        "203.0.113.7", signature.particulars.full_name, f"{signature.particulars.keep_until:%d/%m/%Y}",
        f"{signature.circumstances.keep_until:%d/%m/%Y}", "n***@example.com",
    ):  # fmt: skip
        assert words in page


def test_drawn_signature_is_shown_as_the_server_draws_it() -> None:
    person, signature = _signed(method="drawn", strokes=DRAWN)
    page = text_of(person.client.get(receipt_url(signature)))
    assert '<svg xmlns="http://www.w3.org/2000/svg"' in page
    assert 'stroke="#1D3F8F"' in page


def test_receipt_turns_from_being_sealed_to_download() -> None:
    person, signature = _signed()
    url = f"{receipt_url(signature)}state"
    pending = person.client.get(url)
    assert "chip-pending" in text_of(pending)
    assert "data-final" not in text_of(pending)
    etag = pending.headers["ETag"]
    assert person.client.get(url, headers={"If-None-Match": etag}).status_code == 304
    seal(signature)
    sealed = person.client.get(url, headers={"If-None-Match": etag})
    assert sealed.status_code == 200
    assert f"{receipt_url(signature)}pdf" in text_of(sealed)
    assert "data-final" in text_of(sealed)
    for response in (pending, sealed, person.client.get(receipt_url(signature))):
        assert "no-store" in response.headers["Cache-Control"]


def test_given_up_document_is_told_honestly() -> None:
    person, signature = _signed()
    Work.objects.filter(subject=signature.document.pk, kind="pledges.seal").update(
        parked_at=timezone.now(), error="KeyMissing: secret path"
    )
    page = text_of(person.client.get(receipt_url(signature)))
    assert "chip-parked" in page
    assert "KeyMissing" not in page


def test_signer_downloads_the_sealed_file_and_sees_who_downloaded_it() -> None:
    person, signature = _signed()
    seal(signature)
    response = person.client.get(f"{receipt_url(signature)}pdf")
    assert response.status_code == 200
    assert response.content == storage.read(file_of(signature).sha256)
    assert response.headers["Content-Type"] == "application/pdf"
    assert (
        response.headers["Content-Disposition"]
        == f'attachment; filename="cam-ket-{signature.reference_grouped}.pdf"'
    )
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in response.headers["Cache-Control"]
    event = AuditEvent.objects.get(action="document.downloaded")
    assert (event.subject_type, event.subject_id, event.detail) == (
        "document",
        str(signature.document.pk),
        {"role": "signer", "bulk": False},
    )
    assert event.actor_id == str(person.user.pk)
    official = factories.user(name="Lê Lãnh Đạo", is_staff=True)
    history.downloaded(
        [signature.document.pk],
        actor_id=official.pk,
        role="official",
        unit=person.pledge.unit_id,
        bulk=True,
        at=timezone.now(),
    )
    page = person.client.get(receipt_url(signature))
    assert says(page, "you")
    assert "Lê Lãnh Đạo" in text_of(page)
    assert person.pledge.unit.short_name in text_of(page) or person.pledge.unit.name in text_of(page)


def test_newest_sealed_file_is_the_one_that_is_handed_out() -> None:
    person, signature = _signed()
    seal(signature)
    seal(signature, data=b"%PDF-1.7 higher level")
    assert person.client.get(f"{receipt_url(signature)}pdf").content == b"%PDF-1.7 higher level"


def test_pdf_before_it_is_sealed_leads_back_to_the_receipt() -> None:
    person, signature = _signed()
    response = person.client.get(f"{receipt_url(signature)}pdf", follow=True)
    assert says(response, "The PDF is not ready yet. This page shows when it is.")
    assert not AuditEvent.objects.filter(action="document.downloaded").exists()


def test_damaged_file_is_not_handed_out() -> None:
    person, signature = _signed()
    seal(signature)
    storage.remove(file_of(signature).sha256)
    response = person.client.get(f"{receipt_url(signature)}pdf")
    assert response.status_code == 503
    assert signature.reference_grouped in text_of(response)
    assert not AuditEvent.objects.filter(action="document.downloaded").exists()


@pytest.mark.parametrize("part", ["", "state", "pdf", "withdraw/", "withdraw/code/"])
def test_receipt_of_another_person_does_not_exist(part: str) -> None:
    _, signature = _signed()
    stranger = signing_pages.Person()
    assert stranger.client.get(f"{receipt_url(signature)}{part}").status_code == 404
    assert stranger.client.post(f"{receipt_url(signature)}withdraw/").status_code == 404
    signature.refresh_from_db()
    assert signature.is_active


def test_receipt_of_what_one_signed_at_a_tablet_before_the_account() -> None:
    at = timezone.now()
    guest = factories.person(user=None)
    signature = factories.signature(signer=guest)
    person = signing_pages.Person()
    assert person.client.get(receipt_url(signature)).status_code == 404
    Person.objects.filter(pk=guest.pk).update(merged_into=person.row, merged_at=at)
    assert person.client.get(receipt_url(signature)).status_code == 200


@pytest.mark.parametrize("part", ["", "state", "pdf", "withdraw/", "withdraw/code/"])
def test_receipt_needs_a_login(part: str) -> None:
    _, signature = _signed()
    response = Client().get(f"{receipt_url(signature)}{part}")
    assert response.status_code == 302
    assert response.headers["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("part", ["", "state", "pdf"])
def test_receipt_is_only_read(part: str) -> None:
    person, signature = _signed()
    assert person.client.post(f"{receipt_url(signature)}{part}").status_code == 405


def test_unknown_code_does_not_exist() -> None:
    assert signing_pages.Person().client.get("/pledges/receipts/000000000000/").status_code == 404


def test_receipt_says_what_was_erased_and_keeps_the_act() -> None:
    person, signature = _signed(channels=[])
    seal(signature)
    name = signature.particulars.full_name
    with transaction.atomic():
        erase_signers([signature.pk], actor_id=None, at=timezone.now() + timedelta(seconds=1))
    response = person.client.get(receipt_url(signature))
    page = text_of(response)
    assert response.status_code == 200
    assert says(response, "erased")
    assert name not in page
    assert signature.digest in page
    assert "chip-destroyed" in page


def test_receipt_ends_the_draft_in_the_browser() -> None:
    person, signature = _signed()
    assert "data-draft-ended" in text_of(person.client.get(receipt_url(signature)))
