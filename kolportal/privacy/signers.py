"""Erasing who signed: particulars as a whole with all that hangs on them, and the files that show them. The act stands.

Kept for ever: the signature's row (text, time, ticks, unit, place, salt, commitments, end), its proofs, what the audit trail
and the public log tell of it, and of each sealed file its digest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from kolportal.audit.history import forget_values
from kolportal.mail import outbox
from kolportal.mail.models import Message
from kolportal.privacy.register import emptied
from pledges import documents, history
from pledges.models import Circumstances, Document, Particulars, ProofEvidence, SignedChannel

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime


def erase_signers(signatures: Collection[int], *, actor_id: int | None, at: datetime) -> int:
    """Erases the particulars of these signatures (keys) in the caller's transaction; returns of how many.

    Each has its entry in the audit trail and its leaf. The bytes of the files follow the commit as work.
    """
    rows = list(
        Particulars.objects.select_for_update(of=("self",), no_key=True)
        .filter(signature__in=signatures, erased_at=None)
        .select_related("signature__person__user")
        .defer("strokes", "consent_text")
        .order_by("pk")
    )
    keys = [row.signature_id for row in rows]
    for row in rows:
        # The database asks that an erasure be told before it is done.
        history.particulars_erased(row, actor_id=actor_id, at=at)
    Particulars.objects.filter(pk__in=[row.pk for row in rows]).update(erased_at=at, **emptied(Particulars))
    SignedChannel.objects.filter(signature__in=keys).delete()
    evidence = ProofEvidence.objects.filter(proof__signature__in=keys, erased_at=None)
    evidence.update(erased_at=at, **emptied(ProofEvidence))
    circumstances = Circumstances.objects.filter(signature__in=keys, erased_at=None)
    circumstances.update(erased_at=at, **emptied(Circumstances))
    forget_values(history.SIGNATURE, [row.signature.reference for row in rows])
    documents.destroy(Document.objects.filter(signature__in=keys).values_list("pk", flat=True), at=at)
    # After the files: a worker that was about to finish has written its message by now, or never will.
    _forget_messages(rows, at=at)
    return len(rows)


def _forget_messages(rows: list[Particulars], *, at: datetime) -> None:
    """What was told of these signatures, found by the addresses that it can have gone to (an index) and their codes."""
    about = Q(pk__in=())
    for row in rows:
        addresses = {row.email, row.signature.person.email} - {""}
        about |= Q(to_address__in=addresses, occasion__endswith=f":{row.signature.reference}")
    outbox.empty(Message.objects.filter(about), at=at, with_address=True)
