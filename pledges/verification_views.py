"""Pages under ``/v/``: a form for the code, and what a code stands for. No search engine and no cache keeps them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from kolportal import limits
from pledges import verification

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

LONGEST_TYPED = 60


def _page(request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    response = render(request, template, context, status=status)
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _refusal(request: HttpRequest, *, typed: str, mistyped: bool) -> HttpResponse:
    """The form again, with what was typed. Mistyped and unknown codes get the same page but for one sentence."""
    context = {"typed": typed[:LONGEST_TYPED], "refused": True, "mistyped": mistyped}
    return _page(request, "pledges/verify_form.html", context, status=404)


@never_cache
@require_safe
def form(request: HttpRequest) -> HttpResponse:
    """Asks for a code; a well-formed one leads to its page, without a look into the database here."""
    typed = request.GET.get("code")
    if typed is None:
        return _page(request, "pledges/verify_form.html", {})
    try:
        code = verification.canonical_code(typed)
    except verification.Mistyped:
        return _refusal(request, typed=typed, mistyped=True)
    return redirect("verification:detail", reference=code)


@never_cache
@require_safe
def detail(request: HttpRequest, reference: str) -> HttpResponse:
    """What was signed under this code, when, and its state. Counts against the limit ``verify``."""
    if refused := limits.exceeded(request, "verify"):
        return refused
    try:
        code = verification.canonical_code(reference)
    except verification.Mistyped:
        return _refusal(request, typed=reference, mistyped=True)
    if code != reference:
        return redirect("verification:detail", reference=code)
    try:
        statement = verification.look_up(code)
    except verification.Unknown:
        return _refusal(request, typed=reference, mistyped=False)
    return _page(request, "pledges/verify_detail.html", {"statement": statement})
