"""Whether the site is well, as the container's health check and an operator's monitor ask."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from django.test import Client

from kolportal import health
from tests.servers import PATIENCE

pytestmark = [pytest.mark.django_db, pytest.mark.servers]
READY = "/health/ready"


@pytest.fixture(autouse=True)
def _nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_last", None)


def test_every_part_is_well(client: Client) -> None:
    response = client.get(READY)
    assert response.status_code == 200
    assert set(response.json()) == {"database", "broker", "storage", "sealing_key"}
    assert set(response.json().values()) == {"ok"}


def test_part_that_fails_is_named_and_why_it_fails_is_not(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full() -> None:
        raise OSError(28, "No space left on device", "/srv/documents")

    monkeypatch.setitem(health._PARTS, "storage", full)
    response = client.get(READY)
    assert response.status_code == 503
    assert response.json()["storage"] == "failed"
    assert response.json()["database"] == "ok"
    assert "srv" not in response.content.decode()


def test_strangers_who_ask_often_cost_one_answer(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setitem(health._PARTS, "storage", lambda: asked.append(1))
    for _ in range(20):
        client.get(READY)
    assert len(asked) == 1


def test_a_part_that_hangs_holds_one_request_and_not_those_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    looking, go_on = Event(), Event()

    def hang() -> None:
        looking.set()
        go_on.wait(PATIENCE)

    monkeypatch.setattr(health, "_PARTS", {"storage": lambda: None})
    before = health.probe()
    monkeypatch.setattr(health, "KEPT_SECONDS", 0)
    monkeypatch.setattr(health, "_PARTS", {"storage": hang})
    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(health.probe)
        assert looking.wait(PATIENCE)
        assert health.probe() is before
        go_on.set()
        assert held.result(PATIENCE) == {"storage": "ok"}
