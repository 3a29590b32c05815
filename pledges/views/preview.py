"""The pages as they would be printed, for somebody who checks the answers: drawn behind, looked at here. Never needed to sign."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, HttpResponseNotModified
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from kolportal import limits
from pledges import previews, signing
from pledges.views.confirming import own_attempt, refused

if TYPE_CHECKING:
    from django.http import HttpRequest

    from pledges.models import Attempt


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def preview(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """POST has the pages drawn. GET says whether they are there, and leads to them and back."""
    at = timezone.now()
    attempt = own_attempt(request, slug=slug, key=key)
    try:
        signing.check_open(attempt, at=at)
    except signing.AttemptOver as over:
        return refused(request, over, attempt)
    if request.method == "POST":
        if too_often := limits.exceeded(request, "sign"):
            return too_often
        previews.ask(attempt, at=at)
        return redirect("pledges:preview", slug=slug, key=key)
    return render(request, "pledges/preview.html", _state(attempt))


@login_required
@require_safe
def preview_state(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """The part of the page that changes by itself, as HTML; 304 while it is what the page shows (``If-None-Match``)."""
    state = _state(own_attempt(request, slug=slug, key=key))
    if request.headers.get("If-None-Match") == state["etag"]:
        response: HttpResponse = HttpResponseNotModified()
    else:
        response = render(request, "pledges/_preview_state.html", state)
    response["ETag"] = state["etag"]
    return response


@login_required
@require_safe
def preview_pdf(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """The pages, marked as a specimen."""
    data = previews.pdf_of(own_attempt(request, slug=slug, key=key))
    if data is None:
        raise Http404
    response = HttpResponse(data, content_type="application/pdf")
    response["Content-Disposition"] = 'inline; filename="xem-truoc.pdf"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _state(attempt: Attempt) -> dict[str, Any]:
    state = previews.state_of(attempt)
    return {
        "attempt": attempt,
        "pledge": attempt.text.edition.pledge,
        "state": state.value,
        "etag": f'"{state.value}"',
    }
