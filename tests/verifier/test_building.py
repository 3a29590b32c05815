"""The one file: the same bytes each time, nothing compiled, nothing fetched, and it runs where nothing is installed."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from kolportal.verifier import building
from tests.vectors import make


def _pythons() -> list[str]:
    """The interpreters of this machine that the verifier is meant for, each by the path of its own binary."""
    found = {}
    managed = Path.home().glob(".pyenv/versions/*/bin/python3.1[123]")
    for name in (sys.executable, "python3.11", "python3.12", "python3.13", *map(str, managed)):
        path = shutil.which(name)
        ask = [
            path or sys.executable,
            "-I",
            "-S",
            "-c",
            "import sys; print(sys.executable, sys.version_info[:2])",
        ]
        done = subprocess.run(ask, capture_output=True, text=True, check=False)
        if done.returncode == 0:  # a version manager may name what it has not installed
            executable, _, version = done.stdout.strip().partition(" ")
            found[version] = executable
    return sorted(found.values())


PYTHONS = _pythons()


@pytest.fixture(scope="module")
def pyz(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("built") / "kolportal-verify.pyz"
    path.write_bytes(building.build())
    return path


def test_two_builds_are_the_same_bytes(pyz: Path, tmp_path: Path) -> None:
    other = tmp_path / "again.pyz"
    command = [sys.executable, "-m", "kolportal.verifier.building", str(other)]
    said = subprocess.run(command, check=True, capture_output=True, text=True, cwd=building.ROOT).stdout
    assert other.read_bytes() == pyz.read_bytes()
    assert hashlib.sha256(pyz.read_bytes()).hexdigest() in said


def test_it_holds_sources_and_licences_and_nothing_else(pyz: Path) -> None:
    with zipfile.ZipFile(BytesIO(pyz.read_bytes())) as archive:
        members = archive.infolist()
    names = [member.filename for member in members]
    assert names == sorted(names)
    assert all(name.endswith(".py") or name.startswith("LICENSES/") for name in names)
    assert {name for name in names if name.startswith("LICENSES/")} == {
        "LICENSES/asn1crypto.txt",
        "LICENSES/rfc8785.txt",
    }
    assert {member.date_time for member in members} == {(1980, 1, 1, 0, 0, 0)}
    assert not [name for name in names if "building" in name or "/signing" in name or "sealing" in name]


@pytest.mark.parametrize("python", PYTHONS)
def test_it_runs_where_nothing_is_installed(python: str, pyz: Path, tmp_path: Path) -> None:
    vector = make.FILES / "log-good"
    command = [
        python, "-I", "-S", str(pyz), f"{vector}.pdf", f"{vector}.tlog-proof", "--keys",
        str(make.FOLDER / "trusted.json"), "--at", "2026-10-01T00:00:00+00:00",
    ]  # fmt: skip
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, env={})
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Tài liệu này còn nguyên vẹn")
    assert list(tmp_path.iterdir()) == []


def test_it_says_which_file_it_is(pyz: Path) -> None:
    said = subprocess.run(
        [sys.executable, "-I", "-S", str(pyz), "--version"], check=True, capture_output=True, text=True
    ).stdout
    assert said.strip() == f"kolportal-verify {hashlib.sha256(pyz.read_bytes()).hexdigest()}"


_WATCHED = """
import sys
def watch(event, arguments):
    if event.startswith(("socket.", "subprocess.", "os.exec", "ctypes.")) or event == "open" and arguments[1] not in ("r", "rb", None):
        raise SystemExit(f"did {event} {arguments}")
sys.path.insert(0, sys.argv[1])
sys.addaudithook(watch)
from kolportal.verifier.command import main
code = main(sys.argv[2:])
strange = [name for name in sys.modules if name.split(".")[0] in ("ssl", "http", "urllib3", "django", "pyhanko", "_ssl", "_cffi_backend")]
compiled = [name for name, module in sys.modules.items() if name.startswith("cryptography") and sys.argv[1] not in module.__file__]
sys.exit(code if not strange and not compiled else f"loaded {strange} {compiled}")
"""


def test_it_contacts_nobody_and_writes_nothing(pyz: Path, tmp_path: Path) -> None:
    vector = make.FILES / "log-good"
    arguments = [f"{vector}.pdf", f"{vector}.tlog-proof", "--keys", str(make.FOLDER / "trusted.json"), "--at"]
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _WATCHED, str(pyz), *arguments, "2026-10-01T00:00:00Z"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_changed_package_is_not_bundled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "read_bytes", lambda path: b"import evil\n")
    with pytest.raises(ValueError, match="changed after it was installed"):
        dict(building._installed("asn1crypto"))
