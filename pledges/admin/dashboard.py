"""The administration's first page: what needs attention, and the numbers of the person's units."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from django.urls import reverse
from django.utils.translation import gettext as _

from events.models import Event
from pledges import charts, statistics
from pledges.admin.base import staff
from pledges.models import Pledge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import HttpRequest

    from pledges.statistics import Row

Choice = TypeVar("Choice", Event, Pledge)

# Rows of a table that are shown at once; the others fold out.
FIRST_ROWS = 12


def context(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Unfold's ``DASHBOARD_CALLBACK``: adds the alert for those who see documents, the numbers for those who see signatures."""
    user = staff(request)
    if user.has_perm("pledges.view_document"):
        context["parked"] = statistics.parked_count(user=user)
        context["parked_url"] = reverse("admin:pledges_document_changelist") + "?state__exact=parked"
        if user.has_perm("pledges.change_document"):
            context["retry_url"] = reverse("admin:pledges_document_retry_all")
    if user.has_perm("pledges.view_signature"):
        context["overview"] = _overview(request)
        context["title"] = _("Overview")
    return context


def _overview(request: HttpRequest) -> dict[str, Any]:
    user = staff(request)
    events = list(Event.objects.of_staff(user).order_by("-starts_at").only("pk", "title")[:200])
    pledges = list(Pledge.objects.of_staff(user).only("pk", "name")[:200])
    event, pledge = _chosen(events, request.GET.get("event")), _chosen(pledges, request.GET.get("pledge"))
    numbers = statistics.gather(user=user, event=event, pledge=pledge)
    return {
        "events": events,
        "pledges": pledges,
        "event": event,
        "pledge": pledge,
        "figures": [
            (_("registered"), numbers.registered),
            (_("attended"), numbers.attended),
            (_("signed, in force"), numbers.signed),
            (_("declined"), numbers.declined),
            (_("withdrawn"), numbers.withdrawn),
        ],
        "tables": [
            _table(_("By kind"), numbers.by_kind),
            _table(_("By platform"), numbers.by_platform),
            _table(_("By commune"), numbers.by_commune),
        ],
        "days": numbers.by_day,
        "columns": charts.columns(numbers.by_day),
        "chart_width": str(charts.WIDTH),
        "chart_height": str(charts.HEIGHT),
    }


def _chosen(rows: Sequence[Choice], key: str | None) -> Choice | None:
    """The row of this key among those that the person may choose."""
    return next((row for row in rows if str(row.pk) == key), None)


def _table(title: str, rows: list[Row]) -> dict[str, Any]:
    largest = max((row.signed for row in rows), default=0)
    lines = [(row, charts.bar_width(row.signed, largest)) for row in rows]
    return {
        "title": title,
        "attendance": any(row.registered is not None for row in rows),
        "first": lines[:FIRST_ROWS],
        "rest": lines[FIRST_ROWS:],
    }
