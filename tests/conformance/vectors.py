"""The corpus of ``tests/vectors`` as questions to DSS: the good ones must pass, and of the others none under a strict policy."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from tests.conformance.judges import SealCase
from tests.vectors import pki

FOLDER: Final = Path(pki.__file__).parent
LISTS_FOR: Final = timedelta(days=1)


@dataclass(frozen=True)
class Question:
    """One vector for DSS. ``ours`` is our conclusion of it, and ``level`` our level; ``whole`` as in the vectors' table.

    ``ours`` is the sub-indication of EN 319 102-1, or the indication where there is none.
    """

    name: str
    shows: str
    case: SealCase
    whole: bool
    level: str
    ours: str

    @property
    def passes(self) -> bool:
        """Whether DSS must say TOTAL_PASSED: TRY_LATER wants revocation lists, and DSS has them."""
        return self.whole and self.ours in {"TOTAL-PASSED", "TRY_LATER"}


def questions(folder: Path) -> Iterator[Question]:
    """Each vector once (DSS knows of no log, so proofs make no difference); roots and lists are written into ``folder``.

    With each go the revocation lists of the hour at which it is judged, but not with those that must do without: whole
    files of level B-LT and B-LTA.
    """
    roots = []
    for label in ("root", "tsa-root"):
        roots.append(folder / f"vectors-{label}.cert.pem")
        roots[-1].write_text(pki.pem(label), encoding="ascii")
    asked = set()
    for row in json.loads((FOLDER / "expected.json").read_text(encoding="utf-8")):
        file, at = FOLDER / "files" / f"{row['name']}.pdf", datetime.fromisoformat(row["at"])
        if (content := (file.read_bytes(), at)) in asked:
            continue
        asked.add(content)
        said = row["expected"]
        complete = said["conclusion"] == "TOTAL-PASSED"
        yield Question(
            name=row["name"],
            shows=row["shows"],
            case=SealCase(file=file, at=at, roots=tuple(roots), crls=() if complete else _lists(folder, at)),
            whole=said["whole"],
            level=said["level"] or "",
            ours=said["conclusion"],
        )


def _lists(folder: Path, at: datetime) -> tuple[Path, ...]:
    revoked = {
        "issuing": (
            pki.Revoked("seal-revoked", pki.REVOKED_AT),
            pki.Revoked("seal-revoked-later", pki.REVOKED_LATER),
        )
    }
    paths = []
    for label in ("root", "issuing", "tsa-root"):
        paths.append(folder / f"vectors-{label}-{at:%Y%m%d}.crl")
        data = pki.crl(label, *revoked.get(label, ()), this_update=at, next_update=at + LISTS_FOR)
        paths[-1].write_bytes(data)
    return tuple(paths)
