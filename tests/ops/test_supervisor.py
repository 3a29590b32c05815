"""`make run`'s last step, as a person at the terminal meets it: real processes, real signals."""

from __future__ import annotations

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from kolportal import supervisor
from tests.servers import PATIENCE, ROOT, free_port, wait_until

pytestmark = pytest.mark.e2e

# The embedded default, whatever servers the tests run on.
_EMBEDDED = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}

# A supervisor with one child, which is deaf to SIGTERM, and with the grace that it is told.
_STUBBORN = """
import sys
from kolportal import supervisor
deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf'); time.sleep(10**6)"
supervisor.GRACE_SECONDS = float(sys.argv[1])
supervisor.commands = lambda *, port: {"web": [sys.executable, "-c", deaf]}
sys.exit(supervisor.Supervisor(port=1).run())
"""


@pytest.fixture(scope="module")
def var(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One var folder for this module: the demo is loaded once."""
    return tmp_path_factory.mktemp("var")


class Site:
    """A ``python -m kolportal.supervisor`` process and what it has printed."""

    def __init__(self, *, var: Path, port: int | str) -> None:
        self.port = port
        self.log = var / "output"
        with self.log.open("wb") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "kolportal.supervisor"],
                cwd=ROOT,
                env={**_EMBEDDED, "KOLPORTAL_VAR": str(var), "PORT": str(port)},
                stdout=said,
                stderr=subprocess.STDOUT,
            )

    def output(self) -> str:
        """Everything so far."""
        return self.log.read_text()

    def wait_until_it_answers(self) -> None:
        """Until the line with the address is printed."""
        wait_until(
            lambda: "kolportal answers at" in self.output(),
            what="the site answers",
            process=self.process,
            log=self.log,
        )

    def descendants(self) -> dict[int, str]:
        """Process id → command line of all that the supervisor started, at any depth."""
        found: dict[int, str] = {}
        parents = [self.process.pid]
        while parents:
            children = _children(parents.pop())
            found |= children
            parents += children
        return found

    def end(self) -> None:
        """Whatever the test did, nothing stays behind."""
        pids = [self.process.pid, *self.descendants()]
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.process.wait()


def _children(pid: int) -> dict[int, str]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    try:
        pids = [int(child) for task in tasks for child in task.read_text().split()]
        return {child: Path(f"/proc/{child}/cmdline").read_text().replace("\0", " ") for child in pids}
    except (FileNotFoundError, ProcessLookupError):  # it ended before, or while, it was looked at
        return {}


def _alive(pids: dict[int, str]) -> dict[int, str]:
    return {
        pid: command
        for pid, command in pids.items()
        if Path(f"/proc/{pid}/cmdline").exists() and _running(pid)
    }


def _running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):  # it ended before, or while, it was looked at
        return False


@pytest.fixture
def site(var: Path) -> Iterator[Site]:
    running = Site(var=var, port=free_port())
    running.wait_until_it_answers()
    yield running
    running.end()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_one_signal_ends_every_process(site: Site, number: signal.Signals) -> None:
    assert httpx.get(f"http://127.0.0.1:{site.port}/health/ready").status_code == 200
    started = site.descendants()
    for part in ("gunicorn", "worker", "beat"):
        assert any(part in command for command in started.values()), started

    site.process.send_signal(number)

    assert site.process.wait(PATIENCE) == 0, site.output()
    assert not _alive(started)
    assert "kolportal: stopping." in site.output()


def test_a_dead_worker_ends_the_site_with_a_sentence(site: Site) -> None:
    started = site.descendants()
    worker = next(pid for pid, command in _children(site.process.pid).items() if " worker " in command)

    os.kill(worker, signal.SIGKILL)

    assert site.process.wait(PATIENCE) == 1
    assert (
        "kolportal: the worker process ended by itself (exit code -9), so everything stops." in site.output()
    )
    assert not _alive(started)


@pytest.mark.parametrize("second", [False, True], ids=["one signal", "two signals"])
def test_a_child_that_will_not_stop_is_killed(tmp_path: Path, second: bool) -> None:
    """Ten seconds are promised on an idle machine: no wait at the end is without a bound, and the bounds are below ten."""
    assert supervisor.GRACE_SECONDS < 10
    # Asked to stop again, it does not wait at all; else it would wait longer than any test.
    grace = 10 * PATIENCE if second else 0.5
    log = tmp_path / "output"
    with log.open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-c", _STUBBORN, str(grace)], cwd=ROOT, stdout=said, stderr=subprocess.STDOUT
        )
    wait_until(lambda: "deaf" in log.read_text(), what="the child is there", process=process, log=log)
    children = _children(process.pid)
    process.send_signal(signal.SIGINT)
    wait_until(lambda: "stopping" in log.read_text(), what="it stops", process=process, log=log)
    if second:
        process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE) == 0, log.read_text()
    assert children
    assert not _alive(children)


def _rows(var: Path) -> dict[str, int]:
    """How much the demo has written, by table."""
    tables = (
        "accounts_user", "audit_auditevent", "events_attendee", "events_entry", "events_event", "mail_message",
        "people_channel", "people_person", "pledges_decline", "pledges_edition", "pledges_sealedfile", "pledges_signature",
        "work_work",
    )  # fmt: skip
    with closing(sqlite3.connect(var / "kolportal.sqlite3")) as database:
        return {table: database.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0] for table in tables}


def test_the_second_start_makes_nothing_anew(var: Path, site: Site) -> None:
    before = _rows(var)
    assert before["pledges_sealedfile"] == before["pledges_signature"] > 0
    site.process.send_signal(signal.SIGINT)
    site.process.wait(PATIENCE)
    again = Site(var=var, port=free_port())
    try:
        again.wait_until_it_answers()
        assert "/ sealing" not in again.output()
        assert _rows(var) == before
    finally:
        again.end()


def _documents(var: Path) -> dict[Path, int]:
    """Every document and when it was written."""
    return {path: path.stat().st_mtime_ns for path in (var / "documents").rglob("*") if path.is_file()}


def test_busy_port_is_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        site = Site(var=tmp_path, port=port)
        assert site.process.wait(PATIENCE) == 1
    assert re.fullmatch(
        rf"kolportal: port {port} cannot be used \(Address already in use\)\. Choose another: PORT=8001 make run\n",
        site.output(),
    )


@pytest.mark.parametrize("port", ["eighty", "0", "-1", "70000"])
def test_impossible_port_is_one_sentence(tmp_path: Path, port: str) -> None:
    site = Site(var=tmp_path, port=port)
    assert site.process.wait(PATIENCE) == 1
    assert site.output().count("\n") == 1
    assert site.output().startswith("kolportal: PORT must")
