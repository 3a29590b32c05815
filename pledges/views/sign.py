"""Reading and answering: one form in five steps, one POST that prepares the attempt. Every refusal gives back what was typed."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from kolportal import limits
from kolportal.people.models import Person
from pledges import consent, drafts, signing
from pledges.forms import YES, SignForm, too_many_channels
from pledges.models import Attempt, Pledge, SignatureMethod
from pledges.views import refusals
from pledges.views.showing import shown, text_in_force
from pledges.views.standing import standing_of

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse

    from events.models import Event
    from kolportal.accounts.models import User
    from pledges.models import Text

STEPS = 6
"""Five steps of the form; the sixth is checking the answers and confirming them."""

_SLUG = re.compile(r"[-a-zA-Z0-9_]{1,80}")
_KEY = re.compile(r"[0-9a-f]{32}")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def sign(request: HttpRequest, slug: str) -> HttpResponse:
    """GET: the steps on one page, or with ``?attempt=`` the answers of that attempt to be changed. POST: prepares the attempt
    and leads to its check page, or says why not."""
    user = cast("User", request.user)
    at = timezone.now()
    attempt = _attempt(request, slug=slug, user=user, at=at)
    text = attempt.text if attempt else text_in_force(slug, language=request.POST.get("language"))
    pledge = text.edition.pledge
    person = Person.objects.of_account(user)
    if person is None:
        return _to_profile_form(request)
    person.user = user  # read already: its address goes into the attempt
    if request.method == "POST":
        return _submitted(request, text=text, person=person, at=at)
    if not Pledge.objects.signable(at=at).filter(pk=pledge.pk).exists():
        return refusals.not_open(request, pledge)
    form = _form(text, person=person, at=at)
    if attempt:
        form = _form(
            text, person=person, at=at, data=_answers(attempt, person=person, consent_=form.consent_text)
        )
        form.full_clean()
        form.errors.clear()
    return _form_page(
        request, text=text, person=person, form=form, at=at, event=attempt.event if attempt else None
    )


def _submitted(request: HttpRequest, *, text: Text, person: Person, at: datetime) -> HttpResponse:
    pledge = text.edition.pledge
    form = _form(text, person=person, at=at, data=request.POST)
    status = 422
    try:
        if limits.exceeded(request, "sign"):
            form.add_error(
                None,
                _(
                    "That was very often within one minute. Please wait a minute, then send again; your answers are kept."
                ),
            )
            status = 429
        elif form.says_too_young:
            raise signing.TooYoung
        elif form.is_valid():
            event = _event(request, pledge=pledge, person=person, at=at)
            act = form.act(
                user_agent=request.headers.get("User-Agent", ""), ip_address=limits.client_ip(request)
            )
            attempt = signing.prepare(text=text, person=person, act=act, event=event, at=at)
            return redirect("pledges:check", slug=pledge.slug, key=attempt.key)
        else:
            # Another text, or a closed pledge, is said before anything at a field.
            signing.check_text(text=text, shown_digest=form.cleaned_data.get("digest", ""), at=at)
    except signing.NameDiffers:
        form.add_error(
            "typed_name",
            _(
                "The name typed is not the one in your profile. Please type your full name, or correct your profile first."
            ),
        )
    except signing.ChannelUnknown:
        form.add_error(
            "channels", _("One of the channels chosen is no longer among yours. Please choose again.")
        )
    except signing.TooManyChannels:
        form.add_error("channels", too_many_channels())
    except signing.SigningRefused as refusal:
        return refusals.page(request, refusal, pledge=pledge, person=person)
    return _form_page(request, text=text, person=person, form=form, at=at, status=status)


def _attempt(request: HttpRequest, *, slug: str, user: User, at: datetime) -> Attempt | None:
    """The person's own open attempt whose answers are to be changed, if its text is still the one in force."""
    key = request.GET.get("attempt", "")
    if request.method == "POST" or not _KEY.fullmatch(key):
        return None
    whole = Attempt.objects.select_related("text__edition__pledge__unit", "event").defer("preview")
    mine = whole.filter(key=key, person__user=user, text__edition__pledge__slug=slug)
    found = mine.open(at=at).first()
    if found is None:
        return None
    try:
        signing.check_text(text=found.text, shown_digest=found.text.digest, at=at)
    except signing.SigningRefused:
        return None
    return found


def _answers(attempt: Attempt, *, person: Person, consent_: consent.ConsentText) -> QueryDict:
    """What the form sent when this attempt was prepared."""
    act = attempt.act
    particulars = act["particulars"]
    covered = {channel["url"] for channel in act["channels"]}
    data = QueryDict(mutable=True)
    data["of_age"] = YES
    data.setlist("ticked", [str(position) for position in act["ticked"]])
    data.setlist("channels", [str(row.pk) for row in person.channels.current() if row.url in covered])
    # As it was shown then: the last day may have moved since, which changes no terms.
    if particulars["consent_text"] == consent.text(of=attempt.text, at=attempt.prepared_at).as_shown:
        data["consent"] = consent_.digest
    data["method"] = particulars["method"]
    data["typed_name"] = particulars["typed_name"]
    if particulars["strokes"]:
        strokes = [{"points": [{"x": x, "y": y} for x, y in line]} for line in particulars["strokes"]]
        data["strokes"] = json.dumps(strokes)
    return data


def _form(text: Text, *, person: Person, at: datetime, data: Any = None) -> SignForm:
    """The form for this text and person."""
    return SignForm(
        data, asked=signing.asked_of(text.content, person=person), consent=consent.text(of=text, at=at)
    )


def _event(request: HttpRequest, *, pledge: Pledge, person: Person, at: datetime) -> Event | None:
    """The meeting that the signature is filed under. What the browser says of it is a wish, see ``signing.event_for``."""
    slug = request.POST.get("event") or request.GET.get("event") or ""
    return signing.event_for(pledge=pledge, person=person, at=at, asked=slug if _SLUG.fullmatch(slug) else "")


def _form_page(
    request: HttpRequest,
    *,
    text: Text,
    person: Person,
    form: SignForm,
    at: datetime,
    event: Event | None = None,
    status: int = 200,
) -> HttpResponse:
    pledge = text.edition.pledge
    channels = list(person.channels.current())
    now = standing_of(text=text, person=person, channels=channels)
    if now.unchanged and not form.is_bound and "again" not in request.GET:
        return render(
            request, "pledges/already_signed.html", {"pledge": pledge, "standing": now}, status=status
        )
    sent = cast("QueryDict", form.data) if form.is_bound else QueryDict()
    chosen = set(sent.getlist("channels"))
    event = event or _event(request, pledge=pledge, person=person, at=at)
    content = shown(text.content, form.asked)
    context = {
        "pledge": pledge,
        "text": text,
        "shown": content,
        "asked_count": len(content.asked),
        "form": form,
        "person": person,
        "event": event,
        "standing": now,
        "channels": [(channel, str(channel.pk) in chosen) for channel in channels],
        "most_channels": signing.MOST_CHANNELS,
        "ticked": set(sent.getlist("ticked")),
        "consent": form.consent_text,
        "consented": sent.get("consent") == form.consent_text.digest,
        "method": sent.get("method", SignatureMethod.TYPED),
        "basis": sent.get("basis", now.basis) if request.method == "POST" else now.basis,
        "draft": drafts.place(user=cast("User", request.user), pledge=pledge.slug),
        "bound_to": drafts.bound_to(text),
        "total": STEPS,
        "here": _here(request, event),
    }
    return render(request, "pledges/sign.html", context, status=status)


def _here(request: HttpRequest, event: Event | None) -> str:
    """The address of this form for links that lead away and come back."""
    asked = {"event": event.slug} if event else {}
    again = {"again": "1"} if "again" in request.GET else {}
    query = urlencode({**again, **asked})
    return f"{request.path}?{query}" if query else request.path


def _to_profile_form(request: HttpRequest) -> HttpResponse:
    """Who signs is asked before what is signed; ``next`` leads back here."""
    back = request.path if request.method == "POST" else request.get_full_path()
    return redirect(f"{reverse('profile')}?{urlencode({'next': back})}")
