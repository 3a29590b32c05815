"""The sealing key of this process: from the environment, else (embedded default only) a test key made under ``var/``."""

from __future__ import annotations

from functools import cache

from django.conf import settings
from django.utils import timezone

from kolportal import pades


@cache
def current() -> pades.SealKey:
    """The key, parsed once per process. Raises ``pades.SealingError`` (typed) where it is missing or does not fit."""
    if settings.SEAL_KEY_PEM or settings.SEAL_CERTIFICATE_PEM:
        return pades.load_pem(
            key_pem=settings.SEAL_KEY_PEM.encode(),
            certificate_pem=settings.SEAL_CERTIFICATE_PEM.encode(),
            passphrase=settings.SEAL_KEY_PASSPHRASE.encode() or None,
        )
    if not settings.SEAL_TEST_KEY_ALLOWED:
        raise pades.KeyMissing("no sealing key is configured")
    return pades.make_test_pki(settings.SEAL_TEST_KEY_DIR, at=timezone.now()).key
