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
    ReserveTooSmall,
    SealingError,
)
from kolportal.pades.keys import TEST_POLICY_OID, SealKey, load_files, load_pem
from kolportal.pades.sealing import Level, Sealed, seal
from kolportal.pades.testpki import PkiFiles, make_test_pki
from kolportal.pades.verification import Report, verify

__all__ = [
    "TEST_POLICY_OID",
    "AlreadySealed",
    "CertificateExpired",
    "CertificateNotYetValid",
    "EncryptedPdf",
    "KeyMismatch",
    "KeyMissing",
    "KeyUnreadable",
    "KeyUnsupported",
    "KeyUsageWrong",
    "Level",
    "NotAPdf",
    "PkiFiles",
    "Report",
    "ReserveTooSmall",
    "SealKey",
    "Sealed",
    "SealingError",
    "load_files",
    "load_pem",
    "make_test_pki",
    "seal",
    "verify",
]
