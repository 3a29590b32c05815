"""An event at a fixed time, for tests that pass the time in, and what happens at its door."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from events import checkin
from events.models import Attendee, Event
from kolportal.accounts.models import User
from tests import factories

STARTS = datetime(2025, 9, 10, 1, 30, tzinfo=UTC)  # 08:30 in Phú Thọ
_nonce = count(1)
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


def scanned(attendee: Attendee, *, steward: User | None = None, **fields: Any) -> checkin.Scanned:
    """The attendee's own code scanned at the beginning of the event, under a new nonce."""
    facts = {
        "event": attendee.event,
        "code": attendee.door_code,
        "nonce": f"nonce-{next(_nonce)}",
        "steward": steward or factories.user(is_staff=True),
        "gate": "Cửa A",
        "device": "máy 1",
        "scanned_at": attendee.event.starts_at,
        "at": attendee.event.starts_at,
    }
    return checkin.scan(**{**facts, **fields})
