"""Where the judges say otherwise than they must."""

from __future__ import annotations

from collections.abc import Iterator

from tests.conformance.judges import FLAVOURS, PageVerdict, SealVerdict
from tests.conformance.seals import SealedPledge


def wrong_page(verdict: PageVerdict, *, refused: tuple[str, ...]) -> Iterator[str]:
    """A sentence if veraPDF refused a file, or accepted one in a flavour that is among ``refused``."""
    must_pass = verdict.flavour not in refused
    if verdict.passed != must_pass:
        said = "; ".join(verdict.findings) if must_pass else "veraPDF accepts it"
        yield f"{verdict.file.name} must {'' if must_pass else 'not '}be {FLAVOURS[verdict.flavour]}: {said}"


def wrong_seal(sealed: SealedPledge, verdict: SealVerdict) -> Iterator[str]:
    """A sentence for each signature that is not of its level and TOTAL_PASSED; or is, where it must not be."""
    if not verdict.signatures:
        yield f"{sealed.name}: DSS found no signature. {verdict.error}"
    wanted = f"PAdES-BASELINE-{sealed.level.removeprefix('B-')}"
    for one in verdict.signatures:
        passed = one.indication == "TOTAL_PASSED"
        if one.level != wanted or passed != sealed.passes:
            yield f"{sealed.name}: {one.level}, {one.indication} {one.reason}: {'; '.join(one.said)}"
