"""The e-mail after sealing: once, in the signature's language, without the file; a failing mail server only delays it."""

from __future__ import annotations

import smtplib
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from pledges import announcing, documents
from pledges.models import Document, Signature
from tests import factories
from tests.pledges.sealed import seal, sealed_signature
from tests.pledges.signing_pages import Person, receipt_url

pytestmark = [pytest.mark.django_db, pytest.mark.servers]


def _announce(signature: Signature) -> bool:
    return announcing.announce(document_id=signature.document.pk, at=timezone.now())


def test_signer_is_told_once() -> None:
    signature = sealed_signature()
    assert _announce(signature)
    assert not _announce(signature)
    (message,) = mail.outbox
    assert message.to == [signature.signer.email]
    assert message.subject == f"Bản cam kết đã ký {signature.reference_grouped} đã sẵn sàng"
    assert receipt_url(signature) in message.body
    assert message.attachments == []
    assert Document.objects.get().announced_at is not None


def test_message_is_plain_text_with_the_name_as_it_is() -> None:
    signer = factories.profile(full_name="Nguyễn D'Arc & Con")
    _announce(sealed_signature(signer=signer))
    (message,) = mail.outbox
    assert "Nguyễn D'Arc & Con" in message.body
    assert "&amp;" not in message.body
    assert message.alternatives == []  # type: ignore[attr-defined]  # EmailMultiAlternatives, without any


def test_message_speaks_the_language_of_the_signature() -> None:
    signature = sealed_signature()
    person = Person(pledge=factories.pledge(languages=("vi", "en")))
    person.send(version=person.pledge.current_version("en"))
    other = seal(person.signatures().get())
    _announce(other)
    assert mail.outbox[0].subject == f"Your signed pledge {other.reference_grouped} is ready"
    _announce(signature)
    assert mail.outbox[1].subject.startswith("Bản cam kết đã ký")


def test_pending_document_is_not_announced() -> None:
    signature = factories.signature()
    assert not _announce(signature)
    assert mail.outbox == []
    assert Document.objects.get().announced_at is None


def test_failing_mail_server_gives_the_message_back_to_the_sweep(monkeypatch: pytest.MonkeyPatch) -> None:
    signature = sealed_signature()

    def refuse(*_: Any, **__: Any) -> int:
        raise smtplib.SMTPServerDisconnected

    with monkeypatch.context() as patched:
        patched.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", refuse)
        assert not _announce(signature)
    assert Document.objects.get().announced_at is None
    documents.sweep()
    assert len(mail.outbox) == 1
    documents.sweep()
    assert len(mail.outbox) == 1


def test_withdrawn_in_between_is_said() -> None:
    signature = sealed_signature()
    Signature.objects.filter(pk=signature.pk).update(withdrawn_at=timezone.now())
    _announce(signature)
    assert "anh/chị đã rút cam kết này" in mail.outbox[0].body
