"""A PKCS#11 token in a folder: SoftHSM, for tests."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
from collections.abc import Callable, Mapping
from multiprocessing.queues import Queue
from pathlib import Path
from typing import TypeAlias

from tests.servers import PATIENCE, wait_until

TOKEN = "kolportal"
PIN = "271828"


def make_token(folder: Path, keys: Mapping[str, bytes]) -> dict[str, str]:
    """A token :data:`TOKEN` under ``folder`` with the private ``keys`` (label: PKCS#8 PEM); their ids count from 1.

    Returns the environment variables by which SoftHSM finds it.
    """
    store = folder / "tokens"
    store.mkdir()
    config = folder / "softhsm2.conf"
    config.write_text(f"directories.tokendir = {store}\nobjectstore.backend = file\nlog.level = ERROR\n")
    environment = {"SOFTHSM2_CONF": str(config)}

    def run(*arguments: str) -> None:
        subprocess.run(
            ["softhsm2-util", *arguments], check=True, capture_output=True, env={**os.environ, **environment}
        )

    run("--init-token", "--free", "--label", TOKEN, "--pin", PIN, "--so-pin", "314159")
    for number, (label, pem) in enumerate(keys.items(), start=1):
        path = folder / f"{label}.pem"
        path.write_bytes(pem)
        run("--import", str(path), "--token", TOKEN, "--pin", PIN, "--label", label, "--id", f"{number:02x}")
    return environment


def library() -> Path:
    """SoftHSM's library; Debian puts it into one of two folders."""
    return next(Path("/usr/lib").glob("**/libsofthsm2.so"))


Answer: TypeAlias = "Queue[str]"


def in_fork(work: Callable[[Answer], None]) -> str:
    """What ``work`` puts into its queue, in a forked child: sessions, and SoftHSM's store, are a process's own."""
    context = multiprocessing.get_context("fork")
    answer: Answer = context.Queue()
    child = context.Process(target=work, args=(answer,))
    child.start()
    wait_until(lambda: not answer.empty() or child.exitcode is not None, what="the child answers or ends")
    told = answer.get(timeout=1 if child.exitcode is not None else PATIENCE)
    child.join(PATIENCE)
    return told
