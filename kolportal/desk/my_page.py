"""``/me/``: everything that the site keeps of the person who is logged in, and what he or she can do next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from django.contrib.auth.decorators import login_required
from django.db.models import Prefetch
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from events.models import Answer, Attendee, Event, EventState
from kolportal.accounts.models import User
from kolportal.people.forms import MobilePhoneField
from kolportal.people.models import Channel, Person
from pledges import documents, downloads
from pledges.models import Decline, DocumentState, Pledge, Signature, Text

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse
    from django.utils.functional import _StrPromise


@dataclass(frozen=True, slots=True)
class SignedPledge:
    """One signature with the state to show and who has fetched its PDF, newest first."""

    signature: Signature
    state: str
    has_pdf: bool
    downloads: list[downloads.Download]


@dataclass(frozen=True, slots=True)
class Attendance:
    """One meeting that the person is on the list of: the state as chip and words, and what can be done (``register``, ``cancel``
    or nothing)."""

    attendee: Attendee
    chip: str
    words: str | _StrPromise
    verb: str


# Answer → chip of templates/components/state_chip.html, and what can be done until the meeting begins.
_ANSWERS = {
    Answer.INVITED: ("draft", "register"),
    Answer.COMING: ("registered", "cancel"),
    Answer.NOT_COMING: ("declined", "register"),
    Answer.WAITING: ("pending", "cancel"),
    Answer.CANCELLED: ("cancelled", "register"),
}


@never_cache
@login_required
@require_safe
def my_page(request: HttpRequest) -> HttpResponse:
    """My page."""
    user = cast(User, request.user)
    person = Person.objects.of_account(user)
    now = timezone.now()
    attendances = _attendances(person, at=now)
    signed = _signed_pledges(person, reader=user)
    declines = list(
        Decline.objects.active().of_person(person).select_related("pledge", "text") if person else ()
    )
    settled = {row.signature.pledge_id for row in signed if row.signature.is_active}
    settled |= {decline.pledge_id for decline in declines}
    signable = list(Pledge.objects.signable(at=now))
    unanswered = [pledge for pledge in signable if pledge.pk not in settled]
    texts = Text.objects.in_force_of(unanswered, language=get_language() or "vi")
    withdrawn = {
        row.signature.pledge_id: row.signature for row in reversed(signed) if row.signature.withdrawn_at
    }
    answered = [row.attendee.event_id for row in attendances]
    context = {
        "person": person,
        "phone": MobilePhoneField().prepare_value(person.phone) if person else "",
        "channels": Channel.objects.current().filter(person=person) if person else [],
        "attendances": attendances,
        "open_events": Event.objects.upcoming(at=now).exclude(pk__in=answered),
        "signed": signed,
        "declines": declines,
        "signable": {pledge.pk for pledge in signable},
        "open_pledges": [(pledge, texts.get(pledge.pk), withdrawn.get(pledge.pk)) for pledge in unanswered],
    }
    return render(request, "desk/my_page.html", context)


def _attendances(person: Person | None, *, at: datetime) -> list[Attendance]:
    mine = Attendee.objects.of_person(person)
    present = set(mine.present().values_list("pk", flat=True))
    rows = mine.select_related("event").order_by("-event__starts_at")
    return [_attendance(row, is_present=row.pk in present, at=at) for row in rows]


def _attendance(row: Attendee, *, is_present: bool, at: datetime) -> Attendance:
    answer = Answer(row.answer)
    chip, verb = _ANSWERS[answer]
    words = _("registered") if answer == Answer.COMING else answer.label
    can_change = row.event.state == EventState.PUBLISHED and at < row.event.starts_at
    if row.event.state == EventState.CANCELLED:
        return Attendance(row, "cancelled", _("meeting cancelled"), "")
    if is_present:
        return Attendance(row, "checked_in", _("checked in"), "")
    return Attendance(row, chip, words, verb if can_change else "")


def _signed_pledges(person: Person | None, *, reader: User) -> list[SignedPledge]:
    signatures = (
        list(
            Signature.objects.of_person(person)
            .select_related("text__edition", "particulars", "event")
            .prefetch_related("channels", Prefetch("document", queryset=documents.for_list()))
        )
        if person
        else []
    )
    fetched = downloads.by_document((signature.document.pk for signature in signatures), reader=reader)
    return [
        SignedPledge(
            signature=signature,
            state=documents.shown_state(signature),
            has_pdf=documents.state_of(signature.document) == DocumentState.SEALED,
            downloads=fetched.get(signature.document.pk, []),
        )
        for signature in signatures
    ]
