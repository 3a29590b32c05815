"""Reports on what our own sealing makes, with a whole PKI: levels, proven time, revocation, renewal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from kolportal import pades
from kolportal.pades import Level, Report, Trust, verify
from kolportal.pades.verification import After, Change, Indication, Revocation, SubIndication
from tests.kolportal.pades.conftest import small_pdf
from tests.pki import LoopbackPki
from tests.servers import PATIENCE

SOON = timedelta(minutes=10)
Seal = Callable[..., pades.Sealed]


@pytest.fixture(scope="module")
def trust(loopback: LoopbackPki) -> Trust:
    return Trust.of(seal_roots=[loopback.root], timestamp_roots=[loopback.tsa_root])


@pytest.fixture(scope="module")
def seal(loopback: LoopbackPki) -> Seal:
    def make(level: Level, *, label: str = "seal", tsa: str = "tsa") -> pades.Sealed:
        return pades.seal(
            small_pdf(),
            key=loopback.seal_key(label),
            at=loopback.clock,
            level=level,
            timestampers=[pades.HttpTimestamper(loopback.tsa_url(tsa), seconds=PATIENCE)],
            validation=pades.HttpValidationSource(seconds=PATIENCE),
        )

    return make


def permitted(report: Report) -> set[Change]:
    assert report.after in (After.NOTHING, After.PERMITTED)
    return {finding.change for finding in report.findings}


@pytest.mark.parametrize("level", list(Level))
@pytest.mark.parametrize("label", ["seal", "seal-rsa"])
def test_the_level_found_is_the_level_reached(
    loopback: LoopbackPki, trust: Trust, seal: Seal, level: Level, label: str
) -> None:
    made = seal(level, label=label, tsa="tsa-rsa" if label == "seal-rsa" else "tsa")
    assert made.achieved == level
    report = verify(made.data, trust=trust, at=loopback.clock + SOON)
    assert report.whole, report.fault
    assert report.level == level
    assert report.trusted
    assert (report.time.proven is not None) == (level != Level.B_B)
    stored = {Change.VALIDATION_DATA} if level in (Level.B_LT, Level.B_LTA) else set()
    assert permitted(report) == stored | ({Change.TIME_STAMP} if level == Level.B_LTA else set())
    assert report.passed == (level in (Level.B_LT, Level.B_LTA))
    assert report.revocation.state == (Revocation.GOOD if report.passed else Revocation.UNKNOWN)


@pytest.mark.parametrize("level", [Level.B_T, Level.B_LT, Level.B_LTA])
def test_an_upgraded_seal_reaches_its_level(
    loopback: LoopbackPki, trust: Trust, seal: Seal, level: Level
) -> None:
    made = pades.upgrade(
        seal(Level.B_B).data,
        level=level,
        timestampers=[pades.HttpTimestamper(loopback.tsa_url(), seconds=PATIENCE)],
        validation=pades.HttpValidationSource(seconds=PATIENCE),
        at=loopback.clock,
        pool=[loopback.root, loopback.tsa_root],
    )
    report = verify(made.data, trust=trust, at=loopback.clock + SOON)
    assert report.whole, report.fault
    assert report.level == made.achieved == level
    assert report.time.stamps[0].kind == "document"


def test_a_list_handed_in_makes_a_plain_seal_pass(loopback: LoopbackPki, trust: Trust, seal: Seal) -> None:
    source = pades.HttpValidationSource(seconds=PATIENCE)
    lists = tuple(source.crl(loopback.certificate(label), at=loopback.clock) for label in ("seal", "issuing"))
    known = Trust(trust.seal_roots, trust.timestamp_roots, crls=lists)
    report = verify(seal(Level.B_B).data, trust=known, at=loopback.clock + SOON)
    assert report.passed
    assert {one.source for one in report.revocation.evidence} == {"handed-in"}
    late = verify(seal(Level.B_B).data, trust=known, at=loopback.clock + timedelta(days=30))
    assert late.conclusion.sub_indication == SubIndication.TRY_LATER, "that list is no longer fresh"


def test_a_revoked_certificate_is_named(loopback: LoopbackPki, trust: Trust, seal: Seal) -> None:
    source = pades.HttpValidationSource(seconds=PATIENCE)
    lists = tuple(
        source.crl(loopback.certificate(label), at=loopback.clock) for label in ("seal-revoked", "issuing")
    )
    report = verify(
        seal(Level.B_B, label="seal-revoked").data,
        trust=Trust(trust.seal_roots, trust.timestamp_roots, crls=lists),
        at=loopback.clock + SOON,
    )
    assert report.whole
    assert report.revocation.state == Revocation.REVOKED
    assert report.revocation.revoked_at == datetime(2026, 6, 1, tzinfo=UTC)
    assert report.revocation.reason == "key_compromise"
    assert report.conclusion.sub_indication == SubIndication.REVOKED_NO_POE


def test_what_is_renewed_in_time_still_passes_after_all_certificates_have_ended(
    loopback: LoopbackPki, trust: Trust, seal: Seal
) -> None:
    made = seal(Level.B_LTA)
    renewed_at, later = datetime(2030, 6, 1, tzinfo=UTC), datetime(2033, 1, 1, tzinfo=UTC)
    left = verify(made.data, trust=trust, at=later)
    assert left.whole
    assert left.conclusion.sub_indication == SubIndication.OUT_OF_BOUNDS_NO_POE
    with loopback.at(renewed_at):
        renewed = pades.renew(
            made.data,
            timestampers=[pades.HttpTimestamper(loopback.tsa_url("tsa-next"), seconds=PATIENCE)],
            validation=pades.HttpValidationSource(seconds=PATIENCE),
            at=renewed_at,
            pool=[loopback.root, loopback.tsa_root],
        )
    report = verify(renewed.data, trust=trust, at=later)
    assert report.passed, (report.fault, report.conclusion, report.time.stamps)
    assert report.level == Level.B_LTA
    assert len(report.time.stamps) == 3
    assert report.time.proven == made.sealed_at


@pytest.mark.parametrize(
    ("seals", "stamps"), [("root", "foreign-root"), ("foreign-root", "tsa-root"), ("tsa-root", "root")]
)
def test_each_root_counts_for_its_own_kind_only(
    loopback: LoopbackPki, seal: Seal, seals: str, stamps: str
) -> None:
    trust = Trust.of(seal_roots=[loopback.certificate(seals)], timestamp_roots=[loopback.certificate(stamps)])
    report = verify(seal(Level.B_LTA).data, trust=trust, at=loopback.clock + SOON)
    assert report.whole
    assert report.trusted == (seals == "root")
    assert (report.time.proven is not None) == (stamps == "tsa-root")
    assert report.level in (Level.B_B, Level.B_T)
    assert report.conclusion.indication == Indication.INDETERMINATE or seals == "root"


def test_the_work_for_a_file_is_bounded_by_what_it_holds(seal: Seal) -> None:
    """Values read grow with the objects that matter, not with the pages: those are never parsed."""
    from kolportal.pades.verification import verifying
    from kolportal.pades.verification.document import Document
    from kolportal.pades.verification.objects import MAX_TOKENS

    def tokens(pages: int) -> int:
        document = Document(pades_sealed(pages))
        look = verifying._Look(document.data, Trust(), ((), ()), datetime(2026, 9, 10, tzinfo=UTC))
        look.report()
        return MAX_TOKENS - look.document.budget.tokens

    def pades_sealed(pages: int) -> bytes:
        from tests.vectors.sealing import sealed

        return sealed(pdf=small_pdf(pages=pages))

    assert tokens(200) < tokens(20) + 180 * 40
