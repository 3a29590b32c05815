"""A rendered pledge at the highest seal level, and renewed: still the archive format that it claims, still the same pages."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO

import pikepdf
import pytest

from kolportal import pades, paper
from pledges import rendering
from tests.pki import running
from tests.pledges.sheets import sheet
from tests.servers import PATIENCE

IN_2030 = datetime(2030, 6, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def unsealed() -> bytes:
    return rendering.render(sheet())


@pytest.fixture(scope="module")
def by_stage(unsealed: bytes) -> dict[str, bytes]:
    """Sealed at B-LTA, and renewed in 2030."""
    with running() as pki:
        sealed = pades.seal(
            unsealed,
            key=pki.seal_key(),
            at=pki.clock,
            level=pades.Level.B_LTA,
            timestampers=[pades.HttpTimestamper(pki.tsa_url(), seconds=PATIENCE)],
            validation=pades.HttpValidationSource(seconds=PATIENCE),
        )
        with pki.at(IN_2030):
            renewed = pades.renew(
                sealed.data,
                timestampers=[pades.HttpTimestamper(pki.tsa_url("tsa-next"), seconds=PATIENCE)],
                validation=pades.HttpValidationSource(seconds=PATIENCE),
                at=pki.clock,
            )
    assert (sealed.achieved, renewed.achieved) == (pades.Level.B_LTA, pades.Level.B_LTA)
    return {"sealed": sealed.data, "renewed": renewed.data}


@pytest.mark.parametrize("stage", ["sealed", "renewed"])
def test_the_file_breaks_no_rule_of_pdf_a_3(by_stage: dict[str, bytes], stage: str) -> None:
    """pikepdf.pdfa does not know forms and signatures and says so; what it knows is in order. veraPDF knows them all."""
    findings = paper.check_conformance(by_stage[stage])
    assert [finding for finding in findings if not finding.startswith("[unsupported]")] == []


@pytest.mark.parametrize("stage", ["sealed", "renewed"])
def test_title_and_dates_stay_those_of_the_document(
    unsealed: bytes, by_stage: dict[str, bytes], stage: str
) -> None:
    def said(pdf: bytes) -> tuple[dict[str, str], bytes]:
        with pikepdf.open(BytesIO(pdf)) as document:
            info = {str(name): str(value) for name, value in document.docinfo.items()}
            return info, document.Root.Metadata.read_bytes()

    assert said(by_stage[stage]) == said(unsealed)
