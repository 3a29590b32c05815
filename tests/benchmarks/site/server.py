"""The web server of a production: DEBUG off, two gunicorn processes as the supervisor starts them, compressed static files."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.management import call_command

from kolportal import supervisor
from tests import production
from tests.servers import PATIENCE, ROOT, free_port, wait_until

_STATIC = "bench-static"


@dataclass(frozen=True, kw_only=True)
class Server:
    """A running site. It believes to stand behind a proxy that speaks HTTPS: every request needs ``headers``."""

    host: str
    port: int

    @property
    def headers(self) -> dict[str, str]:
        """What the reverse proxy would add."""
        return {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}


@contextlib.contextmanager
def running() -> Iterator[Server]:
    """Migrates the database that the environment names, collects static files once per var folder, serves until the end.

    Needs Postgres and Redis (``python -m tests.servers``). Shares the secret key with this process, so that sessions made
    here hold there.
    """
    if not (settings.DATABASE_URL and settings.REDIS_URL):
        raise SystemExit(
            "this bench needs Postgres and Redis: python -m tests.servers python -m tests.benchmarks"
        )
    call_command("migrate", verbosity=0, interactive=False)
    port = free_port()
    environment = {
        **os.environ,
        **production.environment(host="localhost"),
        "SECRET_KEY": settings.SECRET_KEY,
        "STATIC_ROOT": str(settings.VAR_DIR / _STATIC),
        # One line per request is what a production writes; it goes to a file, not to the figures.
        "LOG_LEVEL": "INFO",
    }
    _collect_static(environment, settings.VAR_DIR / _STATIC)
    command = [
        "tests.benchmarks.site.wsgi" if part == "kolportal.wsgi" else part
        for part in supervisor.commands(port=port)["web"]
    ]
    log_file = settings.VAR_DIR / "bench-web.log"
    with log_file.open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)
    try:
        wait_until(lambda: _answers(port), what="The web server answers", process=process, log=log_file)
        yield Server(host="localhost", port=port)
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _collect_static(environment: dict[str, str], folder: Path) -> None:
    if not (folder / "staticfiles.json").exists():
        collect = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity=0"]
        subprocess.run(collect, cwd=ROOT, env=environment, check=True)


def _answers(port: int) -> bool:
    with (
        contextlib.suppress(OSError),
        urllib.request.urlopen(f"http://localhost:{port}/health/live", timeout=PATIENCE),
    ):
        return True
    return False
