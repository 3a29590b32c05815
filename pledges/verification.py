"""What anybody may learn about a reference code, and nothing more.

The masked name is the first letter of every word of the full name, as in "N. T. T. A.". Whoever holds the document can
compare it with the name printed there; whoever only has codes learns no name, whatever their number. A code has 55
random bits and the page is rate-limited, so that guessing finds nobody either.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kolportal import codes
from pledges.models import DocumentState, Signature, Standing

if TYPE_CHECKING:
    from datetime import datetime

    from pledges.models import SealedFile


class VerificationFailed(Exception):
    """The code names nothing that can be shown. The subclasses say why."""


class Mistyped(VerificationFailed):
    """The check character does not fit, or the length or a character is wrong: a slip of reading or typing."""


class Unknown(VerificationFailed):
    """The code is well formed, but no signature has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """The public facts of one signature. ``sha256`` and ``sealed_at`` are empty until the document is sealed.

    ``state`` is what is shown in one word: the end of the signature, else what its document is. After an erasure
    ``erased_at`` is set and ``masked_name`` is empty; ``sha256`` is then that of the file that was.
    """

    reference: str
    standing: Standing
    state: str
    title: str
    pledge_slug: str
    version_number: int
    language: str
    version: str
    masked_name: str
    confirmed_by: str
    signed_at: datetime
    sealed_at: datetime | None
    ended_at: datetime | None
    erased_at: datetime | None
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


def canonical_code(typed: str) -> str:
    """The code as it stands in addresses, from what a person typed. Raises ``Mistyped``; asks no database."""
    try:
        return codes.normalise(typed)
    except codes.MistypedReference as error:
        raise Mistyped from error


def look_up(code: str) -> Statement:
    """The statement on a canonical code, by three queries: the act, its proofs, its files. Raises ``Unknown``."""
    signature = (
        Signature.objects.filter(reference=code)
        .select_related("particulars", "document", "text__edition", "pledge")
        .prefetch_related("proofs", "document__files")
        .defer("particulars__strokes", "particulars__consent_text", "text__canonical")
        .first()
    )
    if signature is None:
        raise Unknown
    text, particulars, file = signature.text, signature.particulars, signature.document.file
    return Statement(
        reference=signature.reference,
        standing=signature.standing,
        state=_state(signature, file),
        title=text.title,
        pledge_slug=signature.pledge.slug,
        version_number=text.edition.number,
        language=text.language,
        version=text.label,
        masked_name=mask_name(particulars.full_name),
        confirmed_by=", ".join(str(proof.get_factor_display()) for proof in signature.proofs.all()),
        signed_at=signature.signed_at,
        sealed_at=file.sealed_at if file else None,
        ended_at=signature.withdrawn_at or signature.superseded_at,
        erased_at=particulars.erased_at,
        sha256=file.sha256 if file else "",
        is_test=file.is_test if file else False,
        organisation=signature.unit_name,
    )


def _state(signature: Signature, file: SealedFile | None) -> str:
    """The one word. A parked document is, for the public, still being sealed."""
    if signature.standing != Standing.VALID:
        return signature.standing.value
    if signature.particulars.erased_at:
        return DocumentState.DESTROYED.value
    return (DocumentState.SEALED if file else DocumentState.PENDING).value
