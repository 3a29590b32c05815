"""Telling everybody concerned that an event moved or was called off: a row with the change, then one message per attendee.

The messages are work of the queue, in batches: a worker that dies in between goes on where it stopped, because a message is
written once per notice and attendee.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction

from events import messages
from events.kinds import TELL
from events.models import Attendee, Change, Event, Notice
from kolportal.work import queue

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kolportal.work.queue import Claim

TOLD_OF = ("venue", "address", "starts_at", "ends_at")
"""Columns of ``Event`` whose change makes people come to another place or at another time."""

_BATCH = 100


def write(
    *,
    event: Event,
    what: Change,
    actor_id: int | None,
    at: datetime,
    changes: Mapping[str, tuple[Any, Any]] | None = None,
) -> Notice:
    """Writes the notice and its work in the caller's transaction. ``changes``: column of ``TOLD_OF`` → (old, new)."""
    as_text = {column: [_text(old), _text(new)] for column, (old, new) in (changes or {}).items()}
    notice = Notice.objects.create(
        event=event, what=what, changes=as_text, created_by_id=actor_id, created_at=at
    )
    queue.put(TELL, notice.pk, at=at)
    return notice


@TELL.handles
def tell(claim: Claim, at: datetime) -> None:
    """Writes the messages of one notice to those who were on the list when it was written."""
    notice = Notice.objects.get(pk=claim.subject)
    concerned = Attendee.objects.concerned().filter(event=notice.event_id, created_at__lte=notice.created_at)
    # Held while their messages are written: somebody who is erased at this moment is written to before or not at all.
    rows = concerned.select_related("event", "person__user").select_for_update(of=("self",), no_key=True)
    changes = {column: [_value(column, text) for text in pair] for column, pair in notice.changes.items()}
    last: int | None = 0
    while last is not None:
        with transaction.atomic():
            batch = list(rows.filter(pk__gt=last).order_by("pk")[:_BATCH])
            for attendee in batch:
                messages.told(attendee, notice, at=at, changes=changes)
        last = batch[-1].pk if batch else None
    claim.finish()


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _value(column: str, text: str) -> Any:
    return datetime.fromisoformat(text) if column.endswith("_at") else text
