"""What lists of other rooms filter by, with the choices that this room knows; each list filters its own columns.

There are no pages of people: staff never see what somebody says of himself or herself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter

from kolportal.people import channels, communes
from kolportal.people.models import Platform

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet
    from django.http import HttpRequest


class CommuneFilter(DropdownFilter):  # type: ignore[misc]  # Unfold ships no types
    """By commune; ``path`` leads from the listed model to the column with the code."""

    title = _("commune")
    parameter_name = "commune"
    path = "commune_code"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return communes.choices()

    def queryset(self, request: HttpRequest, queryset: QuerySet[Model]) -> QuerySet[Model]:
        return queryset.filter(**{self.path: self.value()}) if self.value() else queryset


class PlatformFilter(DropdownFilter):  # type: ignore[misc]  # Unfold ships no types
    """By a platform named in a column of free text (``path``), such as an attendee's channels."""

    title = _("platform")
    parameter_name = "platform"
    path = "channels"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return list(Platform.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Model]) -> QuerySet[Model]:
        value = self.value()
        if value not in Platform.values:
            return queryset
        return self.on_platform(queryset, Platform(value))

    def on_platform(self, queryset: QuerySet[Model], platform: Platform) -> QuerySet[Model]:
        """The rows that name a page, group or channel there."""
        named = Q()
        for domain in channels.domains(platform):
            named |= Q(**{f"{self.path}__icontains": domain})
        return queryset.filter(named)
