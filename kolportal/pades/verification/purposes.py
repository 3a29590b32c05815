"""What a certificate is for: sealing documents, or signing time-stamps."""

from __future__ import annotations

from typing import Final

from kolportal.pades.verification.chains import Certificate

_SEALING: Final = frozenset(
    {
        "any_extended_key_usage",
        "email_protection",
        "microsoft_document_signing",
        "1.3.6.1.5.5.7.3.36",  # id-kp-documentSigning, RFC 9336
        "adobe_authentic_documents_trust",
        "1.2.840.113583.1.1.5",
    }
)


def may_seal(certificate: Certificate) -> str | None:
    """Why ``certificate`` may not seal documents; None where it may."""
    if certificate.is_ca:
        return "a certification authority does not seal documents"
    if not certificate.may("digital_signature", "non_repudiation"):
        return "key usage allows neither digitalSignature nor contentCommitment"
    if certificate.purposes is not None and not certificate.purposes & _SEALING:
        return "extended key usage is for something else than documents"
    return None


def may_stamp(certificate: Certificate) -> str | None:
    """Why ``certificate`` may not sign time-stamps (RFC 3161 clause 2.3); None where it may."""
    if certificate.purposes != frozenset({"time_stamping"}) or not certificate.critical("extended_key_usage"):
        return "the certificate is not for time-stamps only"
    if not certificate.may("digital_signature", "non_repudiation"):
        return "key usage does not allow signatures"
    return None
