"""``/me/``: everything that the site keeps of the person who is logged in, and what he or she can do next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from events.models import Attendee, AttendeeState, Event
from kolportal.units.models import OrganisingUnit
from kolportal.people.forms import MobilePhoneField
from kolportal.accounts.models import User
from kolportal.people.models import Channel, Person
from kolportal.accounts.roles import Role
from kolportal.audit.models import AuditEvent
from pledges.models import Decline, DocumentState, Pledge, Signature

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse
    from django.utils.functional import _StrPromise

# The audit event of handing out a sealed PDF, and the role in it of the signer.
DOWNLOADED = "document.downloaded"
_SIGNER = "signer"


@dataclass(frozen=True, slots=True)
class Download:
    """One time that somebody fetched the PDF: when, who (staff by name), in which role and for which unit."""

    at: datetime
    who: str | _StrPromise
    role: str | _StrPromise
    unit: str


@dataclass(frozen=True, slots=True)
class SignedPledge:
    """One signature with the state to show and who has fetched its PDF, newest first."""

    signature: Signature
    state: str
    has_pdf: bool
    downloads: list[Download]


@never_cache
@login_required
@require_safe
def my_page(request: HttpRequest) -> HttpResponse:
    """My page."""
    user = cast(User, request.user)
    profile = Person.objects.filter(user=user).first()
    now = timezone.now()
    attendances = (
        Attendee.objects.filter(profile=profile).select_related("event").order_by("-event__starts_at")
        if profile
        else Attendee.objects.none()
    )
    signed = _signed_pledges(user)
    settled = {row.signature.pledge_id for row in signed if row.signature.is_active}
    declines = Decline.objects.filter(signer=user, reversed_at=None).select_related("pledge", "version")
    settled |= {decline.pledge_id for decline in declines}
    context = {
        "profile": profile,
        "phone": MobilePhoneField().prepare_value(profile.phone) if profile else "",
        "channels": Channel.objects.current().filter(profile=profile) if profile else [],
        "attendances": attendances,
        "can_answer": {
            row.event_id
            for row in attendances
            if row.event.starts_at > now and row.state != AttendeeState.CHECKED_IN
        },
        "open_events": Event.objects.upcoming(at=now).exclude(pk__in=[row.event_id for row in attendances]),
        "signed": signed,
        "declines": declines,
        "open_pledges": [
            pledge for pledge in Pledge.objects.public().filter(state="open") if pledge.pk not in settled
        ],
    }
    return render(request, "desk/my_page.html", context)


def _signed_pledges(user: User) -> list[SignedPledge]:
    signatures = list(
        Signature.objects.filter(signer=user)
        .select_related("version", "document", "event")
        .prefetch_related("channels")
    )
    downloads = _downloads_by_document((signature.document.pk for signature in signatures), reader=user)
    return [
        SignedPledge(
            signature=signature,
            state=_state(signature),
            has_pdf=signature.document.state == DocumentState.SEALED,
            downloads=downloads.get(str(signature.document.pk), []),
        )
        for signature in signatures
    ]


def _state(signature: Signature) -> str:
    """The word of templates/components/state_chip.html."""
    if signature.withdrawn_at:
        return "withdrawn"
    return "superseded" if signature.superseded_at else str(signature.document.state)


def _downloads_by_document(document_ids: Iterable[int], *, reader: User) -> dict[str, list[Download]]:
    """Who fetched which PDF, by the document's key as text; three queries whatever their number."""
    keys = [str(key) for key in document_ids]
    events = list(
        AuditEvent.objects.filter(action=DOWNLOADED, subject_type="document", subject_id__in=keys).order_by(
            "-id"
        )
    )
    actors = User.objects.in_bulk({int(event.actor_id) for event in events if event.actor_id.isdigit()})
    units = OrganisingUnit.objects.in_bulk(
        {event.detail["unit"] for event in events if "unit" in event.detail}
    )
    found: dict[str, list[Download]] = {}
    for event in events:
        is_reader = event.actor_id == str(reader.pk)
        actor = actors.get(int(event.actor_id)) if event.actor_id.isdigit() else None
        role = str(event.detail.get("role", ""))
        download = Download(
            at=event.at,
            who=_("you") if is_reader else (actor.name if actor and actor.name else _("a member of staff")),
            role="" if role == _SIGNER else _role_words(role),
            unit="" if role == _SIGNER else str(units.get(event.detail.get("unit"), "")),
        )
        found.setdefault(event.subject_id, []).append(download)
    return found


def _role_words(role: str) -> str | _StrPromise:
    return Role(role).label if role in Role.values else role
