"""Events: the form with units, agenda and materials; the buttons that change the state."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, cast

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
from events.admin.base import staff
from events.admin.meeting_forms import AgendaInline, EventForm, MaterialInline, PartInline
from events.models import Attendee, Event, EventState
from kolportal.frame.site import StaffAdmin, is_pressed, moment

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse
    from django.utils.functional import _StrPromise


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
        _("The page stays and says that the event is cancelled. This cannot be undone."),
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
    inlines: tuple[type[TabularInline], ...] = (PartInline, AgendaInline, MaterialInline)
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

    def get_fieldsets(self, request: HttpRequest, obj: Event | None = None) -> Any:
        """Of a published event another place or time is told to people."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or obj.state != EventState.PUBLISHED or not self.has_change_permission(request, obj):
            return fieldsets
        (head, when, *rest) = fieldsets
        name, options = when
        return (head, (name, {**options, "fields": (*options["fields"], "tell")}), *rest)

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
        changed = [name for name in form.changed_data if name != "tell"]
        changed += [formset.prefix for formset in formsets if formset.has_changed()]
        actor_id, now = staff(request).pk, timezone.now()
        if not change:
            history.DRAFTED.record(form.instance.pk, actor_id=actor_id, at=now)
        elif changed:
            notice = lifecycle.changed(
                event=form.instance,
                before=form.before,
                fields=changed,
                tell=form.cleaned_data.get("tell", False),
                actor_id=actor_id,
                at=now,
            )
            if notice:
                messages.info(request, _("The people concerned are told of the new place or time by e-mail."))

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
                "concerned": Attendee.objects.concerned().filter(event=event).count()
                if change.verb == "cancel"
                else None,
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
