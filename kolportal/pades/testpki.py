"""A test CA and a P-256 sealing key for the embedded default, marked as a test so that nobody mistakes them."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from kolportal.pades.errors import SealingError
from kolportal.pades.keys import TEST_POLICY_OID, SealKey, load_files

TEST_MARK: Final = "BẢN THỬ NGHIỆM / TEST"
FOLDER_NAME: Final = "test-pki"
LIFETIME: Final = timedelta(days=3 * 365)
BACKDATE: Final = timedelta(days=1)
"""Clocks of machines differ."""


@dataclass(frozen=True)
class PkiFiles:
    """Where the test key lies, and the key itself. ``root`` is the trust anchor to verify with."""

    key: SealKey
    root: x509.Certificate
    key_path: Path
    cert_path: Path
    root_path: Path


def make_test_pki(folder: Path, *, at: datetime) -> PkiFiles:
    """The test key under ``folder/test-pki``, made at the first call and kept while it is valid at ``at`` (aware).

    Files appear all at once (a folder is prepared aside and renamed) with mode 0600, so web, worker and beat may start
    together. The CA's private key is thrown away: nothing else can be issued under it. Raises OSError where ``folder``
    cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    home = folder / FOLDER_NAME
    with _locked(folder):
        if (ready := _load(home, at)) is not None:
            return ready
        if home.exists():
            # ended or damaged: kept aside, because documents sealed with it are still about
            home.rename(folder / f"{FOLDER_NAME}.until-{at:%Y%m%dT%H%M%S}")
        draft = Path(tempfile.mkdtemp(prefix=f".{FOLDER_NAME}-", dir=folder))
        try:
            _write(draft, at)
            draft.rename(home)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        ready = _load(home, at)
    if ready is None:
        raise SealingError(f"the test key in {home} is not usable")
    return ready


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold ``folder`` against other processes; the lock ends with the process that holds it."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _load(home: Path, at: datetime) -> PkiFiles | None:
    key_path, cert_path, root_path = home / "seal.key.pem", home / "seal.cert.pem", home / "root.cert.pem"
    try:
        key = load_files(key_path=key_path, certificate_path=cert_path, chain_path=root_path)
        key.check_valid_at(at)
    except SealingError:
        return None
    return PkiFiles(key=key, root=key.chain[-1], key_path=key_path, cert_path=cert_path, root_path=root_path)


def _write(folder: Path, at: datetime) -> None:
    ca_key = ec.generate_private_key(ec.SECP256R1())
    seal_key = ec.generate_private_key(ec.SECP256R1())
    ca_name = _name(f"Kolportal – CA {TEST_MARK}")
    begin, end = at - BACKDATE, at + LIFETIME
    root = (
        _builder(ca_name, ca_name, ca_key.public_key(), begin, end)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(ca=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key()), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    certificate = (
        _builder(_name(f"Dấu điện tử – {TEST_MARK}"), ca_name, seal_key.public_key(), begin, end)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(ca=False), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(seal_key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False
        )
        .sign(ca_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    _save(
        folder / "seal.key.pem",
        seal_key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
    )
    _save(folder / "seal.cert.pem", certificate.public_bytes(pem))
    _save(folder / "root.cert.pem", root.public_bytes(pem))


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, TEST_MARK),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    public_key: ec.EllipticCurvePublicKey,
    begin: datetime,
    end: datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(end)
        .add_extension(
            x509.CertificatePolicies([x509.PolicyInformation(TEST_POLICY_OID, None)]), critical=False
        )
    )


def _usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca,
        content_commitment=not ca,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )


def _save(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
