"""Saying no: asked once on its own page, as withdrawing is; and a button that takes it back."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from kolportal import limits
from kolportal.people.models import Person
from pledges import drafts, signing
from pledges.models import Decline, Pledge
from pledges.views import refusals
from pledges.views.showing import public_pledge, text_in_force

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from kolportal.accounts.models import User


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def decline(request: HttpRequest, slug: str) -> HttpResponse:
    """GET asks, or shows the answer that was given; POST records it. Of somebody whom the site does not know yet nothing is kept."""
    user = cast("User", request.user)
    at = timezone.now()
    pledge = public_pledge(slug)
    person = Person.objects.of_account(user)
    context = {"pledge": pledge, "draft": drafts.place(user=user, pledge=slug)}
    if person is None:
        return render(request, "pledges/decline.html", {**context, "is_unknown": True})
    if request.method == "POST":
        if refused := limits.exceeded(request, "sign"):
            return refused
        try:
            signing.decline(text=text_in_force(slug), person=person, at=at)
        except signing.PledgeNotOpen:
            return refusals.not_open(request, pledge)
        except signing.StateChanged:
            newest = signing.newest_signature(pledge=pledge, person=person)
            return render(
                request, "pledges/decline_signed.html", {"pledge": pledge, "newest": newest}, status=409
            )
        return redirect("pledges:decline", slug=slug)
    newest = signing.newest_signature(pledge=pledge, person=person)
    if newest and newest.is_active:
        return render(request, "pledges/decline_signed.html", {"pledge": pledge, "newest": newest})
    answer = Decline.objects.active().of_person(person).filter(pledge=pledge).first()
    if answer is None and not Pledge.objects.signable(at=at).filter(pk=pledge.pk).exists():
        return refusals.not_open(request, pledge)
    return render(request, "pledges/decline.html", {**context, "decline": answer})


@login_required
@require_POST
def undo_decline(request: HttpRequest, slug: str) -> HttpResponse:
    """Takes the no back."""
    pledge = public_pledge(slug)
    person = Person.objects.of_account(cast("User", request.user))
    if person and signing.undo_decline(pledge=pledge, person=person, at=timezone.now()):
        messages.success(request, _("Your refusal has been taken back. You can sign or leave it open."))
    return redirect("pledges:detail", slug=slug)
