"""Whether a person has proved who he or she is just now, and views that ask for it."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import wraps
from typing import TYPE_CHECKING

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache

from kolportal.accounts.models import User

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

_SESSION_KEY = "change_confirmed"


class Change(StrEnum):
    """Changes of how an account is opened; the value is the purpose of the code that confirms one."""

    ADDRESS = "address"
    PASSWORD = "password"  # noqa: S105 - the name of a change, no password


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
    return last if _is_fresh(last, at=at) else None


def act(*, user: User, change: Change) -> str:
    """The digest (64 hexadecimal digits) of this change of this account, which a code is bound to."""
    return hashlib.sha256(f"{change}\n{user.pk}\n{user.email}".encode()).hexdigest()


def note(request: HttpRequest, *, user: User, change: Change, at: datetime) -> None:
    """Remembers in the session that a code confirmed this change. It opens this change only, no signing and no other change."""
    request.session[_SESSION_KEY] = {"act": act(user=user, change=change), "at": at.timestamp()}


def confirmed_by_code(request: HttpRequest, *, user: User, change: Change, at: datetime) -> bool:
    """Whether a code confirmed this change at most ``ACCOUNT_REAUTHENTICATION_TIMEOUT`` seconds before ``at``."""
    noted = request.session.get(_SESSION_KEY)
    return (
        isinstance(noted, dict)
        and noted.get("act") == act(user=user, change=change)
        and _is_fresh(datetime.fromtimestamp(noted["at"], UTC), at=at)
    )


def recent_login_required(
    change: Change,
) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """For views that change how an account is opened: whoever merely finds a phone unlocked may not use them.

    allauth's own guard lets accounts without a password through, and most accounts here have none. With a password it is
    asked for; without one a code is sent to the account's address. Nobody is logged out for it: what is half filled in stays.
    """

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @never_cache
        @wraps(view)
        def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            user, at = request.user, timezone.now()
            if (
                not isinstance(user, User)
                or recently_confirmed(request, at=at)
                or confirmed_by_code(request, user=user, change=change, at=at)
            ):
                return view(request, *args, **kwargs)
            if user.has_usable_password():
                return redirect(f"{reverse('account_reauthenticate')}?{urlencode({'next': request.path})}")
            return redirect("confirm_change", change.value)

        return guarded

    return decorate


def _is_fresh(moment: datetime, *, at: datetime) -> bool:
    return timedelta(0) <= at - moment <= timedelta(seconds=settings.ACCOUNT_REAUTHENTICATION_TIMEOUT)
