"""Who is who in the test PKI, as a certomancer configuration; and the keys, derived from fixed words.

Certificates (label: what for)::

    root                          trust anchor of seals, 2020-2060
      issuing                     issues seals, 2020-2050; CRL and OCSP
        issuing-ocsp              signs OCSP responses (RFC 6960 4.2.2.2)
        seal, seal-rsa            good, 2026-2029; CRL and OCSP named in the certificate
        seal-crl, seal-ocsp       name only one of the two; seal-bare names neither
        seal-revoked              revoked on 2026-06-01, key compromise
        seal-expired              2023-2024
    tsa-root                      trust anchor of time-stamps, 2020-2060
      tsa, tsa-rsa                2025-2031; CRL named in the certificate
      tsa-next                    2030-2045
      tsa-expired, tsa-future     2020-2024, 2040-2045
      tsa-revoked                 revoked on 2026-06-01, key compromise
      tsa-no-eku                  lacks extended key usage timeStamping
    foreign-root                  nobody trusts it
      foreign-tsa                 otherwise good
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

CLOCK: Final = datetime(2026, 9, 10, 1, 30, tzinfo=UTC)
"""Time that the PKI lives at unless told otherwise."""

ARCHITECTURE: Final = "loopback"
ROOTS: Final = ("root", "tsa-root", "foreign-root")
REVOKED: Final = {
    "revocation": {"revoked-since": "2026-06-01T00:00:00+0000", "reason": "key_compromise"},
}
NAMES: Final = {
    "root": "Loopback Root CA",
    "issuing": "Loopback Issuing CA",
    "issuing-ocsp": "Loopback OCSP Responder",
    "tsa-root": "Loopback TSA Root CA",
    "foreign-root": "Foreign Root CA",
    "tsa": "Loopback TSA",
    "seal": "Loopback Seal",
}
_P256_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def write_keys(folder: Path) -> None:
    """One PEM file per certificate: P-256 scalars are hashes of the label (worthless as secrets), RSA keys are new."""
    for label in certificates():
        rsa_key = label.endswith("-rsa")
        key = rsa.generate_private_key(65537, 2048) if rsa_key else _derived(label)
        (folder / f"{label}.pem").write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )


def configuration(url: str) -> dict[str, Any]:
    """certomancer's configuration of the whole PKI, served under ``url``."""
    labels = list(certificates())
    return {
        "external-url-prefix": url,
        "keysets": {ARCHITECTURE: {"keys": {label: {"path": f"{label}.pem"} for label in labels}}},
        "pki-architectures": {
            ARCHITECTURE: {
                "keyset": ARCHITECTURE,
                "entity-defaults": {"country-name": "VN", "organization-name": "Loopback, for tests only"},
                "entities": {
                    label: {"common-name": NAMES.get(label, f"Loopback {label}")} for label in labels
                },
                "certs": certificates(),
                "services": {
                    "ocsp": {
                        "issuing": {
                            "for-issuer": "issuing",
                            "responder-cert": "issuing-ocsp",
                            "signing-key": "issuing-ocsp",
                        }
                    },
                    "crl-repo": {
                        label: {"for-issuer": label, "signing-key": label, "simulated-update-schedule": "P1D"}
                        for label in (*ROOTS, "issuing")
                    },
                    "cert-repo": {label: {"for-issuer": label} for label in (*ROOTS, "issuing")},
                    "time-stamping": {
                        label: {"signing-key": label, "signing-cert": label}
                        for label in labels
                        if _is_tsa(label)
                    },
                },
            }
        },
    }


def certificates() -> dict[str, Any]:
    """Certificate specifications in order of issue."""
    return dict(_certificates())


def _certificates() -> Iterator[tuple[str, dict[str, Any]]]:
    for root in ROOTS:
        yield root, _specification(root, 2020, 2060, _authority())
    yield (
        "issuing",
        _specification("root", 2020, 2050, [*_authority(path_length=0), _crl("root"), _access("root")]),
    )
    yield (
        "issuing-ocsp",
        _specification(
            "issuing",
            2020,
            2050,
            [_usage("digital_signature"), _purpose("ocsp_signing"), {"id": "ocsp_no_check"}],
        ),
    )
    both = [_crl("issuing"), _access("issuing", ocsp=True)]
    for label, begin, end, pointers in (
        ("seal", 2026, 2029, both),
        ("seal-rsa", 2026, 2029, both),
        ("seal-crl", 2026, 2029, [_crl("issuing"), _access("issuing")]),
        ("seal-ocsp", 2026, 2029, [_access("issuing", ocsp=True)]),
        ("seal-bare", 2026, 2029, []),
        ("seal-revoked", 2026, 2029, both),
        ("seal-expired", 2023, 2024, both),
    ):
        extensions = [_usage("digital_signature", "non_repudiation"), *pointers]
        yield label, _specification("issuing", begin, end, extensions) | _revoked(label)
    for label, begin, end in (
        ("tsa", 2025, 2031),
        ("tsa-rsa", 2025, 2031),
        ("tsa-next", 2030, 2045),
        ("tsa-expired", 2020, 2024),
        ("tsa-future", 2040, 2045),
        ("tsa-revoked", 2025, 2031),
        ("tsa-no-eku", 2025, 2031),
    ):
        yield label, _time_stamper("tsa-root", label, begin, end) | _revoked(label)
    yield "foreign-tsa", _time_stamper("foreign-root", "foreign-tsa", 2025, 2031)


def _is_tsa(label: str) -> bool:
    return label.removeprefix("foreign-").startswith("tsa") and label != "tsa-root"


def _revoked(label: str) -> dict[str, Any]:
    return REVOKED if label.endswith("-revoked") else {}


def _time_stamper(issuer: str, label: str, begin: int, end: int) -> dict[str, Any]:
    purpose = [] if label == "tsa-no-eku" else [_purpose("time_stamping")]
    return _specification(
        issuer, begin, end, [_usage("digital_signature"), *purpose, _crl(issuer), _access(issuer)]
    )


def _specification(issuer: str, begin: int, end: int, extensions: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "issuer": issuer,
        "validity": {"valid-from": f"{begin}-01-01T00:00:00+0000", "valid-to": f"{end}-01-01T00:00:00+0000"},
        "extensions": extensions,
    }


def _authority(path_length: int | None = None) -> list[dict[str, Any]]:
    value: dict[str, Any] = {"ca": True}
    if path_length is not None:
        value["path_len_constraint"] = path_length
    return [
        {"id": "basic_constraints", "critical": True, "value": value},
        _usage("key_cert_sign", "crl_sign"),
    ]


def _usage(*bits: str) -> dict[str, Any]:
    return {"id": "key_usage", "critical": True, "smart-value": {"schema": "key-usage", "params": list(bits)}}


def _purpose(name: str) -> dict[str, Any]:
    return {"id": "extended_key_usage", "critical": True, "value": [name]}


def _crl(issuer: str) -> dict[str, Any]:
    return {
        "id": "crl_distribution_points",
        "smart-value": {"schema": "crl-dist-url", "params": {"crl-repo-names": [issuer]}},
    }


def _access(issuer: str, *, ocsp: bool = False) -> dict[str, Any]:
    params: dict[str, Any] = {"ca-issuer-links": [{"repo": issuer}]}
    if ocsp:
        params["ocsp-responder-names"] = [issuer]
    return {
        "id": "authority_information_access",
        "smart-value": {"schema": "aia-urls", "params": params},
    }


def _derived(label: str) -> ec.EllipticCurvePrivateKey:
    number = int.from_bytes(hashlib.sha256(f"kolportal loopback test key: {label}".encode()).digest())
    return ec.derive_private_key(1 + number % (_P256_ORDER - 1), ec.SECP256R1())
