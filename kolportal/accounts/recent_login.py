"""Whether a person has proved who he or she is just now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from allauth.account.authentication import get_authentication_records
from django.conf import settings

if TYPE_CHECKING:
    from django.http import HttpRequest


def recently_confirmed(request: HttpRequest, *, at: datetime) -> datetime | None:
    """When the person last logged in or re-authenticated, if that is at most ``ACCOUNT_REAUTHENTICATION_TIMEOUT`` seconds
    before ``at``; else ``None``. Read from allauth's records in the session.
    """
    if not request.user.is_authenticated:
        return None
    times = [record["at"] for record in get_authentication_records(request, request.user) if "at" in record]
    if not times:
        return None
    last = datetime.fromtimestamp(max(times), UTC)
    return (
        last
        if timedelta(0) <= at - last <= timedelta(seconds=settings.ACCOUNT_REAUTHENTICATION_TIMEOUT)
        else None
    )
