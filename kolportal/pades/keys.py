"""The sealing key: certificate, chain and whatever signs for it; parsed and checked once per process.

The private key may lie in this process (PEM, PKCS#12) or never leave its device (:mod:`kolportal.pades.pkcs11`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Final, Protocol

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from kolportal.pades.errors import (
    CertificateExpired,
    CertificateNotYetValid,
    KeyMismatch,
    KeyMissing,
    KeyUnreadable,
    KeyUnsupported,
    KeyUsageWrong,
    WrongPassphrase,
)
from kolportal.pades.trust import TEST_POLICY

TEST_POLICY_OID: Final = x509.ObjectIdentifier(TEST_POLICY)
"""Certificate policy of every test certificate. ``SealKey.is_test`` reads it."""

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

MIN_RSA_BITS: Final = 2048
UNSUPPORTED: Final = "the sealing key must be P-256, P-384, or RSA of at least 2048 bits"


def hash_called(digest_name: str) -> hashes.SHA256 | hashes.SHA384:
    """The hash of that name, ``sha256`` or ``sha384``."""
    return hashes.SHA384() if digest_name == "sha384" else hashes.SHA256()


class Signer(Protocol):
    """What holds the private key."""

    def sign(self, data: bytes, *, digest_name: str) -> bytes:
        """Signature over ``data``: DER-encoded ECDSA, or RSASSA-PKCS1-v1_5; ``digest_name`` is sha256 or sha384."""


@dataclass(frozen=True)
class LocalSigner:
    """A private key in the memory of this process."""

    private_key: PrivateKey = field(repr=False)

    def sign(self, data: bytes, *, digest_name: str) -> bytes:
        algorithm = hash_called(digest_name)
        if isinstance(self.private_key, rsa.RSAPrivateKey):
            return self.private_key.sign(data, padding.PKCS1v15(), algorithm)
        return self.private_key.sign(data, ec.ECDSA(algorithm))


@dataclass(frozen=True, eq=False)
class SealKey:
    """A certificate, its chain and its signer; build it with :func:`load_pem`, :func:`load_pkcs12` or ``load_pkcs11``.

    ``chain`` holds the issuing certificates, nearest first; the root may be among them. Times are aware, UTC.
    """

    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]
    signer: Signer = field(repr=False)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate's DER form, 64 lower-case hex digits."""
        return self.certificate.fingerprint(hashes.SHA256()).hex()

    @cached_property
    def subject(self) -> str:
        """Name to show: common name of the certificate, else its whole subject (RFC 4514)."""
        return subject_name(self.certificate)

    @cached_property
    def is_test(self) -> bool:
        """Whether the certificate itself says that it is for tests. No setting can say otherwise."""
        return is_test_certificate(self.certificate)

    @property
    def not_before(self) -> datetime:
        return self.certificate.not_valid_before_utc

    @property
    def not_after(self) -> datetime:
        return self.certificate.not_valid_after_utc

    @cached_property
    def digest_name(self) -> str:
        """Hash that goes with the key (ETSI TS 119 312): ``sha384`` for P-384, else ``sha256``."""
        key = self.certificate.public_key()
        return (
            "sha384"
            if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name == "secp384r1"
            else "sha256"
        )

    @cached_property
    def asn1_certificates(self) -> tuple[asn1_x509.Certificate, ...]:
        """Certificate and chain as asn1crypto objects, parsed once; the signer's comes first."""
        return tuple(
            asn1_x509.Certificate.load(cert.public_bytes(serialization.Encoding.DER))
            for cert in (self.certificate, *self.chain)
        )

    def check_valid_at(self, at: datetime) -> None:
        """Raise :class:`CertificateNotYetValid` or :class:`CertificateExpired` unless valid at ``at`` (aware)."""
        if at < self.not_before:
            raise CertificateNotYetValid(
                f"certificate begins {self.not_before.isoformat()}, asked {at.isoformat()}"
            )
        if at > self.not_after:
            raise CertificateExpired(
                f"certificate ended {self.not_after.isoformat()}, asked {at.isoformat()}"
            )

    def sign(self, data: bytes) -> bytes:
        """Signature over ``data``: DER-encoded ECDSA, or RSASSA-PKCS1-v1_5. Raises TokenFailed where a device does not."""
        return self.signer.sign(data, digest_name=self.digest_name)


def assemble(
    *,
    signer: Signer,
    public_key: object,
    certificate: x509.Certificate,
    others: Sequence[x509.Certificate] = (),
) -> SealKey:
    """A checked key of ``signer``, whose public key is ``public_key``. ``others`` may hold the chain in any order.

    Raises KeyUnsupported, KeyMismatch, KeyUsageWrong.
    """
    _check_supported(public_key)
    if public_key != certificate.public_key():
        raise KeyMismatch("the private key does not belong to the sealing certificate")
    _check_usage(certificate)
    return SealKey(certificate=certificate, chain=_ordered(certificate, others), signer=signer)


def load_pem(
    *, key_pem: bytes, certificate_pem: bytes, chain_pem: bytes = b"", passphrase: bytes | None = None
) -> SealKey:
    """Read PEM texts into a checked :class:`SealKey`.

    ``certificate_pem`` may hold the chain after the signer's certificate; ``chain_pem`` adds to it. Validity dates are not
    judged here but at each sealing. Raises KeyMissing, KeyUnreadable, KeyUnsupported, KeyMismatch, KeyUsageWrong.
    """
    if not key_pem.strip():
        raise KeyMissing("the sealing key is empty")
    if not certificate_pem.strip():
        raise KeyMissing("the sealing certificate is empty")
    try:
        private_key = serialization.load_pem_private_key(key_pem, passphrase)
    except (ValueError, TypeError) as error:
        raise KeyUnreadable(f"sealing key: {error}") from error
    except Exception as error:
        # cryptography.UnsupportedAlgorithm and OpenSSL's own errors share no useful base
        raise KeyUnreadable(f"sealing key: {type(error).__name__}") from error
    certificate, *others = certificates_of(certificate_pem)
    if chain_pem.strip():
        others += certificates_of(chain_pem)
    return _local(private_key, certificate, others)


def load_pkcs12(data: bytes, *, passphrase: bytes | None = None, chain_pem: bytes = b"") -> SealKey:
    """Read a PKCS#12 file (RFC 7292): private key, its certificate, and the chain where it holds one.

    ``chain_pem`` adds to the chain. Raises as :func:`load_pem` does, and WrongPassphrase.
    """
    try:
        private_key, certificate, enclosed = pkcs12.load_key_and_certificates(data, passphrase)
    except ValueError as error:
        if "password" in str(error).lower():
            raise WrongPassphrase("PKCS#12: wrong passphrase, or no PKCS#12 file") from error
        raise KeyUnreadable(f"PKCS#12: {error}") from error
    if private_key is None or certificate is None:
        raise KeyMissing("the PKCS#12 file holds no private key with its certificate")
    if chain_pem.strip():
        enclosed += certificates_of(chain_pem)
    return _local(private_key, certificate, enclosed)


def load_pkcs12_file(path: Path, *, passphrase: bytes | None = None, chain_pem: bytes = b"") -> SealKey:
    """As :func:`load_pkcs12`, from a file. Raises KeyMissing for an absent file, KeyUnreadable for a closed one."""
    return load_pkcs12(_read(path), passphrase=passphrase, chain_pem=chain_pem)


def load_files(
    *, key_path: Path, certificate_path: Path, chain_path: Path | None = None, passphrase: bytes | None = None
) -> SealKey:
    """As :func:`load_pem`, from files. Raises KeyMissing for an absent file, KeyUnreadable for a closed one."""
    return load_pem(
        key_pem=_read(key_path),
        certificate_pem=_read(certificate_path),
        chain_pem=_read(chain_path) if chain_path else b"",
        passphrase=passphrase,
    )


def subject_name(certificate: x509.Certificate) -> str:
    """Common name of the subject; the whole subject where it has none."""
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else certificate.subject.rfc4514_string()


def is_test_certificate(certificate: x509.Certificate) -> bool:
    """Whether the certificate carries :data:`TEST_POLICY_OID`."""
    try:
        policies = certificate.extensions.get_extension_for_class(x509.CertificatePolicies).value
    except x509.ExtensionNotFound:
        return False
    return any(policy.policy_identifier == TEST_POLICY_OID for policy in policies)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise KeyMissing(f"no file {path}") from error
    except OSError as error:
        raise KeyUnreadable(f"{path}: {error.strerror}") from error


def _local(private_key: object, certificate: x509.Certificate, others: Sequence[x509.Certificate]) -> SealKey:
    if not isinstance(private_key, PrivateKey):
        raise KeyUnsupported(UNSUPPORTED)
    return assemble(
        signer=LocalSigner(private_key),
        public_key=private_key.public_key(),
        certificate=certificate,
        others=others,
    )


def certificates_of(pem: bytes) -> list[x509.Certificate]:
    """All certificates in ``pem``; raises KeyUnreadable where there is none."""
    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError as error:
        raise KeyUnreadable(f"sealing certificate: {error}") from error


def _check_supported(key: object) -> None:
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in {"secp256r1", "secp384r1"}:
        return
    if isinstance(key, rsa.RSAPublicKey) and key.key_size >= MIN_RSA_BITS:
        return
    raise KeyUnsupported(UNSUPPORTED)


def _check_usage(certificate: x509.Certificate) -> None:
    extensions = certificate.extensions
    try:
        if extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
            raise KeyUsageWrong("a CA certificate does not seal documents")
    except x509.ExtensionNotFound:
        pass
    try:
        usage = extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return  # RFC 5280 4.2.1.3: without the extension no use is excluded
    if not (usage.digital_signature or usage.content_commitment):
        raise KeyUsageWrong("key usage allows neither digitalSignature nor contentCommitment")


def _ordered(leaf: x509.Certificate, others: Sequence[x509.Certificate]) -> tuple[x509.Certificate, ...]:
    """``others`` from the leaf's issuer upwards; certificates that are not on the way come last, as given."""
    rest = [cert for cert in dict.fromkeys(others) if cert != leaf]
    chain: list[x509.Certificate] = []
    last = leaf
    while last.issuer != last.subject:
        issuer = next((cert for cert in rest if cert.subject == last.issuer), None)
        if issuer is None:
            break
        rest.remove(issuer)
        chain.append(issuer)
        last = issuer
    return (*chain, *rest)
