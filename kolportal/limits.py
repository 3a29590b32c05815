"""Rate limits of our own doors, by the limiter that allauth brings, in ``settings.RATE_LIMITS``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.account.adapter import get_adapter
from allauth.core.internal import ratelimit
from django.conf import settings

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


def exceeded(request: HttpRequest, action: str, *, key: str | None = None) -> HttpResponse | None:
    """Counts one use of ``action``; the 429 page when the limit is reached, else ``None``. GETs count too."""
    response: HttpResponse | None = ratelimit.consume_or_429(
        request, app="kolportal", action=action, config=settings.RATE_LIMITS, key=key, limit_get=True
    )
    return response


def client_ip(request: HttpRequest) -> str | None:
    """The client's address, seen through ``TRUSTED_PROXY_COUNT`` proxies; ``None`` on a socket without one."""
    return get_adapter().get_client_ip(request) or None
