"""Where the judges say otherwise than they must."""

from __future__ import annotations

from collections.abc import Iterator

from tests.conformance.judges import FLAVOURS, PageVerdict, SealVerdict
from tests.conformance.lax import LAXER
from tests.conformance.seals import SealedPledge
from tests.conformance.vectors import Question


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
    for one in (*verdict.signatures, *verdict.strictly):
        passed = one.indication == "TOTAL_PASSED"
        if one.level != wanted or passed != sealed.passes:
            yield f"{sealed.name}: {one.level}, {one.indication} {one.reason}: {'; '.join(one.said)}"


def wrong_vector(question: Question, verdict: SealVerdict) -> Iterator[str]:
    """A sentence if DSS and our own check disagree on a vector, unless ``LAXER`` says that and why they do."""
    laxer = question.name in LAXER
    if laxer and (question.passes or not verdict.passed_strictly):
        yield f"{question.name}: no longer laxer than our check; take it out of lax.py"
    elif not laxer and verdict.passed_strictly != question.passes:
        yield f"{question.name}: DSS {_said(verdict)}, ours {question.ours}"
    if question.passes and not verdict.passed:
        yield f"{question.name}: DSS does not pass it under its own policy: {_said(verdict)}"
    wanted = f"PAdES-BASELINE-{question.level.removeprefix('B-')}"
    if question.ours == "TOTAL-PASSED" and any(one.level != wanted for one in verdict.signatures):
        yield f"{question.name}: not {wanted}: {_said(verdict)}"


def _said(verdict: SealVerdict) -> str:
    return (
        "; ".join(f"{one.level} {one.indication} {one.reason}" for one in verdict.strictly) or verdict.error
    )
