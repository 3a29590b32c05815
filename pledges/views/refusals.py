"""The pages that say why nothing was signed, and lead on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import redirect, render

from pledges import signing
from pledges.models import Decline

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from kolportal.people.models import Person
    from pledges.models import Attempt, Pledge


def page(
    request: HttpRequest,
    refusal: signing.SigningRefused,
    *,
    pledge: Pledge,
    person: Person,
    attempt: Attempt | None = None,
) -> HttpResponse:
    """For refusals that no field of the form can mend. ``attempt``: as it stands now, where there was one."""
    match refusal:
        case signing.AlreadySigned(signature=signature):
            return redirect("pledges:receipt", reference=signature.reference)
        case signing.TooYoung():
            # Nothing is kept of it, and staff see nothing of it.
            return render(request, "pledges/too_young.html", {"pledge": pledge})
        case signing.PledgeNotOpen():
            return not_open(request, pledge)
        case signing.TextChanged():
            return render(request, "pledges/text_changed.html", {"pledge": pledge}, status=409)
        case signing.StateChanged():
            newest = signing.newest_signature(pledge=pledge, person=person)
            return render(
                request, "pledges/state_changed.html", {"pledge": pledge, "newest": newest}, status=409
            )
        case signing.AttemptOver():
            context = {
                "pledge": pledge,
                "end": attempt.end if attempt else "",
                "declined": Decline.objects.active().of_person(person).filter(pledge=pledge).first(),
                "newest": signing.newest_signature(pledge=pledge, person=person),
            }
            return render(request, "pledges/attempt_over.html", context, status=410)
        case _:
            raise refusal


def not_open(request: HttpRequest, pledge: Pledge) -> HttpResponse:
    """The pledge cannot be signed now."""
    return render(request, "pledges/not_open.html", {"pledge": pledge}, status=409)
