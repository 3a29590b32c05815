"""The public texts: every published version in every language, its digest, its canonical form, and what changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from pledges import changes as comparing
from pledges.models import Decline, Pledge, PledgeState, PledgeVersion, Signature
from pledges.views.showing import public_pledge, shown, text_in_force

if TYPE_CHECKING:
    from django.http import HttpRequest


@require_safe
def detail(request: HttpRequest, slug: str) -> HttpResponse:
    """The text in force, and the person's own standing."""
    version = text_in_force(slug)
    return _page(request, pledge=version.pledge, version=version)


@require_safe
def version(request: HttpRequest, slug: str, number: int, language: str) -> HttpResponse:
    """One published text for ever: what somebody signed stays readable."""
    pledge = public_pledge(slug)
    return _page(request, pledge=pledge, version=_published(pledge, number=number, language=language))


@require_safe
def canonical(request: HttpRequest, slug: str, number: int, language: str) -> HttpResponse:
    """The bytes that the digest is over (RFC 8785), as a download."""
    text = _published(public_pledge(slug), number=number, language=language)
    response = HttpResponse(text.canonical.encode(), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="{slug}-{number}-{language}.json"'
    response["ETag"] = f'"{text.digest}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


@require_safe
def changes(request: HttpRequest, slug: str, old: int, new: int) -> HttpResponse:
    """What changed between two published versions, in the interface's language where both have it, else in Vietnamese."""
    pledge = public_pledge(slug)
    if old == new:
        raise Http404
    wanted = (get_language() or "vi")[:2]
    # Not "number__in": with a number that no column can hold, a database refuses the list, while equality is merely false.
    either = Q(number=old) | Q(number=new)
    texts = {(row.number, row.language): row for row in pledge.versions.published().filter(either)}
    language = wanted if {(old, wanted), (new, wanted)} <= texts.keys() else "vi"
    if not {(old, language), (new, language)} <= texts.keys():
        raise Http404
    before, after = texts[old, language], texts[new, language]
    context = {
        "pledge": pledge,
        "before": before,
        "after": after,
        "language": language,
        "parts": comparing.compare(before.text, after.text),
    }
    return render(request, "pledges/changes.html", context)


def _published(pledge: Pledge, *, number: int, language: str) -> PledgeVersion:
    return get_object_or_404(pledge.versions.published(), number=number, language=language)


def _page(request: HttpRequest, *, pledge: Pledge, version: PledgeVersion) -> HttpResponse:
    versions = list(pledge.versions.published().order_by("-number", "-language"))
    newest_number = max(row.number for row in versions if row.language == "vi")
    numbers = sorted({row.number for row in versions if row.language == "vi"}, reverse=True)
    signed = declined = None
    if request.user.is_authenticated:
        signed = Signature.objects.active().filter(pledge=pledge, signer=request.user).first()
        declined = Decline.objects.filter(pledge=pledge, signer=request.user, reversed_at=None).first()
    context = {
        "pledge": pledge,
        "version": version,
        "text": shown(version.text),
        "versions": versions,
        "is_current": version.number == newest_number,
        "steps": list(zip(numbers[1:], numbers, strict=False)),
        "languages": [row for row in versions if row.number == version.number],
        "can_sign": pledge.state == PledgeState.OPEN
        and version.number == newest_number
        and version.is_valid(at=timezone.now()),
        "signed": signed,
        "declined": declined,
    }
    return render(request, "pledges/detail.html", context)
