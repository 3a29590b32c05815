"""Organising units."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from kolportal.accounts.models import User
from kolportal.frame.site import StaffAdmin
from kolportal.units import history
from kolportal.units.models import OrganisingUnit

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
        return OrganisingUnit.objects.of_staff(cast(User, request.user)).prefetch_related("members")

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Who belongs to a unit sees its signatures, and its name stands on them: changes go into the audit trail."""
        before = self._member_keys(form.instance)
        super().save_related(request, form, formsets, change)
        after = self._member_keys(form.instance)
        fields = [name for name in form.changed_data if name != "members"]
        if fields or before != after:
            history.CHANGED.record(
                form.instance.pk,
                actor_id=request.user.pk,
                at=timezone.now(),
                detail={"fields": fields, "members": {"before": before, "after": after}},
                values={
                    name: (str(form.initial.get(name, "")), str(form.cleaned_data[name])) for name in fields
                },
            )

    def _member_keys(self, unit: OrganisingUnit) -> list[int]:
        return sorted(
            OrganisingUnit.members.through.objects.filter(organisingunit=unit).values_list("user", flat=True)
        )

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
