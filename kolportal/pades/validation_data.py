"""What a level B-LT carries: the certificates up to the root, and proof that none of them was revoked.

ETSI EN 319 142-1 clause 6.3: the full set of certificates, trust anchors among them where they are known, and the
revocation data of all but the anchors. Collected here from a source that is handed in, and checked before it is used.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol, TypeVar

from cryptography import x509

from kolportal.pades import revocation
from kolportal.pades.errors import ServiceFailed
from kolportal.pades.levels import Cause
from kolportal.pades.paths import is_self_issued, issuer_among

T = TypeVar("T")

MAX_CERTIFICATES: Final = 16
"""More than this for one signer is no chain of this world."""


class ValidationSource(Protocol):
    """Where certificates and revocation data come from, handed in. Every method raises ServiceFailed or OSError."""

    def issuers(self, certificate: x509.Certificate, *, at: datetime) -> Sequence[x509.Certificate]:
        """Certificates that may have issued ``certificate``."""

    def ocsp_response(
        self, certificate: x509.Certificate, issuer: x509.Certificate, *, at: datetime
    ) -> bytes:
        """DER ``OCSPResponse`` on ``certificate``."""

    def crl(self, certificate: x509.Certificate, *, at: datetime) -> bytes:
        """DER ``CertificateList`` that covers ``certificate``."""


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
    *,
    pool: Iterable[x509.Certificate],
    source: ValidationSource,
    at: datetime,
    proven_at: datetime,
) -> ValidationData:
    """Everything that is needed to validate ``certificate`` later, valid at ``at``.

    ``pool`` holds certificates that are known already. ``proven_at`` is when what it signed is proven to have existed: a
    later revocation does no harm. Raises ServiceFailed; its source is the certificate for which something is missing.
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
        try:
            issuer = _issuer(current, known, source, at)
            more, responder = _revocation(current, issuer, source, at, proven_at)
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
    certificate: x509.Certificate,
    issuer: x509.Certificate,
    source: ValidationSource,
    at: datetime,
    proven_at: datetime,
) -> tuple[ValidationData, x509.Certificate | None]:
    """Proof that ``certificate`` stands, OCSP before CRL because it is younger and smaller; and the OCSP responder."""
    if at > certificate.not_valid_after_utc:
        # an authority may drop ended certificates from its lists: they would say nothing
        raise ServiceFailed(Cause.CERTIFICATE_EXPIRED, f"ended {certificate.not_valid_after_utc.isoformat()}")
    if revocation.is_excused(certificate):
        return ValidationData(), None
    failures: list[ServiceFailed] = []
    try:
        response = source.ocsp_response(certificate, issuer, at=at)
        responder = revocation.check_ocsp(
            response, certificate=certificate, issuer=issuer, at=at, proven_at=proven_at
        )
        return ValidationData(ocsp_responses=(response,)), responder
    except OSError as error:
        failures.append(ServiceFailed(Cause.UNREACHABLE, f"OCSP: {error}"))
    except ServiceFailed as error:
        failures.append(error)
    if failures[0].cause is not Cause.REVOKED:
        try:
            crl = source.crl(certificate, at=at)
            revocation.check_crl(crl, certificate=certificate, issuer=issuer, at=at, proven_at=proven_at)
            return ValidationData(crls=(crl,)), None
        except OSError as error:
            failures.append(ServiceFailed(Cause.UNREACHABLE, f"CRL: {error}"))
        except ServiceFailed as error:
            failures.append(error)
    # what the certificate names no address for is the lesser news
    worst = next((one for one in failures if one.cause is Cause.REVOKED), None) or next(
        (one for one in failures if one.cause is not Cause.REVOCATION_MISSING), failures[-1]
    )
    raise ServiceFailed(worst.cause, "; ".join(map(str, failures)))


def _named(certificate: x509.Certificate) -> str:
    return certificate.subject.rfc4514_string()


def _once(items: Sequence[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(items))
