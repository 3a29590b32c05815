"""What every test stands on: a var folder per test process, real servers when the environment names them, a real worker.

Without ``DATABASE_URL`` and ``REDIS_URL`` the tests run on the embedded default (SQLite, filesystem broker); under
``python -m tests.servers`` the same tests run on Postgres and Redis. `make test` does both.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

# --- Before Django reads its settings ----------------------------------------------------------------------------------
# (pytest-django leaves them alone until DJANGO_SETTINGS_MODULE is set, which is why that is done here.)

_WORKER = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
_VAR = Path(tempfile.mkdtemp(prefix=f"kolportal-test-{_WORKER}-"))
atexit.register(shutil.rmtree, _VAR, ignore_errors=True)
os.environ["KOLPORTAL_VAR"] = str(_VAR)
if "REDIS_URL" in os.environ:
    # Parallel test processes share the server, not the database: broker queues and rate limits stay apart.
    os.environ["REDIS_URL"] = f"{os.environ['REDIS_URL'].rpartition('/')[0]}/{_WORKER.removeprefix('gw')}"
os.environ["DJANGO_SETTINGS_MODULE"] = "kolportal.settings"
# Playwright keeps an event loop in the test's thread; Django would refuse every query there.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

import subprocess  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from collections.abc import Iterator  # noqa: E402
from typing import Any  # noqa: E402

import pytest  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM_ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="session")
def django_db_modify_db_settings(request: pytest.FixtureRequest) -> None:
    """SQLite: the test database takes the real one's name in this process's own var folder (a worker finds it there).

    Postgres: pytest-django's own suffix per test process.
    """
    from django.conf import settings  # noqa: PLC0415

    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        database["TEST"]["NAME"] = database["NAME"]
    else:
        request.getfixturevalue("django_db_modify_db_settings_parallel_suffix")


@pytest.fixture(autouse=True)
def fresh_cache() -> Iterator[None]:
    """Rate limits and sessions of one test never reach the next; with Redis this empties the broker's queue too."""
    from django.core.cache import cache  # noqa: PLC0415

    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def worker(transactional_db: None) -> Iterator[subprocess.Popen[bytes]]:
    """A real Celery worker process on this test's database, broker and files; stopped (not killed) at the end."""
    with start_worker() as process:
        yield process


class start_worker:  # noqa: N801 - reads as a verb: ``with start_worker() as process``
    """A Celery worker process on the current test database; ready to take messages when the block begins.

    Environment variables go in as keywords: ``start_worker(SEAL_LEASE_SECONDS="1")``.
    """

    def __init__(self, *, concurrency: int = 1, **environment: str) -> None:
        self._concurrency = concurrency
        self._environment = environment
        self._log = _VAR / "worker.log"

    def __enter__(self) -> subprocess.Popen[bytes]:
        from django.db import connection  # noqa: PLC0415

        environment = {**os.environ, **self._environment}
        if connection.vendor == "postgresql":
            base = os.environ["DATABASE_URL"].rpartition("/")[0]
            environment["DATABASE_URL"] = f"{base}/{connection.settings_dict['NAME']}"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "celery", "--app", "kolportal", "worker", "--loglevel", "INFO",
             f"--concurrency={self._concurrency}", "--without-gossip", "--without-mingle"],
            cwd=ROOT, env=environment, stdout=self._log.open("wb"), stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        deadline = time.monotonic() + 60
        while " ready." not in self.log():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.__exit__()
                raise RuntimeError(f"The Celery worker did not start:\n{self.log()}")
            time.sleep(0.1)
        return self._process

    def log(self) -> str:
        """What the worker has printed so far."""
        return self._log.read_text(errors="replace")

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, 9)
            self._process.wait()


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Debian's Chromium instead of one that Playwright downloads; it refuses its sandbox to root."""
    return {**browser_type_launch_args, "executable_path": "/usr/bin/chromium", "args": CHROMIUM_ARGUMENTS}
