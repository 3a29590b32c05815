"""Accounts and their roles in the administration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account.models import EmailAddress
from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminEmailInputWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from kolportal.accounts import history, roles
from kolportal.accounts.models import User
from kolportal.frame.site import StaffAdmin, moment

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.forms.models import ModelForm
    from django.http import HttpRequest

    _UserModelForm = forms.ModelForm[User]
    _GroupsField = forms.ModelMultipleChoiceField[Group]
else:  # generic for the type checker only
    _UserModelForm = forms.ModelForm
    _GroupsField = forms.ModelMultipleChoiceField

# Roles come from the table in kolportal.accounts.roles; addresses are managed by their owner on "My page".
admin.site.unregister(Group)
admin.site.unregister(EmailAddress)


class _RoleField(_GroupsField):
    """Check boxes with the names that people read."""

    def label_from_instance(self, obj: Model) -> str:
        return roles.display_name(obj) if isinstance(obj, Group) else str(obj)


def _role_field() -> _RoleField:
    return _RoleField(
        Group.objects.filter(name__in=roles.Role.values).order_by("id"),
        required=False,
        label=_("roles"),
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )


def _unit_field() -> forms.ModelMultipleChoiceField[Model]:
    # The units' model belongs to a floor above; the reverse relation knows it.
    units = User._meta.get_field("organising_units").related_model
    return forms.ModelMultipleChoiceField(
        units._default_manager.all(),
        required=False,
        label=_("units"),
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )


class UserForm(_UserModelForm):
    """What an administrator may set of an account. The address stays; rights come from roles alone."""

    groups = _role_field()
    units = _unit_field()

    class Meta:
        model = User
        fields = ("name", "is_active", "is_staff", "groups")
        widgets = {
            "name": UnfoldAdminTextInputWidget,
            "is_active": UnfoldBooleanSwitchWidget,
            "is_staff": UnfoldBooleanSwitchWidget,
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["units"].initial = self.instance.organising_units.all()


class StaffCreationForm(UserForm):
    """A new member of staff. No password travels: the person logs in with a code sent to the address."""

    email = forms.EmailField(label=_("e-mail address"), widget=UnfoldAdminEmailInputWidget)

    class Meta(UserForm.Meta):
        fields = ("email", "name", "groups")  # type: ignore[assignment]  # other fields than the parent's

    def clean_email(self) -> str:
        """In lower case, and not yet taken."""
        email = str(self.cleaned_data["email"]).lower()
        if User.objects.filter(email__iexact=email).exists():
            raise forms.ValidationError(
                _("There is an account with this address already; open it and give it a role.")
            )
        return email

    def save(self, commit: bool = True) -> User:
        """An account that codes open, and that may enter the administration."""
        self.instance.is_staff = True
        self.instance.set_unusable_password()
        return super().save(commit)


class RoleFilter(DropdownFilter):  # type: ignore[misc]  # Unfold ships no types
    """By role."""

    title = _("role")
    parameter_name = "role"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, Any]]:
        return [(role.value, role.label) for role in roles.Role]

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        return queryset.filter(groups__name=self.value()) if self.value() else queryset


@admin.register(User)
class UserAdmin(StaffAdmin):
    """Accounts and their roles."""

    form = UserForm
    list_display = ("email", "name", "role_names", "unit_names", "is_staff", "is_active")
    list_filter = (RoleFilter, "is_staff", "is_active")
    search_fields = ("email",)
    search_help_text = _("Search by e-mail address")
    ordering = ("email",)
    actions = None
    fields = ("email", "name", "is_active", "is_staff", "groups", "units", "joined")
    readonly_fields = ("email", "joined")

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """With roles and units: two more queries a page, whatever its length."""
        queryset: QuerySet[User] = super().get_queryset(request)
        return queryset.prefetch_related("groups", "organising_units")

    def get_form(
        self, request: HttpRequest, obj: User | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """Another form for a new account."""
        if obj is None:
            kwargs["form"] = StaffCreationForm
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """A new account is always active staff."""
        return self.fields if obj else ("email", "name", "groups", "units")

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """The address can be given once."""
        return self.readonly_fields if obj else ()

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """A superuser's account is changed by superusers alone."""
        allowed: bool = super().has_change_permission(request, obj)
        return allowed and (obj is None or not obj.is_superuser or bool(request.user.is_superuser))

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Never: what an account did outlives it. It can be switched off."""
        return False

    def save_related(self, request: HttpRequest, form: ModelForm[User], formsets: Any, change: bool) -> None:
        """Roles and units; what changes the account's standing, or its name among colleagues, is an entry in the audit trail."""
        user = form.instance
        before = {**_standing(user), **_sent_before(form)} if change else {}
        super().save_related(request, form, formsets, change)
        user.organising_units.set(form.cleaned_data["units"])
        if not change:
            EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=False)
        after = _standing(user)
        renamed = change and "name" in form.changed_data
        if before != after or renamed:
            history.STANDING_CHANGED.record(
                user.pk,
                actor_id=request.user.pk,
                at=timezone.now(),
                detail={"before": before, "after": after, "renamed": renamed},
                values={"name": (form.initial["name"], user.name)} if renamed else None,
            )

    @admin.display(description=_("roles"))
    def role_names(self, user: User) -> str:
        """Names of the roles."""
        return ", ".join(roles.display_name(group) for group in user.groups.all()) or "–"

    @admin.display(description=_("units"))
    def unit_names(self, user: User) -> str:
        """Short names of the units."""
        return ", ".join(unit.short_name for unit in user.organising_units.all()) or "–"

    @admin.display(description=_("registered at"))
    def joined(self, user: User) -> str:
        """When the account was made."""
        return moment(user.date_joined)


def _standing(user: User) -> dict[str, Any]:
    return {
        "roles": sorted(user.groups.order_by().values_list("name", flat=True)),
        "units": sorted(user.organising_units.order_by().values_list("pk", flat=True)),
        "active": user.is_active,
        "staff": user.is_staff,
    }


def _sent_before(form: ModelForm[User]) -> dict[str, Any]:
    """The two switches as they were when the form was opened: the row itself is saved already."""
    return {"active": form.initial["is_active"], "staff": form.initial["is_staff"]}
