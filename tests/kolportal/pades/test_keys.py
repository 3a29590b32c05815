"""Loading keys: what fits is taken, what does not is named."""

import hashlib
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from kolportal import pades
from tests.pki import LoopbackPki

AT = datetime(2026, 9, 10, tzinfo=UTC)
PEM = serialization.Encoding.PEM


def key_pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, password: bytes | None = None) -> bytes:
    encryption = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    return key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, encryption)


def certificate(
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey,
    *,
    ca: bool = False,
    signs: bool = True,
    begin: datetime = AT - timedelta(days=1),
    end: datetime = AT + timedelta(days=1),
) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Công an tỉnh")])
    usage = dict.fromkeys(
        [
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "key_cert_sign",
            "crl_sign",
            "encipher_only",
            "decipher_only",
        ],
        False,
    )
    usage |= {"digital_signature": signs, "content_commitment": signs, "key_agreement": not signs}
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(begin)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(**usage), critical=True)
        .sign(key, hashes.SHA256())
        .public_bytes(PEM)
    )


@pytest.fixture(scope="module")
def key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def test_a_matching_pair_is_loaded_with_its_facts(key: ec.EllipticCurvePrivateKey) -> None:
    cert = certificate(key)
    loaded = pades.load_pem(key_pem=key_pem(key), certificate_pem=cert)
    der = x509.load_pem_x509_certificate(cert).public_bytes(serialization.Encoding.DER)
    assert loaded.fingerprint == hashlib.sha256(der).hexdigest()
    assert loaded.subject == "Công an tỉnh"
    assert (loaded.not_before, loaded.not_after) == (AT - timedelta(days=1), AT + timedelta(days=1))
    assert not loaded.is_test


def test_the_private_key_does_not_show_in_the_repr(key: ec.EllipticCurvePrivateKey) -> None:
    assert "PrivateKey" not in repr(pades.load_pem(key_pem=key_pem(key), certificate_pem=certificate(key)))


def test_an_encrypted_key_needs_its_password(key: ec.EllipticCurvePrivateKey) -> None:
    locked = key_pem(key, b"mat khau")
    cert = certificate(key)
    assert pades.load_pem(key_pem=locked, certificate_pem=cert, passphrase=b"mat khau").subject
    for wrong in (None, b"sai"):
        with pytest.raises(pades.KeyUnreadable):
            pades.load_pem(key_pem=locked, certificate_pem=cert, passphrase=wrong)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda k, c: (b" ", c), pades.KeyMissing),
        (lambda k, c: (k, b""), pades.KeyMissing),
        (lambda k, c: (b"not a key", c), pades.KeyUnreadable),
        (lambda k, c: (k, b"not a certificate"), pades.KeyUnreadable),
        (lambda k, c: (k[: len(k) // 2], c), pades.KeyUnreadable),
        (lambda k, c: (key_pem(ec.generate_private_key(ec.SECP256R1())), c), pades.KeyMismatch),
    ],
)
def test_bad_pem_is_named(
    key: ec.EllipticCurvePrivateKey,
    change: Callable[[bytes, bytes], tuple[bytes, bytes]],
    error: type[pades.SealingError],
) -> None:
    bad_key, bad_cert = change(key_pem(key), certificate(key))
    with pytest.raises(error):
        pades.load_pem(key_pem=bad_key, certificate_pem=bad_cert)


def test_weak_or_foreign_key_types_are_refused() -> None:
    weak = rsa.generate_private_key(65537, 1024)
    with pytest.raises(pades.KeyUnsupported):
        pades.load_pem(key_pem=key_pem(weak), certificate_pem=certificate(weak))
    edwards = ed25519.Ed25519PrivateKey.generate().private_bytes(
        PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with pytest.raises(pades.KeyUnsupported):
        pades.load_pem(key_pem=edwards, certificate_pem=certificate(weak))


@pytest.mark.parametrize("wrong", [{"ca": True}, {"signs": False}])
def test_certificates_that_may_not_sign_documents_are_refused(
    key: ec.EllipticCurvePrivateKey, wrong: dict[str, bool]
) -> None:
    with pytest.raises(pades.KeyUsageWrong):
        pades.load_pem(
            key_pem=key_pem(key),
            certificate_pem=certificate(key, ca=wrong.get("ca", False), signs=wrong.get("signs", True)),
        )


@pytest.fixture(scope="module")
def archive(key: ec.EllipticCurvePrivateKey) -> bytes:
    """A PKCS#12 file with a passphrase."""
    cert = x509.load_pem_x509_certificate(certificate(key))
    return pkcs12.serialize_key_and_certificates(
        b"seal", key, cert, None, serialization.BestAvailableEncryption(b"mat khau")
    )


def test_a_pkcs12_file_is_loaded(key: ec.EllipticCurvePrivateKey, archive: bytes) -> None:
    loaded = pades.load_pkcs12(archive, passphrase=b"mat khau")
    assert loaded.subject == "Công an tỉnh"
    key.public_key().verify(loaded.sign(b"data"), b"data", ec.ECDSA(hashes.SHA256()))


def test_a_pkcs12_file_brings_its_chain(loopback: LoopbackPki) -> None:
    signer = serialization.load_pem_private_key(loopback.key_pem("seal"), None)
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    issuing, root = loopback.certificate("issuing"), loopback.root
    data = pkcs12.serialize_key_and_certificates(
        None, signer, loopback.certificate("seal"), [root, issuing], serialization.NoEncryption()
    )
    assert pades.load_pkcs12(data).chain == (issuing, root), "nearest first"


@pytest.mark.parametrize("passphrase", [None, b"sai"])
def test_a_wrong_passphrase_is_named(archive: bytes, passphrase: bytes | None) -> None:
    with pytest.raises(pades.WrongPassphrase):
        pades.load_pkcs12(archive, passphrase=passphrase)


def test_a_damaged_pkcs12_file_is_named(archive: bytes) -> None:
    for damaged in (b"", b"no archive", archive[:200]):
        with pytest.raises(pades.KeyUnreadable):
            pades.load_pkcs12(damaged, passphrase=b"mat khau")
    alone = pkcs12.serialize_key_and_certificates(
        None, None, None, [x509.load_pem_x509_certificate(certificate(ec.generate_private_key(ec.SECP256R1())))],
        serialization.NoEncryption(),
    )  # fmt: skip
    with pytest.raises(pades.KeyMissing):
        pades.load_pkcs12(alone)


def test_absent_and_unreadable_files_are_told_apart(tmp_path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    cert = tmp_path / "cert.pem"
    cert.write_bytes(certificate(key))
    with pytest.raises(pades.KeyMissing, match=r"absent\.pem"):
        pades.load_files(key_path=tmp_path / "absent.pem", certificate_path=cert)
    with pytest.raises(pades.KeyUnreadable):
        pades.load_files(key_path=tmp_path, certificate_path=cert)


def test_the_test_pki_is_marked_private_and_kept(tmp_path: Path) -> None:
    first = pades.make_test_pki(tmp_path, at=AT)
    assert first.key.is_test
    assert "BẢN THỬ NGHIỆM / TEST" in first.key.certificate.subject.rfc4514_string()
    assert {stat.S_IMODE(path.stat().st_mode) for path in (first.key_path, first.cert_path)} == {0o600}
    first.key.certificate.verify_directly_issued_by(first.root)
    assert pades.make_test_pki(tmp_path, at=AT).key.fingerprint == first.key.fingerprint
    assert [path.name for path in tmp_path.iterdir()] == ["test-pki"]


def test_an_ended_test_key_is_replaced_and_kept_aside(tmp_path: Path) -> None:
    old = pades.make_test_pki(tmp_path, at=AT)
    new = pades.make_test_pki(tmp_path, at=AT + timedelta(days=4 * 365))
    assert new.key.fingerprint != old.key.fingerprint
    assert len(list(tmp_path.glob("test-pki*"))) == 2


def test_two_processes_starting_at_once_get_one_key(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: pades.make_test_pki(tmp_path, at=AT).key.fingerprint, range(8)))
    assert len(set(made)) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["test-pki"]


def test_a_certificate_of_others_is_a_test_only_by_its_own_mark(pki: pades.PkiFiles) -> None:
    assert pki.key.is_test
    assert pades.TEST_POLICY_OID.dotted_string.startswith("2.25.")
