"""What pledges tell their signers by mail, each written in the transaction of what it tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.urls import reverse

from kolportal.mail import outbox
from pledges.models import Particulars

if TYPE_CHECKING:
    from datetime import datetime

    from pledges.models import Document, SealedFile, Signature


def sealed(document: Document, file: SealedFile, *, at: datetime) -> None:
    """The PDF is ready; told once, for the first generation."""
    if document.signature is None or file.generation > 1:
        return
    _put("pledge_sealed", document.signature, at=at)


def replaced(signature: Signature, *, by: Signature, at: datetime) -> None:
    """A newer signing took the place of this one."""
    _put("pledge_replaced", signature, at=at, newer=by)


def withdrawn(signature: Signature, *, at: datetime) -> None:
    """The pledge was withdrawn."""
    _put("pledge_withdrawn", signature, at=at)


def _put(template: str, signature: Signature, *, at: datetime, **more: Any) -> None:
    particulars = Particulars.objects.filter(signature=signature, erased_at=None).first()
    to = _address(signature, particulars)
    if not to:
        return
    receipt = reverse("pledges:receipt", args=[signature.reference])
    outbox.put(
        template=template,
        occasion=f"{template}:{signature.reference}",
        to=to,
        language=signature.text.language,
        at=at,
        context={
            "signature": signature,
            "name": particulars.full_name if particulars else "",
            "keep_until": particulars.keep_until if particulars else None,
            "receipt_url": settings.SITE_URL + receipt,
            "at": at,
            **more,
        },
    )


def _address(signature: Signature, particulars: Particulars | None) -> str:
    """The account's present address, which may be a newer one than that of the signing; of somebody who signed at a tablet the
    address given there; ``""`` where there is none."""
    return signature.person.email or (particulars.email if particulars else "")
