"""Saying no: one POST, a page that confirms it, and a button that takes it back."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from kolportal import limits
from pledges import signing
from pledges.models import Decline
from pledges.views.showing import public_pledge, text_in_force

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from kolportal.accounts.models import User


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def decline(request: HttpRequest, slug: str) -> HttpResponse:
    """POST records the no. GET shows it, or where there is none offers it."""
    user = cast("User", request.user)
    pledge = public_pledge(slug)
    if request.method == "POST":
        if refused := limits.exceeded(request, "sign"):
            return refused
        try:
            signing.decline(version=text_in_force(slug), signer=user, at=timezone.now())
        except signing.StateChanged:
            newest = signing.newest_signature(pledge=pledge, signer=user)
            return render(
                request, "pledges/decline_signed.html", {"pledge": pledge, "newest": newest}, status=409
            )
        return redirect("pledges:decline", slug=slug)
    answer = Decline.objects.filter(pledge=pledge, signer=user, reversed_at=None).first()
    return render(request, "pledges/decline.html", {"pledge": pledge, "decline": answer})


@never_cache
@login_required
@require_POST
def undo_decline(request: HttpRequest, slug: str) -> HttpResponse:
    """Takes the no back."""
    pledge = public_pledge(slug)
    if signing.undo_decline(pledge=pledge, signer=cast("User", request.user), at=timezone.now()):
        messages.success(request, _("Your refusal has been taken back. You can sign or leave it open."))
    return redirect("pledges:detail", slug=slug)
