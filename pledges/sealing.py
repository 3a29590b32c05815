"""Making the sealed PDF of a signature: render, seal, look at the result, store, write.

It is work of the kind ``SEAL`` (``kolportal.work``): the row of the file, its history, the signer's mail and the end of the
work are one transaction. What became of a document is read in ``pledges.documents``.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from django.db import transaction

from kolportal import pades, paper, sealing_key
from pledges import documents, history, messages, rendering, sheets, storage
from pledges.kinds import SEAL
from pledges.models import Document, Particulars, SealedFile

if TYPE_CHECKING:
    from datetime import datetime

    from kolportal.work.queue import Claim


class SealedWrong(Exception):
    """What came out of sealing is not the document that was asked for."""

    safe_words = True


class NoBetter(Exception):
    """What was handed in as the next generation of a file does not continue it, or reaches no further than it."""


@SEAL.handles
def seal(claim: Claim, at: datetime) -> None:
    """Seals one document. One that has a file already, or whose signer's particulars are erased, is only finished."""
    document = _loaded(claim.subject)
    if document.signature is None or document.file is not None or documents.is_erased(document):
        claim.finish()
        return
    key = sealing_key.current()
    key.check_valid_at(at)
    sheet = sheets.of_signature(document.signature, key=key)
    unsealed = rendering.render(sheet)
    sealed = pades.seal(unsealed, key=key, at=at)
    pages = _check(sealed.data, sheet=sheet, key=key, at=at)
    file = SealedFile(
        document=document,
        generation=1,
        pages=pages,
        unsealed_sha256=hashlib.sha256(unsealed).hexdigest(),
        recipe=rendering.recipe(),
        is_test=key.is_test,
        **_of(sealed),
    )
    with documents.stored(sealed.data, document=document, at=at), transaction.atomic():
        # The database asks that it be told first.
        history.sealed(document, file, at=at)
        file.save(force_insert=True)
        messages.sealed(document, file, at=at)
        claim.finish()


@SEAL.when_parked
def parked(subject: int, error: str, at: datetime) -> None:
    """The tries are used up; staff see it and may try again (``documents.retry_parked``)."""
    history.PARKED.record(subject, actor_id=None, at=at, detail={"error": error.split(":")[0]})


def add_generation(*, document: Document, sealed: pades.Sealed, at: datetime) -> SealedFile:
    """Files what ``kolportal.pades`` made of the newest generation as the next one; the older ones stay as they are.

    Raises ``NoBetter`` unless it continues the newest file byte for byte and reaches a higher level or lasts longer;
    ``SealedWrong`` where it is not whole. Two at once: one of them fails at the unique constraint (``IntegrityError``).
    """
    before = document.file
    if before is None or before.destroyed_at is not None:
        raise NoBetter("there is no file to continue")
    if not sealed.data.startswith(storage.read(before.sha256)) or len(sealed.data) <= before.size:
        raise NoBetter("it does not continue the file")
    higher = sealed.achieved != before.achieved_level and sealed.achieved.reaches(
        pades.Level(before.achieved_level)
    )
    longer = sealed.renew_before is not None and (
        before.renew_before is None or sealed.renew_before > before.renew_before
    )
    if not sealed.achieved.reaches(pades.Level(before.achieved_level)) or not (higher or longer):
        raise NoBetter(f"{sealed.achieved} after {before.achieved_level}")
    report = pades.verify(sealed.data, at=at)
    if not report.whole or report.fingerprint != before.certificate_sha256:
        raise SealedWrong(f"seal: {report.fault or 'by another key'}")
    file = SealedFile(
        document=document,
        generation=before.generation + 1,
        pages=before.pages,
        unsealed_sha256=before.unsealed_sha256,
        recipe=before.recipe,
        is_test=before.is_test,
        **{**_of(sealed), "sealed_at": at},
    )
    with documents.stored(sealed.data, document=document, at=at), transaction.atomic():
        # Held as an erasure holds them: it has either marked this file destroyed too, or nothing is written below.
        held = Particulars.objects.select_for_update(no_key=True).filter(signature=document.signature_id)
        held.values_list("pk").first()
        # The database asks that it be told first.
        history.sealed(document, file, at=at)
        file.save(force_insert=True)
    return file


def _of(sealed: pades.Sealed) -> dict[str, object]:
    """The columns that ``kolportal.pades`` knows."""
    return {
        "sha256": sealed.sha256,
        "size": len(sealed.data),
        "sealed_at": sealed.sealed_at,
        "intended_level": sealed.intended.value,
        "achieved_level": sealed.achieved.value,
        "obstacles": [
            {"level": one.level.value, "cause": one.cause.value, "source": one.source, "detail": one.detail}
            for one in sealed.obstacles
        ],
        "certificate_sha256": sealed.key_fingerprint,
        "renew_before": sealed.renew_before,
    }


def _loaded(document_id: int) -> Document:
    return (
        Document.objects.select_related(
            "signature__text__edition__pledge", "signature__pledge", "signature__event", "signature__supersedes",
            "signature__person__user", "signature__particulars",
        )
        .prefetch_related("files", "signature__channels", "signature__proofs__evidence")
        .get(pk=document_id)
    )  # fmt: skip


def _check(data: bytes, *, sheet: rendering.PledgeSheet, key: pades.SealKey, at: datetime) -> int:
    """Seal intact, over the whole file, by our certificate; the text that must be there, there. Returns the pages."""
    report = pades.verify(data, at=at)
    if not report.sealed_whole or report.fingerprint != key.fingerprint:
        raise SealedWrong(f"seal: {report.fault or 'not by the configured key'}")
    if report.pages < 2:
        raise SealedWrong(f"{report.pages} pages")
    missing = paper.missing_text(data, expected=rendering.expected_text(sheet))
    if missing:
        raise SealedWrong(f"{len(missing)} expected pieces of text are missing")
    return report.pages
