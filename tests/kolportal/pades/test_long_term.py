"""B-LTA before a judge that is not ours: pyHanko's ``ades_lta_validation`` (ETSI EN 319 102-1 clause 5.6.3), now and in 2033.

The policy is that of docs/trust.md ("Validation policy"): two sets of anchors, revocation data required for every
certificate, whatever has ended judged by what the file holds, and the net asked about the last time-stamp only.
"""

import asyncio
import datetime as real
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESIndeterminate, AdESPassed
from pyhanko.sign.validation.ades import AdESLTAValidationResult, ades_lta_validation
from pyhanko.sign.validation.policy_decl import (
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.policy_decl import REQUIRE_REVINFO, CertRevTrustPolicy
from pyhanko_certvalidator.registry import SimpleTrustManager

from kolportal import pades
from kolportal.pades import HttpValidationSource, Level
from tests.kolportal.pades.conftest import SEALED_AT
from tests.kolportal.pades.test_levels import at_level, authority
from tests.pki import LoopbackPki
from tests.servers import PATIENCE

IN_2030 = datetime(2030, 6, 1, 12, tzinfo=UTC)
IN_2033 = datetime(2033, 6, 1, 12, tzinfo=UTC)
CLOCKS = (
    "pyhanko.sign.validation.ades",
    "pyhanko_certvalidator.context",
    "pyhanko_certvalidator.ltv.ades_past",
    "pyhanko_certvalidator.ltv.poe",
    "pyhanko_certvalidator.ltv.types",
)
"""Modules of the judge that ask for the time of day."""


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    logging.disable(logging.CRITICAL)  # the judge logs a traceback for each certificate that has ended
    yield
    logging.disable(logging.NOTSET)


def judged(
    loopback: LoopbackPki, pdf: bytes, moment: datetime, monkeypatch: pytest.MonkeyPatch
) -> AdESLTAValidationResult:
    """The verdict of somebody who lives at ``moment``, as the whole PKI does then."""

    class Clock(real.datetime):
        @classmethod
        def now(cls, tz: real.tzinfo | None = None) -> datetime:  # type: ignore[override]  # datetime.now gives Self
            return moment

    specification = PdfSignatureValidationSpec(
        SignatureValidationSpec(
            cert_validation_policy=_policy(loopback.root),
            ts_cert_validation_policy=_policy(loopback.tsa_root),
            revinfo_gathering_policy=RevocationInfoGatheringSpec(
                RevinfoOnlineFetchingRule.NO_HISTORICAL_FETCH
            ),
        )
    )
    seal = PdfFileReader(BytesIO(pdf)).embedded_regular_signatures[0]
    with monkeypatch.context() as patch, loopback.at(moment):
        for module in CLOCKS:
            patch.setattr(f"{module}.datetime", Clock)
        return asyncio.run(ades_lta_validation(seal, specification))


def _policy(root: x509.Certificate) -> CertValidationPolicySpec:
    anchor = asn1_x509.Certificate.load(root.public_bytes(serialization.Encoding.DER))
    return CertValidationPolicySpec(
        trust_manager=SimpleTrustManager.build(trust_roots=[anchor]),
        revinfo_policy=CertRevTrustPolicy(REQUIRE_REVINFO),
    )


@pytest.fixture(scope="module", params=["seal", "seal-rsa"])
def archived(request: pytest.FixtureRequest, loopback: LoopbackPki, plain: bytes) -> pades.Sealed:
    return at_level(loopback, plain, Level.B_LTA, key=request.param)


@pytest.fixture(scope="module")
def renewed(loopback: LoopbackPki, archived: pades.Sealed) -> pades.Sealed:
    """In 2030, while the first authority's certificate (until 2031) is still valid."""
    with loopback.at(IN_2030):
        return pades.renew(
            archived.data,
            timestampers=[authority(loopback, "tsa-next")],
            validation=HttpValidationSource(seconds=PATIENCE),
            at=loopback.clock,
        )


@pytest.mark.parametrize("later", [timedelta(minutes=1), timedelta(days=3)])
def test_a_b_lta_seal_passes_today(
    loopback: LoopbackPki, archived: pades.Sealed, later: timedelta, monkeypatch: pytest.MonkeyPatch
) -> None:
    verdict = judged(loopback, archived.data, SEALED_AT + later, monkeypatch)
    assert verdict.ades_subindic is AdESPassed.OK, verdict.failure_msg
    assert verdict.best_signature_time == verdict.oldest_evidence_record_timestamp == SEALED_AT


def test_a_renewed_seal_passes_in_2033_when_seal_and_first_authority_have_ended(
    loopback: LoopbackPki, renewed: pades.Sealed, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert loopback.certificate("seal").not_valid_after_utc < IN_2033
    assert loopback.certificate("tsa").not_valid_after_utc < IN_2033
    verdict = judged(loopback, renewed.data, IN_2033, monkeypatch)
    assert verdict.ades_subindic is AdESPassed.OK, verdict.failure_msg
    assert verdict.best_signature_time == SEALED_AT


def test_without_renewal_nothing_vouches_for_it_in_2033(
    loopback: LoopbackPki, archived: pades.Sealed, monkeypatch: pytest.MonkeyPatch
) -> None:
    verdict = judged(loopback, archived.data, IN_2033, monkeypatch)
    assert isinstance(verdict.ades_subindic, AdESIndeterminate)


def test_a_b_lt_seal_does_not_outlive_its_certificate(
    loopback: LoopbackPki, plain: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed = at_level(loopback, plain, Level.B_LT)
    verdict = judged(loopback, sealed.data, IN_2033, monkeypatch)
    assert isinstance(verdict.ades_subindic, AdESIndeterminate)


def test_a_seal_raised_a_day_later_by_list_alone_passes(
    loopback: LoopbackPki, plain: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Up to the end of its certificate: later the judge finds no proof for the issuer of a list, only for OCSP responders."""
    early = at_level(loopback, plain, Level.B_LTA, key="seal-crl")
    assert early.achieved is Level.B_T, "its list was older than the time-stamp"
    with loopback.at(SEALED_AT + timedelta(days=1)):
        sealed = pades.upgrade(
            early.data,
            level=Level.B_LTA,
            timestampers=[authority(loopback)],
            validation=HttpValidationSource(seconds=PATIENCE),
            at=loopback.clock,
        )
    assert (sealed.achieved, sealed.obstacles) == (Level.B_LTA, ())
    verdict = judged(loopback, sealed.data, SEALED_AT + timedelta(days=400), monkeypatch)
    assert verdict.ades_subindic is AdESPassed.OK, verdict.failure_msg
