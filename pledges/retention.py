"""Short-lived evidence goes when its time is over: browser and network address of a signing."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings

from pledges.models import Signature

if TYPE_CHECKING:
    from datetime import datetime


def erase_expired_evidence(*, at: datetime) -> int:
    """Blanks user agent and address of signatures older than ``EVIDENCE_RETENTION_DAYS``; returns how many."""
    limit = at - timedelta(days=settings.EVIDENCE_RETENTION_DAYS)
    return Signature.objects.filter(signed_at__lt=limit, evidence_erased_at=None).update(
        user_agent="", ip_address=None, evidence_erased_at=at
    )
