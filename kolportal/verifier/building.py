"""Builds the one-file verifier: ``python -m kolportal.verifier.building FILE.pyz``, or ``make verifier``.

The same sources give the same bytes on any machine: sorted names, one date, nothing compressed (zlib's output changes with its
version), nothing compiled. Third-party code is pure Python, of the version that requirements.txt locks, and every file of it is
held against the hashes that were installed with it.
"""

from __future__ import annotations

import base64
import hashlib
import io
import re
import sys
import zipfile
from collections.abc import Iterator
from importlib.metadata import PackagePath, distribution
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
THIRD_PARTY: Final = ("asn1crypto", "rfc8785")
_SHEBANG: Final = b"#!/usr/bin/env python3\n"
_DATE: Final = (1980, 1, 1, 0, 0, 0)
_OURS: Final = (
    "kolportal/pades/__init__.py",
    "kolportal/pades/levels.py",
    "kolportal/pades/trust.py",
    "kolportal/pades/verification/*.py",
    *(
        f"kolportal/transparency/{name}.py"
        for name in (
            "__init__", "checkpoint", "commitment", "cosignature", "entries", "errors", "hashing", "merkle", "note",
            "proof", "verdict",
        )
    ),
    "kolportal/verifier/*.py",
)  # fmt: skip
_NOT_NEEDED: Final = ("kolportal/verifier/building.py", "kolportal/verifier/__main__.py")
_STANDIN: Final = ROOT / "kolportal/verifier/standin"
_MAIN: Final = b"import sys\n\nfrom kolportal.verifier.command import main\n\nsys.exit(main())\n"


def build() -> bytes:
    """The file. Raises ValueError where an installed package is not the locked one, or was changed."""
    members = dict(_members())
    buffer = io.BytesIO()
    buffer.write(_SHEBANG)
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, data in sorted(members.items()):
            info = zipfile.ZipInfo(name, _DATE)
            info.external_attr = 0o644 << 16
            info.create_system = 3
            archive.writestr(info, data)
    return buffer.getvalue()


def _members() -> Iterator[tuple[str, bytes]]:
    yield "__main__.py", _MAIN
    yield "kolportal/__init__.py", b""  # the project's own loads its task queue
    for pattern in _OURS:
        for path in sorted(ROOT.glob(pattern)):
            name = path.relative_to(ROOT).as_posix()
            if name not in _NOT_NEEDED:
                yield name, path.read_bytes()
    for path in sorted((_STANDIN / "cryptography").rglob("*.py")):
        yield path.relative_to(_STANDIN).as_posix(), path.read_bytes()
    for package in THIRD_PARTY:
        yield from _installed(package)


def _installed(package: str) -> Iterator[tuple[str, bytes]]:
    """The modules and the licence of a package, as its wheel brought them."""
    found = distribution(package)
    _check_locked(package, found.version)
    licences = 0
    for file in sorted(found.files or (), key=str):
        name = file.as_posix()
        is_licence = "LICENSE" in file.name.upper()
        if not is_licence and not (name.startswith(f"{package}/") and name.endswith(".py")):
            continue
        data = _checked(file)
        licences += is_licence
        yield (f"LICENSES/{package}.txt" if is_licence else name), data
    if licences != 1:
        raise ValueError(f"{package} brings {licences} licence files")


def _checked(file: PackagePath) -> bytes:
    data = Path(str(file.locate())).read_bytes()
    if file.hash is None or file.hash.mode != "sha256":
        raise ValueError(f"{file} was installed without a hash")
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")
    if digest != file.hash.value:
        raise ValueError(f"{file} was changed after it was installed")
    return data


def _check_locked(package: str, version: str) -> None:
    locks = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    if not re.search(rf"^{re.escape(package)}=={re.escape(version)}\b", locks, re.MULTILINE):
        raise ValueError(f"{package} {version} is not the version that requirements.txt locks")


if __name__ == "__main__":
    target = Path(sys.argv[1])
    made = build()
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(made)
    target.chmod(0o755)
    print(f"{target}: {len(made)} bytes, sha256 {hashlib.sha256(made).hexdigest()}")  # noqa: T201 - what was built
