"""Attendees of the person's own events: the list, and what staff do with it.

Staff see what the list says, and never whether an account stands behind an entry.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, OuterRef, Subquery
from django.http import HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.enums import ActionVariant

from events import answers, lists
from events.admin.attendee_columns import AttendeeColumns
from events.admin.base import staff
from events.admin.filters import EventFilter, KindFilter, PresenceFilter
from events.admin.forms import AddForm, CorrectForm, RemoveForm
from events.models import Answer, Attendee, AttendeeQuerySet, AttendeeSource, Entry, Event, EventState
from kolportal.frame.site import StaffAdmin, is_pressed
from kolportal.people.admin import CommuneFilter, PlatformFilter

if TYPE_CHECKING:
    from collections.abc import Callable

    from django import forms
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse
    from django.utils.functional import _StrPromise

REFUSALS: dict[type[Exception], _StrPromise] = {
    answers.EventNotPublished: _("The event is a draft; publish it first."),
    answers.EventCancelled: _("The event is cancelled."),
    answers.RegistrationClosed: _("The event is closed or over."),
    answers.EventFull: _("No seat is left."),
    answers.EventStarted: _("The event has begun; registrations can no longer be cancelled."),
    answers.NotRegistered: _("The person is not registered."),
    answers.AlreadyCheckedIn: _("The person has been checked in."),
    lists.NotListed: _("The entry is no longer on the list."),
    lists.MadeByPerson: _("The person gave these details and corrects them on “My page”."),
}
_NUMBER = re.compile(r"\+?[0-9]{6,}")
_LIST = "admin:events_attendee_changelist"


def _page_of(attendee: Attendee) -> str:
    return reverse("admin:events_attendee_change", args=[attendee.pk])


@admin.register(Attendee)
class AttendeeAdmin(AttendeeColumns, StaffAdmin):
    """Who is on the lists; sorted by given name."""

    list_display = ("name", "event_title", "answer_label", "came", "group", "kind_label", "commune_label", "stage_name",
                    "source_label", "answered")  # fmt: skip
    list_display_links = ("name",)
    list_filter = (EventFilter, "answer", PresenceFilter, KindFilter, CommuneFilter, PlatformFilter, "source")
    search_fields = ("search_key", "email", "phone")
    search_help_text = _("Search by name, organisation, group, address or number, with or without accents")
    ordering = ("sort_key", "id")
    fields = ("full_name", "stage_name", "event", "answer_label", "reason", "answered", "came", "kind_label", "commune_label",
              "organisation", "email", "phone", "channel_lines", "group", "note_lines", "source_label")  # fmt: skip
    readonly_fields = fields
    actions = None
    actions_detail = ("register_entry", "cancel_registration", "correct_entry", "remove_entry")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Attendee]:
        """Entries on the lists of the person's own events, with the time of an open entry at the door."""
        queryset = cast(AttendeeQuerySet, super().get_queryset(request))
        own = queryset.of_staff(staff(request)).listed()
        inside = Entry.objects.open().filter(attendee=OuterRef("pk")).values("entered_at")
        return own.select_related("event").annotate(entered_at=Subquery(inside[:1]))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Model], search_term: str
    ) -> tuple[QuerySet[Model], bool]:
        """Words without accents; a number as people write it, with spaces and a leading zero."""
        number = re.sub(r"[\s.\-]", "", search_term[:40])
        if _NUMBER.fullmatch(number):
            search_term = number.lstrip("0")
        return super().get_search_results(request, queryset, search_term)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never: an entry is taken off the list with a reason, and the row stays."""
        return False

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The page shows and its buttons act; there is no form to save."""
        if request.method == "POST":
            return HttpResponseNotAllowed(["GET", "HEAD"])
        unsaved = dict.fromkeys(("show_save", "show_save_and_continue", "show_save_and_add_another"), False)
        context = {**(extra_context or {}), **unsaved}
        page: HttpResponse = super().changeform_view(request, object_id, form_url, context)
        return page

    # --- What staff do ----------------------------------------------------------------------------------------------

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Puts somebody on the list, not bound to the registration window but to the seats."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        now = timezone.now()
        events = Event.objects.of_staff(staff(request)).filter(state=EventState.PUBLISHED, ends_at__gt=now)
        form = AddForm(request.POST or None, events=events.order_by("starts_at"))
        if request.method == "POST" and form.is_valid():
            try:
                attendee = lists.add(
                    event=form.cleaned_data["event"],
                    data=form.details(),
                    source=AttendeeSource.DESK,
                    actor=staff(request),
                    at=now,
                    coming=form.cleaned_data["answer"] == Answer.COMING,
                )
            except lists.AlreadyListed as refusal:
                form.refuse(refusal.columns)
            except answers.RegistrationRefused as refusal:
                form.add_error(None, str(REFUSALS[type(refusal)]))
            else:
                messages.success(request, _("%(name)s is on the list.") % {"name": attendee.full_name})
                return redirect("admin:events_attendee_changelist")
        lead = _(
            "Staff may put people on the list outside the registration window, but never beyond the seats."
        )
        return self._form_page(
            request, form, title=_("Add to the list"), lead=lead, button=_("Add"), back=reverse(_LIST)
        )

    @action(description=_("Correct"), url_path="correct", permissions=["correct"])
    def correct_entry(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What the list says of somebody, corrected; the old values stay in the audit trail."""
        attendee = cast(Attendee, self.get_object(request, object_id))
        form = CorrectForm(request.POST or None, attendee=attendee)
        if request.method == "POST" and form.is_valid():
            try:
                lists.correct(attendee=attendee, data=form.details(), actor=staff(request), at=timezone.now())
            except lists.AlreadyListed as refusal:
                form.refuse(refusal.columns)
            except lists.ListRefused as refusal:
                return self._refused(request, attendee, refusal)
            else:
                messages.success(request, _("The entry is corrected."))
                return redirect(_page_of(attendee))
        lead = _("If the address changes, the invitation to the old one ends.")
        return self._form_page(
            request, form, title=_("Correct this entry"), lead=lead, button=_("Save"), back=_page_of(attendee)
        )

    @action(
        description=_("Take off the list"),
        url_path="remove",
        permissions=["remove"],
        variant=ActionVariant.DANGER,
    )
    def remove_entry(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Asks for the reason, then takes the row off the list."""
        attendee = cast(Attendee, self.get_object(request, object_id))
        form = RemoveForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            reason = form.cleaned_data["reason"]
            try:
                lists.remove(attendee=attendee, reason=reason, actor=staff(request), at=timezone.now())
            except (lists.ListRefused, answers.AlreadyCheckedIn) as refusal:
                return self._refused(request, attendee, refusal)
            messages.success(request, _("The entry is off the list."))
            return redirect(_LIST)
        lead = _("The seat becomes free. The person is not told by e-mail. This cannot be undone.")
        return self._form_page(
            request,
            form,
            title=_("Take this entry off the list?"),
            lead=lead,
            button=_("Take off the list"),
            back=_page_of(attendee),
        )

    @action(description=_("Give a seat"), url_path="register", permissions=["register"])
    def register_entry(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Asks, then gives a seat on the person's behalf."""
        attendee = cast(Attendee, self.get_object(request, object_id))
        if request.method != "POST":
            words = {"title": _("Give this person a seat?"), "button": _("Give a seat")}
            lead = _("The list then says that the person comes.")
            return self._confirm(request, attendee, lead=lead, **words)
        try:
            answers.answer(
                attendee=attendee,
                coming=True,
                way=answers.Way.STAFF,
                actor_id=staff(request).pk,
                at=timezone.now(),
            )
        except answers.RegistrationRefused as refusal:
            return self._refused(request, attendee, refusal)
        messages.success(request, _("%(name)s is registered.") % {"name": attendee.full_name})
        return redirect(_page_of(attendee))

    @action(
        description=_("Cancel the registration"),
        url_path="cancel",
        permissions=["cancel"],
        variant=ActionVariant.DANGER,
    )
    def cancel_registration(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Asks, then cancels on the person's behalf."""
        attendee = cast(Attendee, self.get_object(request, object_id))
        if request.method != "POST":
            words = {"title": _("Cancel this registration?"), "button": _("Cancel the registration")}
            return self._confirm(request, attendee, lead=_("The seat becomes free."), **words)
        try:
            answers.cancel(attendee=attendee, actor_id=staff(request).pk, at=timezone.now())
        except answers.RegistrationRefused as refusal:
            return self._refused(request, attendee, refusal)
        messages.success(request, _("The registration is cancelled and the seat is free again."))
        return redirect(_page_of(attendee))

    # Whether each button is shown and works; a POST that came too late is answered in words.

    def has_register_permission(self, request: HttpRequest, object_id: str) -> bool:
        """Of those without a seat."""
        return self._may(request, object_id, lambda attendee: attendee.answer != Answer.COMING)

    def has_cancel_permission(self, request: HttpRequest, object_id: str) -> bool:
        """Of those who come or wait."""
        transition = answers.TRANSITIONS["cancel"]
        return self._may(request, object_id, lambda attendee: attendee.answer in transition.sources)

    def has_correct_permission(self, request: HttpRequest, object_id: str) -> bool:
        """Not of those who speak for themselves."""
        return self._may(request, object_id, lambda attendee: not attendee.is_made_by_person)

    def has_remove_permission(self, request: HttpRequest, object_id: str) -> bool:
        """Not of those who have come."""
        return self._may(request, object_id, lambda attendee: attendee.entered_at is None)

    def _may(self, request: HttpRequest, object_id: str, fits: Callable[[Any], bool]) -> bool:
        attendee = cast(Attendee, self.get_object(request, object_id))
        if not self.has_change_permission(request, attendee):
            return False
        return is_pressed(request) or (attendee.erased_at is None and fits(attendee))

    def _confirm(
        self,
        request: HttpRequest,
        attendee: Attendee,
        *,
        title: _StrPromise,
        lead: _StrPromise,
        button: _StrPromise,
    ) -> HttpResponse:
        # By the list's own address: whether an account stands behind an entry is not staff's to see.
        told = bool(attendee.email)
        words = {"title": title, "lead": lead, "button": button}
        frame = self.admin_site.each_context(request)
        context = {
            **frame,
            **words,
            "opts": self.opts,
            "attendee": attendee,
            "told": told,
            "back": _page_of(attendee),
        }
        return render(request, "admin/events/attendee/confirm.html", context)

    def _form_page(
        self,
        request: HttpRequest,
        form: forms.Form,
        *,
        title: _StrPromise,
        lead: _StrPromise,
        button: _StrPromise,
        back: str,
    ) -> HttpResponse:
        words = {"title": title, "lead": lead, "button": button}
        frame = self.admin_site.each_context(request)
        context = {**frame, **words, "opts": self.opts, "form": form, "back": back}
        return render(request, "admin/events/attendee/form.html", context)

    def _refused(self, request: HttpRequest, attendee: Attendee, refusal: Exception) -> HttpResponse:
        messages.error(request, REFUSALS[type(refusal)])
        still_listed = self.get_queryset(request).filter(pk=attendee.pk).exists()
        return redirect(_page_of(attendee) if still_listed else _LIST)
