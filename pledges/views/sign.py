"""Reading and signing: one form, one POST. Every refusal gives the page back with what was typed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods

from kolportal import limits
from kolportal.people.models import Person
from pledges import consent, signing
from pledges.forms import SignForm
from pledges.models import Decline, PledgeState, SignatureMethod
from pledges.views import confirming
from pledges.views.showing import shown, standing, text_in_force

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from kolportal.accounts.models import User
    from pledges.models import Pledge, PledgeVersion

STEPS = 5


# Not "no-store": the browser's Back from the page that asks for the code must find the form as it was left.
@cache_control(private=True, no_cache=True)
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def sign(request: HttpRequest, slug: str) -> HttpResponse:
    """GET: the five steps on one page. POST: signs, or asks for the code, or says why not; nothing typed is lost."""
    user = cast("User", request.user)
    if request.method == "POST":
        return _submitted(
            request, version=text_in_force(slug, language=request.POST.get("language")), user=user
        )
    version = text_in_force(slug)
    if not Person.objects.filter(user=user).exists():
        return _to_profile_form(request)
    if version.pledge.state != PledgeState.OPEN or not version.is_valid(at=timezone.now()):
        return _not_open(request, version.pledge)
    return _form_page(request, version=version, user=user, form=_form(version))


def _submitted(request: HttpRequest, *, version: PledgeVersion, user: User) -> HttpResponse:
    pledge = version.pledge
    form = _form(version, data=request.POST)
    form.full_clean()
    try:
        if limits.exceeded(request, "sign"):
            form.add_error(
                None,
                _(
                    "That was very often within one minute. Please wait a minute, then send again; your answers are kept."
                ),
            )
            return _form_page(request, version=version, user=user, form=form, status=429)
        if "edit" in request.POST:
            quiet = _form(version, data=request.POST, quiet=True)
            return _form_page(request, version=version, user=user, form=quiet, start=STEPS)
        if not form.is_valid():
            return _misshapen(request, version=version, user=user, form=form)
        return _sign(request, version=version, user=user, form=form)
    except signing.ProfileMissing:
        return _to_profile_form(request)
    except signing.PledgeNotOpen:
        return _not_open(request, pledge)
    except signing.TextChanged:
        return render(
            request, "pledges/text_changed.html", {"pledge": pledge, "version": version}, status=409
        )
    except signing.StateChanged:
        newest = signing.newest_signature(pledge=pledge, signer=user)
        return render(request, "pledges/state_changed.html", {"pledge": pledge, "newest": newest}, status=409)


def _sign(request: HttpRequest, *, version: PledgeVersion, user: User, form: SignForm) -> HttpResponse:
    """A well-formed act: confirmed just now, it is signed in one call of the domain; else a code is asked for first."""
    at = timezone.now()
    try:
        confirmed = confirming.recently(request, at=at)
        if confirmed is None:
            repeated = _repeated(version=version, user=user, form=form)
            if repeated:
                return repeated
            act = form.act(**confirming.by_code(at=at), **_evidence(request))
            signing.rehearse(version=version, signer=user, act=act, at=at)
            try:
                confirmed = confirming.check_code(request, user=user, at=at)
            except confirming.NotConfirmed as asked:
                # The same form sent twice with one code: the other request has used the code and is signing with it.
                twin = confirming.wait_for_twin(
                    asked, lambda: _repeated(version=version, user=user, form=form)
                )
                return twin or _code_page(request, version=version, user=user, asked=asked)
        act = form.act(**confirmed, **_evidence(request))
        signed = signing.sign(version=version, signer=user, act=act, at=at)
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
    else:
        return redirect("pledges:receipt", reference=signed.signature.reference)
    return _form_page(request, version=version, user=user, form=form, status=422)


def _misshapen(request: HttpRequest, *, version: PledgeVersion, user: User, form: SignForm) -> HttpResponse:
    """Errors of the fields, unless something else comes before them: signed already, not open, another text."""
    if repeated := _repeated(version=version, user=user, form=form):
        return repeated
    if not Person.objects.filter(user=user).exists():
        raise signing.ProfileMissing
    signing.check_text(version=version, shown_digest=form.cleaned_data.get("digest", ""), at=timezone.now())
    return _form_page(request, version=version, user=user, form=form, status=422)


def _repeated(*, version: PledgeVersion, user: User, form: SignForm) -> HttpResponse | None:
    """To the receipt of the signature that this form would only repeat: before any code is asked for or used up."""
    data = form.cleaned_data
    found = signing.already_signed(
        version=version,
        signer=user,
        shown_digest=data.get("digest", ""),
        channel_ids=data.get("channels", []),
    )
    return redirect("pledges:receipt", reference=found.reference) if found else None


def _form(version: PledgeVersion, *, data: Any = None, quiet: bool = False) -> SignForm:
    """The form for this text. ``quiet``: what was typed, without errors (the person came back to change it)."""
    words = consent.text(unit=version.pledge.unit.name, language=version.language)
    form = SignForm(data, undertakings=len(version.text.undertakings), consent=words)
    if quiet:
        form.full_clean()
        form.errors.clear()
    return form


def _evidence(request: HttpRequest) -> dict[str, Any]:
    return {"user_agent": request.headers.get("User-Agent", ""), "ip_address": limits.client_ip(request)}


def _form_page(
    request: HttpRequest,
    *,
    version: PledgeVersion,
    user: User,
    form: SignForm,
    status: int = 200,
    start: int | None = None,
) -> HttpResponse:
    profile = Person.objects.get(user=user)
    channels = list(profile.channels.current())
    now = standing(version=version, signer=user, channels=channels)
    if now.unchanged and not form.is_bound and "again" not in request.GET:
        return render(request, "pledges/already_signed.html", {"pledge": version.pledge, "standing": now})
    sent = request.POST if form.is_bound else QueryDict()
    chosen = set(sent.getlist("channels"))
    context = {
        "pledge": version.pledge,
        "version": version,
        "text": shown(version.text),
        "form": form,
        "profile": profile,
        "standing": now,
        "decline": Decline.objects.filter(pledge=version.pledge_id, signer=user, reversed_at=None).first(),
        "channels": [(channel, str(channel.pk) in chosen) for channel in channels],
        "ticked": set(sent.getlist("ticked")),
        "consent": form.consent_text,
        "consented": sent.get("consent") == form.consent_text.digest,
        "method": sent.get("method", SignatureMethod.TYPED),
        "total": STEPS,
        "start": start,
    }
    return render(request, "pledges/sign.html", context, status=status)


def _code_page(
    request: HttpRequest, *, version: PledgeVersion, user: User, asked: confirming.NotConfirmed
) -> HttpResponse:
    """Asks for the code; carries every answer along, so that a wrong or late code loses nothing."""
    names = (
        "digest",
        "language",
        "basis",
        "ticked",
        "channels",
        "consent",
        "method",
        "typed_name",
        "strokes",
    )
    context = {
        "pledge": version.pledge,
        "answers": [(name, value) for name in names for value in request.POST.getlist(name)],
        "error": asked.words,
        "sent": asked.sent,
        "email": user.email,
    }
    return render(request, "pledges/sign_code.html", context, status=asked.status)


def _not_open(request: HttpRequest, pledge: Pledge) -> HttpResponse:
    return render(request, "pledges/not_open.html", {"pledge": pledge}, status=409)


def _to_profile_form(request: HttpRequest) -> HttpResponse:
    """Who signs is asked before what is signed; ``next`` leads back here."""
    return redirect(f"{reverse('profile')}?{urlencode({'next': request.path})}")
