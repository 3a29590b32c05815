"""Limits of our own doors: each person and each network by itself, and the last use is given once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client, RequestFactory

from kolportal import limits
from kolportal.accounts.models import User

pytestmark = pytest.mark.servers


@pytest.fixture(autouse=True)
def _four_a_minute(settings: Any) -> None:
    cache.clear()
    settings.RATE_LIMITS = {"door": "4/m/ip", "desk": "2/10m/user"}


def _refused(address: str, times: int) -> int:
    requests = [RequestFactory().get("/", REMOTE_ADDR=address) for _ in range(times)]
    for request in requests:
        request.user = User()
    return sum(limits.exceeded(request, "door") is not None for request in requests)


@pytest.mark.parametrize(
    ("address", "neighbour", "shared"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8::1", "2001:db8::ffff:2", True),  # one customer's network
        ("2001:db8::1", "2001:db8:0:1::1", False),
    ],
)
@pytest.mark.django_db
def test_networks_are_counted_apart(client: Client, address: str, neighbour: str, shared: bool) -> None:
    assert _refused(address, 5) == 1
    assert _refused(neighbour, 1) == int(shared)


@pytest.mark.django_db
def test_people_are_counted_apart_whatever_their_network() -> None:
    def uses(user: User) -> list[bool]:
        request = RequestFactory().post("/", REMOTE_ADDR="192.0.2.1")
        request.user = user
        return [limits.exceeded(request, "desk") is not None for _ in range(3)]

    assert uses(User(pk=1)) == [False, False, True]
    assert uses(User(pk=2)) == [False, False, True]


@pytest.mark.django_db
def test_many_at_once_are_each_counted() -> None:
    with ThreadPoolExecutor(8) as pool:
        refused = sum(pool.map(lambda _: _refused("192.0.2.9", 1), range(40)))
    assert refused == 36


@pytest.mark.parametrize("rate", ["", "4", "4/m", "4/m/key", "4/w/ip", "-4/m/ip"])
def test_rate_that_is_none_is_refused(rate: str) -> None:
    with pytest.raises(ValueError, match="not a rate"):
        limits.parse(rate)
