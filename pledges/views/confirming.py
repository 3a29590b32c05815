"""Who is signing: a login of the last minutes, or the code sent by e-mail."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypedDict

from django.utils.translation import gettext as _

from kolportal import limits
from kolportal.accounts import confirmation
from kolportal.accounts.models import ConfirmationCode
from kolportal.accounts.recent_login import recently_confirmed
from pledges.models import Confirmation

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse

    from kolportal.accounts.models import User

PURPOSE = "sign"
_TWIN_SECONDS = 1.5
_TWIN_PAUSE = 0.05


class Confirmed(TypedDict):
    """Two arguments of ``signing.Act``."""

    confirmation: Confirmation
    confirmed_at: datetime


class NotConfirmed(Exception):
    """The page that asks for the code: ``words`` of the error if there was one; ``sent``: whether a new code went out."""

    def __init__(
        self, *, words: str = "", sent: bool = False, status: int = 200, code_used: bool = False
    ) -> None:
        super().__init__(words)
        self.words = words
        self.sent = sent
        self.status = status
        self.code_used = code_used


def by_code(*, at: datetime) -> Confirmed:
    """A code entered right now."""
    return {"confirmation": Confirmation.EMAIL_CODE, "confirmed_at": at}


def recently(request: HttpRequest, *, at: datetime) -> Confirmed | None:
    """A login or re-authentication that is fresh enough."""
    logged_in_at = recently_confirmed(request, at=at)
    return {"confirmation": Confirmation.RECENT_LOGIN, "confirmed_at": logged_in_at} if logged_in_at else None


def check_code(request: HttpRequest, *, user: User, at: datetime) -> Confirmed:
    """Uses up the code that was sent with the form. Raises ``NotConfirmed``, after sending one where none is open."""
    code = request.POST.get("code", "")
    if "resend" in request.POST or "code" not in request.POST:
        raise _asked(request, user=user, at=at)
    if not code.strip():
        raise NotConfirmed(words=_("Please enter the code from the e-mail."), status=422)
    try:
        confirmation.confirm(user=user, purpose=PURPOSE, code=code, at=at)
    except confirmation.ConfirmationError as error:
        used = isinstance(error, confirmation.NoCode)
        raise NotConfirmed(words=confirmation.words(error), status=422, code_used=used) from error
    return by_code(at=at)


def wait_for_twin(asked: NotConfirmed, look: Callable[[], HttpResponse | None]) -> HttpResponse | None:
    """What ``look`` finds within a moment, when the code had been used already; else ``None``."""
    give_up_at = time.monotonic() + _TWIN_SECONDS
    while asked.code_used:
        found = look()
        if found or time.monotonic() >= give_up_at:
            return found
        time.sleep(_TWIN_PAUSE)
    return None


def _asked(request: HttpRequest, *, user: User, at: datetime) -> NotConfirmed:
    """Sends a code, unless one is open still and no other was asked for (a reloaded page sends no second message)."""
    newest = (
        ConfirmationCode.objects.filter(user=user, purpose=PURPOSE).order_by("-created_at", "-id").first()
    )
    if newest and newest.is_open(at=at) and "resend" not in request.POST:
        return NotConfirmed()
    if limits.exceeded(request, "confirmation_code"):
        words = _(
            "Too many codes were asked for. Please use the newest one, or wait ten minutes; your answers are kept."
        )
        return NotConfirmed(words=words, status=429)
    try:
        confirmation.issue(user=user, purpose=PURPOSE, at=at)
    except confirmation.CodeNotSent as error:
        return NotConfirmed(words=confirmation.words(error), status=503)
    return NotConfirmed(sent=True)
