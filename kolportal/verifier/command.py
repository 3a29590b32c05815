"""The command itself: arguments in, text or JSON out, an exit code."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, NoReturn

from kolportal.pades.verification import verify
from kolportal.pades.verification.document import MAX_BYTES
from kolportal.transparency import Report as LogReport
from kolportal.transparency import check_logged
from kolportal.transparency.proof import MAX_PROOF_BYTES
from kolportal.verifier import trusted
from kolportal.verifier.mistakes import BAD_KEYS, MISUSED, NOT_READ
from kolportal.verifier.mistakes import USAGE as USAGE_TEXT
from kolportal.verifier.outcome import USAGE, Outcome, outcome
from kolportal.verifier.showing import lines, shown
from kolportal.verifier.words import Language

JSON_FORMAT: Final = "kolportal-verify/1"


class _Misused(Exception):
    """The command was called in a way that it does not know."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise _Misused(message)

    def print_help(self, file: Any = None) -> None:
        print(USAGE_TEXT, file=file or sys.stdout)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8")
    given = list(sys.argv[1:] if arguments is None else arguments)
    language = Language.EN if ("--lang", "en") in pairwise(given) or "--lang=en" in given else Language.VI
    try:
        return _run(_parsed(given))
    except _Misused as error:
        return _mistake(MISUSED[language], detail=str(error))
    except trusted.BadKeys as error:
        return _mistake(BAD_KEYS[error.fault][language], detail=str(error))
    except OSError as error:
        said = NOT_READ.get(type(error), NOT_READ[OSError])[language]
        return _mistake(
            said.format(name=shown(error.filename)), detail=error.strerror or type(error).__name__
        )


def _parsed(given: list[str]) -> argparse.Namespace:
    parser = _Parser(
        prog="kolportal-verify", allow_abbrev=False, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pdf", type=Path)
    parser.add_argument("proof", type=Path, nargs="?")
    parser.add_argument("--keys", type=Path, required=True)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--lang", choices=[one.value for one in Language], default=Language.VI.value)
    parser.add_argument("--at", type=_moment)
    parser.add_argument("--version", action="version", version=version())
    return parser.parse_args(given)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError("not a time, such as 2026-10-01T00:00:00Z") from error
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError("a time needs its offset, such as 2026-10-01T00:00:00Z")
    return moment


def _run(given: argparse.Namespace) -> int:
    keys = trusted.read(_bytes(given.keys, trusted.MAX_BYTES))
    pdf = _bytes(given.pdf, MAX_BYTES)
    proof = _bytes(given.proof, MAX_PROOF_BYTES) if given.proof else None
    seal = verify(pdf, trust=keys.trust, at=given.at or datetime.now(UTC))
    log = None
    if proof is not None and keys.log is not None:
        log = check_logged(pdf=pdf, ends=seal.ends, proof=proof, policy=keys.log)
    found = outcome(seal, log)
    # Of a file that is too large only the beginning was read, and the digest of a beginning is not the file's.
    whole = len(pdf) <= MAX_BYTES
    digest = hashlib.sha256(pdf).hexdigest() if whole else None
    if given.json:
        told = as_dict(found, sha256=digest, size=len(pdf) if whole else None)
        _print(json.dumps(told, indent=2, sort_keys=True))
    else:
        text = lines(
            found,
            name=given.pdf.name,
            sha256=digest,
            language=Language(given.lang),
            names_log=keys.log is not None,
        )
        _print("\n".join(text))
    return found.exit


def as_dict(found: Outcome, *, sha256: str | None, size: int | None) -> dict[str, Any]:
    """What ``--json`` prints; documented in docs/verifier.md. ASCII only once it is dumped."""
    return {
        "format": JSON_FORMAT,
        "answers": [str(answer) for answer in found.answers],
        "exit": found.exit,
        "file": {"sha256": sha256, "size": size},
        "log": None if found.log is None else _log(found.log),
        "seal": found.seal.as_dict(),
    }


def _log(log: LogReport) -> dict[str, Any]:
    return {
        "logged": log.logged,
        "problems": [str(problem) for problem in log.problems],
        "origin": log.origin,
        "size": log.size,
        "index": log.index,
        "quorum": log.quorum,
        "entry_at": log.entry.at.isoformat() if log.entry else None,
        "file_matches": log.file_matches,
        "appended": log.appended,
        "included": log.included,
        "signed_by": [str(key) for key in log.signed_by],
        "cosignatures": [{"witness": str(one.witness), "at": one.at.isoformat()} for one in log.cosignatures],
    }


def version() -> str:
    """Which file this is: the SHA-256 of the one-file verifier that runs."""
    path = Path(sys.argv[0])
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest() if path.suffix == ".pyz" else "source"
    except OSError:
        digest = "source"
    return f"kolportal-verify {digest}"


def _bytes(path: Path, limit: int) -> bytes:
    """At most one byte more than ``limit``: whoever reads it then sees that it is too long."""
    with path.open("rb") as file:
        return file.read(limit + 1)


def _mistake(said: str, *, detail: str) -> int:
    """Says it in the person's language; ``detail``, in brackets, is the engineer's English."""
    print(f"{said} ({shown(detail)})", file=sys.stderr)  # noqa: T201 - talks to the person at the terminal
    print(USAGE_TEXT, file=sys.stderr)  # noqa: T201 - as above
    return USAGE


def _print(text: str) -> None:
    try:
        print(text, flush=True)  # noqa: T201 - talks to the person at the terminal
    except BrokenPipeError:  # whoever reads has seen enough; what was found stays what it is
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
