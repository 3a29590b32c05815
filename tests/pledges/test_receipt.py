"""The receipt: what it shows, how its state changes, the PDF, and that it is nobody else's."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from kolportal.audit.models import AuditEvent
from pledges import documents, storage
from pledges.models import Document, DocumentState, Signature
from tests import factories
from tests.pledges.signing_pages import DRAWN, Person, receipt_url, text_of

pytestmark = pytest.mark.django_db


def _signed(**changes: Any) -> tuple[Person, Signature]:
    person = Person()
    person.send(**changes)
    return person, person.signatures().get()


def _seal(signature: Signature) -> Document:
    assert documents.seal(document_id=signature.document.pk, at=timezone.now())
    return Document.objects.get(pk=signature.document.pk)


def test_receipt_shows_the_code_and_all_evidence() -> None:
    person = Person()
    channel = factories.channel(profile=person.profile)
    person.client.post(
        person.url,
        person.answers(channels=[str(channel.pk)]),
        headers={"User-Agent": "Phone/1"},
        REMOTE_ADDR="203.0.113.7",
    )
    signature = person.signatures().get()
    page = text_of(person.client.get(receipt_url(signature)))
    for words in (
        signature.reference_grouped, signature.digest, channel.name, "Phone/1", "203.0.113.7", signature.full_name,
        "đăng nhập trong vòng 5 phút trước khi ký", "Tôi đồng ý để", "365 ngày", "(+07:00)",
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
    assert "Bản PDF đang được đóng dấu" in text_of(pending)
    assert "Tải bản PDF" not in text_of(pending)
    assert "data-final" not in text_of(pending)
    unchanged = person.client.get(url, headers={"If-None-Match": pending.headers["ETag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    _seal(signature)
    sealed = person.client.get(url, headers={"If-None-Match": pending.headers["ETag"]})
    assert sealed.status_code == 200
    assert "Tải bản PDF" in text_of(sealed)
    assert "data-final" in text_of(sealed)
    for response in (pending, sealed, person.client.get(receipt_url(signature))):
        assert response.headers["Cache-Control"] == "private, no-store"


def test_parked_document_is_told_honestly() -> None:
    person, signature = _signed()
    Document.objects.update(state=DocumentState.PARKED, last_error="KeyMissing: secret path")
    page = text_of(person.client.get(receipt_url(signature)))
    assert "cần xử lý" in page
    assert "anh/chị không cần ký lại" in page
    assert "KeyMissing" not in page


def test_signer_downloads_the_sealed_file_and_sees_that_it_was_downloaded() -> None:
    person, signature = _signed()
    document = _seal(signature)
    response = person.client.get(f"{receipt_url(signature)}pdf")
    assert response.status_code == 200
    assert response.content == storage.read(document.sha256)
    assert response.content.startswith(b"%PDF-")
    assert response.headers["Content-Type"] == "application/pdf"
    assert (
        response.headers["Content-Disposition"]
        == f'attachment; filename="cam-ket-{signature.reference_grouped}.pdf"'
    )
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cache-Control"] == "private, no-store"
    event = AuditEvent.objects.get(action="document.downloaded")
    assert (event.subject_type, event.subject_id, event.detail) == (
        "document",
        str(document.pk),
        {"role": "signer"},
    )
    assert event.actor_id == str(person.user.pk)
    page = text_of(person.client.get(receipt_url(signature)))
    assert "<li>anh/chị, <time" in page


def test_pdf_before_it_is_sealed_leads_back_to_the_receipt() -> None:
    person, signature = _signed()
    response = person.client.get(f"{receipt_url(signature)}pdf", follow=True)
    assert "Bản PDF chưa sẵn sàng." in text_of(response)
    assert not AuditEvent.objects.filter(action="document.downloaded").exists()


def test_damaged_file_is_not_handed_out(settings: Any) -> None:
    person, signature = _signed()
    document = _seal(signature)
    (stored,) = settings.VAR_DIR.rglob(f"{document.sha256}.pdf")
    stored.unlink()
    response = person.client.get(f"{receipt_url(signature)}pdf")
    assert response.status_code == 503
    assert "Hiện chưa đọc được bản PDF" in text_of(response)
    assert not AuditEvent.objects.filter(action="document.downloaded").exists()


@pytest.mark.parametrize("part", ["", "state", "pdf", "withdraw/"])
def test_receipt_of_another_person_does_not_exist(part: str) -> None:
    _, signature = _signed()
    stranger = Person()
    assert stranger.client.get(f"{receipt_url(signature)}{part}").status_code == 404
    assert stranger.client.post(f"{receipt_url(signature)}withdraw/").status_code == 404
    signature.refresh_from_db()
    assert signature.is_active


@pytest.mark.parametrize("part", ["", "state", "pdf", "withdraw/"])
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
    assert Person().client.get("/pledges/receipts/000000000000/").status_code == 404


# --- Withdrawing ------------------------------------------------------------------------------------------------------------


def test_looking_at_the_withdrawal_page_withdraws_nothing() -> None:
    person, signature = _signed()
    page = text_of(person.client.get(f"{receipt_url(signature)}withdraw/"))
    assert "Anh/chị vẫn tải được bản PDF." in page
    signature.refresh_from_db()
    assert signature.is_active


def test_withdrawn_pledge_says_so_and_keeps_its_pdf() -> None:
    person, signature = _signed()
    _seal(signature)
    response = person.client.post(f"{receipt_url(signature)}withdraw/", follow=True)
    page = text_of(response)
    assert "Đã rút cam kết." in page
    assert "đã rút" in page
    assert "Tải bản PDF" in page
    assert person.client.get(f"{receipt_url(signature)}pdf").status_code == 200
    assert AuditEvent.objects.filter(action="pledge.withdrawn").count() == 1


def test_second_withdrawal_changes_nothing() -> None:
    person, signature = _signed()
    for _ in range(2):
        assert person.client.post(f"{receipt_url(signature)}withdraw/").status_code == 302
    assert AuditEvent.objects.filter(action="pledge.withdrawn").count() == 1
    assert person.client.get(f"{receipt_url(signature)}withdraw/").status_code == 302


def test_replaced_signature_cannot_be_withdrawn() -> None:
    person, signature = _signed()
    person.send(channels=[str(factories.channel(profile=person.profile).pk)])
    page = text_of(person.client.post(f"{receipt_url(signature)}withdraw/", follow=True))
    assert "Chữ ký này đã được thay thế bằng chữ ký mới hơn." in page
    assert Signature.objects.filter(withdrawn_at=None).count() == 2


def test_pledge_can_be_withdrawn_after_it_closed() -> None:
    person, signature = _signed()
    type(person.pledge).objects.update(state="closed")
    person.client.post(f"{receipt_url(signature)}withdraw/")
    signature.refresh_from_db()
    assert signature.withdrawn_at is not None
