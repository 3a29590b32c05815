"""Events: the form with units, agenda and materials; the buttons that change the state."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from events import history, lifecycle
from kolportal import files as uploads
from events.models import AgendaItem, Event, EventState, EventUnit, Material
from kolportal.units.models import OrganisingUnit
from kolportal.accounts.models import User
from kolportal.frame.site import StaffAdmin, is_pressed, moment

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse
    from django.utils.functional import _StrPromise

    _EventModelForm = forms.ModelForm[Event]
    _MaterialModelForm = forms.ModelForm[Material]
    _PartFormSet = forms.BaseInlineFormSet[EventUnit, Event, forms.ModelForm[EventUnit]]
else:
    _EventModelForm = _MaterialModelForm = forms.ModelForm  # generic for the type checker only
    _PartFormSet = forms.BaseInlineFormSet


def staff(request: HttpRequest) -> User:
    """The member of staff behind a request to the administration."""
    return cast(User, request.user)


class EventForm(_EventModelForm):
    """Checks what the database would refuse, in words and at the field."""

    def clean_cover(self) -> Any:
        """A real picture, or what was there."""
        cover = self.cleaned_data["cover"]
        if cover and "cover" in self.changed_data:
            uploads.check_picture(cover)
        return cover

    def clean_capacity(self) -> int:
        """Never below the seats that are taken. Locks the row, so that nobody registers between check and save."""
        capacity: int = self.cleaned_data["capacity"]
        if self.instance.pk:
            taken = Event.objects.select_for_update().get(pk=self.instance.pk).seats_taken
            if capacity < taken:
                raise forms.ValidationError(
                    _("%(taken)s seats are taken already; the number cannot be lower."),
                    params={"taken": taken},
                )
        return capacity

    def clean(self) -> dict[str, Any] | None:
        """Times in order; a picture needs its description."""
        data = super().clean()
        if data is None:
            return None
        if data.get("starts_at") and data.get("ends_at") and data["ends_at"] <= data["starts_at"]:
            self.add_error("ends_at", _("The event must end after it begins."))
        opens, closes = data.get("registration_opens_at"), data.get("registration_closes_at")
        if opens and closes and closes <= opens:
            self.add_error("registration_closes_at", _("Registration must end after it opens."))
        if data.get("cover") and not data.get("cover_description"):
            self.add_error(
                "cover_description",
                _("Please say in one sentence what the picture shows, for those who cannot see it."),
            )
        return data


class MaterialForm(_MaterialModelForm):
    """Checks that a file is what its name says."""

    def clean_file(self) -> Any:
        """The file, or what was there."""
        file = self.cleaned_data["file"]
        if file and "file" in self.changed_data:
            uploads.check_material(file)
        return file


class PartFormSet(_PartFormSet):
    """Who may take a unit's part out of an event: that unit's own staff, and never the last of one's own units.

    Without its part a unit no longer finds the event, nor those who attend it.
    """

    request: HttpRequest

    def clean(self) -> None:
        """Raises ``ValidationError``."""
        super().clean()
        rows = [form.cleaned_data for form in self.forms if getattr(form, "cleaned_data", None)]
        units = {row["unit"].pk for row in rows if row.get("unit") and not row.get("DELETE")}
        own = OrganisingUnit.objects.of_staff(staff(self.request)).filter(pk__in=units)
        if not own.exists():
            raise forms.ValidationError(_("At least one of your own units must have a part in the event."))
        if not self.instance.pk:
            return
        others = OrganisingUnit.objects.filter(parts__event=self.instance.pk).exclude(pk__in=units)
        foreign = others.exclude(pk__in=OrganisingUnit.objects.of_staff(staff(self.request)).values("pk"))
        if names := ", ".join(foreign.order_by("name").values_list("name", flat=True)):
            raise forms.ValidationError(
                _("Only its own staff can take a unit's part out of the event: %(units)s."),
                params={"units": names},
            )


class PartInline(TabularInline):  # type: ignore[misc]  # Unfold ships no types
    """Units with their part."""

    model = EventUnit
    formset = PartFormSet
    extra = 0
    min_num = 1
    fields = ("unit", "part", "position")

    def get_formset(self, request: HttpRequest, obj: Event | None = None, **kwargs: Any) -> Any:
        """The formset must know who saves."""
        formset = super().get_formset(request, obj, **kwargs)
        formset.request = request
        return formset


class AgendaInline(TabularInline):  # type: ignore[misc]  # Unfold ships no types
    """Points of the agenda with speakers' roles."""

    model = AgendaItem
    extra = 0
    fields = ("starts_at", "title", "speaker", "speaker_role")


class MaterialInline(TabularInline):  # type: ignore[misc]  # Unfold ships no types
    """Files to download."""

    model = Material
    form = MaterialForm
    extra = 0
    fields = ("title", "file", "position")


class _Change(NamedTuple):
    """A button's words and its verb in ``events.lifecycle``."""

    verb: str
    act: Callable[..., None]
    question: _StrPromise
    consequence: _StrPromise
    button: _StrPromise
    done: _StrPromise


CHANGES: dict[str, _Change] = {
    "publish": _Change(
        "publish",
        lifecycle.publish,
        _("Publish this event?"),
        _(
            "Everybody can then see its page, and people can register in the registration window. It cannot become a draft again."
        ),
        _("Publish"),
        _("The event is published."),
    ),
    "close": _Change(
        "close",
        lifecycle.close,
        _("Close this event?"),
        _("Nobody can register or cancel any more. The page stays. This cannot be undone."),
        _("Close the event"),
        _("The event is closed."),
    ),
    "cancel": _Change(
        "cancel",
        lifecycle.cancel,
        _("Call this event off?"),
        _(
            "The page stays and says that the event is cancelled. People are not told by e-mail; please tell them. This cannot be undone."
        ),
        _("Call the event off"),
        _("The event is cancelled."),
    ),
}

MISSING: dict[str, _StrPromise] = {
    "units": _("it has no organising unit yet"),
    "over": _("it lies in the past"),
    "cover_description": _("the cover picture has no description"),
}


class EventAdmin(StaffAdmin):
    """Meetings of the person's own units."""

    form = EventForm
    list_display = ("title", "when", "venue", "state_label", "seats")
    list_filter = ("state", "starts_at")
    search_fields = ("search_key",)
    search_help_text = _("Search by title, programme or place, with or without accents")
    ordering = ("-starts_at", "-id")
    prepopulated_fields = {"slug": ("title",)}
    readonly_fields = ("state_label", "seats", "public_page")
    inlines = (PartInline, AgendaInline, MaterialInline)
    actions = None
    actions_detail = ("publish_event", "close_event", "cancel_event")
    fieldsets = (
        (None, {"fields": ("title", "slug", "programme", "summary", "state_label", "public_page")}),
        (_("When and where"), {"fields": ("starts_at", "ends_at", "venue", "address")}),
        (
            _("Registration"),
            {"fields": ("capacity", "seats", "registration_opens_at", "registration_closes_at")},
        ),
        (_("Picture"), {"fields": ("cover", "cover_description")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        """Events that one of the person's units has a part in, or all."""
        queryset: QuerySet[Event] = super().get_queryset(request)
        return queryset.filter(pk__in=Event.objects.of_staff(staff(request)).values("pk"))

    def save_model(self, request: HttpRequest, obj: Event, form: Any, change: bool) -> None:
        """Writes the form's columns only: state and seats may have changed since the page was opened."""
        if not change:
            obj.save()
            return
        columns = {field.name for field in Event._meta.concrete_fields if field.name in form.cleaned_data}
        obj.save(update_fields=[*columns, "search_key", "updated_at"])

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """People registered for what they read: which fields, agenda points or files changed goes into the audit trail."""
        super().save_related(request, form, formsets, change)
        changed = [*form.changed_data, *(formset.prefix for formset in formsets if formset.has_changed())]
        if changed:
            told_as = history.CHANGED if change else history.DRAFTED
            told_as.record(
                form.instance.pk, actor_id=staff(request).pk, at=timezone.now(), detail={"fields": changed}
            )

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never: an event is cancelled, not removed."""
        return False

    @display(
        description=_("state"),
        ordering="state",
        label={
            EventState.DRAFT.label: "warning",
            EventState.PUBLISHED.label: "success",
            EventState.CLOSED.label: "info",
            EventState.CANCELLED.label: "danger",
        },
    )
    def state_label(self, event: Event) -> str:
        """The state in words and colour."""
        return event.get_state_display()

    @admin.display(description=_("starts at"), ordering="starts_at")
    def when(self, event: Event) -> str:
        """Beginning, with the offset."""
        return moment(event.starts_at)

    @admin.display(description=_("seats taken"))
    def seats(self, event: Event) -> str:
        """Taken of all."""
        return f"{event.seats_taken} / {event.capacity}" if event.pk else "–"

    @admin.display(description=_("page"))
    def public_page(self, event: Event) -> str:
        """A link to the page that everybody sees (a draft's is a preview)."""
        return (
            format_html('<a href="{}">{}</a>', event.get_absolute_url(), _("Open the page"))
            if event.slug
            else "–"
        )

    # --- Changes of state ------------------------------------------------------------------------------------------

    @action(
        description=CHANGES["publish"].button,
        url_path="publish",
        permissions=["publish"],
        variant=ActionVariant.PRIMARY,
    )
    def publish_event(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Asks, then publishes."""
        return self._change_state(request, object_id, CHANGES["publish"])

    @action(description=CHANGES["close"].button, url_path="close", permissions=["close"])
    def close_event(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Asks, then closes."""
        return self._change_state(request, object_id, CHANGES["close"])

    @action(
        description=CHANGES["cancel"].button,
        url_path="cancel",
        permissions=["cancel"],
        variant=ActionVariant.DANGER,
    )
    def cancel_event(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Asks, then calls the event off."""
        return self._change_state(request, object_id, CHANGES["cancel"])

    def has_publish_permission(self, request: HttpRequest, object_id: str) -> bool:
        """Whether the button is shown and works."""
        return self._may(request, object_id, "publish")

    def has_close_permission(self, request: HttpRequest, object_id: str) -> bool:
        """Whether the button is shown and works."""
        return self._may(request, object_id, "close")

    def has_cancel_permission(self, request: HttpRequest, object_id: str) -> bool:
        """Whether the button is shown and works."""
        return self._may(request, object_id, "cancel")

    def _may(self, request: HttpRequest, object_id: str, verb: str) -> bool:
        # A POST for a change that came too late is answered in words by _change_state, so the state decides on GET only.
        event = cast(Event, self.get_object(request, object_id))
        fits = is_pressed(request) or event.state == lifecycle.TRANSITIONS[verb].source
        return fits and bool(self.has_change_permission(request, event))

    def _change_state(self, request: HttpRequest, object_id: str, change: _Change) -> HttpResponse:
        event = cast(Event, self.get_object(request, object_id))
        if not self.has_change_permission(request, event):
            raise PermissionDenied
        back = reverse("admin:events_event_change", args=[event.pk])
        if request.method != "POST":
            frame = self.admin_site.each_context(request)
            context = {
                **frame,
                "title": change.question,
                "opts": self.opts,
                "event": event,
                "change": change,
                "back": back,
            }
            return render(request, "admin/events/event/confirm.html", context)
        try:
            change.act(event=event, actor_id=staff(request).pk, at=timezone.now())
        except lifecycle.NotReady as refusal:
            reasons = ", ".join(str(MISSING[name]) for name in refusal.missing)
            messages.error(request, _("The event cannot be published: %(reasons)s.") % {"reasons": reasons})
        except lifecycle.TransitionRefused:
            words = _("Somebody has changed the event meanwhile; it is now: %(state)s.")
            messages.error(request, words % {"state": event.get_state_display()})
        else:
            self.log_change(request, event, str(change.done))
            messages.success(request, change.done)
        return redirect(back)
