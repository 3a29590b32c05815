"""Who declined. For counting and for not asking the same person again; nothing follows from a decline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.utils.translation import gettext_lazy

from kolportal.frame.site import moment
from pledges import columns
from pledges.admin.base import ReadOnlyAdmin, chip, staff
from pledges.admin.filters import PledgeFilter
from pledges.models import Decline, Pledge

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.utils.safestring import SafeString


@admin.register(Decline)
class DeclineAdmin(ReadOnlyAdmin):
    """Declines of the pledges that the person's units keep, newest first."""

    list_display = ("name", "pledge", "declined", "state_chip")
    list_filter = (PledgeFilter, ("reversed_at", admin.EmptyFieldListFilter))
    list_filter_submit = False
    fields = ("name", "pledge", "text", "declined", "reversed", "state_chip")
    readonly_fields = fields
    search_fields = ("person__search_key",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Decline]:
        """By the pledge's unit."""
        own = Decline.objects.filter(pledge__in=Pledge.objects.of_staff(staff(request)))
        return own.select_related("pledge", "person", "text__edition__pledge")

    @admin.display(description=gettext_lazy("full name"), ordering="person__sort_key")
    def name(self, decline: Decline) -> str:
        """As the person gives it now."""
        return decline.person.full_name or str(columns.ERASED)

    @admin.display(description=gettext_lazy("declined at"), ordering="declined_at")
    def declined(self, decline: Decline) -> str:
        """With the offset."""
        return moment(decline.declined_at)

    @admin.display(description=gettext_lazy("reversed at"))
    def reversed(self, decline: Decline) -> str:
        """With the offset."""
        return moment(decline.reversed_at)

    @admin.display(description=gettext_lazy("state"))
    def state_chip(self, decline: Decline) -> SafeString:
        """Whether it still stands."""
        return chip("superseded") if decline.reversed_at else chip("declined")
