"""Filters of the list of attendees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter

from events.admin.base import staff
from events.models import Attendee, Entry, Event
from kolportal.people.models import SignerKind

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest


class EventFilter(DropdownFilter):  # type: ignore[misc]  # Unfold ships no types
    """By one of the person's own events."""

    title = _("event")
    parameter_name = "event"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        own = Event.objects.of_staff(staff(request)).order_by("-starts_at")
        return [(str(pk), title) for pk, title in own.values_list("pk", "title")[:200]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Attendee]) -> QuerySet[Attendee]:
        value = str(self.value() or "")
        return queryset.filter(event_id=int(value)) if value.isdecimal() else queryset


class KindFilter(DropdownFilter):  # type: ignore[misc]  # Unfold ships no types
    """By kind; guests have none."""

    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, Any]]:
        return [*SignerKind.choices, ("guest", _("Guest"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Attendee]) -> QuerySet[Attendee]:
        if self.value() == "guest":
            return queryset.filter(kind="")
        return queryset.filter(kind=self.value()) if self.value() else queryset


class PresenceFilter(DropdownFilter):  # type: ignore[misc]  # Unfold ships no types
    """By who has come."""

    title = _("presence")
    parameter_name = "presence"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, Any]]:
        return [("in", _("has come")), ("out", _("has not come"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Attendee]) -> QuerySet[Attendee]:
        if self.value() not in {"in", "out"}:
            return queryset
        inside = Exists(Entry.objects.open().filter(attendee=OuterRef("pk")))
        return queryset.filter(inside if self.value() == "in" else ~inside)
