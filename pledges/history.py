"""What the audit trail and the public log tell of pledges: each event once, with its words, and its leaf where there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from kolportal.audit.history import Event, Subject
from kolportal.ledger import leaves
from kolportal.transparency import (
    DocumentSealed,
    FileDigest,
    ParticularsErased,
    PledgeSigned,
    SignatureWithdrawn,
    TextPublished,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from pledges.models import Document, Particulars, SealedFile, Signature, Text

SIGNATURE = Subject("signature", _("signed pledge"))
PLEDGE = Subject("pledge", _("pledge"))
EDITION = Subject("edition", _("version of a pledge"))
DOCUMENT = Subject("document", _("sealed PDF"))

SIGNED = Event("pledge.signed", _("pledge signed"), SIGNATURE)
SUPERSEDED = Event("pledge.superseded", _("pledge replaced by a newer signing"), SIGNATURE)
WITHDRAWN = Event("pledge.withdrawn", _("pledge withdrawn"), SIGNATURE)
ERASED = Event("pledge.particulars_erased", _("particulars of a signing erased"), SIGNATURE)
DECLINED = Event("pledge.declined", _("pledge declined"), PLEDGE)
DECLINE_REVERSED = Event("pledge.decline_reversed", _("decline taken back"), PLEDGE)
OPENED = Event("pledge.opened", _("pledge opened for signing"), PLEDGE)
CLOSED = Event("pledge.closed", _("pledge closed"), PLEDGE)
DRAFTED = Event("pledge.edition_drafted", _("pledge text drafted"), PLEDGE)
PUBLISHED = Event("pledge.published", _("pledge text published"), EDITION)
SEALED = Event("document.sealed", _("PDF sealed"), DOCUMENT)
PARKED = Event("document.parked", _("sealing given up"), DOCUMENT)
RETRIED = Event("document.retried", _("sealing tried again"), DOCUMENT)
DOWNLOADED = Event("document.downloaded", _("PDF downloaded"), DOCUMENT)


def leaf_subject(signature: Signature) -> str:
    """How a leaf names the signature that it speaks of, privately."""
    return f"{SIGNATURE.name}:{signature.reference}"


def signed(signature: Signature, *, replaces: Signature | None, at: datetime) -> None:
    """A signature was made, with its leaf."""
    SIGNED.record(
        signature.reference,
        actor_id=signature.person.account_id,
        at=at,
        detail={"digest": signature.digest, "supersedes": replaces.reference if replaces else None},
    )
    entry = PledgeSigned(
        at=leaves.whole_seconds(at),
        signature=signature.commitment,
        person=signature.particulars_commitment,
        text_sha256=signature.digest,
        replaces=replaces.commitment if replaces else None,
    )
    leaves.write(entry, subject=leaf_subject(signature), at=at)


def superseded(signature: Signature, *, at: datetime) -> None:
    """A signature gives way to a newer one; told before its end is written, which the database asks for."""
    SUPERSEDED.record(signature.reference, actor_id=signature.person.account_id, at=at)


def withdrawn(signature: Signature, *, at: datetime) -> None:
    """A signature was taken back, with its leaf; told before its end is written, which the database asks for."""
    WITHDRAWN.record(signature.reference, actor_id=signature.person.account_id, at=at)
    entry = SignatureWithdrawn(at=leaves.whole_seconds(at), signature=signature.commitment)
    leaves.write(entry, subject=leaf_subject(signature), at=at)


def particulars_erased(particulars: Particulars, *, actor_id: int | None, at: datetime) -> None:
    """Who signed was erased, with the leaf that says so."""
    signature = particulars.signature
    ERASED.record(signature.reference, actor_id=actor_id, at=at)
    entry = ParticularsErased(at=leaves.whole_seconds(at), signature=signature.commitment)
    leaves.write(entry, subject=leaf_subject(signature), at=at)


def published(text: Text, *, actor_id: int | None, at: datetime) -> None:
    """A text was frozen, with its leaf."""
    edition = text.edition
    PUBLISHED.record(
        edition.pk,
        actor_id=actor_id,
        at=at,
        detail={"digest": text.digest, "language": text.language, "number": edition.number},
    )
    entry = TextPublished(
        at=leaves.whole_seconds(at),
        pledge=edition.pledge.slug,
        number=edition.number,
        language=text.language,
        text_sha256=text.digest,
    )
    leaves.write(entry, subject=f"text:{text.pk}", at=at)


def sealed(document: Document, file: SealedFile, *, at: datetime) -> None:
    """A generation of a document was sealed; the first one of a signed pledge has a leaf."""
    SEALED.record(
        document.pk, actor_id=None, at=at, detail={"sha256": file.sha256, "level": file.achieved_level}
    )
    signature = document.signature
    if signature is None or file.generation > 1:
        return
    entry = DocumentSealed(
        at=leaves.whole_seconds(at),
        signature=signature.commitment,
        text_sha256=signature.digest,
        file=FileDigest(sha256=file.sha256, size=file.size),
    )
    leaves.write(entry, subject=leaf_subject(signature), at=at)


def downloaded(
    documents: Iterable[int], *, actor_id: int, role: str, unit: int | None, bulk: bool, at: datetime
) -> None:
    """Sealed PDFs (keys of documents) were handed out; ``role`` and ``unit`` in which the account asked."""
    detail: dict[str, Any] = {"role": role, "bulk": bulk}
    if unit is not None:
        detail["unit"] = unit
    DOWNLOADED.record_many(documents, actor_id=actor_id, at=at, detail=detail)
