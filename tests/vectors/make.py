"""Writes the vectors and their table: ``python -m tests.vectors.make``. The same bytes each time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from kolportal.verifier.trusted import FORMAT
from tests.vectors import logs, pki
from tests.vectors.corpus import corpus

FOLDER: Final = Path(__file__).parent
FILES: Final = FOLDER / "files"


def trusted_keys() -> dict[str, Any]:
    """``trusted.json`` of the vectors."""
    return {
        "format": FORMAT,
        "seal_roots": [pki.pem("root")],
        "timestamp_roots": [pki.pem("tsa-root")],
        "log": {
            "origin": logs.ORIGIN,
            "keys": [str(logs.log_key().verifier)],
            "witnesses": [str(logs.witness(label).verifier) for label in ("witness-1", "witness-2")],
            "quorum": logs.QUORUM,
        },
    }


def contents() -> dict[str, bytes]:
    """Every file to write, by its name under ``tests/vectors``."""
    found = {
        "trusted.json": _json(trusted_keys()),
        "expected.json": _json([vector.row() for vector in corpus()]),
        "README.md": table().encode(),
    }
    for vector in corpus():
        found[f"files/{vector.name}.pdf"] = vector.data
        if vector.proof is not None:
            found[f"files/{vector.name}.tlog-proof"] = vector.proof
    return found


def table() -> str:
    """The vectors for a reader."""
    rows = [
        "# Vectors",
        "",
        "Sealed files as they should be, and what people have done to such files; each with the verdict that must come out.",
        "Made by `python -m tests.vectors.make` from fixed test keys, byte for byte the same each time; judged by",
        "`kolportal.pades.verify` and by the one-file verifier (`tests/vectors/test_vectors.py`). `expected.json` has the whole",
        "verdicts. Exit codes of `kolportal-verify`: 0 whole and logged, 1 not, 2 cannot tell.",
        "",
        "| file | what it shows | whole | after the seal | level | conclusion | exit |",
        "|---|---|---|---|---|---|---|",
    ]
    for vector in corpus():
        said = vector.expected
        after = ", ".join(sorted(set(said.changes))) or ("nothing" if said.readable == "yes" else "–")
        conclusion = said.conclusion if said.readable == "yes" else f"{said.conclusion} ({said.readable})"
        log = f"; log: {', '.join(said.logged)}" if said.logged else ""
        rows.append(
            f"| `{vector.name}` | {vector.shows} | {'yes' if said.whole else 'no'} | {after} | {said.level or '–'} "
            f"| {conclusion}{log} | {said.exit} |"
        )
    return "\n".join((*rows, ""))


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()


if __name__ == "__main__":
    FILES.mkdir(exist_ok=True)
    wanted = contents()
    for stale in {path for path in FILES.iterdir() if f"files/{path.name}" not in wanted}:
        stale.unlink()
    for name, data in wanted.items():
        (FOLDER / name).write_bytes(data)
