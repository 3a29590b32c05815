"""Writing leaves in the caller's transaction, and giving them gap-free indices later, off the request path."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django.db import connection, transaction
from django.db.models import Max

from kolportal.ledger.models import Leaf

if TYPE_CHECKING:
    from kolportal.transparency.entries import Entry

# Names the sequencer's lock among Postgres' advisory locks.
_SEQUENCER = 0x6B6F6C70


def write(entry: Entry, *, subject: str, at: datetime) -> Leaf:
    """Writes the leaf of one entry; ``subject`` leads back to the row, such as ``signature:0ABC…``."""
    return Leaf.objects.create(
        entry_type=entry.TYPE,
        subject=subject,
        entry=entry.canonical().decode(),
        leaf_hash=entry.leaf_hash().hex(),
        written_at=at,
    )


def whole_seconds(at: datetime) -> datetime:
    """``at`` as entries have it: UTC, without fractions."""
    return at.astimezone(UTC).replace(microsecond=0)


def sequence(*, most: int = 10_000) -> int:
    """Gives the waiting leaves the next indices, in the order in which they were written; returns how many got one.

    One at a time: two sequencers would give one index twice, which the unique constraint refuses.
    """
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_SEQUENCER])
        last: int | None = Leaf.objects.aggregate(last=Max("index"))["last"]
        waiting = list(Leaf.objects.waiting().only("pk")[:most])
        for index, leaf in enumerate(waiting, start=0 if last is None else last + 1):
            leaf.index = index
        Leaf.objects.bulk_update(waiting, ["index"], batch_size=500)
    return len(waiting)
