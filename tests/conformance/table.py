"""``docs/conformance.md``: the judgements of one run as tables. Nothing in it changes while the judgements do not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tests.conformance.judges import FLAVOURS, PageVerdict, SealVerdict

HEAD = """\
<!-- Written by `make conformance`. Change tests/conformance/, not this file. -->

# What the field's own judges say

`make conformance` makes pledges through the real rendering and sealing and has them judged by two tools that this project had no part in:
**veraPDF** {veraPDF}, the reference checker of PDF/A and PDF/UA, and **EU DSS** {EU DSS}, the European Commission's reference
implementation of ETSI signature validation (EN 319 102-1), under the policy that it comes with. Neither asks the network: DSS trusts the
test PKI's roots and nothing else, and gets revocation data from the file, or, where a level holds none, from a list handed in.

A judge's "yes" is about the file's form. Whether a picture's description is true, or a reading order makes sense, no machine says.
"""


def pages_table(verdicts: Iterable[PageVerdict], *, shows: Mapping[str, str]) -> str:
    """veraPDF: a row for each file, a column for each flavour."""
    rows: dict[str, dict[str, str]] = {}
    for verdict in verdicts:
        said = "yes" if verdict.passed else f"**no**: {'; '.join(verdict.findings)}"
        rows.setdefault(verdict.file.stem, {})[verdict.flavour] = said
    return table(
        ("file", *FLAVOURS.values()),
        [(shows[name], *(row[flavour] for flavour in FLAVOURS)) for name, row in rows.items()],
    )


def verdict_cells(verdict: SealVerdict) -> tuple[str, str, str]:
    """DSS: the level, the indication with its reason, and the remarks, of every signature of the file."""
    if not verdict.signatures:
        return "none", "no signature found", verdict.error
    return (
        "<br>".join(one.level for one in verdict.signatures),
        "<br>".join(f"{one.indication} {one.reason}".strip() for one in verdict.signatures),
        "<br>".join(" ".join(one.said) for one in verdict.signatures),
    )


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; bars and line breaks in cells are made harmless."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(_cell, line)) + " |" for line in lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
