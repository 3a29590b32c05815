"""Telling the signer by e-mail that the PDF is ready: once, in the language of the signature, without the file.

``Document.announced_at`` is claimed by a conditional update before the message goes out, so that two workers never tell
twice; a mail server that refuses gives the claim back and the next sweep tries again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import override

from pledges.models import Document

if TYPE_CHECKING:
    from datetime import datetime

log = structlog.get_logger("pledges.announcing")


def announce(*, document_id: int, at: datetime) -> bool:
    """Tells the signer of one sealed document; whether this call did. Raises nothing when the mail server fails."""
    if not Document.objects.unannounced().filter(pk=document_id).update(announced_at=at):
        return False
    document = Document.objects.select_related("signature__version", "signature__signer").get(pk=document_id)
    try:
        _send(document)
    except Exception as error:  # noqa: BLE001  (whatever the mail server or socket raises; the sweep tries again)
        Document.objects.filter(pk=document_id, announced_at=at).update(announced_at=None)
        log.warning("signer not told", document=document_id, error=type(error).__name__)
        return False
    return True


def _send(document: Document) -> None:
    signature = document.signature
    address = reverse("pledges:receipt", args=[signature.reference])
    with override(signature.language):
        context = {
            "signature": signature,
            "document": document,
            "receipt_url": f"{settings.SITE_URL}{address}",
            "programme_name": settings.PROGRAMME_NAME,
            "contact_email": settings.CONTACT_EMAIL,
        }
        subject = render_to_string("emails/pledge_sealed_subject.txt", context).strip()
        body = render_to_string("emails/pledge_sealed.txt", context)
    send_mail(subject, body, settings.DEFAULT_FROM_EMAIL, [signature.signer.email])
