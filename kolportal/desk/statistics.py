"""Numbers for the overview: who registered, came, signed, declined, withdrew; by commune, kind, platform and day.

Counts of people and acts within the units of the asking member of staff; no names. A signature that was replaced counts
once, by the one that replaced it. Whose particulars were erased still counts, without a commune.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Case, Count, F, FilteredRelation, Q, Value, When
from django.db.models.functions import TruncDate
from django.utils.translation import gettext as _

from events.models import Answer, Attendee, Event
from kolportal.people import communes
from kolportal.people.models import Platform, SignerKind
from pledges.models import Decline, Pledge, Signature, SignedChannel

if TYPE_CHECKING:
    from datetime import date

    from kolportal.accounts.models import User

    Counts = Counter[tuple[str, str]]

# Stands for a commune or kind that went with an erasure; no code of the directory, no kind of ours.
ERASED = "erased"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table. ``registered`` and ``attended`` are ``None`` where attendance does not know the dimension."""

    label: str
    signed: int
    registered: int | None = None
    attended: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """All numbers of the overview; rows of ``by_commune`` largest first, ``by_day`` in the order of days.

    ``registered``: who holds a seat or has come. ``attended``: who has come.
    """

    registered: int
    attended: int
    signed: int
    declined: int
    withdrawn: int
    by_commune: list[Row]
    by_kind: list[Row]
    by_platform: list[Row]
    by_day: list[tuple[date, int]]


def gather(*, user: User, event: Event | None = None, pledge: Pledge | None = None) -> Statistics:
    """The numbers of the units of ``user``, narrowed to an event and/or a pledge that the caller found in them.

    Five queries: attendance, signatures, platforms, days, declines.
    """
    signatures = Signature.objects.of_staff(user)
    declines = Decline.objects.active().filter(pledge__in=Pledge.objects.of_staff(user))
    attendees = Attendee.objects.of_staff(user).listed()
    if pledge:
        signatures, declines = signatures.filter(pledge=pledge), declines.filter(pledge=pledge)
        attendees = attendees.filter(event__asks_for__pledge=pledge)
    if event:
        signatures, attendees = signatures.filter(event=event), attendees.filter(event=event)
        # A decline belongs to a pledge; it counts for the event if the person is on its list.
        there = Attendee.objects.listed().filter(event=event, person__isnull=False)
        declines = declines.filter(pledge__asked_at__event=event, person__in=there.values("person"))
    registered, attended = _attendance(attendees)
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
        registered=sum(registered.values()),
        attended=sum(attended.values()),
        signed=sum(active.values()),
        declined=declines.count(),
        withdrawn=withdrawn,
        by_commune=_by_commune(active, registered, attended),
        by_kind=_by_kind(active, registered, attended),
        by_platform=[Row(str(label), platforms.get(value, 0)) for value, label in Platform.choices],
        by_day=[(day, count) for day, count in days],
    )


def _attendance(attendees: Any) -> tuple[Counts, Counts]:
    """Those who hold a seat or have come, and those who have come, by (commune code, kind)."""
    registered: Counts = Counter()
    attended: Counts = Counter()
    rows = (
        # At most one entry of an attendee is open, so the join multiplies nothing.
        attendees.alias(entry=FilteredRelation("entries", condition=Q(entries__undone_at=None)))
        .filter(Q(answer=Answer.COMING) | Q(entry__isnull=False))
        .order_by()
        .annotate(
            commune=_unless_erased("commune_code", erased_at="erased_at"),
            taking_part_as=_unless_erased("kind", erased_at="erased_at"),
        )
        .values_list("commune", "taking_part_as")
        .annotate(n=Count("pk"), came=Count("entry"))
    )
    for commune, kind, count, came in rows:
        registered[commune, kind] += count
        attended[commune, kind] += came
    return registered, attended


def _signed(signatures: Any) -> tuple[Counts, int]:
    """Active signatures by (commune code, kind), and how many were withdrawn. The kind is a part of the act and stays."""
    active: Counts = Counter()
    withdrawn = 0
    rows = (
        signatures.filter(superseded_at=None)
        .order_by()
        .annotate(commune=_unless_erased("particulars__commune_code", erased_at="particulars__erased_at"))
        .values_list("commune", "kind")
        .annotate(
            active=Count("pk", filter=Q(withdrawn_at=None)),
            ended=Count("pk", filter=Q(withdrawn_at__isnull=False)),
        )
    )
    for commune, kind, count, ended in rows:
        active[commune, kind] += count
        withdrawn += ended
    return active, withdrawn


def _unless_erased(column: str, *, erased_at: str) -> Case:
    return Case(When(**{f"{erased_at}__isnull": True}, then=F(column)), default=Value(ERASED))


def _along(counts: Counts, position: int) -> Counter[str]:
    total: Counter[str] = Counter()
    for key, count in counts.items():
        total[key[position]] += count
    return total


def _by_commune(*counts: Counts) -> list[Row]:
    signed, registered, attended = (_along(each, 0) for each in counts)
    rows = [
        (code in {"", ERASED}, Row(_commune(code), signed[code], registered[code], attended[code]))
        for code in {**signed, **registered}
        if signed[code] or registered[code]
    ]
    # What is no commune stands below the communes.
    rows.sort(key=lambda pair: (pair[0], -pair[1].signed, -(pair[1].registered or 0), pair[1].label))
    return [row for _last, row in rows]


def _commune(code: str) -> str:
    words = {"": _("no commune given"), ERASED: _("erased")}
    return words.get(code) or communes.label(code)


def _by_kind(*counts: Counts) -> list[Row]:
    signed, registered, attended = (_along(each, 1) for each in counts)
    others = [("", _("Guest")), (ERASED, _("erased"))]
    named = [*SignerKind.choices, *(pair for pair in others if registered[pair[0]])]
    return [Row(str(label), signed[kind], registered[kind], attended[kind]) for kind, label in named]
