"""Removing what is over, in batches that each commit: one that is cut off has lost nothing, and the next run goes on.

How long each kind is kept: ``kolportal.privacy.register``; when it is over: ``pledges.retention`` and below.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone

from kolportal.accounts.models import ConfirmationCode
from kolportal.mail import outbox
from kolportal.privacy.register import emptied
from kolportal.privacy.signers import erase_signers
from pledges import documents, retention, signing
from pledges.models import Circumstances

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

log = structlog.get_logger("kolportal.privacy")

# Ends well before CELERY_TASK_SOFT_TIME_LIMIT.
WITHIN = timedelta(seconds=45)
SIGNERS_AT_ONCE = 50
ROWS_AT_ONCE = 500
CODES_KEPT = timedelta(days=1)


def remove_what_is_over(*, at: datetime, within: timedelta = WITHIN) -> dict[str, int]:
    """Removes everything whose time is over at ``at`` and begins no more batches after ``within``; returns how many of each
    kind went. What stops one kind does not stop the next: raises an ``ExceptionGroup`` after all were tried."""
    end = timezone.now() + within
    gone = dict.fromkeys(BATCHES, 0)
    errors: list[Exception] = []
    for kind, batch in BATCHES.items():
        try:
            while timezone.now() < end and (count := batch(at)):
                gone[kind] += count
        except Exception as error:  # noqa: BLE001  (whatever it was, the other kinds are over too)
            log.error("not removed", kind=kind, error=type(error).__name__)
            errors.append(error)
    if any(gone.values()):
        log.info("removed what is over", **gone)
    if errors:
        raise ExceptionGroup("not everything that is over was removed", errors)
    return gone


def _signers(at: datetime) -> int:
    """With leaf and files, as by an erasure, but for the person, who may have signed something newer."""
    with transaction.atomic():
        over = retention.particulars_over(at=at).values_list("signature", flat=True)[:SIGNERS_AT_ONCE]
        return erase_signers(list(over), actor_id=None, at=at)


def _circumstances(at: datetime) -> int:
    over = list(retention.circumstances_over(at=at).values_list("pk", flat=True)[:ROWS_AT_ONCE])
    rows = Circumstances.objects.filter(pk__in=over, erased_at=None)
    return rows.update(erased_at=at, **emptied(Circumstances))


def _codes(at: datetime) -> int:
    over = ConfirmationCode.objects.filter(expires_at__lt=at - CODES_KEPT).values_list("pk", flat=True)
    return ConfirmationCode.objects.filter(pk__in=list(over[:ROWS_AT_ONCE])).delete()[0]


def _sessions(at: datetime) -> int:
    """Of the embedded default; Redis removes its own."""
    over = Session.objects.filter(expire_date__lt=at).values_list("pk", flat=True)
    return Session.objects.filter(pk__in=list(over[:ROWS_AT_ONCE])).delete()[0]


BATCHES: dict[str, Callable[[datetime], int]] = {
    "signers": _signers,
    "circumstances": _circumstances,
    "attempts": lambda at: signing.forget_old_attempts(at=at),
    "messages": lambda at: outbox.empty_old(at=at),
    "codes": _codes,
    "sessions": _sessions,
    "files_without_a_row": lambda at: documents.remove_stored_ahead(at=at),
}
