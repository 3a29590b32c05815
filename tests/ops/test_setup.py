"""The sentences of `.ci/setup` on machines that cannot be set up, and that it does nothing twice.

The script runs in a copy of its own folder, with stand-ins for the few commands that would show it another machine.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.servers import PATIENCE, ROOT


class Machine:
    """A project folder with the set-up script, and a PATH whose first entry is ours."""

    def __init__(self, folder: Path) -> None:
        self.project = folder / "project"
        self.bin = folder / "bin"
        self.bin.mkdir(parents=True)
        (self.project / ".ci").mkdir(parents=True)
        for name in (".ci/setup", ".ci/packages.txt", "requirements.txt", "package-lock.json"):
            shutil.copy2(ROOT / name, self.project / name)

    def command(self, name: str, script: str) -> Path:
        """A stand-in for a system command."""
        path = self.bin / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return path

    def setup(self, *, path: str | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
        """``.ci/setup run`` without a terminal."""
        return subprocess.run(
            ["/bin/bash", str(self.project / ".ci/setup"), "run"],
            env={"PATH": path or f"{self.bin}:{os.environ['PATH']}", **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_too_old_a_python_is_named_before_anything_is_installed(machine: Machine) -> None:
    old = machine.command(
        "python3.9", 'if [ "$1" = --version ]; then echo "Python 3.9.2"; exit 0; fi; exit 1'
    )
    done = machine.setup(PYTHON=str(old))
    assert done.returncode == 1
    assert done.stderr == (
        "kolportal set-up: needs Python 3.11 or newer, and this machine has only Python 3.9.2."
        " Install a newer one and name it: PYTHON=/path/to/python3.12 make run\n"
    )
    assert not (machine.project / ".venv").exists()


def test_a_wrong_python_path_is_said(machine: Machine) -> None:
    done = machine.setup(PYTHON="/nowhere/python3")
    assert done.returncode == 1
    assert done.stderr == "kolportal set-up: PYTHON=/nowhere/python3 is not a Python interpreter.\n"


def test_missing_package_without_root_names_package_and_command(machine: Machine) -> None:
    machine.command("dpkg-query", "echo 'installed python3'; exit 1")
    machine.command("id", "echo 1000")
    machine.command("sudo", "exit 1")
    machine.command("apt-get", "echo 'apt-get must not be asked' >&2; exit 100")
    done = machine.setup()
    assert done.returncode == 1
    sentence = "kolportal set-up: needs root for missing system packages. As root: apt-get install"
    assert done.stderr.startswith(sentence)
    assert "fonts-croscore" in done.stderr
    assert "chromium" not in done.stderr, "`make run` needs no browser"
    assert done.stderr.count("\n") == 1


def test_failing_package_archive_is_said_with_its_last_lines(machine: Machine) -> None:
    machine.command("dpkg-query", "exit 1")
    machine.command("id", "echo 0")
    machine.command("apt-get", "echo 'E: Unable to locate the archive' >&2; exit 100")
    done = machine.setup()
    assert done.returncode == 1
    assert "E: Unable to locate the archive" in done.stderr
    assert "kolportal set-up: apt-get could not install" in done.stderr


def test_other_systems_are_told_what_to_do(machine: Machine) -> None:
    for name in (
        "awk",
        "cat",
        "cut",
        "dirname",
        "flock",
        "grep",
        "id",
        "mkdir",
        "python3",
        "sha256sum",
        "tr",
        "xargs",
    ):
        found = shutil.which(name)
        assert found is not None
        (machine.bin / name).symlink_to(found)
    done = machine.setup(path=str(machine.bin))
    assert done.returncode == 1
    assert "there is no apt-get here" in done.stderr
    assert "SKIP_PACKAGES=1 make run" in done.stderr


def test_a_machine_that_is_set_up_is_left_alone() -> None:
    before = {path: path.stat().st_mtime_ns for path in (ROOT / ".venv").glob(".installed-*")}
    assert before, "the tests themselves run in a .venv that the script made"
    done = subprocess.run(
        [ROOT / ".ci/setup", "test"], capture_output=True, text=True, timeout=PATIENCE, check=True
    )
    # two lock files of Python packages, the browser's libraries, the test libraries
    assert done.stdout.count("is installed") == 4
    assert {path: path.stat().st_mtime_ns for path in (ROOT / ".venv").glob(".installed-*")} == before
