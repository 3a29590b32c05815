"""Ending an account's sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from kolportal.accounts import history

if TYPE_CHECKING:
    from datetime import datetime

    from kolportal.accounts.models import User


@transaction.atomic
def end_all(*, user: User, at: datetime) -> None:
    """Logs the account out on every device, the one in use too."""
    user.log_out_everywhere()
    history.LOGGED_OUT_EVERYWHERE.record(user.pk, actor_id=user.pk, at=at)
