"""From a certificate upwards: who issued it. Enough to collect validation data, and to keep foreign authorities out.

Full path validation (RFC 5280 clause 6) is the business of :mod:`kolportal.pades.verification`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

MAX_LENGTH: Final = 8


def issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether ``issuer``'s key signed ``certificate``, and the names fit."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def signed(data: bytes, signature: bytes, *, by: x509.Certificate, algorithm: hashes.HashAlgorithm) -> bool:
    """Whether ``signature`` over ``data`` is by the key of ``by``: ECDSA or RSASSA-PKCS1-v1_5; other keys sign nothing here."""
    key = by.public_key()
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, data, padding.PKCS1v15(), algorithm)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, data, ec.ECDSA(algorithm))
        else:
            return False
    except InvalidSignature:
        return False
    return True


def is_self_issued(certificate: x509.Certificate) -> bool:
    return certificate.issuer == certificate.subject


def issuer_among(certificate: x509.Certificate, pool: Iterable[x509.Certificate]) -> x509.Certificate | None:
    """The certificate in ``pool`` whose key signed ``certificate``."""
    return next(
        (other for other in pool if other.subject == certificate.issuer and issued(certificate, other)), None
    )


def leads_to(
    certificate: x509.Certificate,
    roots: Sequence[x509.Certificate],
    *,
    pool: Sequence[x509.Certificate],
    at: datetime,
) -> bool:
    """Whether authorities in ``pool``, valid at ``at``, connect ``certificate`` with one of ``roots``."""
    current = certificate
    for _ in range(MAX_LENGTH):
        if current in roots or issuer_among(current, roots):
            return True
        issuer = issuer_among(current, pool)
        if issuer is None or issuer == current or not _is_authority(issuer, at):
            return False
        current = issuer
    return False


def _is_authority(certificate: x509.Certificate, at: datetime) -> bool:
    try:
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound:
        return False
    return constraints.ca and certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc
