"""Numbers for the overview: who registered, came, signed, declined, withdrew; by commune, kind, platform and day.

Counts of people and acts within the units of the asking member of staff; no names. A signature that was replaced counts
once, by the one that replaced it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Q
from django.db.models.functions import TruncDate

from events.models import SEATED, Attendee, AttendeeState, Event
from kolportal.people import communes
from kolportal.people.models import Platform, SignerKind
from pledges.models import Decline, Document, DocumentState, Pledge, Signature, SignedChannel

if TYPE_CHECKING:
    from datetime import date

    from kolportal.accounts.models import User


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table. ``registered`` and ``attended`` are ``None`` where attendance does not know the dimension."""

    label: str
    signed: int
    registered: int | None = None
    attended: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """All numbers of the overview; rows of ``by_commune`` largest first, ``by_day`` in the order of days."""

    registered: int
    attended: int
    signed: int
    declined: int
    withdrawn: int
    by_commune: list[Row]
    by_kind: list[Row]
    by_platform: list[Row]
    by_day: list[tuple[date, int]]


def parked_count(*, user: User) -> int:
    """Documents of the person's units that could not be sealed."""
    return Document.objects.filter(
        state=DocumentState.PARKED, signature__pledge__in=Pledge.objects.of_staff(user)
    ).count()


def gather(*, user: User, event: Event | None = None, pledge: Pledge | None = None) -> Statistics:
    """The numbers of the units of ``user``, narrowed to an event and/or a pledge that the caller found in them.

    Five queries: attendance, signatures, platforms, days, declines.
    """
    signatures = Signature.objects.of_staff(user)
    declines = Decline.objects.filter(pledge__in=Pledge.objects.of_staff(user), reversed_at=None)
    attendees = Attendee.objects.of_staff(user)
    if pledge:
        signatures, declines = signatures.filter(pledge=pledge), declines.filter(pledge=pledge)
        attendees = attendees.filter(event__asks_for__pledge=pledge)
    if event:
        signatures, attendees = signatures.filter(event=event), attendees.filter(event=event)
        # A decline belongs to a pledge; it counts for the event if the person is among its attendees.
        declines = declines.filter(pledge__asked_at__event=event, signer__profile__attendances__event=event)
    attendance = _attendance(attendees)
    active, withdrawn = _signed(signatures)
    in_force = signatures.active()
    platforms = dict(
        SignedChannel.objects.filter(signature__in=in_force)
        .order_by()
        .values_list("platform")
        .annotate(n=Count("signature", distinct=True))
    )
    days = (
        in_force.order_by()
        .annotate(day=TruncDate("signed_at"))
        .values_list("day")
        .annotate(n=Count("pk"))
        .order_by("day")
    )
    return Statistics(
        registered=sum(attendance.registered.values()),
        attended=sum(attendance.attended.values()),
        signed=sum(active.values()),
        declined=declines.count(),
        withdrawn=withdrawn,
        by_commune=_by_commune(active, attendance),
        by_kind=_by_kind(active, attendance),
        by_platform=[Row(str(label), platforms.get(value, 0)) for value, label in Platform.choices],
        by_day=[(day, count) for day, count in days],
    )


@dataclass(frozen=True, slots=True)
class _Attendance:
    """Counts by (commune code, kind)."""

    registered: Counter[tuple[str, str]]
    attended: Counter[tuple[str, str]]


def _attendance(attendees: Any) -> _Attendance:
    registered: Counter[tuple[str, str]] = Counter()
    attended: Counter[tuple[str, str]] = Counter()
    rows = (
        attendees.filter(state__in=SEATED)
        .order_by()
        .values_list("profile__commune_code", "profile__kind")
        .annotate(n=Count("pk"), came=Count("pk", filter=Q(state=AttendeeState.CHECKED_IN)))
    )
    for commune, kind, count, came in rows:
        registered[commune, kind] += count
        attended[commune, kind] += came
    return _Attendance(registered, attended)


def _signed(signatures: Any) -> tuple[Counter[tuple[str, str]], int]:
    """Active signatures by (commune code, kind), and how many were withdrawn."""
    active: Counter[tuple[str, str]] = Counter()
    withdrawn = 0
    rows = (
        signatures.filter(superseded_at=None)
        .order_by()
        .values_list("commune_code", "kind")
        .annotate(
            active=Count("pk", filter=Q(withdrawn_at=None)),
            ended=Count("pk", filter=Q(withdrawn_at__isnull=False)),
        )
    )
    for commune, kind, count, ended in rows:
        active[commune, kind] += count
        withdrawn += ended
    return active, withdrawn


def _along(counts: Counter[tuple[str, str]], position: int) -> Counter[str]:
    total: Counter[str] = Counter()
    for key, count in counts.items():
        total[key[position]] += count
    return total


def _by_commune(signed: Counter[tuple[str, str]], attendance: _Attendance) -> list[Row]:
    per_signed, registered, attended = (
        _along(counts, 0) for counts in (signed, attendance.registered, attendance.attended)
    )
    rows = [
        Row(communes.label(code), per_signed[code], registered[code], attended[code])
        for code in {**per_signed, **registered}
    ]
    return sorted(rows, key=lambda row: (-row.signed, -(row.registered or 0), row.label))


def _by_kind(signed: Counter[tuple[str, str]], attendance: _Attendance) -> list[Row]:
    per_signed, registered, attended = (
        _along(counts, 1) for counts in (signed, attendance.registered, attendance.attended)
    )
    return [
        Row(str(label), per_signed[kind], registered[kind], attended[kind])
        for kind, label in SignerKind.choices
    ]
