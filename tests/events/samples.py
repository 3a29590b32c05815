"""An event at a fixed time, for tests that pass the time in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from events.models import Event
from tests import factories

STARTS = datetime(2025, 9, 10, 1, 30, tzinfo=UTC)  # 08:30 in Phú Thọ
OPEN = STARTS - timedelta(days=3)


def an_event(**fields: Any) -> Event:
    """A published event on 10 September 2025; registration is open from ten days before until one hour before."""
    times = {
        "starts_at": STARTS,
        "ends_at": STARTS + timedelta(hours=3),
        "registration_opens_at": STARTS - timedelta(days=10),
        "registration_closes_at": STARTS - timedelta(hours=1),
    }
    return factories.event(**{**times, **fields})
