"""Whether the site is well, as the container's health check and an operator's monitor ask."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event

import pytest
from django.test import Client
from django.utils import timezone

from kolportal import health
from kolportal.ledger import leaves
from kolportal.transparency import SignatureWithdrawn
from kolportal.work import queue
from kolportal.work.models import Work
from pledges.kinds import SEAL
from tests.servers import PATIENCE

pytestmark = [pytest.mark.django_db, pytest.mark.servers]
READY = "/health/ready"


@pytest.fixture(autouse=True)
def _nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_last", None)


def test_every_part_is_well(client: Client) -> None:
    response = client.get(READY)
    assert response.status_code == 200
    assert set(response.json()) == {"database", "broker", "storage", "sealing_key", "work"}
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


def test_work_that_nobody_does_shows_and_does_not_take_the_site_away(client: Client) -> None:
    now = timezone.now()
    queue.put(SEAL, 1, at=now - timedelta(minutes=11))
    response = client.get(READY)
    assert (response.status_code, response.json()["work"]) == (200, "late")


@pytest.mark.parametrize("kept", [{"parked_at": "now"}, {"due_at": "later"}, {}])
def test_work_that_is_given_up_waits_for_its_time_or_is_new_is_not_late(
    client: Client, kept: dict[str, str]
) -> None:
    now = timezone.now()
    moments = {"now": now, "later": now + timedelta(hours=1)}
    work = queue.put(SEAL, 1, at=now - timedelta(minutes=11 if kept else 1))
    Work.objects.filter(pk=work.pk).update(**{name: moments[value] for name, value in kept.items()})
    assert client.get(READY).json()["work"] == "ok"


def test_log_entries_that_get_no_index_show(client: Client) -> None:
    at = timezone.now() - timedelta(minutes=11)
    leaves.write(
        SignatureWithdrawn(at=leaves.whole_seconds(at), signature="a" * 64), subject="signature:1", at=at
    )
    assert client.get(READY).json()["work"] == "late"
    leaves.sequence()
    health._last = None
    assert client.get(READY).json()["work"] == "ok"


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
