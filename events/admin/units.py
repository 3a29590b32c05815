"""Organising units."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from events.admin.meetings import staff
from events.models import OrganisingUnit
from kolportal.accounts.models import User
from kolportal.admin_site import StaffAdmin

if TYPE_CHECKING:
    from django.db.models import ManyToManyField, QuerySet
    from django.http import HttpRequest


@admin.register(OrganisingUnit)
class OrganisingUnitAdmin(StaffAdmin):
    """Bodies that organise, and their staff."""

    list_display = ("name", "short_name", "contact_email", "contact_phone", "member_names")
    search_fields = ("name", "short_name")
    ordering = ("name",)
    actions = None
    fields = ("name", "short_name", "address", "contact_email", "contact_phone", "members")

    def get_queryset(self, request: HttpRequest) -> QuerySet[OrganisingUnit]:
        """The person's own units, or all."""
        return OrganisingUnit.objects.of_staff(staff(request)).prefetch_related("members")

    def formfield_for_manytomany(
        self, db_field: ManyToManyField[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        """Staff accounts only: signers are not offered."""
        if db_field.name == "members":
            kwargs["queryset"] = User.objects.filter(is_staff=True, is_active=True).order_by("email")
            kwargs["widget"] = UnfoldAdminCheckboxSelectMultipleWidget()
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    @admin.display(description=_("staff of this unit"))
    def member_names(self, unit: OrganisingUnit) -> str:
        """Names or addresses of the staff."""
        return ", ".join(str(member) for member in unit.members.all()) or "–"
