"""Rate limits of our own doors: so many uses in a window that begins with the first, ``settings.RATE_LIMITS``.

allauth limits its own doors by a list of moments under a lock, four round trips to Redis and a tenth of what a signing costs.
A counter that the cache adds to is one number, and two requests at once cannot both take the last use.
"""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core.cache import cache
from django.urls import get_resolver

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_RATE = re.compile(r"(\d+)/(\d*)([smhd])/(ip|user)")
_IPV6_PREFIX = 64
"""Bits: what a provider gives to one customer."""


class Rate(NamedTuple):
    """``amount`` uses in ``seconds``, counted ``per`` network address ("ip") or account ("user")."""

    amount: int
    seconds: int
    per: str


@lru_cache(maxsize=32)
def parse(rate: str) -> Rate:
    """From ``20/m/user`` or ``5/10m/ip``, the form that allauth's settings have too. Raises ``ValueError``."""
    found = _RATE.fullmatch(rate)
    if not found:
        raise ValueError(f"not a rate: {rate!r}")
    amount, number, unit, per = found.groups()
    return Rate(int(amount), int(number or 1) * _UNITS[unit], per)


def exceeded(request: HttpRequest, action: str) -> HttpResponse | None:
    """Counts one use of ``action``; the 429 page when there were too many, else ``None``. GETs count too."""
    rate = parse(settings.RATE_LIMITS[action])
    key = f"limit:{action}:{rate.per}:{_user(request) if rate.per == 'user' else _network(request)}"
    if _count(key, seconds=rate.seconds) <= rate.amount:
        return None
    response: HttpResponse = get_resolver().resolve_error_handler(429)(request)
    return response


def client_ip(request: HttpRequest) -> str | None:
    """The client's address, seen through ``TRUSTED_PROXY_COUNT`` proxies; ``None`` on a socket without one."""
    return get_adapter().get_client_ip(request) or None


def _count(key: str, *, seconds: int) -> int:
    """Uses in this window, this one included."""
    if cache.add(key, 1, seconds):
        return 1
    try:
        return cache.incr(key)
    except ValueError:  # the window ended between the two
        cache.add(key, 1, seconds)
        return 1


def _user(request: HttpRequest) -> int:
    if request.user.pk is None:
        raise ValueError("counted per account, and nobody is logged in")
    return request.user.pk


def _network(request: HttpRequest) -> str:
    """The client's address; of IPv6 the network, because one customer has all of its addresses."""
    text = client_ip(request) or ""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return text
    if isinstance(address, ipaddress.IPv4Address):
        return text
    return str(ipaddress.ip_network(f"{address}/{_IPV6_PREFIX}", strict=False).network_address)
