"""The fixed PKI of the vectors: every key is a hash of its label, every number and date is written down. Test keys, no secrets.

Certificates and lists are valid around 2026-09-10, when the vectors were sealed, and are judged at an explicit time.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from kolportal.pades.trust import TEST_POLICY

P256_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
BEGIN, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2036, 1, 1, tzinfo=UTC)
REVOKED_AT: Final = datetime(2026, 6, 1, tzinfo=UTC)
REVOKED_LATER: Final = datetime(2026, 9, 20, tzinfo=UTC)
STAMPED_AT: Final = datetime(2026, 9, 10, 1, 31, tzinfo=UTC)
LISTED_AT: Final = datetime(2026, 9, 10, 2, 0, tzinfo=UTC)
"""After the time-stamp: an older list says nothing of the seal's own certificate."""
LISTED_UNTIL: Final = datetime(2026, 10, 10, tzinfo=UTC)

_RSA_PEM: Final = Path(__file__).with_name("rsa-test-key.pem")

# label: issuer, what it is, begin, end
_SPECIFICATIONS: Final[dict[str, tuple[str, str, datetime, datetime]]] = {
    "root": ("root", "ca", datetime(2020, 1, 1, tzinfo=UTC), datetime(2050, 1, 1, tzinfo=UTC)),
    "issuing": ("root", "ca", datetime(2020, 1, 1, tzinfo=UTC), datetime(2045, 1, 1, tzinfo=UTC)),
    "seal": ("issuing", "seal", BEGIN, END),
    "seal-p384": ("issuing", "seal", BEGIN, END),
    "seal-rsa": ("issuing", "seal", BEGIN, END),
    "seal-expired": ("issuing", "seal", datetime(2020, 1, 1, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC)),
    "seal-future": ("issuing", "seal", datetime(2030, 1, 1, tzinfo=UTC), END),
    "seal-revoked": ("issuing", "seal", BEGIN, END),
    "seal-revoked-later": ("issuing", "seal", BEGIN, END),
    "ocsp": ("issuing", "ocsp", BEGIN, END),
    "tsa-root": ("tsa-root", "ca", datetime(2020, 1, 1, tzinfo=UTC), datetime(2050, 1, 1, tzinfo=UTC)),
    "tsa": ("tsa-root", "tsa", BEGIN, datetime(2031, 1, 1, tzinfo=UTC)),
    "tsa-next": ("tsa-root", "tsa", datetime(2029, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC)),
    "foreign-root": ("foreign-root", "ca", BEGIN, END),
    "foreign-seal": ("foreign-root", "seal", BEGIN, END),
    "foreign-tsa": ("foreign-root", "tsa", BEGIN, END),
}
_NAMES: Final = {
    "seal": "Dấu điện tử mẫu – THỬ NGHIỆM / TEST",
    "foreign-seal": "Dấu điện tử mẫu – THỬ NGHIỆM / TEST",  # a stranger takes the same name: only the chain tells
}

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def number(label: str) -> int:
    """A fixed number for ``label``."""
    return int.from_bytes(hashlib.sha256(f"kolportal vectors: {label}".encode()).digest(), "big")


@cache
def key(label: str) -> PrivateKey:
    if label.endswith("-rsa"):
        loaded = serialization.load_pem_private_key(_RSA_PEM.read_bytes(), None)
        assert isinstance(loaded, rsa.RSAPrivateKey)
        return loaded
    curve = ec.SECP384R1() if label.endswith("-p384") else ec.SECP256R1()
    return ec.derive_private_key(1 + number(label) % (P256_ORDER - 1), curve)


def digest_name(label: str) -> str:
    return "sha384" if label.endswith("-p384") else "sha256"


def sign(label: str, data: bytes) -> bytes:
    """Deterministic ECDSA (RFC 6979) or RSASSA-PKCS1-v1_5."""
    private = key(label)
    algorithm = hashes.SHA384() if digest_name(label) == "sha384" else hashes.SHA256()
    if isinstance(private, rsa.RSAPrivateKey):
        return private.sign(data, padding.PKCS1v15(), algorithm)
    return private.sign(data, ec.ECDSA(algorithm, deterministic_signing=True))


@cache
def certificate(label: str) -> x509.Certificate:
    issuer, kind, begin, end = _SPECIFICATIONS[label]
    builder = (
        x509.CertificateBuilder()
        .subject_name(_subject(label))
        .issuer_name(_subject(issuer))
        .public_key(key(label).public_key())
        .serial_number(number(f"serial of {label}") >> 100)
        .not_valid_before(begin)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=kind == "ca", path_length=None), critical=True)
        .add_extension(_usage(ca=kind == "ca"), critical=True)
        .add_extension(
            x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier(TEST_POLICY), None)]),
            critical=False,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key(label).public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(key(issuer).public_key()), critical=False
        )
    )
    purposes = {"tsa": ExtendedKeyUsageOID.TIME_STAMPING, "ocsp": ExtendedKeyUsageOID.OCSP_SIGNING}
    if kind in purposes:
        builder = builder.add_extension(x509.ExtendedKeyUsage([purposes[kind]]), critical=True)
    if kind == "ocsp":
        builder = builder.add_extension(x509.OCSPNoCheck(), critical=False)
    signer = key(issuer)
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    return builder.sign(signer, hashes.SHA256(), ecdsa_deterministic=True)


def der(label: str) -> bytes:
    return certificate(label).public_bytes(serialization.Encoding.DER)


def pem(label: str) -> str:
    return certificate(label).public_bytes(serialization.Encoding.PEM).decode()


def parsed(label: str) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(der(label))


@dataclass(frozen=True)
class Revoked:
    label: str
    at: datetime


def crl(
    issuer: str, *revoked: Revoked, this_update: datetime = LISTED_AT, next_update: datetime = LISTED_UNTIL
) -> bytes:
    """A certificate revocation list in DER."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(_subject(issuer))
        .last_update(this_update)
        .next_update(next_update)
        .add_extension(x509.CRLNumber(int(this_update.timestamp())), critical=False)
    )
    for one in revoked:
        entry = (
            x509.RevokedCertificateBuilder()
            .serial_number(certificate(one.label).serial_number)
            .revocation_date(one.at)
            .add_extension(x509.CRLReason(x509.ReasonFlags.key_compromise), critical=False)
        )
        builder = builder.add_revoked_certificate(entry.build())
    signer = key(issuer)
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    return builder.sign(signer, hashes.SHA256(), ecdsa_deterministic=True).public_bytes(
        serialization.Encoding.DER
    )


def _subject(label: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Kolportal, vectors of tests only"),
            x509.NameAttribute(NameOID.COMMON_NAME, _NAMES.get(label, f"Vectors {label}")),
        ]
    )


def _usage(*, ca: bool) -> x509.KeyUsage:
    none: dict[str, Any] = dict.fromkeys(
        ("key_encipherment", "data_encipherment", "key_agreement", "encipher_only", "decipher_only"), False
    )
    return x509.KeyUsage(
        digital_signature=not ca, content_commitment=not ca, key_cert_sign=ca, crl_sign=ca, **none
    )
