"""What every page of this room shares."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from kolportal.accounts.models import User

if TYPE_CHECKING:
    from django.http import HttpRequest


def staff(request: HttpRequest) -> User:
    """The member of staff behind a request to the administration."""
    return cast(User, request.user)
