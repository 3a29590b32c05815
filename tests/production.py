"""A whole, throw-away production configuration: for `check --deploy`, the image check and tests of the settings.

``python -m tests.production COMMAND…`` runs the command with every variable that production needs. ``DATABASE_URL`` and
``REDIS_URL`` are kept where they are set (``python -m tests.servers`` sets them), else they lead nowhere.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def seal_key_and_certificate(*, at: datetime) -> tuple[str, str]:
    """PEM texts of a P-256 key and its self-signed certificate, valid from an hour before ``at`` for two days.

    It is made here and not by ``kolportal.pades``, whose test certificates mark themselves as such and are refused.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Throw-away organisation")])
    usage = x509.KeyUsage(
        digital_signature=True, content_commitment=True, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=False, crl_sign=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(hours=1))
        .not_valid_after(at + timedelta(days=2))
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return private.decode(), certificate.public_bytes(pem).decode()


def environment(*, host: str = "kolportal.example.com") -> dict[str, str]:
    """The variables, without those of the machine."""
    key, certificate = seal_key_and_certificate(at=datetime.now(UTC))
    return {
        "DEBUG": "off",
        "SECRET_KEY": secrets.token_urlsafe(60),
        "ALLOWED_HOSTS": host,
        "SITE_URL": f"https://{host}",
        "TRUSTED_PROXY_COUNT": "1",
        "DATABASE_URL": os.environ.get("DATABASE_URL", "postgres://nobody@127.0.0.1:1/nothing"),
        "REDIS_URL": os.environ.get("REDIS_URL", "redis://127.0.0.1:1/0"),
        "EMAIL_HOST": "mail.example.com",
        "CONTACT_EMAIL": f"contact@{host}",
        "SEAL_KEY_PEM": key,
        "SEAL_CERTIFICATE_PEM": certificate,
    }


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: python -m tests.production COMMAND…")
    sys.exit(subprocess.run(sys.argv[1:], env={**os.environ, **environment()}).returncode)
