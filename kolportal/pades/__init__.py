"""Electronic seals on PDF files: PDF bytes in, sealed bytes out; PDF bytes in, frozen report out.

Floor 1 of the house: no Django, no database, no network. Stands on pyHanko (PDF structure, validation) and
cryptography (keys, certificates). PAdES baseline level B-B of ETSI EN 319 142-1 V1.1.1 clause 6; the seal is that of
the organisation that issues the document, never the signature of the person named in it.

``load_pem``/``load_files`` make a :class:`SealKey`, :func:`seal` seals with it, :func:`verify` looks at the result (and
at any hostile file), :func:`make_test_pki` makes the marked test key of the embedded default.
"""

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
    NotSealed,
    NothingToRenew,
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
from kolportal.pades.http_validation import HttpValidationSource
from kolportal.pades.keys import TEST_POLICY_OID, SealKey, load_files, load_pem, load_pkcs12
from kolportal.pades.levels import Cause, Level, Obstacle
from kolportal.pades.sealing import Sealed, seal
from kolportal.pades.testpki import PkiFiles, make_test_pki
from kolportal.pades.timestamps import HttpTimestamper, Timestamper
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
    "ValidationSource",
    "WrongPassphrase",
    "load_files",
    "load_pem",
    "load_pkcs12",
    "make_test_pki",
    "renew",
    "seal",
    "upgrade",
    "verify",
]
