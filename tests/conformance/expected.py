"""What the judges must say, and where they say otherwise."""

from __future__ import annotations

from collections.abc import Iterable

from tests.conformance.judges import FLAVOURS, PageVerdict, SealVerdict


def wrong_pages(verdicts: Iterable[PageVerdict]) -> list[str]:
    """Every file must be PDF/A-3b, PDF/A-3a and PDF/UA-1; one sentence for each that is not."""
    return [
        f"{verdict.file.name} is not {FLAVOURS[verdict.flavour]}: {'; '.join(verdict.findings)}"
        for verdict in verdicts
        if not verdict.passed
    ]


def wrong_seal(verdict: SealVerdict, *, level: str) -> list[str]:
    """A whole seal must be TOTAL_PASSED and of ``level`` ("B-LT"); one sentence for each signature that is not."""
    if not verdict.signatures:
        return [f"{verdict.file.name}: DSS found no signature. {verdict.error}"]
    wanted = f"PAdES-BASELINE-{level.removeprefix('B-')}"
    return [
        f"{verdict.file.name}: {one.level}, {one.indication} {one.reason}: {'; '.join(one.said)}"
        for one in verdict.signatures
        if (one.level, one.indication) != (wanted, "TOTAL_PASSED")
    ]
