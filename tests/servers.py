"""Throw-away Postgres, Redis and Celery worker for tests, benchmarks and the image check.

``python -m tests.servers COMMAND…`` runs the command with ``DATABASE_URL`` and ``REDIS_URL`` set, then removes both.
Postgres listens on a socket in a temporary folder only, Redis on a free port of the loopback address; nothing that is
installed or running on the machine is touched. Works as root too, where Postgres runs as the user ``postgres``.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg2

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 300
"""Seconds that anything which can be watched may take on a busy machine before a test gives it up."""


def wait_until(
    ready: Callable[[], object],
    *,
    what: str,
    process: subprocess.Popen[bytes] | None = None,
    log: Path | None = None,
) -> None:
    """Until ``ready()`` is true. Raises with the log when ``process`` has ended before, or patience has."""
    deadline = time.monotonic() + PATIENCE
    while not ready():
        dead = process is not None and process.poll() is not None
        if dead and ready():  # it was, between the look and the end
            return
        if dead or time.monotonic() > deadline:
            why = "its process ended" if dead else f"not in {PATIENCE} s"
            raise RuntimeError(f"{what}: {why}\n{log.read_text(errors='replace') if log else ''}")
        time.sleep(0.05)


def free_port() -> int:
    """A TCP port of the loopback address that nobody listens on at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def _postgres_program(name: str) -> str:
    """The newest installed Postgres; Debian keeps the server's programs off PATH."""
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    found = str(versions[-1]) if versions else shutil.which(name)
    if found is None:
        raise FileNotFoundError(f"Postgres' {name} is not installed; `.ci/setup test` installs it.")
    return found


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """A new cluster (UTF-8, no durability); yields the URL of its empty database ``kolportal``."""
    # Postgres refuses to run as root; Debian's package made the user postgres.
    user = "postgres" if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="kolportal-pg-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if user is not None:
            account = pwd.getpwnam(user)
            os.chown(folder, account.pw_uid, account.pw_gid)
        data = folder / "data"
        options = ["--username=kolportal", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
        subprocess.run(
            [_postgres_program("initdb"), *options, f"--pgdata={data}"],
            user=user, cwd=folder, check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        knobs = {
            "listen_addresses": "", "unix_socket_directories": name, "max_connections": "200",
            "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off",
        }  # fmt: skip
        log = folder / "log"
        with log.open("w") as said:
            server = subprocess.Popen(
                [_postgres_program("postgres"), "-D", str(data), *(f"--{knob}={value}" for knob, value in knobs.items())],
                user=user, cwd=folder, stdout=subprocess.DEVNULL, stderr=said, start_new_session=True,
            )  # fmt: skip
        try:
            wait_until((folder / ".s.PGSQL.5432").exists, what="Postgres starts", process=server, log=log)
            wait_until(lambda: _create_database(folder), what="Postgres answers", process=server, log=log)
            yield f"postgres://kolportal@{quote(name, safe='')}/kolportal"
        finally:
            # "Fast shutdown": open sessions are ended, not waited for.
            server.send_signal(signal.SIGINT)
            server.wait(PATIENCE)


def _create_database(folder: Path) -> bool:
    """False while the server does not answer yet: its socket is there a moment before."""
    try:
        connection = psycopg2.connect(host=str(folder), user="kolportal", dbname="postgres")
    except psycopg2.OperationalError:
        return False
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("CREATE DATABASE kolportal")
    connection.close()
    return True


@contextlib.contextmanager
def redis(*, port: int | None = None) -> Iterator[str]:
    """A Redis without persistence on ``port`` (a free one by default); yields its URL."""
    chosen = port or free_port()
    with tempfile.TemporaryDirectory(prefix="kolportal-redis-", ignore_cleanup_errors=True) as name:
        ready, log = Path(name) / "socket", Path(name) / "log"
        with log.open("w") as said:
            server = subprocess.Popen(
                ["redis-server", "--port", str(chosen), "--bind", "127.0.0.1", "--unixsocket", str(ready), "--dir", name,
                 "--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction"],
                stdout=said, start_new_session=True,
            )  # fmt: skip
        try:
            wait_until(ready.exists, what="Redis starts", process=server, log=log)
            yield f"redis://127.0.0.1:{chosen}/0"
        finally:
            server.terminate()
            server.wait(PATIENCE)


@dataclass(frozen=True, kw_only=True)
class Worker:
    """A running Celery worker; its process leads a group of its own, so ``os.killpg`` reaches the pool too."""

    process: subprocess.Popen[bytes]
    log_file: Path

    def log(self) -> str:
        """What the worker has printed so far."""
        return self.log_file.read_text(errors="replace")

    def kill(self) -> None:
        """End it as a power cut would: parent and pool at once."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@contextlib.contextmanager
def celery_worker(*, folder: Path, environment: Mapping[str, str], concurrency: int = 1) -> Iterator[Worker]:
    """A worker with the variables of ``environment`` beside this process's; ready when the block begins.

    Its log goes into ``folder``. At the end it is asked to stop, and killed when patience ends.
    """
    log_file = folder / "worker.log"
    command = [
        sys.executable, "-m", "celery", "--app", "kolportal", "worker", "--loglevel", "INFO",
        f"--concurrency={concurrency}", "--without-gossip", "--without-mingle",
    ]  # fmt: skip
    with log_file.open("wb") as said:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **environment}, stdout=said, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
    worker = Worker(process=process, log_file=log_file)
    try:
        wait_until(
            lambda: " ready." in worker.log(), what="The Celery worker starts", process=process, log=log_file
        )
        yield worker
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(PATIENCE)
        worker.kill()


def main(command: list[str]) -> int:
    """Run ``command`` between a new Postgres and a new Redis; its exit code."""
    with postgres() as database_url, redis() as redis_url:
        environment = {**os.environ, "DATABASE_URL": database_url, "REDIS_URL": redis_url}
        child = subprocess.Popen(command, env=environment)
        # Ctrl-C reaches the child by itself, as part of the terminal's group; SIGTERM has to be handed on.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, lambda *_: child.terminate())
        return child.wait()


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: python -m tests.servers COMMAND…")
    sys.exit(main(sys.argv[1:]))
