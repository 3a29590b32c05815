"""Whether the parts that the site stands on work: asked by ``/health/ready`` and the container's health check."""

from __future__ import annotations

import time
from datetime import timedelta
from threading import Lock
from typing import TYPE_CHECKING, Final

import structlog
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import connection
from django.utils import timezone

from kolportal import sealing_key
from kolportal.celery import app
from kolportal.ledger.models import Leaf
from kolportal.work.models import Work

if TYPE_CHECKING:
    from collections.abc import Callable

log = structlog.get_logger("kolportal.health")


def _database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _broker() -> None:
    with app.connection_for_write() as broker:
        broker.ensure_connection(max_retries=1, timeout=2)


def _storage() -> None:
    store = storages["documents"]
    name = store.save("health/probe", ContentFile(b"ok"))
    store.delete(name)


def _sealing_key() -> None:
    sealing_key.current().check_valid_at(timezone.now())


class Late(Exception):
    """A part works, but what it should have done lies there."""


LATE_AFTER: Final = timedelta(minutes=10)
"""The sweeps come every 15 seconds: what was due this long ago has no worker, no beat, or a service that is away."""


def _work() -> None:
    before = timezone.now() - LATE_AFTER
    if Work.objects.overdue(before=before).exists():
        raise Late("work")
    if Leaf.objects.waiting().filter(written_at__lte=before).exists():
        raise Late("log entries without an index")


_PARTS: dict[str, Callable[[], None]] = {
    "database": _database,
    "broker": _broker,
    "storage": _storage,
    "sealing_key": _sealing_key,
    "work": _work,
}


KEPT_SECONDS: Final = 5
"""The address is public, and an answer costs a file written and connections made: strangers get at most one in this time."""
_lock = Lock()
_last: tuple[float, dict[str, str]] | None = None  # one answer per process


def probe() -> dict[str, str]:
    """Each part with ``ok``, ``late`` or ``failed``, as found at most ``KEPT_SECONDS`` ago; why goes to the log, not to strangers.

    ``late`` is no reason to take the web processes away, which do their part; it is one to look after the workers.

    While one request looks, which takes seconds where a part hangs, others get the answer before: a process has few threads.
    """
    global _last
    if _last and (time.monotonic() - _last[0] < KEPT_SECONDS or _lock.locked()):
        return _last[1]
    with _lock:
        if _last is None or time.monotonic() - _last[0] >= KEPT_SECONDS:
            states = _probe()
            _last = time.monotonic(), states
        return _last[1]


def _probe() -> dict[str, str]:
    states: dict[str, str] = {}
    for name, check in _PARTS.items():
        try:
            check()
        except Late as error:
            log.error("health", part=name, late=str(error))
            states[name] = "late"
        except Exception as error:  # noqa: BLE001  (any failure of a part is the answer)
            log.error("health", part=name, error=type(error).__name__)
            states[name] = "failed"
        else:
            states[name] = "ok"
    return states
