"""The public pages of events, and a person's own answer: register, decline, cancel."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from events import answers, registration
from events.forms import DeclineForm
from events.models import Answer, Attendee, Entry, Event, EventState, Material
from kolportal import files
from kolportal.accounts.models import User
from kolportal.people.models import Person

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse, HttpResponseBase
    from django.utils.functional import _StrPromise

PAST_PER_PAGE = 20

REFUSALS: dict[type[answers.RegistrationRefused], _StrPromise] = {
    answers.EventCancelled: _("This event has been cancelled. You do not need to do anything."),
    answers.NotYetOpen: _("Registration has not opened yet. Please come back at the time shown below."),
    answers.RegistrationClosed: _(
        "Registration for this event has ended. For help, please write to the contact point."
    ),
    answers.EventFull: _("No seat is left. If somebody gives a seat back, you can register again here."),
    answers.EventStarted: _("The event has begun, so your answer can no longer be changed here."),
    answers.NotRegistered: _("You are not registered for this event, so there is nothing to cancel."),
    answers.AlreadyCheckedIn: _(
        "You have been checked in at the door, so your registration can no longer be changed."
    ),
}


class _Verb(NamedTuple):
    """The words of one of the three things that a person can do."""

    name: str
    done: _StrPromise
    repeated: _StrPromise


REGISTER = _Verb(
    "register",
    _("You are registered. We look forward to seeing you."),
    _("You were registered already; nothing has changed."),
)
DECLINE = _Verb(
    "decline",
    _("Your answer is noted: you will not attend. You may still register while registration is open."),
    _("Your answer was noted already; nothing has changed."),
)
CANCEL = _Verb(
    "cancel",
    _("Your registration is cancelled and the seat is free again."),
    _("Your registration was cancelled already; nothing has changed."),
)
# Answer → chip of templates/components/state_chip.html.
CHIPS = {
    Answer.INVITED: "draft",
    Answer.COMING: "registered",
    Answer.NOT_COMING: "declined",
    Answer.WAITING: "pending",
    Answer.CANCELLED: "cancelled",
}


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
    attendance = registration.row_of(event=event, person=_own_person(request))
    now = timezone.now()
    pledge = event.pledges.signable(at=now).first()
    context = {
        "event": event,
        "parts": event.parts.select_related("unit"),
        "agenda": event.agenda.all(),
        "materials": event.materials.all(),
        "pledge": pledge,
        "pledge_text": pledge.current_text(_language()) if pledge else None,
        "attendance": attendance,
        "chip": CHIPS[Answer(attendance.answer)] if attendance else "",
        "entry": Entry.objects.open().filter(attendee=attendance).first() if attendance else None,
        "is_registered": attendance is not None and attendance.answer == Answer.COMING,
        "registration": _registration_state(event, at=now),
        "answer_can_change": event.state == EventState.PUBLISHED and now < event.starts_at,
    }
    return render(request, "events/detail.html", context)


def _own_person(request: HttpRequest) -> Person | None:
    return Person.objects.of_account(request.user) if isinstance(request.user, User) else None


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

    def act(event: Event, person: Person, at: datetime) -> Attendee:
        return registration.register(event=event, person=person, at=at, language=_language())

    return _answer(request, slug, REGISTER, act)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def decline(request: HttpRequest, slug: str) -> HttpResponse:
    """Asks, then notes that the logged-in person will not come."""
    form = DeclineForm(request.POST if request.method == "POST" else None)

    def act(event: Event, person: Person, at: datetime) -> Attendee:
        reason = form.cleaned_data["reason"]
        return registration.decline(event=event, person=person, at=at, reason=reason, language=_language())

    return _answer(request, slug, DECLINE, act, form=form)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest, slug: str) -> HttpResponse:
    """Asks, then takes the logged-in person's registration back."""

    def act(event: Event, person: Person, at: datetime) -> Attendee:
        return registration.cancel(event=event, person=person, at=at)

    return _answer(request, slug, CANCEL, act)


def _answer(
    request: HttpRequest,
    slug: str,
    verb: _Verb,
    act: Callable[[Event, Person, datetime], Attendee],
    form: DeclineForm | None = None,
) -> HttpResponse:
    event = get_object_or_404(Event.objects.public(), slug=slug)
    person = _own_person(request)
    if person is None:
        messages.info(request, _("Please tell us who you are first; then you can answer."))
        return redirect(f"{reverse('profile')}?{urlencode({'next': request.path})}")
    if request.method != "POST" or (form is not None and not form.is_valid()):
        context = {"event": event, "person": person, "verb": verb.name, "form": form}
        return render(request, "events/answer.html", context)
    now = timezone.now()
    try:
        attendee = act(event, person, now)
    except answers.RegistrationRefused as refusal:
        context = {"event": event, "words": REFUSALS[type(refusal)], "reason": type(refusal).__name__}
        return render(request, "events/refused.html", context, status=409)
    messages.success(request, verb.done if attendee.answered_at == now else verb.repeated)
    return redirect(event)


def _language() -> str:
    return get_language() or settings.LANGUAGE_CODE


@require_safe
def cover(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The cover picture. Its type comes from our own list, never from the file."""
    event = get_object_or_404(Event.objects.visible_to(request.user), slug=slug)
    if not event.cover:
        raise Http404
    response = FileResponse(event.cover.open("rb"), content_type=files.picture_type(event.cover.name or ""))
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
        filename=files.download_name(
            wanted.title, stored_name=wanted.file.name or "", otherwise=f"tai-lieu-{wanted.pk}"
        ),
        content_type="application/octet-stream",
    )
    response["X-Content-Type-Options"] = "nosniff"
    return response
