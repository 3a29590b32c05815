"""Why a document could not be sealed. Every class is one cause; the text names the detail for an engineer."""


class SealingError(Exception):
    """Base of everything that :mod:`kolportal.pades` raises on purpose."""


class KeyMissing(SealingError):
    """No key or certificate where one was expected (file absent, empty value)."""


class KeyUnreadable(SealingError):
    """Key or certificate cannot be read: not PEM, damaged, wrong or missing passphrase, no permission."""


class KeyUnsupported(SealingError):
    """The key type or size is not one that seals: P-256, P-384, or RSA of at least 2048 bits."""


class KeyMismatch(SealingError):
    """The private key does not belong to the certificate."""


class KeyUsageWrong(SealingError):
    """The certificate may not sign documents (a CA certificate, or key usage without signature bits)."""


class CertificateExpired(SealingError):
    """The certificate had ended at the time of sealing."""


class CertificateNotYetValid(SealingError):
    """The certificate had not begun at the time of sealing."""


class NotAPdf(SealingError):
    """The bytes are not a PDF file that can be read."""


class EncryptedPdf(SealingError):
    """The PDF is encrypted; a pledge never is."""


class AlreadySealed(SealingError):
    """The PDF carries a signature already; sealing twice would mislead a reader."""


class ReserveTooSmall(SealingError):
    """The room reserved in the file does not hold the signature."""
