"""What an account's owner hears when somebody changes how the account is opened: written and recorded in the caller's
transaction, so that no change goes untold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kolportal.accounts import history
from kolportal.mail import outbox

if TYPE_CHECKING:
    from datetime import datetime

    from kolportal.accounts.models import User


def password_changed(*, user: User, language: str, ip: str, at: datetime) -> None:
    """A password was set, changed, or replaced by a code. ``ip``: from where, or ``""``."""
    event = history.PASSWORD_CHANGED.record(user.pk, actor_id=user.pk, at=at)
    _put(
        "account_password_changed", event.pk, to=user.email, language=language, at=at, ip=ip, email=user.email
    )


def address_changed(*, user: User, old: str, language: str, ip: str, at: datetime) -> None:
    """``user.email`` took the place of ``old``, which is told."""
    event = history.ADDRESS_CHANGED.record(
        user.pk, actor_id=user.pk, at=at, values={"email": (old, user.email)}
    )
    _put(
        "account_address_changed", event.pk, to=old, language=language, at=at, ip=ip, old=old, new=user.email
    )


def _put(template: str, event: int, *, to: str, language: str, at: datetime, **context: Any) -> None:
    outbox.put(
        template=template,
        occasion=f"{template}:{event}",
        to=to,
        language=language,
        at=at,
        context={"at": at, **context},
    )
