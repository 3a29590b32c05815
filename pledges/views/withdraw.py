"""Withdrawing one's own pledge: asked once on its own page, confirmed by a fresh log-in or a code. The PDF stays."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from kolportal.accounts import confirmation
from pledges import signing
from pledges.views.proving import Proving, Unproved
from pledges.views.receipt import own_signature

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse

    from kolportal.accounts.models import User
    from pledges.factors import ProvenFactor
    from pledges.models import Signature

PURPOSE = "withdraw"


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, reference: str) -> HttpResponse:
    """GET says what withdrawing means. POST withdraws after a fresh log-in, else sends the code and leads to its page."""
    at = timezone.now()
    signature = own_signature(request, reference)
    if not signature.is_active:
        return _ended(request, signature)
    proving = _proving(request, signature, at=at)
    login = proving.by_login
    if request.method != "POST":
        context = {"signature": signature, "by_login": login is not None}
        return render(request, "pledges/withdraw.html", context)
    if login:
        return _withdraw(request, signature, factor=login, at=at)
    try:
        proving.send()
    except Unproved as unproved:
        return _code_page(signature, proving=proving, unproved=unproved)
    return redirect("pledges:withdraw_code", reference=reference)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest, reference: str) -> HttpResponse:
    """GET asks for the code. POST withdraws with it, or with ``resend`` sends a new one."""
    at = timezone.now()
    signature = own_signature(request, reference)
    if not signature.is_active:
        return _ended(request, signature)
    proving = _proving(request, signature, at=at)
    if request.method != "POST":
        return _code_page(signature, proving=proving)
    try:
        if "resend" in request.POST:
            proving.send(anew=True)
            messages.success(request, _("A new code has just been sent."))
            return redirect("pledges:withdraw_code", reference=reference)
        return _withdraw(request, signature, factor=proving.by_code(), at=at)
    except confirmation.ConfirmationError as error:
        return _code_page(signature, proving=proving, unproved=Unproved.by(error))
    except Unproved as unproved:
        return _code_page(signature, proving=proving, unproved=unproved)


def _proving(request: HttpRequest, signature: Signature, *, at: datetime) -> Proving:
    return Proving(
        request=request,
        user=cast("User", request.user),
        purpose=PURPOSE,
        digest=signing.withdrawal_digest(signature),
        about=signature.text.title,
        at=at,
    )


def _withdraw(
    request: HttpRequest, signature: Signature, *, factor: ProvenFactor, at: datetime
) -> HttpResponse:
    proof = factor.prove(digest=signing.withdrawal_digest(signature), at=at)
    try:
        if signing.withdraw(signature=signature, proof=proof, at=at):
            messages.success(request, _("The pledge has been withdrawn."))
    except signing.NotWithdrawable:
        signature.refresh_from_db()
        return _ended(request, signature)
    return redirect("pledges:receipt", reference=signature.reference)


def _ended(request: HttpRequest, signature: Signature) -> HttpResponse:
    if signature.superseded_at and request.method == "POST":
        messages.info(
            request, _("This signature has been replaced by a newer one. The newer one can be withdrawn.")
        )
    return redirect("pledges:receipt", reference=signature.reference)


def _code_page(signature: Signature, *, proving: Proving, unproved: Unproved | None = None) -> HttpResponse:
    context = {"signature": signature, "text": signature.text}
    return proving.page("pledges/withdraw_code.html", context, unproved)
