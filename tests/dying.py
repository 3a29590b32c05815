"""Workers that die: one row's work is done in a process that ends by SIGKILL at a place in our code.

``PLACE`` is ``module:name:before`` or ``…:after``: the call of that function (or ``Class.method``) at which, or right after
which, the process is gone as by a power cut: no clean-up, no exception, no rollback but the database's own.

``python -m tests.dying`` loads the site once and forks such a process for each line that it reads; it ends with its input.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import subprocess
import sys
from functools import cache, wraps
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parent.parent


def work_and_die(
    work_id: int, place: str, *, environment: Mapping[str, str], settings: Mapping[str, Any] | None = None
) -> None:
    """Has a process begin this work and die, on the database that ``environment`` beside this process's environment names;
    ``settings`` are Django's that are other there."""
    parent = _parent(tuple(sorted(environment.items())))
    assert parent.stdin
    assert parent.stdout
    parent.stdin.write(json.dumps([work_id, place, dict(settings or {})]) + "\n")
    parent.stdin.flush()
    answer = parent.stdout.readline().strip()
    assert answer == str(-signal.SIGKILL), (
        f"it did not come to {place}, and ended with {answer or parent.wait(300)}"
    )


@cache
def _parent(environment: tuple[tuple[str, str], ...]) -> subprocess.Popen[str]:
    """One per test process; it ends when its input does."""
    parent = subprocess.Popen(
        [sys.executable, "-m", "tests.dying"], cwd=ROOT, env={**os.environ, **dict(environment)}, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    atexit.register(parent.communicate)
    return parent


def _lay_trap(place: str) -> None:
    module, name, when = place.split(":")
    owner: Any = import_module(module)
    *outer, attribute = name.split(".")
    for part in outer:
        owner = getattr(owner, part)
    real = getattr(owner, attribute)

    @wraps(real)
    def deadly(*arguments: Any, **options: Any) -> NoReturn:
        if when == "after":
            real(*arguments, **options)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("unreachable")

    setattr(owner, attribute, deadly)


def _begin(work_id: int, place: str, changes: dict[str, Any]) -> None:
    """In the process that dies."""
    from django.conf import settings
    from django.utils import timezone

    from kolportal.work import queue

    for name, value in changes.items():
        setattr(settings, name, value)
    _lay_trap(place)
    queue.run(work_id, at=timezone.now())


def main() -> None:
    """What the parent does."""
    import django

    django.setup()
    from kolportal.celery import app

    app.loader.import_default_modules()
    for line in sys.stdin:
        if (child := os.fork()) == 0:
            os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # the answers are the parent's alone
            _begin(*json.loads(line))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
