"""Whether a CRL (RFC 5280 clause 5) or an OCSP response (RFC 6960) speaks for a certificate, and says that it stands.

Every function raises ServiceFailed: MALFORMED, BAD_SIGNATURE, NOT_FRESH, REVOCATION_MISSING (it speaks of other
certificates), REVOKED.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from kolportal.pades.errors import ServiceFailed, reading
from kolportal.pades.levels import Cause
from kolportal.pades.paths import issued, signed

CLOCK_SKEW: Final = timedelta(minutes=5)
"""Authorities' clocks differ; an answer may be this much ahead of ours."""

WITHOUT_NEXT_UPDATE: Final = timedelta(days=1)
"""How old an answer may be that does not say when the next one comes (RFC 6960 clause 4.2.2.1 leaves it open)."""


@dataclass(frozen=True)
class Question:
    """What is asked of every certificate of a chain. Times are aware.

    ``at`` is now. ``proven_at`` is when what the chain's first certificate signed is proven to have existed: a later
    revocation does no harm. ``since``: how young the revocation data of that first certificate must be, if it matters.
    """

    at: datetime
    proven_at: datetime
    since: datetime | None = None


def check_crl(
    der: bytes, *, certificate: x509.Certificate, issuer: x509.Certificate, asked: Question
) -> None:
    """``certificate`` is not revoked by the CRL ``der`` of ``issuer``, which is in force at ``asked.at``.

    A revocation after ``asked.proven_at``, when the signature is proven to have been there, does not count (ETSI EN 319 102-1
    clause 5.5.4). A list that was issued before ``asked.since`` cannot know what happened until then, and is not fresh. CRLs that
    cover only some reasons, and indirect ones, are not used.
    """
    with reading("the CRL"):
        crl = x509.load_der_x509_crl(der)
        if crl.issuer != certificate.issuer or not _covers(crl, certificate):
            raise ServiceFailed(Cause.REVOCATION_MISSING, "the CRL is of other certificates")
        if not crl.is_signature_valid(issuer.public_key()):  # type: ignore[arg-type]  # other keys: TypeError, so MALFORMED
            raise ServiceFailed(Cause.BAD_SIGNATURE, "the CRL is not by the certificate's issuer")
        _check_fresh("CRL", crl.last_update_utc, crl.next_update_utc, asked)
        entry = crl.get_revoked_certificate_by_serial_number(certificate.serial_number)
        if entry is not None and entry.revocation_date_utc <= asked.proven_at:
            raise ServiceFailed(Cause.REVOKED, f"revoked {entry.revocation_date_utc.isoformat()}")


def check_ocsp(
    der: bytes, *, certificate: x509.Certificate, issuer: x509.Certificate, asked: Question
) -> x509.Certificate:
    """As :func:`check_crl`, by the OCSP response ``der``; returns the certificate of the responder that signed it."""
    with reading("the OCSP response"):
        response = ocsp.load_der_ocsp_response(der)
        if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            raise ServiceFailed(Cause.REVOCATION_MISSING, f"OCSP: {response.response_status.name.lower()}")
        single = next(
            (one for one in response.responses if one.serial_number == certificate.serial_number), None
        )
        if single is None:
            raise ServiceFailed(Cause.REVOCATION_MISSING, "the OCSP response is of another certificate")
        responder = next((one for one in _responders(response, issuer) if _signed_by(response, one)), None)
        if responder is None:
            raise ServiceFailed(
                Cause.BAD_SIGNATURE, "the OCSP response is not by the issuer or its responder"
            )
        if not responder.not_valid_before_utc <= asked.at <= responder.not_valid_after_utc:
            raise ServiceFailed(Cause.BAD_SIGNATURE, "the OCSP responder's certificate is not valid now")
        _check_fresh("OCSP response", single.this_update_utc, single.next_update_utc, asked)
        _check_status(single, asked.proven_at)
        return responder


def _check_status(single: ocsp.OCSPSingleResponse, proven_at: datetime) -> None:
    if single.certificate_status is ocsp.OCSPCertStatus.UNKNOWN:
        raise ServiceFailed(Cause.REVOCATION_MISSING, "the OCSP responder does not know the certificate")
    if single.certificate_status is ocsp.OCSPCertStatus.REVOKED:
        revoked_at = single.revocation_time_utc
        if revoked_at is None or revoked_at <= proven_at:
            raise ServiceFailed(Cause.REVOKED, f"revoked {revoked_at.isoformat() if revoked_at else ''}")


def is_excused(certificate: x509.Certificate) -> bool:
    """Whether the issuer says that nobody need ask: id-pkix-ocsp-nocheck (RFC 6960 clause 4.2.2.2.1)."""
    return any(isinstance(extension.value, x509.OCSPNoCheck) for extension in certificate.extensions)


def _check_fresh(what: str, begin: datetime, end: datetime | None, asked: Question) -> None:
    if begin - CLOCK_SKEW > asked.at:
        raise ServiceFailed(Cause.NOT_FRESH, f"the {what} begins {begin.isoformat()}")
    if asked.at > (end or begin + WITHOUT_NEXT_UPDATE):
        raise ServiceFailed(Cause.NOT_FRESH, f"the {what} is of {begin.isoformat()}")
    if asked.since is not None and begin < asked.since:
        due = f"; the next is due {end.isoformat()}" if end else ""
        raise ServiceFailed(
            Cause.NOT_FRESH,
            f"the {what} is of {begin.isoformat()}, the time-stamp of {asked.since.isoformat()}{due}",
        )


def _covers(crl: x509.CertificateRevocationList, certificate: x509.Certificate) -> bool:
    """RFC 5280 clause 6.3.3 (b): the issuing distribution point may narrow down what the list is about."""
    try:
        point = crl.extensions.get_extension_for_class(x509.IssuingDistributionPoint).value
    except x509.ExtensionNotFound:
        return True
    try:
        authority = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        authority = False
    if point.indirect_crl or point.only_some_reasons or point.only_contains_attribute_certs:
        return False
    return not (point.only_contains_user_certs if authority else point.only_contains_ca_certs)


def _responders(response: ocsp.OCSPResponse, issuer: x509.Certificate) -> Iterator[x509.Certificate]:
    """Who may have signed: the issuer, or a delegate that it issued for that purpose (RFC 6960 clause 4.2.2.2)."""
    yield issuer
    for certificate in response.certificates:
        try:
            purposes = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        except x509.ExtensionNotFound:
            continue
        if ExtendedKeyUsageOID.OCSP_SIGNING in purposes and issued(certificate, issuer):
            yield certificate


def _signed_by(response: ocsp.OCSPResponse, certificate: x509.Certificate) -> bool:
    algorithm = response.signature_hash_algorithm
    if algorithm is None or isinstance(algorithm, hashes.SHA1):
        return False
    return signed(response.tbs_response_bytes, response.signature, by=certificate, algorithm=algorithm)
