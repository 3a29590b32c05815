"""The whole site in the foreground, for a person who tries it: ``python -m kolportal.supervisor`` (what `make run` calls).

Prepares the database and the demo, then runs web server, Celery worker and beat as child processes and shows their output
line by line. Ctrl-C, SIGTERM or a closed terminal ends them all within ten seconds; so does the death of one of them. A
real installation runs the three under its own supervisor instead (``compose.yaml``, docs/operations.md).
"""

from __future__ import annotations

import contextlib
import io
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from django.core.exceptions import ImproperlyConfigured

from kolportal.env import env_int, env_str

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
# Asked to stop, a child gets this long for what it has in hand; then it is killed. Both together stay below ten seconds.
GRACE_SECONDS = 6
# The web process is watched; this is for one that lives and never answers, on the slowest machine.
WEB_START_SECONDS = 300


class Refused(Exception):
    """The site cannot be started; the text is one sentence for the person at the terminal."""


@dataclass(frozen=True, kw_only=True)
class Child:
    """One running part of the site, leader of a process group of its own."""

    name: str
    process: subprocess.Popen[str]
    output: threading.Thread


def commands(*, port: int) -> dict[str, list[str]]:
    """Name → command line of each part. One web process unless Redis carries the shared cache: rate limits must agree."""
    web_processes = "2" if env_str("REDIS_URL") else "1"
    celery = [sys.executable, "-m", "celery", "--quiet", "--app", "kolportal"]
    return {
        "web": [
            sys.executable, "-m", "gunicorn", "kolportal.wsgi", "--config", "python:kolportal.gunicorn",
            "--bind", f"{HOST}:{port}", "--workers", web_processes, "--graceful-timeout", "4",
        ],
        "worker": [*celery, "worker", "--loglevel", "WARNING", "--concurrency", "1", "--without-gossip", "--without-mingle"],
        "beat": [*celery, "beat", "--loglevel", "WARNING", "--pidfile="],
    }  # fmt: skip


def check_port(port: int) -> None:
    """Raises ``Refused`` when somebody listens on the port already, or it may not be used."""
    try:
        with socket.socket() as probe:
            # As the web server will do: a port that was freed a moment ago counts as free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((HOST, port))
    except OSError as error:
        raise Refused(
            f"port {port} cannot be used ({error.strerror}). Choose another: PORT=8001 make run"
        ) from error
    except OverflowError as error:
        raise Refused(f"PORT must lie between 1 and 65535; it is {port}.") from error


def prepare() -> None:
    """Bring the database up to date and load the demo; both do nothing where it was done before."""
    import django
    from django.core.management import call_command

    django.setup()
    say(1, "Database: applying migrations")
    call_command("migrate", verbosity=0, interactive=False)
    say(2, "Demo: loading what is not there yet")
    call_command("load_demo")


def say(step: int, text: str) -> None:
    """One line of progress."""
    print(f"[{step}/3] {text}", flush=True)


class Supervisor:
    """Starts the children, passes their output on, and ends them together."""

    def __init__(self, *, port: int) -> None:
        self.port = port
        self.children: list[Child] = []
        self.stop_signals = 0

    def run(self) -> int:
        """Until a signal arrives or a child ends; the exit code."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._asked_to_stop)
        try:
            for name, command in commands(port=self.port).items():
                self.children.append(self._start(name, command))
            return self._watch()
        finally:
            self._end()

    def _asked_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stop_signals += 1

    def _start(self, name: str, command: list[str]) -> Child:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            # Ctrl-C of the terminal reaches this process alone, which then stops the others in order.
            start_new_session=True,
        )
        output = threading.Thread(target=_pass_on, args=(name, process), daemon=True)
        output.start()
        return Child(name=name, process=process, output=output)

    def _watch(self) -> int:
        answered = False
        deadline = time.monotonic() + WEB_START_SECONDS
        while not self.stop_signals:
            for child in self.children:
                if (code := child.process.poll()) is not None:
                    child.output.join(timeout=2)
                    print(
                        f"kolportal: the {child.name} process ended by itself (exit code {code}), so everything stops."
                        " Its last lines above say why.",
                        file=sys.stderr,
                    )
                    return 1
            if not answered and (answered := self._web_answers()):
                print(_welcome(port=self.port), flush=True)
            if not answered and time.monotonic() > deadline:
                print(f"kolportal: no answer from the web server in {WEB_START_SECONDS} s.", file=sys.stderr)
                return 1
            time.sleep(0.1)
        print("\nkolportal: stopping.", flush=True)
        return 0

    def _web_answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://{HOST}:{self.port}/health/live", timeout=2):
                return True
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False

    def _end(self) -> None:
        for child in self.children:
            child.process.terminate()
        deadline = time.monotonic() + GRACE_SECONDS
        # A second Ctrl-C does not wait.
        while any(child.process.poll() is None for child in self.children):
            if time.monotonic() > deadline or self.stop_signals > 1:
                break
            time.sleep(0.05)
        for child in self.children:
            # The whole group: a killed Celery parent would leave its pool behind.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.process.pid, signal.SIGKILL)
            child.process.wait()


def _pass_on(name: str, process: subprocess.Popen[str]) -> None:
    for line in process.stdout or ():
        print(f"{name:<6} | {line}", end="", flush=True)


def _welcome(*, port: int) -> str:
    """Where to look and who to be; the settings are loaded by now."""
    from kolportal.demo.load import LOGINS, PASSWORD, SIGNER_EMAIL

    address = f"http://localhost:{port}"
    people = {"signer": SIGNER_EMAIL, **{role: email for role, (email, _name) in LOGINS.items()}}
    width = max(len(email) for email in people.values())
    logins = [f"  {role:<14} {email:<{width}}  password {PASSWORD}" for role, email in people.items()]
    return "\n".join(
        [
            "",
            f"kolportal answers at {address}/  (Ctrl-C ends it)",
            "",
            *logins,
            "",
            f"  the admin of all but the signer: {address}/admin/",
            f"  every message that the site sends: {address}/mailbox/",
            "",
        ]
    )


def main() -> int:
    """Exit code 0 after Ctrl-C, 1 with a sentence otherwise."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Progress is for reading while it happens, also through a pipe.
        sys.stdout.reconfigure(line_buffering=True)
    try:
        port = env_int("PORT", default=8000, minimum=1)
        check_port(port)
        # Links in mails and PDFs lead to where the site really answers.
        os.environ.setdefault("SITE_URL", f"http://localhost:{port}")
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kolportal.settings")
        prepare()
    except (Refused, ImproperlyConfigured) as error:
        print(f"kolportal: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nkolportal: stopped before it was ready.", file=sys.stderr)
        return 130
    say(3, "Starting web server, worker and beat")
    return Supervisor(port=port).run()


if __name__ == "__main__":
    sys.exit(main())
