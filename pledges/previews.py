"""The pages of an attempt as they would be printed: drawn by a worker behind everything else, for whoever asks to see them.

The PDF lies in the attempt's own row and goes with what was typed. Signing neither needs it nor waits for it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from django.db import transaction

from kolportal.work import queue
from kolportal.work.models import Work
from pledges import rendering, sheets
from pledges.kinds import PREVIEW
from pledges.models import Attempt

if TYPE_CHECKING:
    from datetime import datetime

    from kolportal.work.queue import Claim


class PreviewState(StrEnum):
    """What became of the pages."""

    NONE = "none"
    PENDING = "pending"
    READY = "ready"
    FAILED = "failed"


def ask(attempt: Attempt, *, at: datetime) -> None:
    """Has the pages drawn, unless they are there or under way."""
    if state_of(attempt) is PreviewState.NONE:
        with transaction.atomic():
            queue.put(PREVIEW, attempt.pk, at=at)


def state_of(attempt: Attempt) -> PreviewState:
    """Read from the attempt and its work."""
    if Attempt.objects.filter(pk=attempt.pk, preview__isnull=False).exists():
        return PreviewState.READY
    work = Work.objects.filter(kind=PREVIEW.name, subject=attempt.pk).first()
    if work is None:
        return PreviewState.NONE
    return PreviewState.FAILED if work.parked_at else PreviewState.PENDING


def pdf_of(attempt: Attempt) -> bytes | None:
    """The PDF, if it is drawn."""
    data = Attempt.objects.filter(pk=attempt.pk).values_list("preview", flat=True).first()
    return bytes(data) if data is not None else None


@PREVIEW.handles
def draw(claim: Claim, at: datetime) -> None:
    """Draws the pages of one attempt; one that has ended meanwhile is only finished."""
    whole = Attempt.objects.open(at=at).select_related("text__edition__pledge")
    attempt = whole.filter(pk=claim.subject).first()
    if attempt is None:
        claim.finish()
        return
    data = rendering.render_preview(sheets.of_attempt(attempt))
    with transaction.atomic():
        Attempt.objects.open(at=at).filter(pk=attempt.pk).update(preview=data)
        claim.finish()
