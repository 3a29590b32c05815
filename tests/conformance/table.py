"""``docs/conformance.md``: the judgements of one run as tables. Nothing in it changes while the judgements do not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from tests.conformance.judges import FLAVOURS, PageVerdict, SealVerdict, SignatureVerdict
from tests.conformance.lax import LAXER
from tests.conformance.seals import SealedPledge
from tests.conformance.vectors import Question

HEAD: Final = """\
<!-- Written by `make conformance`. Change tests/conformance/, not this file. -->

# What the field's own judges say

`make conformance` makes pledges through the real rendering and sealing and has them judged by two tools that this project had no part in:
**veraPDF** {veraPDF}, the reference checker of PDF/A and PDF/UA, and **EU DSS** {EU DSS}, the European Commission's reference
implementation of ETSI signature validation (EN 319 102-1), under the policy that it comes with. Neither asks the network: DSS trusts the
roots of the test PKI and nothing else, and takes revocation data from the file, or, below B-LT, where a file holds none, from lists of that
hour that are handed in.

A judge's "yes" is about the form of a file. Whether a picture's description is true, or an order of reading makes sense, no machine says.
"""
PAGES: Final = """\
## Pages: PDF/A and PDF/UA (veraPDF)

The spoiled files at the end must be refused; they show that the judge looks.
"""
SEALS: Final = """\
## Seals: level and validity (EU DSS)

A seal "passes" when DSS says TOTAL_PASSED at the time that is named (else ten minutes after sealing). What is said of 2030 and 2033 is said with
the clock of DSS set to that time; algorithms that are trusted today may not be by then.
"""
VECTORS: Final = """\
## Seals made well, made badly, and attacked (EU DSS beside our own check)

The corpus of `tests/vectors`, which has the whole verdicts of our own check. Revocation lists of the hour are handed to DSS, except with the whole
files of B-LT and B-LTA, so what is TRY_LATER to our check, which had none, may pass here.

**"TOTAL_PASSED" by DSS does not say that nothing was added after the seal.** Under the policy that it comes with, DSS only warns of most changes: it
passes a page that was cropped, painted over or replaced. "DSS, strict" is the same policy with those seven warnings made failures. Where DSS still
passes what our check refuses, the last column says why. Our check never passes what DSS refuses.
"""


def page(
    pages: Iterable[PageVerdict],
    seals: Iterable[tuple[SealedPledge, SealVerdict]],
    vectors: Iterable[tuple[Question, SealVerdict]],
    *,
    shows: Mapping[str, str],
    versions: Mapping[str, str],
) -> str:
    """The whole page; ``shows`` says by a file's name what it is."""
    rows: dict[str, dict[str, str]] = {}
    for verdict in pages:
        rows.setdefault(verdict.file.stem, {})[verdict.flavour] = _page_cell(verdict)
    return "\n".join(
        (
            HEAD.format(**versions),
            PAGES,
            _table(
                ("file", *FLAVOURS.values()),
                [(shows[name], *(row[flavour] for flavour in FLAVOURS)) for name, row in rows.items()],
            ),
            SEALS,
            _table(
                ("file", "level", "verdict", "remarks"),
                [(shows[sealed.name], *_seal_cells(verdict)) for sealed, verdict in seals],
            ),
            VECTORS,
            _table(
                ("vector", "what it shows", "our check", "DSS", "DSS, strict", "why they differ"),
                [
                    (
                        f"`{question.name}`",
                        question.shows,
                        question.ours if question.whole else f"not whole: {question.ours}",
                        _indications(verdict.signatures),
                        _indications(verdict.strictly),
                        LAXER.get(question.name, ""),
                    )
                    for question, verdict in vectors
                ],
            ),
        )
    )


def _page_cell(verdict: PageVerdict) -> str:
    return (
        "yes" if verdict.passed else f"no: {'; '.join(finding.split(',')[0] for finding in verdict.findings)}"
    )


def _seal_cells(verdict: SealVerdict) -> tuple[str, str, str]:
    if not verdict.signatures:
        return "none", "no signature found", verdict.error
    return (
        "<br>".join(one.level for one in verdict.signatures),
        _indications(verdict.signatures),
        "<br>".join(" ".join(one.said) for one in verdict.signatures),
    )


def _indications(signatures: Sequence[SignatureVerdict]) -> str:
    """With a mark where DSS warned of a change and passed the signature all the same."""
    return (
        "<br>".join(
            f"{one.indication} {one.reason}".strip() + (" (warns)" if _warned(one) else "")
            for one in signatures
        )
        or "no signature found"
    )


def _warned(signature: SignatureVerdict) -> bool:
    return signature.indication == "TOTAL_PASSED" and any(
        said.startswith("(warning)") and "access is not present" not in said for said in signature.said
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(_cell, line)) + " |" for line in lines) + "\n"


def _cell(text: str) -> str:
    """Bars and line breaks would end a cell."""
    return text.replace("|", "\\|").replace("\n", " ")
