"""A whole site in its own processes, as `make run` starts it, and people at browsers.

The demo is made once per test run; each site begins with a copy of it.
Without ``DATABASE_URL`` it is the embedded default; under ``python -m tests.servers`` the same site stands on Postgres and
Redis, in a database of its own.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx
import psycopg2
import pytest

from tests.servers import PATIENCE, ROOT, free_port, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, Page

PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 900}


@dataclass(frozen=True)
class Site:
    """A running site: its address, its var folder, the environment of its processes, the first of them and its log."""

    url: str
    var: Path
    environment: dict[str, str]
    process: subprocess.Popen[bytes]
    log: Path

    def run(self, code: str) -> str:
        """Runs Python beside the site, on its database and sessions; what it printed."""
        command = [sys.executable, "manage.py", "shell", "--verbosity", "0", "--command", code]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def wait_until(self, ready: Callable[[], object], *, what: str) -> None:
        """As ``tests.servers.wait_until``, and no longer than the site lives."""
        wait_until(ready, what=what, process=self.process, log=self.log)

    def mail_to(self, address: str, *, after: float = 0.0, holding: str = "") -> str:
        """Text of the newest message to ``address`` written after ``after`` (seconds since 1970) in which the expression
        ``holding`` is found, waiting for it: messages of the queue come when they come."""
        from kolportal.mailbox import _parsed

        found: list[str] = []

        def look() -> bool:
            for path in sorted((self.var / "mailbox").glob("*.eml"), reverse=True):
                if path.stat().st_mtime >= after:
                    message = _parsed(path.stem, path.read_bytes())
                    text = f"{message.subject}\n\n{message.body}"
                    if address in message.to and re.search(holding, text, re.MULTILINE):
                        found.append(text)
                        return True
            return False

        self.wait_until(look, what=f"mail to {address}")
        return found[0]

    def code_to(self, address: str, *, after: float) -> str:
        """The code of the newest message with one, alone on its line: eight digits in two groups."""
        line = r"^\s*([0-9]{4} [0-9]{4})\s*$"
        found = re.search(line, self.mail_to(address, after=after, holding=line), re.MULTILINE)
        assert found
        return found[1]


def none_of(faults: Sequence[object]) -> None:
    """Fails with every fault on a line of its own."""
    assert not faults, f"{len(faults)} faults:\n" + "\n".join(map(str, faults))


_PREPARE = "from kolportal import supervisor; supervisor.prepare()"


def _servers(*, database: str, redis: int, template: str = "") -> dict[str, str]:
    """Where there is a Postgres: the variables of a site with a new database on it, empty or a copy of ``template``."""
    if "DATABASE_URL" not in os.environ:
        return {}
    connection = psycopg2.connect(os.environ["DATABASE_URL"])
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {database}" + (f" TEMPLATE {template}" if template else ""))
    connection.close()
    return {
        "DATABASE_URL": f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/{database}",
        "REDIS_URL": f"{os.environ['REDIS_URL'].rpartition('/')[0]}/{redis}",
    }


@dataclass(frozen=True)
class Prepared:
    """A site that is not running, its demo loaded and sealed; nothing has its database open."""

    var: Path
    database: str


def prepare(folder: Path) -> Prepared:
    """The one of all test processes that are given this ``folder``: the first makes it while the others wait."""
    folder.mkdir(exist_ok=True)
    done = folder / "done"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            # A second attempt finds nothing of the first.
            attempt = folder / f"by-{os.getpid()}"
            database = f"e2e_prepared_{os.getpid()}"
            _load_demo(attempt, database=database)
            done.write_text(f"{attempt.name} {database}")
    var, _, database = done.read_text().partition(" ")
    return Prepared(folder / var, database)


def _load_demo(var: Path, *, database: str) -> None:
    environment = {
        **os.environ,
        # What it sends to the broker wakes nobody: all is sealed when it ends, and this Redis database is no site's.
        **_servers(database=database, redis=15),
        "KOLPORTAL_VAR": str(var),
        "DJANGO_SETTINGS_MODULE": "kolportal.settings",
    }
    command = [sys.executable, "-c", _PREPARE]
    load = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert load.returncode == 0, load.stderr
    assert (var / "keys").is_dir(), "nothing was sealed"


@contextmanager
def running_site(folder: Path, *, prepared: Prepared | None = None) -> Iterator[Site]:
    """The site with its demo, in ``folder``: web, worker and beat under the supervisor; begun as a copy, or from nothing."""
    var, log = folder / "var", folder / "log"
    if prepared:
        shutil.copytree(prepared.var, var, ignore=shutil.ignore_patterns("broker"))
    port = free_port()
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    environment = {
        **os.environ,
        # A Redis database that no test process uses.
        **_servers(
            database=f"e2e_{os.getpid()}", redis=9 + worker, template=prepared.database if prepared else ""
        ),
        "KOLPORTAL_VAR": str(var),
        "PORT": str(port),
    }
    with log.open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "kolportal.supervisor"],
            cwd=ROOT,
            env=environment,
            stdout=said,
            stderr=subprocess.STDOUT,
        )
    url = f"http://localhost:{port}"
    site = Site(url, var, {**environment, "DJANGO_SETTINGS_MODULE": "kolportal.settings"}, process, log)
    try:
        site.wait_until(lambda: _is_ready(url), what="the site is ready")
        yield site
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health/ready", timeout=30).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One site for all browser tests of this process."""
    base = tmp_path_factory.getbasetemp()
    # Parallel test processes have a folder each, in that of the run.
    run = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    with running_site(tmp_path_factory.mktemp("site"), prepared=prepare(run / "prepared-site")) as running:
        yield running


@dataclass
class Visitor:
    """Somebody at a browser, with everything that must not happen written down."""

    context: BrowserContext
    page: Page
    site: Site
    faults: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        """Goes to a page of the site."""
        self.page.goto(self.site.url + path)

    def log_in(self, email: str, password: str) -> None:
        """With a password."""
        self.open("/accounts/login/")
        self.page.fill("input[name=login]", email)
        self.page.fill("input[name=password]", password)
        self.page.press("input[name=password]", "Enter")
        self.page.wait_for_url(lambda url: "/accounts/login" not in url)

    def age_login(self, *, minutes: int) -> None:
        """Moves the time of the log-in in this visitor's session back, as if so long had passed."""
        (key,) = (cookie["value"] for cookie in self.context.cookies() if cookie["name"] == "sessionid")
        self.site.run(
            "from importlib import import_module; from django.conf import settings\n"
            f"session = import_module(settings.SESSION_ENGINE).SessionStore({key!r})\n"
            "for record in session['account_authentication_methods']:\n"
            f"    record['at'] -= {minutes * 60}\n"
            "session.modified = True; session.save()"
        )


@dataclass(frozen=True)
class Signer:
    """A person with an account, a channel, a seat and a sealed pledge; ``state`` logs a visitor in as this person."""

    email: str
    reference: str
    channel: int
    state: Any


def _watch(visitor: Visitor) -> None:
    """Notes requests to other hosts, policy violations, script errors and server errors."""

    def request_made(request: Any) -> None:
        if not request.url.startswith((visitor.site.url, "data:", "blob:")):
            visitor.faults.append(f"other host: {request.url}")

    def said(message: Any) -> None:
        if (
            message.type == "error"
            and "favicon" not in message.text
            and "the server responded with" not in message.text
        ):
            visitor.faults.append(f"console: {message.text}")

    def answered(response: Any) -> None:
        if response.status >= httpx.codes.INTERNAL_SERVER_ERROR:
            visitor.faults.append(f"{response.status}: {response.url}")

    visitor.page.on("request", request_made)
    visitor.page.on("console", said)
    visitor.page.on("response", answered)
    visitor.page.on("pageerror", lambda error: visitor.faults.append(f"script: {error}"))


@contextmanager
def visitors_of(browser: Browser, site: Site) -> Iterator[Callable[..., Visitor]]:
    """Makes visitors; at the end nothing forbidden may have happened to any."""
    visitors: list[Visitor] = []

    def make(*, viewport: dict[str, int] = DESK, **options: Any) -> Visitor:
        context = browser.new_context(viewport=viewport, locale="vi-VN", reduced_motion="reduce", **options)  # type: ignore[arg-type]  # a plain dict serves
        context.set_default_timeout(PATIENCE * 1000)
        visitor = Visitor(context, context.new_page(), site)
        _watch(visitor)
        visitors.append(visitor)
        return visitor

    yield make
    for visitor in visitors:
        visitor.context.close()
    assert [fault for visitor in visitors for fault in visitor.faults] == []


@pytest.fixture
def visit(browser: Browser, site: Site) -> Iterator[Callable[..., Visitor]]:
    """Makes visitors, each with cookies of his or her own; at the end nothing forbidden may have happened to any."""
    with visitors_of(browser, site) as make:
        yield make


@pytest.fixture(scope="session")
def signer(browser: Browser, site: Site) -> Signer:
    """Somebody who has done everything once, for tests that look at pages."""
    from tests.e2e import people

    with visitors_of(browser, site) as make:
        visitor: Visitor = make(viewport=PHONE)
        email, name = "da-ky@example.com", "Phạm Đã Ký"
        people.new_signer(visitor, email, full_name=name)
        people.add_channel(visitor, url="https://www.youtube.com/@da.ky", name="Kênh đã ký")
        channel = visitor.page.locator("a[href^='/me/channels/']:not([href$='/add/'])").first.get_attribute(
            "href"
        )
        people.register(visitor)
        reference = people.sign_typed(visitor, full_name=name)
        people.wait_for_download(visitor)
        return Signer(email, reference, int(str(channel).split("/")[-2]), visitor.context.storage_state())


@pytest.fixture(scope="session")
def staff(browser: Browser, site: Site) -> dict[str, Any]:
    """Role → the state that logs a visitor in as it."""
    from kolportal.demo.load import LOGINS, PASSWORD

    states = {}
    with visitors_of(browser, site) as make:
        for role in ("organiser", "official", "administrator"):
            visitor: Visitor = make()
            visitor.log_in(LOGINS[role][0], PASSWORD)
            states[role] = visitor.context.storage_state()
    return states
