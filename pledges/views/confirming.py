"""The last step of signing: the answers once more, in the order of the paper; then the code, unless the person has just logged in.

The browser carries the attempt's key and nothing else. An attempt belongs to its person; for others it does not exist.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_http_methods

from kolportal.accounts import confirmation
from kolportal.people.models import ChannelRole, Platform, SignerKind
from pledges import signing
from pledges import strokes as drawing
from pledges.models import Attempt, SignatureMethod
from pledges.rendering.pages import written_date
from pledges.views import refusals
from pledges.views.proving import Proving, Unproved
from pledges.views.showing import shown
from pledges.views.sign import STEPS

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse

    from kolportal.accounts.models import User
    from pledges.factors import ProvenFactor

PURPOSE = "sign"


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """GET: what is about to be signed. POST: signs after a fresh log-in, else sends the code and leads to its page."""
    at = timezone.now()
    attempt = own_attempt(request, slug=slug, key=key)
    proving = _proving(request, attempt, at=at)
    try:
        if attempt.signature:
            return redirect("pledges:receipt", reference=attempt.signature.reference)
        login = proving.by_login
        if request.method == "POST" and login:
            return _complete(attempt, factor=login, at=at)
        signing.check_attempt(attempt, at=at)
        if request.method != "POST":
            return render(request, "pledges/check.html", _as_shown(attempt) | {"by_login": login is not None})
        proving.send()
    except signing.SigningRefused as refusal:
        return refused(request, refusal, attempt)
    except Unproved as unproved:
        return _code_page(attempt, proving=proving, unproved=unproved)
    return redirect("pledges:code", slug=slug, key=key)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """GET asks for the code. POST signs with it, or with ``resend`` sends a new one."""
    at = timezone.now()
    attempt = own_attempt(request, slug=slug, key=key)
    proving = _proving(request, attempt, at=at)
    try:
        if attempt.signature:
            return redirect("pledges:receipt", reference=attempt.signature.reference)
        if request.method == "POST" and "resend" not in request.POST:
            signing.check_open(attempt, at=at)
            return _complete(attempt, factor=proving.by_code(), at=at)
        signing.check_attempt(attempt, at=at)
        if request.method == "POST":
            proving.send(anew=True)
            messages.success(request, _("A new code has just been sent."))
            return redirect("pledges:code", slug=slug, key=key)
        return _code_page(attempt, proving=proving)
    except signing.SigningRefused as refusal:
        return refused(request, refusal, attempt)
    except confirmation.ConfirmationError as error:
        return _code_page(attempt, proving=proving, unproved=Unproved.by(error))
    except Unproved as unproved:
        return _code_page(attempt, proving=proving, unproved=unproved)


def own_attempt(request: HttpRequest, *, slug: str, key: str) -> Attempt:
    """The attempt of this key if it is the account's own; else 404."""
    # The signature is there only at the end, the words of the text are shown only once, and the preview is a file.
    whole = Attempt.objects.select_related("person", "text__edition__pledge", "event").defer(
        "preview", "text__canonical", "text__preamble", "text__closing"
    )
    return get_object_or_404(
        whole, key=key, person__user=cast("User", request.user), text__edition__pledge__slug=slug
    )


def _proving(request: HttpRequest, attempt: Attempt, *, at: datetime) -> Proving:
    return Proving(
        request=request,
        user=cast("User", request.user),
        purpose=PURPOSE,
        digest=attempt.digest,
        about=attempt.text.title,
        at=at,
    )


def _complete(attempt: Attempt, *, factor: ProvenFactor, at: datetime) -> HttpResponse:
    proof = factor.prove(digest=attempt.digest, at=at)
    signed = signing.complete(attempt=attempt, proof=proof, at=at)
    return redirect("pledges:receipt", reference=signed.signature.reference)


def refused(request: HttpRequest, refusal: signing.SigningRefused, attempt: Attempt) -> HttpResponse:
    """Why this attempt signs nothing."""
    attempt.refresh_from_db(fields=["end"])
    return refusals.page(
        request, refusal, pledge=attempt.text.edition.pledge, person=attempt.person, attempt=attempt
    )


def _code_page(attempt: Attempt, *, proving: Proving, unproved: Unproved | None = None) -> HttpResponse:
    context = {
        "attempt": attempt,
        "pledge": attempt.text.edition.pledge,
        "text": attempt.text,
        "total": STEPS,
    }
    return proving.page("pledges/sign_code.html", context, unproved)


def _place_and_date(attempt: Attempt) -> str:
    """As the paper has them, in the language of the text."""
    language = attempt.text.language
    with override(language):
        day = written_date(timezone.localdate(attempt.prepared_at), language)
    return ", ".join(filter(None, (attempt.act["place"], day)))


def _as_shown(attempt: Attempt) -> dict[str, Any]:
    """The facts of the attempt in words."""
    act = attempt.act
    particulars = act["particulars"]
    strokes = particulars["strokes"]
    pledge = attempt.text.edition.pledge
    newest = signing.newest_signature(pledge=pledge, person=attempt.person) if act["basis"] else None
    return {
        "attempt": attempt,
        "pledge": pledge,
        "change": f"{reverse('pledges:sign', args=[pledge.slug])}?attempt={attempt.key}",
        "text": attempt.text,
        "shown": shown(attempt.text.content, act["ticked"]),
        "who": particulars,
        "kind": SignerKind(act["kind"]).label,
        "channels": [
            {
                **channel,
                "platform": Platform(channel["platform"]).label,
                "role": ChannelRole(channel["role"]).label,
            }
            for channel in act["channels"]
        ],
        "consent_sentence": particulars["consent_text"].partition("\n")[0],
        "keep_until": date.fromisoformat(act["keep_until"]),
        "place_and_date": _place_and_date(attempt),
        "replaced": newest if newest and newest.is_active else None,
        "method": SignatureMethod(particulars["method"]).label,
        "picture": drawing.to_svg(drawing.from_lists(strokes)) if strokes else "",
        "total": STEPS,
    }
