"""The audit trail, to be read by administrators."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db.models import BigIntegerField, OuterRef, Subquery, Value
from django.db.models.functions import Cast, NullIf
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter

from kolportal.audit.history import Event, Subject
from kolportal.audit.models import AuditEvent
from kolportal.frame.site import ReadOnlyAdmin, moment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.utils.functional import _StrPromise

    from kolportal.audit.models import HistoryValue

LATE = timedelta(hours=1)
"""An entry written this much after the time that it states was put in later, whoever did that."""


class ActionFilter(DropdownFilter):  # type: ignore[misc]  # Unfold ships no types
    """By what was done."""

    title = _("action")
    parameter_name = "action"
    known: ClassVar[Mapping[str, Event | Subject]] = Event.known

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, _StrPromise]]:
        return [(name, each.words) for name, each in self.known.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
        return queryset.filter(**{self.parameter_name: self.value()}) if self.value() else queryset


class SubjectFilter(ActionFilter):
    """By what it was done to."""

    title = _("kind of subject")
    parameter_name = "subject_type"
    known = Subject.known


def _words(known: Mapping[str, Event | Subject], name: str) -> str:
    """The words for a name; a name that nobody declares any more is shown as it is."""
    return str(known[name].words) if name in known else name


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    """Who did what, when; nothing can be changed here."""

    list_display = ("time", "act", "actor", "kind", "subject_id", "details")
    list_filter = (ActionFilter, SubjectFilter)
    search_fields = ("action", "subject_id", "actor_id", "request_id")
    search_help_text = _("Search by act, subject number, account number or request")
    fields = ("time", "act", "actor", "kind", "subject_id", "details", "changes", "request_id")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditEvent]:
        """With the address of the account that acted, as far as it still exists."""
        accounts = get_user_model()._default_manager.filter(pk=OuterRef("actor_key"))
        queryset: QuerySet[AuditEvent] = super().get_queryset(request)
        return queryset.annotate(
            actor_key=Cast(NullIf("actor_id", Value("")), BigIntegerField()),
            actor_email=Subquery(accounts.values("email")[:1]),
        )

    @admin.display(description=_("at"), ordering="id")
    def time(self, event: AuditEvent) -> str:
        """When, with the offset; marked where the database wrote the entry much later than it says."""
        if event.written_at - event.at <= LATE:
            return moment(event.at)
        return format_html(
            '{}<br><strong class="late-entry">⚠ {}</strong>',
            moment(event.at),
            _("put in later, at %(time)s") % {"time": moment(event.written_at)},
        )

    @admin.display(description=_("action"), ordering="action")
    def act(self, event: AuditEvent) -> str:
        """What was done, in words."""
        return _words(Event.known, event.action)

    @admin.display(description=_("kind of subject"), ordering="subject_type")
    def kind(self, event: AuditEvent) -> str:
        """What it was done to, in words."""
        return _words(Subject.known, event.subject_type)

    @admin.display(description=_("detail"))
    def details(self, event: AuditEvent) -> str:
        """Keys and values, in plain text: Unfold would colour JSON by inline styles."""
        text = json.dumps(event.detail, ensure_ascii=False, sort_keys=True)
        return format_html('<span class="detail-json long-cell">{}</span>', text) if event.detail else "–"

    @admin.display(description=_("old and new values"))
    def changes(self, event: AuditEvent) -> str:
        """Field: old → new, one a line; a dash where nothing is kept (any more)."""
        values: HistoryValue | None = getattr(event, "values", None)
        if values is None:
            return str(_("removed")) if event.commitment else "–"
        return format_html_join(
            mark_safe("<br>"),
            "{}: {} → {}",
            ((field, old or "–", new or "–") for field, (old, new) in sorted(values.fields.items())),
        )

    @admin.display(description=_("account"), ordering="actor_id")
    def actor(self, event: AuditEvent) -> str:
        """The account's address, else its number; a dash for the system."""
        return getattr(event, "actor_email", None) or event.actor_id or "–"
