"""From the rows of a signature to the sheet that is printed, and to the evidence that is attached.

``evidence.json`` is canonical JSON (RFC 8785). Browser and network address are not in it: they are kept for a limited
time, and a PDF is for ever. The e-mail address is masked: the PDF travels further than the account's data should.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import rfc8785
from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from pledges import rendering, strokes
from pledges.models import Confirmation, Signature, SignatureMethod

if TYPE_CHECKING:
    from kolportal import pades

EVIDENCE_SCHEMA = "kolportal/signing-evidence/1"


def of_signature(signature: Signature, *, key: pades.SealKey) -> rendering.PledgeSheet:
    """The sheet of a signature with its version, pledge, unit and channels loaded; ``key`` will seal it."""
    drawn = signature.method == SignatureMethod.DRAWN
    with override(signature.language):
        return rendering.PledgeSheet(
            text=signature.version.text,
            full_name=signature.full_name,
            stage_name=signature.stage_name,
            kind=str(signature.get_kind_display()),
            organisation=signature.organisation,
            commune=signature.commune_label,
            province=settings.PROVINCE_NAME,
            channels=tuple(
                rendering.ChannelLine(
                    platform=str(channel.get_platform_display()),
                    name=channel.name,
                    url=channel.url,
                    role=str(channel.get_role_display()),
                )
                for channel in signature.channels.all()
            ),
            place=settings.PROVINCE_NAME,
            signed_at=signature.signed_at,
            consented_at=signature.consented_at,
            confirmed_at=signature.confirmed_at,
            confirmation=confirmation_in_words(signature),
            signature_svg=strokes.to_svg(strokes.from_lists(signature.strokes)) if drawn else None,
            typed_name=signature.typed_name,
            reference=signature.reference_grouped,
            unit=signature.unit_name,
            verify_url=settings.SITE_URL + reverse("verification:detail", args=[signature.reference]),
            seal_subject=key.subject,
            seal_fingerprint=key.fingerprint,
            seal_is_test=key.is_test,
            evidence=evidence(signature),
        )


def masked_email(address: str) -> str:
    """``n***@example.com``: enough for its owner to know it again."""
    local, _at, domain = address.partition("@")
    return f"{local[:1]}***@{domain}"


def confirmation_in_words(signature: Signature) -> str:
    """How the person was confirmed, in the active language, with the masked address."""
    address = masked_email(signature.email)
    if signature.confirmation == Confirmation.EMAIL_CODE:
        return _("one-time code sent to the e-mail address %(address)s") % {"address": address}
    return _("logged in to the account %(address)s at most 5 minutes before signing") % {"address": address}


def evidence(signature: Signature) -> bytes:
    """RFC 8785 bytes: what was signed, by whom as they stood, how, when; times in UTC, ISO 8601."""
    record: dict[str, Any] = {
        "channels": [
            {
                "followers": channel.followers,
                "followers_declared_at": _utc(channel.followers_declared_at),
                "name": channel.name,
                "platform": channel.platform,
                "role": channel.role,
                "url": channel.url,
            }
            for channel in signature.channels.all()
        ],
        "confirmation": {
            "address": masked_email(signature.email),
            "at": _utc(signature.confirmed_at),
            "method": signature.confirmation,
        },
        "consent": {"at": _utc(signature.consented_at), "text": signature.consent_text},
        "reference": signature.reference,
        "schema": EVIDENCE_SCHEMA,
        "signature": {
            "method": signature.method,
            "signed_at": _utc(signature.signed_at),
            "strokes": signature.strokes,
            "typed_name": signature.typed_name or None,
        },
        "signer": {
            "commune": signature.commune_label,
            "commune_code": signature.commune_code,
            "full_name": signature.full_name,
            "kind": signature.kind,
            "organisation": signature.organisation or None,
            "stage_name": signature.stage_name or None,
        },
        "supersedes": signature.supersedes.reference if signature.supersedes else None,
        "text": {
            "digest": signature.digest,
            "language": signature.language,
            "number": signature.version.number,
            "pledge": signature.pledge.slug,
        },
        "unit": signature.unit_name,
    }
    return rfc8785.dumps(record)


def _utc(moment: datetime | None) -> str | None:
    return (
        moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z") if moment else None
    )
