"""Accounts, roles and signers in the administration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account.models import EmailAddress
from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Exists, Model, OuterRef, Prefetch
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import DropdownFilter
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminEmailInputWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from kolportal.people import communes, roles
from kolportal.accounts.models import User
from kolportal.people.models import Channel, Platform, Person
from kolportal.frame.site import ReadOnlyAdmin, StaffAdmin, moment
from kolportal.audit import events as audit

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

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Only what the filters use. Django would take any column, so that a password's hash could be guessed by its start."""
        return lookup in {"role", "is_staff__exact", "is_active__exact"}

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
            audit.record(
                action="account.standing_changed",
                actor_id=request.user.pk,
                subject_type="account",
                subject_id=user.pk,
                at=timezone.now(),
                detail={"before": before, "after": after, "renamed": renamed},
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


class CommuneFilter(DropdownFilter):  # type: ignore[misc]  # Unfold ships no types
    """By commune; ``path`` leads from the listed model to the column."""

    title = _("commune")
    parameter_name = "commune"
    path = "commune_code"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return communes.choices()

    def queryset(self, request: HttpRequest, queryset: QuerySet[Model]) -> QuerySet[Model]:
        return queryset.filter(**{self.path: self.value()}) if self.value() else queryset


class PlatformFilter(DropdownFilter):  # type: ignore[misc]  # Unfold ships no types
    """People with a channel on a platform; ``path`` leads from the listed model to the profile's key."""

    title = _("platform")
    parameter_name = "platform"
    path = "pk"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return list(Platform.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Model]) -> QuerySet[Model]:
        if not self.value():
            return queryset
        # EXISTS and no join: one person with two pages stays one row, and the count stays true.
        return queryset.filter(
            Exists(Channel.objects.current().filter(profile=OuterRef(self.path), platform=self.value()))
        )


def channels_with_claims(lookup: str = "channels") -> Prefetch[str]:
    """A person's present channels, each with ``claimed``: whether another person names the same link."""
    several = Channel.objects.claimed_by_several().filter(pk=OuterRef("pk"))
    return Prefetch(
        lookup, Channel.objects.current().annotate(claimed=Exists(several)), to_attr="present_channels"
    )


def channel_summary(profile: Person) -> str:
    """The platforms of a person fetched with ``channels_with_claims``, and a mark where a link is disputed."""
    channels: list[Any] = getattr(profile, "present_channels", [])
    platforms = ", ".join(sorted({channel.get_platform_display() for channel in channels})) or "–"
    if not any(channel.claimed for channel in channels):
        return platforms
    return format_html(
        '{}<br><strong class="claimed">⚠ {}</strong>', platforms, _("channel claimed by several")
    )


class ChannelInline(TabularInline):  # type: ignore[misc]  # Unfold ships no types
    """What the person declared; read only."""

    model = Channel
    fields = ("platform", "name", "url", "role", "followers", "claimed_by_several")
    readonly_fields = fields
    extra = 0
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Channel]:
        """Present channels only."""
        several = Channel.objects.claimed_by_several().filter(pk=OuterRef("pk"))
        queryset: QuerySet[Channel] = super().get_queryset(request)
        return queryset.filter(removed_at=None).annotate(claimed=Exists(several))

    @admin.display(description=_("claimed by several"), boolean=True)
    def claimed_by_several(self, channel: Channel) -> bool:
        """Whether another person names the same link."""
        return bool(getattr(channel, "claimed", False))

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never."""
        return False


@admin.register(Person)
class PersonAdmin(ReadOnlyAdmin):
    """Signers, seen by the organisers of the events that they answered."""

    list_display = ("full_name", "stage_name", "kind", "commune", "organisation", "channels")
    list_filter = ("kind", CommuneFilter, PlatformFilter)
    search_fields = ("search_key",)
    search_help_text = _("Search by name, with or without accents")
    ordering = ("sort_key",)
    fields = ("full_name", "stage_name", "kind", "commune", "phone", "organisation", "account", "since")
    readonly_fields = fields
    inlines = (ChannelInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Person]:
        """Those who answered an event of one of the person's own units."""
        queryset: QuerySet[Person] = super().get_queryset(request)
        user = request.user
        if not (user.is_superuser or user.has_perm("units.see_all_units")):
            mine = Person.objects.filter(attendances__event__parts__unit__members=user.pk)
            queryset = queryset.filter(pk__in=mine.values("pk"))
        return queryset.prefetch_related(channels_with_claims())

    @admin.display(description=_("commune"), ordering="commune_code")
    def commune(self, profile: Person) -> str:
        """Kind and name of the commune."""
        return profile.commune_label

    @admin.display(description=_("pages, groups and channels"))
    def channels(self, profile: Person) -> str:
        """Platforms, with the mark of a disputed link."""
        return channel_summary(profile)

    @admin.display(description=_("account"))
    def account(self, profile: Person) -> str:
        """The address of the account, if there is one."""
        return profile.user.email if profile.user else "–"

    @admin.display(description=_("registered at"))
    def since(self, profile: Person) -> str:
        """When the profile was made."""
        return moment(profile.created_at)
