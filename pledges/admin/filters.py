"""Filters of the list of signed pledges. Their choices hold only what the person's units keep."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter, RangeDateFilter

from events.models import Event
from kolportal.people import communes
from kolportal.people.models import Platform
from pledges import columns, documents
from pledges.admin.base import staff
from pledges.models import DocumentState, Pledge, SignedChannel, Text

if TYPE_CHECKING:
    from datetime import date

    from django.db.models import QuerySet
    from django.http import HttpRequest

    from pledges.models import Signature


class _Dropdown(DropdownFilter):  # type: ignore[misc]  # Unfold has no types
    """A drop-down whose unknown values show nothing instead of everything."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Signature]) -> QuerySet[Signature]:
        value = self.value()
        if not value:
            return queryset
        if value not in {str(key) for key, _label in self.lookup_choices}:
            return queryset.none()
        return self.chosen(queryset, value)

    def chosen(self, queryset: QuerySet[Signature], value: str) -> QuerySet[Signature]:
        """The rows of one choice."""
        raise NotImplementedError


class EventFilter(_Dropdown):
    """The meeting at which was signed."""

    title = _("event")
    parameter_name = "event"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        events = (
            Event.objects.filter(pledges__in=Pledge.objects.of_staff(staff(request)))
            .distinct()
            .order_by("-starts_at")
        )
        return [(str(pk), title) for pk, title in events.values_list("pk", "title")]

    def chosen(self, queryset: QuerySet[Signature], value: str) -> QuerySet[Signature]:
        return queryset.filter(event=int(value))


class PledgeFilter(_Dropdown):
    """The pledge, in any version."""

    title = _("pledge")
    parameter_name = "pledge"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            (str(pk), name) for pk, name in Pledge.objects.of_staff(staff(request)).values_list("pk", "name")
        ]

    def chosen(self, queryset: QuerySet[Signature], value: str) -> QuerySet[Signature]:
        return queryset.filter(pledge=int(value))


class VersionFilter(_Dropdown):
    """One published text."""

    title = _("version of the pledge")
    parameter_name = "version"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        texts = Text.objects.published().of_staff(staff(request)).select_related("edition__pledge")
        ordered = texts.order_by("edition__pledge__name", "-edition__number", "-language")
        return [(str(text.pk), str(text)) for text in ordered.defer("canonical", "preamble", "closing")]

    def chosen(self, queryset: QuerySet[Signature], value: str) -> QuerySet[Signature]:
        return queryset.filter(text=int(value))


class StandingFilter(_Dropdown):
    """The state of the signature, and while it stands, of its document."""

    title = _("state")
    parameter_name = "standing"
    IN_FORCE = Q(withdrawn_at=None, superseded_at=None)
    STANDINGS = {
        "active": (_("in force (all)"), IN_FORCE),
        "sealed": (
            _("in force, sealed"),
            IN_FORCE & documents.in_state(DocumentState.SEALED, "document"),
        ),
        "pending": (
            _("being sealed"),
            IN_FORCE & documents.in_state(DocumentState.PENDING, "document"),
        ),
        "parked": (_("needs attention"), documents.in_state(DocumentState.PARKED, "document")),
        "withdrawn": (_("withdrawn"), Q(withdrawn_at__isnull=False)),
        "superseded": (_("replaced"), Q(superseded_at__isnull=False)),
        "erased": (columns.ERASED, Q(particulars__erased_at__isnull=False)),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(key, label) for key, (label, _condition) in self.STANDINGS.items()]

    def chosen(self, queryset: QuerySet[Signature], value: str) -> QuerySet[Signature]:
        return queryset.filter(self.STANDINGS[value][1])


class CommuneFilter(_Dropdown):
    """The commune as it stood at signing."""

    title = _("commune")
    parameter_name = "commune"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return communes.choices()

    def chosen(self, queryset: QuerySet[Signature], value: str) -> QuerySet[Signature]:
        return queryset.filter(particulars__commune_code=value)


class PlatformFilter(_Dropdown):
    """A platform on which the signature covers a channel."""

    title = _("platform")
    parameter_name = "platform"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(Platform.choices)

    def chosen(self, queryset: QuerySet[Signature], value: str) -> QuerySet[Signature]:
        # Exists, not a join: two channels on one platform are one row.
        return queryset.filter(Exists(SignedChannel.objects.filter(signature=OuterRef("pk"), platform=value)))


class PeriodFilter(RangeDateFilter):  # type: ignore[misc]  # Unfold has no types
    """Whole days of the site's time zone, first and last included.

    Unfold's own filter reads 10/09/2025 as October 9 and leaves the last day out.
    """

    def queryset(self, request: HttpRequest, queryset: QuerySet[Signature]) -> QuerySet[Signature]:
        """Both ends are optional; a date that cannot be read shows nothing."""
        try:
            first, last = (self._day(end) for end in ("from", "to"))
            if first:
                queryset = queryset.filter(**{f"{self.field_path}__gte": _midnight(first)})
            if last:
                queryset = queryset.filter(**{f"{self.field_path}__lt": _midnight(last + timedelta(days=1))})
        except (ValidationError, OverflowError):
            return queryset.none()
        return queryset

    def _day(self, end: str) -> date | None:
        typed = self.used_parameters.get(f"{self.parameter_name}_{end}")
        return forms.DateField(required=False).clean(typed) if typed else None


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
