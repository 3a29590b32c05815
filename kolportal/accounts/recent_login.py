"""Whether a person has proved who he or she is just now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import TYPE_CHECKING

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache

from kolportal.accounts.models import User

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse


def recently_confirmed(request: HttpRequest, *, at: datetime) -> datetime | None:
    """When the person last logged in or re-authenticated, if that is at most ``ACCOUNT_REAUTHENTICATION_TIMEOUT`` seconds
    before ``at``; else ``None``. Read from allauth's records in the session.
    """
    if not request.user.is_authenticated:
        return None
    times = [record["at"] for record in get_authentication_records(request, request.user) if "at" in record]
    if not times:
        return None
    last = datetime.fromtimestamp(max(times), UTC)
    return (
        last
        if timedelta(0) <= at - last <= timedelta(seconds=settings.ACCOUNT_REAUTHENTICATION_TIMEOUT)
        else None
    )


def recent_login_required(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """For views that change how an account is opened: whoever merely finds a phone unlocked may not use them.

    allauth's own guard lets accounts without a password through, and most accounts here have none. With a password it is
    asked for; without one the person logs in again with a code.
    """

    @never_cache
    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        user = request.user
        if not isinstance(user, User) or recently_confirmed(request, at=timezone.now()):
            return view(request, *args, **kwargs)
        if user.has_usable_password():
            return redirect(f"{reverse('account_reauthenticate')}?{urlencode({'next': request.path})}")
        login = f"{reverse('account_request_login_code')}?{urlencode({'next': request.path})}"
        status = 403 if request.method == "POST" else 200
        return render(request, "accounts/log_in_again.html", {"login": login}, status=status)

    return guarded
