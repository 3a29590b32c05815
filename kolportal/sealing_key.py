"""The sealing key of this process: from the environment, else (embedded default only) a test key made under ``var/``.

It comes from one place: a PKCS#11 token, a PKCS#12 file, or PEM texts. A token's sessions are opened by the process that seals.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from kolportal import pades

SOURCES = ("SEAL_PKCS11_MODULE", "SEAL_PKCS12_FILE", "SEAL_KEY_PEM")
"""Settings of which one, if any, says where the key is."""


def chosen() -> list[str]:
    """Those of :data:`SOURCES` that are set; more than one is a mistake that a system check names."""
    return [name for name in SOURCES if getattr(settings, name)]


@cache
def current() -> pades.SealKey:
    """The key, parsed once per process. Raises ``pades.SealingError`` (typed) where it is missing or does not fit."""
    certificate = settings.SEAL_CERTIFICATE_PEM.encode()
    passphrase = settings.SEAL_KEY_PASSPHRASE.encode() or None
    if settings.SEAL_PKCS11_MODULE:
        return pades.load_pkcs11(
            module=Path(settings.SEAL_PKCS11_MODULE),
            token_label=settings.SEAL_PKCS11_TOKEN,
            pin=settings.SEAL_PKCS11_PIN,
            key_label=settings.SEAL_PKCS11_KEY or None,
            certificate_pem=certificate,
        )
    if settings.SEAL_PKCS12_FILE:
        return pades.load_pkcs12_file(
            Path(settings.SEAL_PKCS12_FILE), passphrase=passphrase, chain_pem=certificate
        )
    if settings.SEAL_KEY_PEM or settings.SEAL_CERTIFICATE_PEM:
        return pades.load_pem(
            key_pem=settings.SEAL_KEY_PEM.encode(), certificate_pem=certificate, passphrase=passphrase
        )
    if not settings.SEAL_TEST_KEY_ALLOWED:
        raise pades.KeyMissing("no sealing key is configured")
    return pades.make_test_pki(settings.SEAL_TEST_KEY_DIR, at=timezone.now()).key
