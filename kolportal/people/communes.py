"""The communes (xã, phường) of the province, from the file that ``COMMUNES_FILE`` names: code, kind, name.

Source of the shipped list: the Statistics Office's list of units since 1 July 2025. A list in a file and not in a table,
so that another province replaces one file; what a signer declared is copied into the signature as it stood.
"""

from __future__ import annotations

import csv
from functools import cache
from typing import NamedTuple

from django.conf import settings

from kolportal.vietnamese import fold


class Commune(NamedTuple):
    """One unit: five-digit ``code`` as text, ``kind`` (xã or phường), ``name`` without the kind."""

    code: str
    kind: str
    name: str

    @property
    def label(self) -> str:
        """Kind and name as people write it, such as ``phường Việt Trì``."""
        return f"{self.kind} {self.name}"

    @property
    def search_key(self) -> str:
        """Kind and name without accents."""
        return fold(self.label)


@cache
def all_communes() -> dict[str, Commune]:
    """Every commune by its code, in the order of the file. Raises ``OSError`` or ``KeyError`` for a wrong file."""
    with settings.COMMUNES_FILE.open(encoding="utf-8", newline="") as file:
        rows = [Commune(row["code"], row["kind"], row["name"]) for row in csv.DictReader(file)]
    return {commune.code: commune for commune in rows}


def get(code: str) -> Commune | None:
    """The commune of this code, or ``None``."""
    return all_communes().get(code)


def label(code: str) -> str:
    """Kind and name for a code; the code itself where the list no longer has it."""
    commune = get(code)
    return commune.label if commune else code


def choices() -> list[tuple[str, str]]:
    """Pairs (code, label) sorted by name without accents, for form fields and filters."""
    return [(c.code, c.label) for c in sorted(all_communes().values(), key=lambda c: (fold(c.name), c.kind))]
