"""How long the parts of a signature live, said once, and which of them are over; ``kolportal.privacy`` takes those away."""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone

from pledges.models import Circumstances, Particulars

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet


def keep_until(*, signed: date, valid_until: date | None) -> date:
    """The last day on which the particulars of a signature are kept: ``DATA_RETENTION_MONTHS`` after the pledge ends, at most
    ``DATA_RETENTION_MONTHS_AT_MOST`` after the signing; without an end, the latter. Fixed at signing and shown as a date.
    """
    latest = months_after(signed, settings.DATA_RETENTION_MONTHS_AT_MOST)
    if valid_until is None:
        return latest
    return min(months_after(max(valid_until, signed), settings.DATA_RETENTION_MONTHS), latest)


def evidence_until(*, signed: date) -> date:
    """The last day on which browser and network address of a signing are kept."""
    return signed + timedelta(days=settings.EVIDENCE_RETENTION_DAYS)


def particulars_over(*, at: datetime) -> QuerySet[Particulars]:
    """Particulars whose last day (in the site's time zone) has passed, the longest over first."""
    over = Particulars.objects.filter(erased_at=None, keep_until__lt=timezone.localdate(at))
    return over.order_by("keep_until", "pk")


def circumstances_over(*, at: datetime) -> QuerySet[Circumstances]:
    """Browsers and addresses whose last day has passed, the longest over first."""
    over = Circumstances.objects.filter(erased_at=None, keep_until__lt=timezone.localdate(at))
    return over.order_by("keep_until", "pk")


def months_after(day: date, months: int) -> date:
    """The same day of a later month, or its last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
