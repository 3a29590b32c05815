"""Electronic seals on PDF files: PDF bytes in, sealed bytes out; PDF bytes in, frozen report out.

Floor 1 of the house: no Django, no database, no network but the clients that are handed in. Sealing stands on pyHanko (PDF
structure) and cryptography (keys, certificates), verification on a small reader of its own. PAdES baseline levels B-B to
B-LTA of ETSI EN 319 142-1 V1.1.1 clause 6; the seal is that of the organisation that issues the document, never the
signature of the person named in it.

``load_pem``, ``load_pkcs12`` and ``load_pkcs11`` make a :class:`SealKey`, :func:`seal` seals with it, :func:`upgrade` and
:func:`renew` take a sealed file further, :func:`verify` looks at the result (and at any hostile file),
:func:`make_test_pki` makes the marked test key of the embedded default.

Names are looked up when they are first used (PEP 562), so that verification, which the stand-alone verifier carries, can be
imported without pyHanko and without what makes seals.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kolportal.pades.errors import (
        AlreadySealed,
        CertificateExpired,
        CertificateNotYetValid,
        EncryptedPdf,
        KeyMismatch,
        KeyMissing,
        KeyUnreadable,
        KeyUnsupported,
        KeyUsageWrong,
        NotAPdf,
        NothingToRenew,
        NotSealed,
        RenewalFailed,
        ReserveTooSmall,
        SealBroken,
        SealingError,
        ServiceFailed,
        TokenFailed,
        TokenMissing,
        TooLateToRenew,
        WrongPassphrase,
    )
    from kolportal.pades.http_timestamping import HttpTimestamper
    from kolportal.pades.http_validation import HttpValidationSource
    from kolportal.pades.keys import (
        TEST_POLICY_OID,
        SealKey,
        load_files,
        load_pem,
        load_pkcs12,
        load_pkcs12_file,
    )
    from kolportal.pades.levels import Cause, Level, Obstacle
    from kolportal.pades.pkcs11 import load_pkcs11
    from kolportal.pades.sealing import Sealed, seal
    from kolportal.pades.testpki import PkiFiles, make_test_pki
    from kolportal.pades.timestamps import Timestamper
    from kolportal.pades.trust import Trust
    from kolportal.pades.upgrading import renew, upgrade
    from kolportal.pades.validation_data import ValidationSource
    from kolportal.pades.verification import Report, verify

__all__ = [
    "TEST_POLICY_OID",
    "AlreadySealed",
    "Cause",
    "CertificateExpired",
    "CertificateNotYetValid",
    "EncryptedPdf",
    "HttpTimestamper",
    "HttpValidationSource",
    "KeyMismatch",
    "KeyMissing",
    "KeyUnreadable",
    "KeyUnsupported",
    "KeyUsageWrong",
    "Level",
    "NotAPdf",
    "NotSealed",
    "NothingToRenew",
    "Obstacle",
    "PkiFiles",
    "RenewalFailed",
    "Report",
    "ReserveTooSmall",
    "SealBroken",
    "SealKey",
    "Sealed",
    "SealingError",
    "ServiceFailed",
    "Timestamper",
    "TokenFailed",
    "TokenMissing",
    "TooLateToRenew",
    "Trust",
    "ValidationSource",
    "WrongPassphrase",
    "load_files",
    "load_pem",
    "load_pkcs11",
    "load_pkcs12",
    "load_pkcs12_file",
    "make_test_pki",
    "renew",
    "seal",
    "upgrade",
    "verify",
]

_MODULES = {
    "errors": (
        "AlreadySealed",
        "CertificateExpired",
        "CertificateNotYetValid",
        "EncryptedPdf",
        "KeyMismatch",
        "KeyMissing",
        "KeyUnreadable",
        "KeyUnsupported",
        "KeyUsageWrong",
        "NotAPdf",
        "NothingToRenew",
        "NotSealed",
        "RenewalFailed",
        "ReserveTooSmall",
        "SealBroken",
        "SealingError",
        "ServiceFailed",
        "TokenFailed",
        "TokenMissing",
        "TooLateToRenew",
        "WrongPassphrase",
    ),
    "http_timestamping": ("HttpTimestamper",),
    "http_validation": ("HttpValidationSource",),
    "keys": (
        "TEST_POLICY_OID",
        "SealKey",
        "load_files",
        "load_pem",
        "load_pkcs12",
        "load_pkcs12_file",
    ),
    "levels": (
        "Cause",
        "Level",
        "Obstacle",
    ),
    "pkcs11": ("load_pkcs11",),
    "sealing": (
        "Sealed",
        "seal",
    ),
    "testpki": (
        "PkiFiles",
        "make_test_pki",
    ),
    "timestamps": ("Timestamper",),
    "trust": ("Trust",),
    "upgrading": (
        "renew",
        "upgrade",
    ),
    "validation_data": ("ValidationSource",),
    "verification": (
        "Report",
        "verify",
    ),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
