"""Bounds and strictness of verification, each with what it lets through: keys, DER, revocation lists, roots, names."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asn1crypto import algos, core
from asn1crypto import keys as asn1_keys
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from kolportal.pades import Trust, verify
from kolportal.pades.verification import Revocation, SubIndication, der, keys
from kolportal.pades.verification.chains import NoPath, loaded, path
from kolportal.pades.verification.objects import TooComplex
from kolportal.pades.verification.purposes import may_seal, may_stamp
from tests.vectors import pki, sealing

RSA = algos.SignedDigestAlgorithm({"algorithm": "sha256_rsa"})
ECDSA = algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"})


def rsa_key(modulus: int, exponent: int = 65537) -> asn1_keys.PublicKeyInfo:
    numbers = asn1_keys.RSAPublicKey({"modulus": modulus, "public_exponent": exponent})
    return asn1_keys.PublicKeyInfo(
        {"algorithm": {"algorithm": "rsa", "parameters": core.Null()}, "public_key": numbers}
    )


@pytest.mark.parametrize(
    ("bits", "exponent"),
    [
        (1024, 65537),
        (2047, 65537),
        (8193, 65537),
        (65536, 65537),
        (2048, 1),
        (2048, 4),
        (2048, 2**64 + 1),
        (2048, 2**2000 + 1),
    ],
)
def test_rsa_keys_that_are_weak_or_would_take_long_are_not_used(bits: int, exponent: int) -> None:
    key = rsa_key((1 << (bits - 1)) + 1, exponent)
    with pytest.raises(keys.WeakAlgorithm):
        keys.signed_by(key, RSA, bytes((bits + 7) // 8), b"data")


@pytest.mark.parametrize("bits", [2048, 3072, 4096, 8192])
def test_rsa_keys_of_usual_sizes_are_used(bits: int) -> None:
    assert not keys.signed_by(rsa_key((1 << (bits - 1)) + 1), RSA, bytes(bits // 8), b"data")


@pytest.mark.parametrize("name", ["sha1_rsa", "md5_rsa", "sha256_dsa", "sha1_ecdsa", "sha256_rsa", "ed25519"])
def test_algorithms_that_are_broken_or_of_another_key_are_not_used(name: str) -> None:
    key = pki.parsed("seal").public_key
    with pytest.raises(keys.WeakAlgorithm):
        keys.signed_by(key, algos.SignedDigestAlgorithm({"algorithm": name}), b"0", b"data")


def test_checks_of_signatures_are_counted() -> None:
    key = pki.parsed("seal").public_key
    with keys.counted():
        for _ in range(keys.MAX_CHECKS):
            assert not keys.signed_by(key, ECDSA, b"0", b"data")
        with pytest.raises(TooComplex):
            keys.signed_by(key, ECDSA, b"0", b"data")
    assert not keys.signed_by(key, ECDSA, b"0", b"data"), "the next file starts anew"


@pytest.mark.parametrize(
    ("data", "strict"),
    [
        ("30 03 020101", True),
        ("30 04 020101", False),
        ("30 80 020101 0000", False),
        ("30 81 03 020101", False),
        ("02 02 0001", False),
        ("02 02 0080", True),
        ("02 02 ff80", False),
        ("02 00", False),
        ("01 01 01", False),
        ("01 01 ff", True),
        ("03 02 07 80", True),
        ("03 02 07 81", False),
        ("03 02 08 80", False),
        ("03 06 01 0000000002", False),
        ("03 06 00 0000000002", True),
        ("1f 01 00", False),
        ("30" * 1, False),
    ],
)
def test_der_is_strict(data: str, strict: bool) -> None:
    assert der.is_strict(bytes.fromhex(data)) == strict


def test_deep_der_is_refused_and_not_followed() -> None:
    value = b""
    for _ in range(60):
        value = bytes((0x30, len(value))) + value if len(value) < 0x80 else value
    assert not der.is_strict(value)


# --- chains ---------------------------------------------------------------------------------------------------------------


def issued(
    subject: str,
    issuer: str,
    *,
    ca: bool = False,
    signer: str | None = None,
    extensions: tuple[tuple[x509.ExtensionType, bool], ...] = (),
) -> bytes:
    def name(label: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, label)])

    signing = pki.key(f"bounds {signer or issuer}")
    assert isinstance(signing, ec.EllipticCurvePrivateKey)
    builder = (
        x509.CertificateBuilder().subject_name(name(subject)).issuer_name(name(issuer))
        .public_key(pki.key(f"bounds {subject}").public_key()).serial_number(1 + pki.number(subject) % 2**64)
        .not_valid_before(pki.BEGIN).not_valid_after(pki.END)
    )  # fmt: skip
    if ca:
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(signing, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


ROOT = issued("A", "A", ca=True)
LEAF = issued("leaf", "B")
_NAMES = x509.NameConstraints(permitted_subtrees=[x509.DNSName("x")], excluded_subtrees=None)
_STRANGE = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.25.7"), b"\5\0")


@pytest.mark.parametrize(
    ("between", "trusted"),
    [
        (issued("B", "A", ca=True), True),
        (issued("B", "A"), False),
        (issued("B", "A", ca=True, signer="C"), False),
        (issued("B", "A", ca=True, extensions=((_NAMES, True),)), False),
        (issued("B", "A", ca=True, extensions=((_STRANGE, True),)), False),
        (issued("B", "A", ca=True, extensions=((_STRANGE, False),)), True),
        (issued("B", "A", extensions=((x509.BasicConstraints(ca=True, path_length=0), True),)), True),
    ],
)
def test_only_authorities_that_are_understood_are_followed(between: bytes, trusted: bool) -> None:
    def found() -> bool:
        try:
            return path(loaded(LEAF), [loaded(between)], [loaded(ROOT)]).anchor == loaded(ROOT)
        except NoPath:
            return False

    assert found() == trusted


def test_path_length_counts() -> None:
    narrow = issued("A", "A", extensions=((x509.BasicConstraints(ca=True, path_length=0), True),))
    between = loaded(issued("B", "A", ca=True))
    with pytest.raises(NoPath, match="longer"):
        path(loaded(LEAF), [between], [loaded(narrow)])


def test_authorities_in_a_circle_end() -> None:
    circle = [loaded(issued("B", "C", ca=True)), loaded(issued("C", "B", ca=True))]
    with pytest.raises(NoPath):
        path(loaded(LEAF), circle, [loaded(ROOT)])


def test_what_a_certificate_is_for_is_asked() -> None:
    def with_purposes(*purposes: x509.ObjectIdentifier, critical: bool = True) -> bytes:
        return issued("p", "A", extensions=((x509.ExtendedKeyUsage(purposes), critical),))

    stamping, web = ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.SERVER_AUTH
    assert may_stamp(loaded(with_purposes(stamping))) is None
    assert may_stamp(loaded(with_purposes(stamping, critical=False))) is not None
    assert may_stamp(loaded(with_purposes(stamping, web))) is not None
    assert may_stamp(loaded(LEAF)) is not None
    assert may_seal(loaded(LEAF)) is None
    assert may_seal(loaded(with_purposes(web))) is not None
    assert may_seal(loaded(with_purposes(stamping))) is not None
    assert may_seal(loaded(ROOT)) is not None


# --- revocation lists -------------------------------------------------------------------------------------------------------


def look(*lists: bytes, at: datetime = sealing.AT) -> Any:
    trust = Trust(seal_roots=(pki.der("root"),), crls=(*lists, pki.crl("root")))
    return verify(sealing.sealed(), trust=trust, at=at)


def test_a_list_counts_between_its_times() -> None:
    assert look(pki.crl("issuing")).revocation.state == Revocation.GOOD
    assert (
        look(pki.crl("issuing"), at=pki.LISTED_UNTIL + timedelta(seconds=1)).revocation.state
        == Revocation.UNKNOWN
    )
    future = pki.crl("issuing", this_update=sealing.AT + timedelta(days=1))
    assert look(future).revocation.state == Revocation.UNKNOWN


def test_a_list_of_somebody_else_or_changed_does_not_count() -> None:
    good = pki.crl("issuing")
    assert look(pki.crl("foreign-root")).revocation.state == Revocation.UNKNOWN
    assert look(good[:-1] + bytes((good[-1] ^ 1,))).revocation.state == Revocation.UNKNOWN
    assert look(b"", b"\x30", b"\x30\x84\xff\xff\xff\xff", bytes(50)).revocation.state == Revocation.UNKNOWN


def test_any_believable_list_that_revokes_outweighs_those_that_do_not() -> None:
    revoking = pki.crl(
        "issuing", pki.Revoked("seal", pki.REVOKED_AT), this_update=pki.LISTED_AT - timedelta(days=9)
    )
    report = look(pki.crl("issuing"), revoking)
    assert report.revocation.state == Revocation.REVOKED
    assert report.conclusion.sub_indication == SubIndication.REVOKED_NO_POE


@pytest.mark.parametrize(
    ("extension", "counts"),
    [
        (x509.DeltaCRLIndicator(1), False),
        (
            x509.IssuingDistributionPoint(None, None, False, True, None, False, False),
            False,
        ),  # authorities only
        (
            x509.IssuingDistributionPoint(None, None, True, False, None, False, False),
            True,
        ),  # end entities only
        (x509.IssuingDistributionPoint(None, None, False, False, None, True, False), False),  # indirect
        (x509.UnrecognizedExtension(x509.ObjectIdentifier("2.25.7"), b"\5\0"), False),
    ],
)
def test_only_complete_lists_for_its_kind_count(extension: x509.ExtensionType, counts: bool) -> None:
    signer = pki.key("issuing")
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    made = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(pki.certificate("issuing").subject)
        .last_update(pki.LISTED_AT)
        .next_update(pki.LISTED_UNTIL)
        .add_extension(extension, critical=True)
        .sign(signer, hashes.SHA256())
    )
    found = look(made.public_bytes(serialization.Encoding.DER)).revocation.state
    assert found == (Revocation.GOOD if counts else Revocation.UNKNOWN)


def test_a_long_list_is_searched_by_its_bytes() -> None:
    """Three thousand revoked certificates: the one that is meant is found, and others are not taken for it."""
    signer = pki.key("issuing")
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(pki.certificate("issuing").subject)
        .last_update(pki.LISTED_AT)
        .next_update(pki.LISTED_UNTIL)
    )
    when = datetime(2026, 3, 1, tzinfo=UTC)
    numbers = [*range(1, 3000), pki.certificate("seal-revoked").serial_number]
    entries = [
        x509.RevokedCertificateBuilder().serial_number(number).revocation_date(when).build()
        for number in numbers
    ]
    for entry in entries:
        builder = builder.add_revoked_certificate(entry)
    data = builder.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
    assert look(data).revocation.state == Revocation.GOOD
    trust = Trust(seal_roots=(pki.der("root"),), crls=(data, pki.crl("root")))
    report = verify(sealing.sealed("seal-revoked"), trust=trust, at=sealing.AT)
    assert (report.revocation.state, report.revocation.revoked_at) == (Revocation.REVOKED, when)


def test_a_root_that_is_no_certificate_is_the_callers_mistake() -> None:
    with pytest.raises(ValueError, match="certificate"):
        verify(b"%PDF-", trust=Trust(seal_roots=(b"no certificate",)), at=sealing.AT)
