"""Attendees of the person's own events: the list, and adding or cancelling on somebody's behalf."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminEmailInputWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from events import registration
from events.admin.meetings import staff
from events.models import Attendee, AttendeeState, Event, EventState
from kolportal.people import communes
from kolportal.accounts.admin import CommuneFilter, PlatformFilter, channel_summary, channels_with_claims
from kolportal.people.models import SignerKind, Person
from kolportal.frame.site import StaffAdmin, is_pressed, moment
from kolportal.vietnamese import UnsafeText, clean_text, is_person_name

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse
    from django.utils.functional import _StrPromise

    _EventField = forms.ModelChoiceField[Event]
else:
    _EventField = forms.ModelChoiceField  # generic for the type checker only

REFUSALS: dict[type[registration.RegistrationRefused], _StrPromise] = {
    registration.EventNotPublished: _("The event is a draft; publish it first."),
    registration.EventCancelled: _("The event is cancelled."),
    registration.RegistrationClosed: _("The event is closed or over."),
    registration.EventFull: _("No seat is left."),
    registration.EventStarted: _("The event has begun; registrations can no longer be cancelled."),
    registration.NotRegistered: _("The person is not registered."),
    registration.AlreadyCheckedIn: _("The person has been checked in."),
}


class AddForm(forms.Form):
    """Somebody with an account, by its address; or somebody whom staff know only from a list."""

    event = _EventField(Event.objects.none(), label=_("event"), widget=UnfoldAdminSelectWidget)
    email = forms.EmailField(
        label=_("e-mail address of the person's account"),
        required=False,
        widget=UnfoldAdminEmailInputWidget,
        help_text=_("Leave it empty for a person without an account and fill in the fields below."),
    )
    full_name = forms.CharField(
        label=_("full name"), max_length=120, required=False, widget=UnfoldAdminTextInputWidget
    )
    kind = forms.ChoiceField(
        label=_("kind"),
        choices=[("", "–"), *SignerKind.choices],
        required=False,
        widget=UnfoldAdminSelectWidget,
    )
    commune_code = forms.ChoiceField(label=_("commune"), required=False, widget=UnfoldAdminSelectWidget)

    def __init__(self, *args: Any, events: QuerySet[Event], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(_EventField, self.fields["event"]).queryset = events
        cast(forms.ChoiceField, self.fields["commune_code"]).choices = [("", "–"), *communes.choices()]

    def clean_email(self) -> str:
        """An address with a signer behind it, or none."""
        email = str(self.cleaned_data["email"])
        if email and not Person.objects.filter(user__email__iexact=email).exists():
            raise forms.ValidationError(
                _("There is no signer with this address. Check it, or leave it empty.")
            )
        return email

    def clean_full_name(self) -> str:
        """A name, without control characters."""
        try:
            name = clean_text(self.cleaned_data["full_name"])
        except UnsafeText as error:
            raise forms.ValidationError(_("The name holds characters that cannot be shown.")) from error
        if name and not is_person_name(name):
            raise forms.ValidationError(_("A name is made of letters, spaces, hyphens and apostrophes."))
        return name

    def clean(self) -> dict[str, Any] | None:
        """Without an account the person must be named whole."""
        data = super().clean()
        if data is not None and not data.get("email") and "email" not in self.errors:
            for name in ("full_name", "kind", "commune_code"):
                if not data.get(name) and name not in self.errors:
                    self.add_error(name, _("This is needed for a person without an account."))
        return data

    def profile(self) -> Person:
        """The person: found by address, else made."""
        if email := self.cleaned_data["email"]:
            return Person.objects.get(user__email__iexact=email)
        return Person.objects.create(
            **{name: self.cleaned_data[name] for name in ("full_name", "kind", "commune_code")}
        )


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


class AttendeeCommuneFilter(CommuneFilter):
    """By the person's commune."""

    path = "profile__commune_code"


class AttendeePlatformFilter(PlatformFilter):
    """By a platform of the person."""

    path = "profile_id"


@admin.register(Attendee)
class AttendeeAdmin(StaffAdmin):
    """Who answered; sorted by given name."""

    list_display = (
        "name",
        "stage_name",
        "event_title",
        "state_label",
        "kind",
        "commune",
        "channels",
        "registered",
    )
    list_display_links = ("name",)
    list_filter = (EventFilter, "state", "profile__kind", AttendeeCommuneFilter, AttendeePlatformFilter)
    list_select_related = ("profile", "event")
    search_fields = ("profile__search_key",)
    search_help_text = _("Search by name, with or without accents")
    ordering = ("profile__sort_key", "id")
    fields = (
        "name",
        "event",
        "state_label",
        "kind",
        "commune",
        "organisation",
        "phone",
        "account",
        "channels",
        "registered",
    )
    readonly_fields = fields
    actions = None
    actions_detail = ("cancel_registration",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Attendee]:
        """Attendees of the person's own events; one more query a page brings the channels."""
        queryset: QuerySet[Attendee] = super().get_queryset(request)
        own = queryset.filter(event__in=Event.objects.of_staff(staff(request)))
        return own.select_related("profile__user", "event").prefetch_related(
            channels_with_claims("profile__channels")
        )

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never: an answer is changed, not removed."""
        return False

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Registers somebody through the same door as everybody, but not bound to the registration window."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        now = timezone.now()
        events = Event.objects.of_staff(staff(request)).filter(state=EventState.PUBLISHED, ends_at__gt=now)
        form = AddForm(request.POST or None, events=events.order_by("starts_at"))
        if request.method == "POST" and form.is_valid():
            try:
                with transaction.atomic():
                    attendee = registration.register(
                        event=form.cleaned_data["event"],
                        profile=form.profile(),
                        actor_id=staff(request).pk,
                        at=now,
                        by_staff=True,
                    )
            except registration.RegistrationRefused as refusal:
                form.add_error(None, str(REFUSALS[type(refusal)]))
            else:
                self.log_addition(request, attendee, str(_("Registered by staff.")))
                messages.success(request, _("%(name)s is registered.") % {"name": attendee.profile.full_name})
                return redirect("admin:events_attendee_changelist")
        frame = self.admin_site.each_context(request)
        context = {**frame, "title": _("Register somebody"), "opts": self.opts, "form": form}
        return render(request, "admin/events/attendee/add.html", context)

    @action(
        description=_("Cancel the registration"),
        url_path="cancel",
        permissions=["cancel"],
        variant=ActionVariant.DANGER,
    )
    def cancel_registration(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Asks, then cancels on the person's behalf."""
        attendee = cast(Attendee, self.get_object(request, object_id))
        back = reverse("admin:events_attendee_change", args=[attendee.pk])
        if request.method != "POST":
            frame = self.admin_site.each_context(request)
            context = {
                **frame,
                "title": _("Cancel this registration?"),
                "opts": self.opts,
                "attendee": attendee,
                "back": back,
            }
            return render(request, "admin/events/attendee/cancel.html", context)
        try:
            registration.cancel(
                event=attendee.event, profile=attendee.profile, actor_id=staff(request).pk, at=timezone.now()
            )
        except registration.RegistrationRefused as refusal:
            messages.error(request, REFUSALS[type(refusal)])
        else:
            self.log_change(request, attendee, str(_("Cancelled by staff.")))
            messages.success(request, _("The registration is cancelled and the seat is free again."))
        return redirect(back)

    def has_cancel_permission(self, request: HttpRequest, object_id: str) -> bool:
        """Whether the button is shown and works; a POST that came too late is answered in words."""
        attendee = cast(Attendee, self.get_object(request, object_id))
        fits = is_pressed(request) or attendee.state == AttendeeState.REGISTERED
        return fits and bool(self.has_change_permission(request, attendee))

    @admin.display(description=_("full name"), ordering="profile__sort_key")
    def name(self, attendee: Attendee) -> str:
        """Full name; the column sorts by given name."""
        return attendee.profile.full_name

    @admin.display(description=_("event"), ordering="event__starts_at")
    def event_title(self, attendee: Attendee) -> str:
        """The event's title, in a column wide enough for it."""
        return format_html('<span class="long-cell">{}</span>', attendee.event.title)

    @admin.display(description=_("public (stage) name"))
    def stage_name(self, attendee: Attendee) -> str:
        """Public name."""
        return attendee.profile.stage_name or "–"

    @display(
        description=_("state"),
        ordering="state",
        label={
            AttendeeState.REGISTERED.label: "success",
            AttendeeState.CHECKED_IN.label: "info",
            AttendeeState.DECLINED.label: "warning",
            AttendeeState.CANCELLED.label: "danger",
        },
    )
    def state_label(self, attendee: Attendee) -> str:
        """The state in words and colour."""
        return attendee.get_state_display()

    @admin.display(description=_("kind"), ordering="profile__kind")
    def kind(self, attendee: Attendee) -> str:
        """What the person is."""
        return attendee.profile.get_kind_display()

    @admin.display(description=_("commune"), ordering="profile__commune_code")
    def commune(self, attendee: Attendee) -> str:
        """Kind and name of the commune."""
        return attendee.profile.commune_label

    @admin.display(description=_("organisation"))
    def organisation(self, attendee: Attendee) -> str:
        """Organisation."""
        return attendee.profile.organisation or "–"

    @admin.display(description=_("mobile phone"))
    def phone(self, attendee: Attendee) -> str:
        """Phone in E.164."""
        return attendee.profile.phone or "–"

    @admin.display(description=_("account"))
    def account(self, attendee: Attendee) -> str:
        """The address of the account, if there is one."""
        return attendee.profile.user.email if attendee.profile.user else "–"

    @admin.display(description=_("pages, groups and channels"))
    def channels(self, attendee: Attendee) -> str:
        """Platforms, with the mark of a disputed link."""
        return channel_summary(attendee.profile)

    @admin.display(description=_("registered at"), ordering="registered_at")
    def registered(self, attendee: Attendee) -> str:
        """When, with the offset."""
        return moment(attendee.registered_at)
