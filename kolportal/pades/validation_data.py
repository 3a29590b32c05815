"""What a level B-LT carries: the certificates up to the root, and proof that none of them was revoked.

ETSI EN 319 142-1 clause 6.3: the full set of certificates, trust anchors among them where they are known, and the
revocation data of all but the anchors. Collected here from a source that is handed in, and checked before it is used.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Protocol, TypeVar

from cryptography import x509

from kolportal.pades import revocation
from kolportal.pades.errors import ServiceFailed
from kolportal.pades.levels import Cause
from kolportal.pades.paths import is_self_issued, issuer_among
from kolportal.pades.revocation import Question

T = TypeVar("T")

MAX_CERTIFICATES: Final = 16
"""More than this for one signer is no chain of this world."""


class ValidationSource(Protocol):
    """Where certificates and revocation data come from, handed in. Every method raises ServiceFailed or OSError."""

    def issuers(self, certificate: x509.Certificate, *, at: datetime) -> Sequence[x509.Certificate]:
        """Certificates that may have issued ``certificate``."""

    def ocsp_response(
        self, certificate: x509.Certificate, issuer: x509.Certificate, *, at: datetime, since: datetime | None
    ) -> bytes:
        """DER ``OCSPResponse`` on ``certificate``, asked for now where one that is kept was issued before ``since``."""

    def crl(self, certificate: x509.Certificate, *, at: datetime, since: datetime | None) -> bytes:
        """DER ``CertificateList`` that covers ``certificate``, fetched now where a kept one is older than ``since``."""


@dataclass(frozen=True)
class ValidationData:
    """Certificates, and DER of CRLs and OCSP responses, each once, in the order they were met."""

    certificates: tuple[x509.Certificate, ...] = ()
    crls: tuple[bytes, ...] = ()
    ocsp_responses: tuple[bytes, ...] = ()

    def __or__(self, other: ValidationData) -> ValidationData:
        return ValidationData(
            certificates=_once([*self.certificates, *other.certificates]),
            crls=_once([*self.crls, *other.crls]),
            ocsp_responses=_once([*self.ocsp_responses, *other.ocsp_responses]),
        )


def collect(
    certificate: x509.Certificate,
    question: Question,
    *,
    pool: Iterable[x509.Certificate],
    source: ValidationSource,
) -> ValidationData:
    """Everything that is needed to validate ``certificate`` later.

    ``pool`` holds certificates that are known already. Raises ServiceFailed; its source is the certificate for which
    something is missing.
    """
    known = list(pool)
    found = ValidationData()
    waiting = [certificate]
    while waiting:
        current = waiting.pop()
        if current in found.certificates:
            continue
        if len(found.certificates) == MAX_CERTIFICATES:
            raise ServiceFailed(Cause.ISSUER_MISSING, "the chain has no end", source=_named(certificate))
        found |= ValidationData(certificates=(current,))
        if is_self_issued(current):
            continue
        asked = question if current is certificate else replace(question, since=None)
        try:
            issuer = _issuer(current, known, source, question.at)
            more, responder = _revocation(current, issuer, source, asked)
        except ServiceFailed as error:
            raise ServiceFailed(
                error.cause, " ".join(filter(None, (error.source, error.detail))), source=_named(current)
            ) from error
        found |= more
        waiting += [issuer, *([responder] if responder else ())]
    return found


def _issuer(
    certificate: x509.Certificate, known: list[x509.Certificate], source: ValidationSource, at: datetime
) -> x509.Certificate:
    if (issuer := issuer_among(certificate, known)) is not None:
        return issuer
    try:
        offered = source.issuers(certificate, at=at)
    except (ServiceFailed, OSError) as error:
        raise ServiceFailed(Cause.ISSUER_MISSING, str(error)) from error
    known += offered
    if (issuer := issuer_among(certificate, offered)) is None:
        raise ServiceFailed(Cause.ISSUER_MISSING, "its issuer's certificate is not to be had")
    return issuer


def _revocation(
    certificate: x509.Certificate, issuer: x509.Certificate, source: ValidationSource, asked: Question
) -> tuple[ValidationData, x509.Certificate | None]:
    """Proof that ``certificate`` stands, OCSP before CRL because it is younger and smaller; and the OCSP responder."""
    if asked.at > certificate.not_valid_after_utc:
        # an authority may drop ended certificates from its lists: they would say nothing
        raise ServiceFailed(Cause.CERTIFICATE_EXPIRED, f"ended {certificate.not_valid_after_utc.isoformat()}")
    if revocation.is_excused(certificate):
        return ValidationData(), None
    failures: list[ServiceFailed] = []
    for ask in (_by_ocsp, _by_crl):
        try:
            return ask(certificate, issuer, source, asked)
        except OSError as error:
            failures.append(ServiceFailed(Cause.UNREACHABLE, str(error)))
        except ServiceFailed as error:
            failures.append(error)
            if error.cause is Cause.REVOKED:
                break
    # that the certificate names no address for one of the two is the lesser news
    told = [one for one in failures if one.cause is not Cause.REVOCATION_MISSING] or failures
    raise ServiceFailed(told[-1].cause, "; ".join(map(str, failures)))


def _by_ocsp(
    certificate: x509.Certificate, issuer: x509.Certificate, source: ValidationSource, asked: Question
) -> tuple[ValidationData, x509.Certificate]:
    der = source.ocsp_response(certificate, issuer, at=asked.at, since=asked.since)
    responder = revocation.check_ocsp(der, certificate=certificate, issuer=issuer, asked=asked)
    return ValidationData(ocsp_responses=(der,)), responder


def _by_crl(
    certificate: x509.Certificate, issuer: x509.Certificate, source: ValidationSource, asked: Question
) -> tuple[ValidationData, None]:
    der = source.crl(certificate, at=asked.at, since=asked.since)
    revocation.check_crl(der, certificate=certificate, issuer=issuer, asked=asked)
    return ValidationData(crls=(der,)), None


def _named(certificate: x509.Certificate) -> str:
    return certificate.subject.rfc4514_string()


def _once(items: Sequence[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(items))
