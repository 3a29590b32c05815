"""The page that asks for a code before the address or the password of an account is changed."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, cast

from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from kolportal import limits
from kolportal.accounts import confirmation, recent_login
from kolportal.accounts.forms import CodeForm
from kolportal.accounts.models import User
from kolportal.accounts.recent_login import Change

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse

_PAGES = {Change.ADDRESS: "account_email", Change.PASSWORD: "account_set_password"}


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def confirm_change(request: HttpRequest, purpose: str) -> HttpResponse:
    """Sends a code (POST with ``send``) and takes it (POST with ``code``); then on to the page of the change."""
    try:
        change = Change(purpose)
    except ValueError as error:
        raise Http404 from error
    user, at = cast(User, request.user), timezone.now()
    act = recent_login.act(user=user, change=change)
    if "send" in request.POST:
        return _send(request, user=user, change=change, act=act, at=at)
    form = CodeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            with suppress(confirmation.CodeUsed):  # the same form sent twice
                confirmation.confirm(
                    user=user, purpose=change.value, act=act, code=form.cleaned_data["code"], at=at
                )
        except confirmation.ConfirmationError as error:
            form.add_error("code", confirmation.words(error))
        else:
            recent_login.note(request, user=user, change=change, at=at)
            return redirect(_PAGES[change])
    return _page(request, user=user, change=change, act=act, form=form, at=at)


def _send(request: HttpRequest, *, user: User, change: Change, act: str, at: datetime) -> HttpResponse:
    form = CodeForm()
    if limits.exceeded(request, "confirmation_code"):
        words = _("Too many codes were asked for. Please use the newest one, or wait ten minutes.")
        return _page(request, user=user, change=change, act=act, form=form, at=at, refusal=words, status=429)
    try:
        confirmation.issue(user=user, purpose=change.value, act=act, about=user.email, at=at)
    except confirmation.CodeNotSent as error:
        words = confirmation.words(error)
        return _page(request, user=user, change=change, act=act, form=form, at=at, refusal=words, status=503)
    return redirect("confirm_change", change.value)


def _page(
    request: HttpRequest,
    *,
    user: User,
    change: Change,
    act: str,
    form: CodeForm,
    at: datetime,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    newest = confirmation.newest(user=user, purpose=change.value, act=act)
    context = {
        "form": form,
        "change": change.value,
        "email": user.email,
        "is_sent": form.is_bound or (newest is not None and newest.is_open(at=at)),
        "minutes": confirmation.MINUTES,
        "refusal": refusal,
    }
    return render(request, "accounts/confirm_change.html", context, status=status)
