"""Pages of the administration that need both meetings and pledges, composed here so that no app patches another's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Q
from unfold.admin import TabularInline

from events.admin.base import staff
from events.admin.meetings import EventAdmin
from events.models import Event
from pledges.models import EventPledge, Pledge

if TYPE_CHECKING:
    from django.http import HttpRequest


class EventPledgeInline(TabularInline):  # type: ignore[misc]  # Unfold ships no types
    """The pledge that an event asks for, on the event's page."""

    model = EventPledge
    extra = 0
    max_num = 1

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Only pledges of the person's units, and the one that the event asks for already: of a meeting of several units it may be
        another one's, and whoever corrects the venue must not have to take it away."""
        if db_field.name == "pledge":
            event = request.resolver_match.kwargs.get("object_id") if request.resolver_match else None
            asked = Pledge.objects.filter(asked_at__event=event) if event else Pledge.objects.none()
            own = Pledge.objects.of_staff(staff(request))
            kwargs["queryset"] = Pledge.objects.filter(
                Q(pk__in=own.values("pk")) | Q(pk__in=asked.values("pk"))
            )
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        field.widget.attrs["aria-label"] = field.label
        return field


@admin.register(Event)
class MeetingAdmin(EventAdmin):
    """Meetings, with the pledge that each asks for."""

    inlines = (*EventAdmin.inlines, EventPledgeInline)
