"""The administration's first page: what needs attention, and the numbers of the person's units."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.models import Event
from kolportal.desk import charts, statistics
from kolportal.mail.models import Message, MessageState
from kolportal.mail.outbox import SEND
from kolportal.work.models import Work
from pledges import documents
from pledges.kinds import SEAL
from pledges.models import Document, DocumentState, Pledge

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from django.http import HttpRequest

    from kolportal.accounts.models import User
    from kolportal.desk.statistics import Row

Choice = TypeVar("Choice", Event, Pledge)

# Rows of a table that are shown at once; the others fold out.
FIRST_ROWS = 12


class Alert(NamedTuple):
    """Something that needs a person: what, what it means, and pairs (words, address) of what can be done."""

    what: str
    meaning: str
    links: list[tuple[str, str]]


def context(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Unfold's ``DASHBOARD_CALLBACK``: adds the alerts that the account may act on, and the numbers for those who see signatures."""
    user = cast("User", request.user)
    context["alerts"] = _alerts(user, at=timezone.now())
    if user.has_perm("pledges.view_signature"):
        context["overview"] = _overview(request, user)
        context["title"] = _("Overview")
    return context


def _alerts(user: User, *, at: datetime) -> list[Alert]:
    alerts = []
    if user.has_perm("pledges.view_document"):
        alerts += _unsealed(user)
    if user.has_perm("mail.view_message"):
        alerts += _unsent()
    if user.has_perm("work.change_work"):
        alerts += _given_up()
    if user.has_perm("pledges.view_pledge"):
        alerts += _outdated(user, at=at)
    return alerts


def _unsealed(user: User) -> list[Alert]:
    """Signed pledges of the person's units whose sealing was given up."""
    parked = Document.objects.filter(documents.in_state(DocumentState.PARKED))
    count = parked.filter(signature__pledge__in=Pledge.objects.of_staff(user)).count()
    if not count:
        return []
    links = [(_("Show"), reverse("admin:pledges_document_changelist") + "?state=parked")]
    if user.has_perm("work.change_work"):
        links.append((_("Try again"), reverse("admin:pledges_document_retry_all")))
    what = ngettext(
        "%(count)s signed pledge could not be sealed and needs attention.",
        "%(count)s signed pledges could not be sealed and need attention.",
        count,
    )
    return [Alert(what % {"count": count}, _("The signatures are safe; only the PDF is missing."), links)]


def _given_up() -> list[Alert]:
    """Other work that was given up, messages apart."""
    count = Work.objects.parked().exclude(kind__in=(SEAL.name, SEND.name)).count()
    if not count:
        return []
    what = ngettext(
        "%(count)s task in the background was given up after several tries.",
        "%(count)s tasks in the background were given up after several tries.",
        count,
    )
    return [Alert(what % {"count": count}, _("The operator of the site finds the reason in the logs."), [])]


def _unsent() -> list[Alert]:
    """Messages that no mail server took, while their words are kept; codes, whose words are never kept, are no longer news."""
    count = Message.objects.filter(state=MessageState.FAILED, emptied_at=None).count()
    if not count:
        return []
    links = [(_("Show"), reverse("admin:mail_message_changelist") + "?state__exact=failed")]
    what = ngettext("%(count)s message could not be sent.", "%(count)s messages could not be sent.", count)
    return [Alert(what % {"count": count}, _("Whoever was to be told does not know yet."), links)]


def _outdated(user: User, *, at: datetime) -> list[Alert]:
    """Open pledges of the person's units whose text in force cites a law that has ended."""
    pledges = Pledge.objects.of_staff(user).citing_ended_laws(at=at)
    return [
        Alert(
            _("The pledge “%(name)s” cites a law that is no longer in force.") % {"name": pledge.name},
            _("People still sign it. A new version of the text can cite the law that replaced it."),
            [(_("Show"), reverse("admin:pledges_pledge_change", args=[pledge.pk]))],
        )
        for pledge in pledges
    ]


def _overview(request: HttpRequest, user: User) -> dict[str, Any]:
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
