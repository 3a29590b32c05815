"""The CMS SignedData of a PAdES seal, assembled without an event loop.

pyHanko's own signers do the same in coroutines and estimate the size by a dry run with a second parse of the key; a seal
of level B-B needs neither. What is signed: content-type, message-digest and ESS signing-certificate-v2 (RFC 5035), as
ETSI EN 319 142-1 clause 6.3 demands for PAdES B-B; signing-time is left out of the CMS there and stands in ``/M``.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

from asn1crypto import algos, cms
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from pyhanko.sign.general import as_signing_certificate_v2, simple_cms_attribute

from kolportal.pades.keys import SealKey

_ECDSA_SLACK = 8  # a DER-encoded ECDSA signature varies by a few bytes with leading zero bits


def signed_data(key: SealKey, document_digest: bytes) -> bytes:
    """DER of a detached ``ContentInfo`` (RFC 5652) that signs ``document_digest`` with ``key``."""
    signer = key.asn1_certificates[0]
    attributes = cms.CMSAttributes(
        [
            simple_cms_attribute("content_type", "data"),
            simple_cms_attribute("message_digest", document_digest),
            simple_cms_attribute(
                "signing_certificate_v2", as_signing_certificate_v2(signer, key.digest_name)
            ),
        ]
    )
    digest_algorithm = algos.DigestAlgorithm({"algorithm": key.digest_name})
    kind = "ecdsa" if signer.public_key.algorithm == "ec" else "rsa"
    signer_info = cms.SignerInfo(
        {
            "version": "v1",
            "sid": cms.SignerIdentifier(
                {
                    "issuer_and_serial_number": cms.IssuerAndSerialNumber(
                        {"issuer": signer.issuer, "serial_number": signer.serial_number}
                    )
                }
            ),
            "digest_algorithm": digest_algorithm,
            "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": f"{key.digest_name}_{kind}"}),
            "signed_attrs": attributes,
            "signature": key.sign(attributes.dump()),
        }
    )
    return bytes(
        cms.ContentInfo(
            {
                "content_type": "signed_data",
                "content": cms.SignedData(
                    {
                        "version": "v1",
                        "digest_algorithms": cms.DigestAlgorithms((digest_algorithm,)),
                        "encap_content_info": {"content_type": "data"},
                        # a root proves nothing from inside the file: whoever checks must have it already
                        "certificates": [
                            cms.CertificateChoices(name="certificate", value=cert)
                            for cert in key.asn1_certificates
                            if cert is signer or not cert.self_issued
                        ],
                        "signer_infos": [signer_info],
                    }
                ),
            }
        ).dump()
    )


@lru_cache(maxsize=8)
def bytes_needed(key: SealKey) -> int:
    """Hex digits to reserve in the file for a seal by ``key``: measured once on a real signature, plus slack."""
    sample = signed_data(key, bytes(hashlib.new(key.digest_name).digest_size))
    return 2 * (len(sample) + _ECDSA_SLACK)


def oddities(contents: bytes) -> list[str]:
    """What in the ``/Contents`` bytes of a signature no signature covers and is yet not as it must be.

    The CMS object itself stands outside the sealed byte range, and only its signed attributes are signed. Its other
    parts are held here: DER form, zero filling (ETSI EN 319 142-1 clause 5.3), algorithm lists that agree, and
    certificates that are truly signed by one another.
    """
    found: list[str] = []
    message = cms.ContentInfo.load(contents)
    size = len(message.dump())
    if any(contents[size:]):
        found.append("the filling after the signature is not zero")
    if cms.ContentInfo.load(contents[:size]).dump(force=True) != contents[:size]:
        found.append("the signature is not in DER form")
    data = message["content"]
    signer = data["signer_infos"][0]
    if [algorithm.native for algorithm in data["digest_algorithms"]] != [signer["digest_algorithm"].native]:
        found.append("the digest algorithms of the signature do not agree")
    if (message["content_type"].native, data["encap_content_info"]["content_type"].native) != (
        "signed_data",
        "data",
    ):
        found.append("the signature is not of detached data")
    if data["version"].native != "v1" or signer["version"].native != "v1":
        found.append("the signature has an unknown version")
    named = signer["sid"].chosen["issuer"].dump()
    if all(choice.chosen.issuer.dump() != named for choice in data["certificates"]):
        found.append("the signature names another issuer than its certificate does")
    certificates = [x509.load_der_x509_certificate(choice.chosen.dump()) for choice in data["certificates"]]
    for certificate in certificates:
        issuers = [other for other in certificates if other.subject == certificate.issuer]
        if issuers and not any(_issued(certificate, issuer) for issuer in issuers):
            found.append(f"the certificate {certificate.subject.rfc4514_string()} was changed")
    return found


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True
