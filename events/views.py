"""The public pages of events, and a person's own answer: register, decline, cancel."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from events import registration
from kolportal import files as uploads
from events.models import Answer, Attendee, Event, EventState, Material
from kolportal.accounts.models import User
from kolportal.people.models import Person

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse, HttpResponseBase
    from django.utils.functional import _StrPromise

PAST_PER_PAGE = 20

REFUSALS: dict[type[registration.RegistrationRefused], _StrPromise] = {
    registration.EventCancelled: _("This event has been cancelled. You do not need to do anything."),
    registration.NotYetOpen: _("Registration has not opened yet. Please come back at the time shown below."),
    registration.RegistrationClosed: _(
        "Registration for this event has ended. For help, please write to the contact point."
    ),
    registration.EventFull: _("No seat is left. If somebody gives a seat back, you can register again here."),
    registration.EventStarted: _("The event has begun, so your answer can no longer be changed here."),
    registration.NotRegistered: _("You are not registered for this event, so there is nothing to cancel."),
    registration.AlreadyCheckedIn: _(
        "You have been checked in at the door, so your registration can no longer be changed."
    ),
}


class _Verb(Protocol):
    def __call__(
        self, *, event: Event, profile: Person, actor_id: int | None, at: datetime
    ) -> Attendee: ...


class _Verb2(NamedTuple):
    """One of the three things a person can do, with its page's words."""

    act: _Verb
    name: str
    done: _StrPromise
    repeated: _StrPromise


REGISTER = _Verb2(
    registration.register,
    "register",
    _("You are registered. We look forward to seeing you."),
    _("You were registered already; nothing has changed."),
)
DECLINE = _Verb2(
    registration.decline,
    "decline",
    _("Your answer is noted: you will not attend. You may still register while registration is open."),
    _("Your answer was noted already; nothing has changed."),
)
CANCEL = _Verb2(
    registration.cancel,
    "cancel",
    _("Your registration is cancelled and the seat is free again."),
    _("Your registration was cancelled already; nothing has changed."),
)


@require_safe
def event_list(request: HttpRequest) -> HttpResponse:
    """What comes, then what has been."""
    now = timezone.now()
    upcoming = Event.objects.upcoming(at=now)
    past = Event.objects.public().exclude(pk__in=upcoming.values("pk")).order_by("-starts_at", "-id")
    page = Paginator(past, PAST_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "events/list.html", {"upcoming": upcoming, "page_obj": page})


@require_safe
def detail(request: HttpRequest, slug: str) -> HttpResponse:
    """One event: when, where, who, what, and the one thing to do next."""
    event = get_object_or_404(Event.objects.visible_to(request.user), slug=slug)
    profile = _own_profile(request)
    attendance = Attendee.objects.filter(event=event, profile=profile).first() if profile else None
    now = timezone.now()
    context = {
        "event": event,
        "parts": event.parts.select_related("unit"),
        "agenda": event.agenda.all(),
        "materials": event.materials.all(),
        "pledge": event.pledges.public().first(),
        "attendance": attendance,
        "is_registered": attendance is not None and attendance.state == Answer.COMING,
        "registration": _registration_state(event, at=now),
        "answer_can_change": event.state == EventState.PUBLISHED and now < event.starts_at,
    }
    return render(request, "events/detail.html", context)


def _own_profile(request: HttpRequest) -> Person | None:
    return Person.objects.filter(user=request.user).first() if isinstance(request.user, User) else None


def _registration_state(event: Event, *, at: datetime) -> str:
    """One of draft, cancelled, closed, not_yet, full, open."""
    if event.state != EventState.PUBLISHED:
        return str(event.state)
    if at < event.registration_opens_at:
        return "not_yet"
    if not event.registration_is_open(at=at):
        return "closed"
    return "open" if event.seats_left > 0 else "full"


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def register(request: HttpRequest, slug: str) -> HttpResponse:
    """Asks, then gives the logged-in person a seat."""
    return _answer(request, slug, REGISTER)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def decline(request: HttpRequest, slug: str) -> HttpResponse:
    """Asks, then notes that the logged-in person will not come."""
    return _answer(request, slug, DECLINE)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest, slug: str) -> HttpResponse:
    """Asks, then takes the logged-in person's registration back."""
    return _answer(request, slug, CANCEL)


def _answer(request: HttpRequest, slug: str, answer: _Verb2) -> HttpResponse:
    event = get_object_or_404(Event.objects.public(), slug=slug)
    profile = _own_profile(request)
    if profile is None:
        messages.info(request, _("Please tell us who you are first; then you can answer."))
        return redirect(f"{reverse('profile')}?{urlencode({'next': request.path})}")
    if request.method != "POST":
        return render(
            request, "events/answer.html", {"event": event, "profile": profile, "verb": answer.name}
        )
    now = timezone.now()
    try:
        attendee = answer.act(event=event, profile=profile, actor_id=request.user.pk, at=now)
    except registration.RegistrationRefused as refusal:
        context = {"event": event, "words": REFUSALS[type(refusal)], "reason": type(refusal).__name__}
        return render(request, "events/refused.html", context, status=409)
    changed = attendee.state_changed_at == now
    messages.success(request, answer.done if changed else answer.repeated)
    return redirect(event)


@require_safe
def cover(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The cover picture. Its type comes from our own list, never from the file."""
    event = get_object_or_404(Event.objects.visible_to(request.user), slug=slug)
    if not event.cover:
        raise Http404
    response = FileResponse(event.cover.open("rb"), content_type=uploads.picture_type(event.cover.name or ""))
    response["Cache-Control"] = (
        "private, no-store" if event.state == EventState.DRAFT else "public, max-age=3600"
    )
    return response


@require_safe
def material(request: HttpRequest, slug: str, material_id: int) -> HttpResponseBase:
    """One material, always as a download."""
    event = get_object_or_404(Event.objects.visible_to(request.user), slug=slug)
    wanted = get_object_or_404(Material, event=event, pk=material_id)
    response = FileResponse(
        wanted.file.open("rb"),
        as_attachment=True,
        filename=uploads.download_name(
            wanted.title, stored_name=wanted.file.name or "", otherwise=f"tai-lieu-{wanted.pk}"
        ),
        content_type="application/octet-stream",
    )
    response["X-Content-Type-Options"] = "nosniff"
    return response
