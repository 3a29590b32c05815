"""The arithmetic needs the standard library, Ed25519 and canonical JSON; checking needs nothing that makes or stores."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import pytest

from kolportal import transparency
from tests.kolportal.transparency.builders import LOG, NORTH, ORIGIN, PDF, log

PACKAGE: Final = Path(transparency.__file__).parent
CHECKING: Final = (
    "__init__", "checkpoint", "commitment", "cosignature", "entries", "errors", "hashing", "merkle", "note", "proof", "verdict",
)  # fmt: skip
MAKING: Final = ("files", "signing", "storage", "tiles", "tree")
ED25519: Final = "cryptography.hazmat.primitives.asymmetric.ed25519"


def imported(module: str) -> dict[str, set[str]]:
    """The modules that a module imports from, and what."""
    found: dict[str, set[str]] = {}
    for node in ast.walk(ast.parse((PACKAGE / f"{module}.py").read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom):
            found.setdefault(str(node.module), set()).update(alias.name for alias in node.names)
        elif isinstance(node, ast.Import):
            found |= {alias.name: set() for alias in node.names}
    return found


@pytest.mark.parametrize("module", CHECKING + MAKING)
def test_what_is_imported(module: str) -> None:
    for source, names in imported(module).items():
        top = source.partition(".")[0]
        if top == "cryptography":
            assert (source, names) in (
                ("cryptography.exceptions", {"InvalidSignature"}), (ED25519, {"Ed25519PublicKey"}), (ED25519, {"Ed25519PrivateKey"}),
            )  # fmt: skip
        else:
            assert (
                top in sys.stdlib_module_names
                or source == "rfc8785"
                or source.startswith("kolportal.transparency.")
            )
        assert top not in {"socket", "ssl", "http", "urllib", "asyncio", "sqlite3"}
        if module in CHECKING:
            assert source.removeprefix("kolportal.transparency.") not in MAKING


SCRIPT: Final = """
import sys
sys.path[:0] = sys.argv[1:3]
from pathlib import Path
from kolportal.transparency import LogPolicy, check_logged
origin, log_key, witness = sys.argv[4:7]
policy = LogPolicy.of(origin=origin, log_keys=[log_key], witnesses=[witness], quorum=1)
folder = Path(sys.argv[3])
pdf = (folder / "signed.pdf").read_bytes()
report = check_logged(pdf=pdf, ends=[len(pdf)], proof=(folder / "signed.tlog-proof").read_bytes(), policy=policy)
assert not any(name.startswith(("django", "celery")) for name in sys.modules)
print(report.logged, report.index, report.size, *report.problems)
"""


def test_a_file_is_checked_with_the_checking_modules_alone(tmp_path: Path) -> None:
    """In a Python that sees no site packages but the two, from a copy without what makes and stores."""
    copy = tmp_path / "copy" / "kolportal"
    (copy / "transparency").mkdir(parents=True)
    (copy / "__init__.py").touch()
    for module in CHECKING:
        shutil.copy(PACKAGE / f"{module}.py", copy / "transparency")
    libraries = tmp_path / "libraries"
    libraries.mkdir()
    for library in ("cryptography", "rfc8785", "_cffi_backend"):
        spec = find_spec(library)
        assert spec is not None
        assert spec.origin is not None
        path = Path(spec.origin)
        source = path.parent if path.name == "__init__.py" else path
        (libraries / source.name).symlink_to(source)
    (tmp_path / "signed.pdf").write_bytes(PDF)
    (tmp_path / "signed.tlog-proof").write_bytes(log().proof().dump())

    command = [sys.executable, "-I", "-S", "-c", SCRIPT, str(copy.parent), str(libraries), str(tmp_path)]
    done = subprocess.run(
        [*command, ORIGIN, str(LOG.verifier), str(NORTH.verifier)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("True 123 300\n", "")
