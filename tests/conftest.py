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
(_VAR / "static").mkdir()  # WhiteNoise warns at every request where the folder of collected files is absent
atexit.register(shutil.rmtree, _VAR, ignore_errors=True)
os.environ["KOLPORTAL_VAR"] = str(_VAR)
if "REDIS_URL" in os.environ:
    # Parallel test processes share the server, not the database: broker queues and rate limits stay apart.
    os.environ["REDIS_URL"] = f"{os.environ['REDIS_URL'].rpartition('/')[0]}/{_WORKER.removeprefix('gw')}"
os.environ["DJANGO_SETTINGS_MODULE"] = "kolportal.settings"
# Playwright keeps an event loop in the test's thread; Django would refuse every query there.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

import importlib  # noqa: E402 - Django reads what is set above, so do all below
from collections.abc import Iterator  # noqa: E402 - as above
from typing import Any  # noqa: E402 - as above

import django  # noqa: E402 - as above
import hypothesis  # noqa: E402 - as above
import pytest  # noqa: E402 - as above
from django.core.management import call_command  # noqa: E402 - as above
from django.db import connection  # noqa: E402 - as above
from playwright.sync_api import BrowserContext, expect  # noqa: E402 - as above

from tests.servers import PATIENCE, Worker, celery_worker  # noqa: E402 - as above

django.setup()  # pytest-django does this only where the variable stood before it started; models are imported at collection

from kolportal import triggers  # noqa: E402 - as above
from kolportal.celery import app as celery_app  # noqa: E402 - as above
from kolportal.work import queue  # noqa: E402 - as above

celery_app.loader.import_default_modules()  # as a worker does: tests run the queue in this process
# On a busy machine nothing is told by the clock: neither that a page hangs nor that an example is slow.
expect.set_options(timeout=PATIENCE * 1000)
hypothesis.settings.register_profile(
    "busy", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("busy")

CHROMIUM_ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Parallel test processes inherit this one's environment: with the variable set, pytest-django would read the settings
    there before this file gives each its own folder, and all would share one database."""
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(request: pytest.FixtureRequest) -> None:
    """SQLite: the test database takes the real one's name in this process's own var folder (a worker finds it there).

    Postgres: pytest-django's own suffix per test process.
    """
    from django.conf import settings

    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        database["TEST"]["NAME"] = database["NAME"]
    else:
        request.getfixturevalue("django_db_modify_db_settings_parallel_suffix")


@pytest.fixture(autouse=True)
def fresh_cache() -> Iterator[None]:
    """Rate limits and sessions of one test never reach the next; with Redis this empties the broker's queue too."""
    from django.core.cache import cache

    cache.clear()
    yield
    cache.clear()


@pytest.fixture(autouse=True)
def services_answer() -> Iterator[None]:
    """A broker or mail server that one test found away is asked again in the next."""
    yield
    queue._left_alone.clear()


_FROZEN = [
    triggers.operations(importlib.import_module(f"{app}.migrations.0002_frozen").RULES)
    for app in ("kolportal.audit", "kolportal.ledger", "kolportal.people", "events", "pledges")
]
_RESTORE = pytest.StashKey[tuple[Any, str]]()


@pytest.fixture(scope="session")
def migrated_rows(django_db_setup: None, django_db_blocker: Any) -> str:
    """The rows that the migrations wrote, as JSON."""
    with django_db_blocker.unblock():
        return connection.creation.serialize_db_to_string()


@pytest.fixture
def committed_db(
    migrated_rows: str,
    transactional_db: None,
    django_db_blocker: Any,
    request: pytest.FixtureRequest,
) -> Iterator[None]:
    """Real commits (races, workers, other processes), with the rows of the data migrations in place.

    The flush after the test deletes rows, which the append-only triggers forbid: they step aside for it.
    """
    request.node.stash[_RESTORE] = (django_db_blocker, migrated_rows)
    yield
    with connection.schema_editor() as editor:
        for _create, drop in _FROZEN:
            drop(None, editor)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """After the flush of a ``committed_db``: its successors find rows and triggers as the migrations left them.

    (pytest-django runs such tests last, but only within one process and file; parallel runs mix them.)
    """
    yield
    blocker, rows = item.stash.get(_RESTORE, (None, ""))
    if blocker is None or nextitem is None:
        return
    with blocker.unblock():
        # Django's own flush has let each app write its permissions anew, under other numbers.
        call_command("flush", interactive=False, verbosity=0, inhibit_post_migrate=True)
        connection.creation.deserialize_db_from_string(rows)
        with connection.schema_editor() as editor:
            for create, _drop in _FROZEN:
                create(None, editor)


@pytest.fixture
def worker_environment(committed_db: None) -> dict[str, str]:
    """What a worker process needs beside this process's environment to work on the same test database.

    For tests that start (and kill) workers of their own: ``celery_worker(folder=tmp_path, environment=worker_environment)``.
    """
    if connection.vendor == "sqlite":
        return {}
    server = os.environ["DATABASE_URL"].rpartition("/")[0]
    return {"DATABASE_URL": f"{server}/{connection.settings_dict['NAME']}"}


@pytest.fixture
def worker(worker_environment: dict[str, str], tmp_path: Path) -> Iterator[Worker]:
    """A real Celery worker process on this test's database, broker and files."""
    with celery_worker(folder=tmp_path, environment=worker_environment) as running:
        yield running


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Debian's Chromium instead of one that Playwright downloads; it refuses its sandbox to root."""
    return {**browser_type_launch_args, "executable_path": "/usr/bin/chromium", "args": CHROMIUM_ARGUMENTS}


@pytest.fixture
def context(context: BrowserContext) -> BrowserContext:
    """The browser of pytest-playwright, as patient as ``expect``."""
    context.set_default_timeout(PATIENCE * 1000)
    return context
