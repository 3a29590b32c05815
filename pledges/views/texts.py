"""The public texts: every published version in every language, its digest, its canonical form, and what changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from kolportal.people.models import Person
from pledges import changes as comparing
from pledges.acts import asked_of
from pledges.models import Decline, Language, Pledge, PledgeState, Signature, Text
from pledges.views.showing import public_pledge, shown, text_in_force

if TYPE_CHECKING:
    from django.http import HttpRequest


@require_safe
def detail(request: HttpRequest, slug: str) -> HttpResponse:
    """The text in force, and the person's own standing."""
    return _page(request, text=text_in_force(slug))


@require_safe
def version(request: HttpRequest, slug: str, number: int, language: str) -> HttpResponse:
    """One published text for ever: what somebody signed stays readable."""
    return _page(request, text=_published(public_pledge(slug), number=number, language=language))


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
    either = Q(edition__number=old) | Q(edition__number=new)
    texts = {(row.edition.number, row.language): row for row in _texts(pledge).filter(either)}
    language = wanted if {(old, wanted), (new, wanted)} <= texts.keys() else Language.VI.value
    if not {(old, language), (new, language)} <= texts.keys():
        raise Http404
    before, after = texts[old, language], texts[new, language]
    context = {
        "pledge": pledge,
        "before": before,
        "after": after,
        "language": language,
        "parts": comparing.compare(before.content, after.content),
    }
    return render(request, "pledges/changes.html", context)


def _texts(pledge: Pledge) -> Any:
    return Text.objects.published().filter(edition__pledge=pledge).select_related("edition__pledge__unit")


def _published(pledge: Pledge, *, number: int, language: str) -> Text:
    found: Text = get_object_or_404(_texts(pledge), edition__number=number, language=language)
    return found


def _page(request: HttpRequest, *, text: Text) -> HttpResponse:
    pledge = text.edition.pledge
    texts = list(_texts(pledge).order_by("-edition__number", "-language"))
    numbers = list(dict.fromkeys(row.edition.number for row in texts))
    person = newest = declined = None
    if request.user.is_authenticated:
        person = Person.objects.of_account(request.user)
    if person:
        mine = Signature.objects.of_person(person).filter(pledge=pledge).select_related("text__edition")
        newest = mine.order_by("-id").first()
        declined = Decline.objects.active().of_person(person).filter(pledge=pledge).first()
    is_current = text.edition.number == numbers[0]
    signable = is_current and Pledge.objects.signable(at=timezone.now()).filter(pk=pledge.pk).exists()
    context = {
        "pledge": pledge,
        "text": text,
        "shown": shown(text.content, asked_of(text.content, person=person) if person else None),
        "texts": texts,
        "is_current": is_current,
        "is_expired": is_current and not signable and pledge.state == PledgeState.OPEN,
        "steps": list(zip(numbers[1:], numbers, strict=False)),
        "languages": [row for row in texts if row.edition_id == text.edition_id],
        "can_sign": signable,
        "person": person,
        "signed": newest if newest and newest.is_active else None,
        "withdrawn": newest if newest and newest.withdrawn_at else None,
        "in_force": numbers[0],
        "declined": declined,
    }
    return render(request, "pledges/detail.html", context)
