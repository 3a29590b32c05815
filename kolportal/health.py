"""Whether the parts that the site stands on work: asked by ``/health/ready`` and the container's health check."""

from __future__ import annotations

import time
from threading import Lock
from typing import TYPE_CHECKING, Final

import structlog
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import connection
from django.utils import timezone

from kolportal import sealing_key
from kolportal.celery import app

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


_PARTS: dict[str, Callable[[], None]] = {
    "database": _database,
    "broker": _broker,
    "storage": _storage,
    "sealing_key": _sealing_key,
}


KEPT_SECONDS: Final = 5
"""The address is public, and an answer costs a file written and connections made: strangers get at most one in this time."""
_lock = Lock()
_last: tuple[float, dict[str, str]] | None = None  # one answer per process


def probe() -> dict[str, str]:
    """Each part with ``ok`` or ``failed``, as found at most ``KEPT_SECONDS`` ago; why goes to the log, not to strangers.

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
        except Exception as error:  # noqa: BLE001  (any failure of a part is the answer)
            log.error("health", part=name, error=type(error).__name__)
            states[name] = "failed"
        else:
            states[name] = "ok"
    return states
