"""Asking a person for the code that was sent by e-mail, for signing and for withdrawing alike; or sparing it after a fresh log-in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.shortcuts import render
from django.utils.translation import gettext as _

from kolportal import limits
from kolportal.accounts import confirmation
from kolportal.accounts.forms import CodeForm
from kolportal.accounts.recent_login import recently_confirmed
from pledges.factors import EmailCode, RecentLogin

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse

    from kolportal.accounts.models import User

_AT_THE_FIELD = 422
"""Status of what is said at the field; everything else is said above it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proving:
    """One person's one act: ``purpose`` and ``digest`` of what is confirmed, ``about`` for the mail (the pledge's title)."""

    request: HttpRequest
    user: User
    purpose: str
    digest: str
    about: str
    at: datetime

    @property
    def by_login(self) -> RecentLogin | None:
        """The log-in of the last minutes, which needs no code."""
        logged_in_at = recently_confirmed(self.request, at=self.at)
        return RecentLogin(user=self.user, logged_in_at=logged_in_at) if logged_in_at else None

    @property
    def open_until(self) -> datetime | None:
        """Until when the newest code for this act may be entered; ``None`` when none is open."""
        newest = confirmation.newest(user=self.user, purpose=self.purpose, act=self.digest)
        return newest.expires_at if newest and newest.is_open(at=self.at) else None

    def by_code(self) -> EmailCode:
        """The code that was typed. Raises ``Unproved`` for none."""
        form = CodeForm(self.request.POST)
        if not form.is_valid():
            raise Unproved(str(form.errors["code"][0]), status=_AT_THE_FIELD)
        return EmailCode(user=self.user, purpose=self.purpose, code=form.cleaned_data["code"])

    def page(self, template: str, context: dict[str, Any], unproved: Unproved | None = None) -> HttpResponse:
        """The page that asks for the code; ``unproved``: what came of the last try."""
        form = CodeForm()
        refusal = unproved.words if unproved else ""
        if unproved and unproved.status == _AT_THE_FIELD:
            form = CodeForm(self.request.POST)
            if form.is_valid():
                form.add_error("code", refusal)
            refusal = ""
        more = {
            "form": form,
            "refusal": refusal,
            "email": self.user.email,
            "open_until": self.open_until,
            "minutes": confirmation.MINUTES,
            "title": self.about,
        }
        return render(
            self.request, template, {**context, **more}, status=unproved.status if unproved else 200
        )

    def send(self, *, anew: bool = False) -> None:
        """Sends a code; unless ``anew``, only where none is open, so that going back and forth sends one message. Raises
        ``Unproved``."""
        if self.open_until and not anew:
            return
        if limits.exceeded(self.request, "confirmation_code"):
            words = _(
                "Too many codes were asked for. Please use the newest one, or wait ten minutes; your answers are kept."
            )
            raise Unproved(words, status=429)
        try:
            confirmation.issue(
                user=self.user, purpose=self.purpose, act=self.digest, about=self.about, at=self.at
            )
        except confirmation.CodeNotSent as error:
            raise Unproved(confirmation.words(error), status=503) from error


class Unproved(Exception):
    """The act is not confirmed yet: ``words`` for the page that asks for the code, and its status."""

    def __init__(self, words: str, *, status: int) -> None:
        super().__init__(words)
        self.words = words
        self.status = status

    @classmethod
    def by(cls, error: confirmation.ConfirmationError) -> Unproved:
        """In the words for what became of the code."""
        return cls(confirmation.words(error), status=_AT_THE_FIELD)
