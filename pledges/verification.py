"""What anybody may learn about a reference code, and nothing more.

The masked name is the first letter of every word of the full name, as in "N. T. T. A.". Whoever holds the document can
compare it with the name printed there; whoever only has codes learns no name, whatever their number. A code has 55
random bits and the page is rate-limited, so that guessing finds nobody either.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import models
from django.utils.translation import gettext_lazy as _

from kolportal import codes
from pledges.models import Document, DocumentState, Signature

if TYPE_CHECKING:
    from datetime import datetime


class VerificationFailed(Exception):
    """The code names nothing that can be shown. The subclasses say why."""


class Mistyped(VerificationFailed):
    """The check character does not fit, or the length or a character is wrong: a slip of reading or typing."""


class Unknown(VerificationFailed):
    """The code is well formed, but no signature has it."""


class Standing(models.TextChoices):
    """What a signature and its document are worth now. Its end (withdrawn, replaced) outweighs the seal."""

    SEALED = "sealed", _("sealed")
    PENDING = "pending", _("being sealed")
    WITHDRAWN = "withdrawn", _("withdrawn")
    SUPERSEDED = "superseded", _("replaced")


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """The public facts of one signature. ``sha256`` and ``sealed_at`` are empty until the document is sealed."""

    reference: str
    standing: Standing
    title: str
    pledge_slug: str
    version_number: int
    language: str
    language_label: str
    masked_name: str
    confirmed_by: str
    signed_at: datetime
    sealed_at: datetime | None
    ended_at: datetime | None
    sha256: str
    is_test: bool
    organisation: str

    @property
    def reference_grouped(self) -> str:
        """The code in groups of four."""
        return codes.grouped(self.reference)

    @property
    def sha256_groups(self) -> list[str]:
        """The digest in eight groups of eight digits, so that two people can compare it aloud."""
        return [self.sha256[start : start + 8] for start in range(0, len(self.sha256), 8)]


def mask_name(full_name: str) -> str:
    """The first letter of every word, with a full stop: ``"Nguyễn Thị Ánh"`` becomes ``"N. T. Á."``."""
    words = unicodedata.normalize("NFC", full_name).replace("-", " ").split()
    return " ".join(f"{word[0].upper()[0]}." for word in words)


def standing_of(signature: Signature) -> Standing:
    """The one word for a signature with its document. A parked document is, for the public, still being sealed."""
    if signature.withdrawn_at:
        return Standing.WITHDRAWN
    if signature.superseded_at:
        return Standing.SUPERSEDED
    return Standing.SEALED if signature.document.state == DocumentState.SEALED else Standing.PENDING


def canonical_code(typed: str) -> str:
    """The code as it stands in addresses, from what a person typed. Raises ``Mistyped``; asks no database."""
    try:
        return codes.normalise(typed)
    except codes.MistypedReference as error:
        raise Mistyped from error


def look_up(code: str) -> Statement:
    """The statement on a canonical code, by one query. Raises ``Unknown``."""
    signature = (
        Signature.objects.filter(reference=code)
        .select_related("document", "version", "pledge")
        .defer("strokes", "consent_text", "version__canonical")
        .first()
    )
    if signature is None:
        raise Unknown
    document: Document = signature.document
    return Statement(
        reference=signature.reference,
        standing=standing_of(signature),
        title=signature.version.title,
        pledge_slug=signature.pledge.slug,
        version_number=signature.version.number,
        language=signature.version.language,
        language_label=signature.version.get_language_display(),
        masked_name=mask_name(signature.full_name),
        confirmed_by=signature.get_confirmation_display(),
        signed_at=signature.signed_at,
        sealed_at=document.sealed_at,
        ended_at=signature.withdrawn_at or signature.superseded_at,
        sha256=document.sha256,
        is_test=document.is_test,
        organisation=signature.unit_name,
    )
