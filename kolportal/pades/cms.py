"""The CMS SignedData of a PAdES seal, assembled without an event loop.

pyHanko's own signers do the same in coroutines and estimate the size by a dry run with a second parse of the key; a seal
of level B-B needs neither. What is signed: content-type, message-digest and ESS signing-certificate-v2 (RFC 5035), as
ETSI EN 319 142-1 clause 6.3 demands for PAdES B-B; signing-time is left out of the CMS there and stands in ``/M``.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from asn1crypto import algos, cms
from pyhanko.sign.general import as_signing_certificate_v2, simple_cms_attribute

from kolportal.pades.keys import SealKey

_ECDSA_SLACK: Final = 8  # a DER-encoded ECDSA signature varies by a few bytes with leading zero bits

_INTEGER, _OCTET_STRING, _BOOLEAN, _SEQUENCE, _SET = 0x02, 0x04, 0x01, 0x30, 0x31
_CONTEXT_0, _CONTEXT_1 = 0xA0, 0xA1
_SIGNATURE_TIME_STAMP: Final = cms.CMSAttributeType("signature_time_stamp_token").dump()


@dataclass(frozen=True)
class _Constant:
    """DER pieces that are the same in every seal of one key; ``attributes`` is split where the digest goes."""

    content_type: bytes
    before_signers: bytes
    before_attributes: bytes
    attributes: tuple[bytes, bytes]
    signature_algorithm: bytes


@dataclass(frozen=True)
class Signed:
    """A signature value with what was signed; :meth:`message` wraps it up."""

    key: SealKey
    attributes: bytes
    value: bytes

    def message(self, *, timestamp: bytes | None = None) -> bytes:
        """DER of the detached ``ContentInfo`` (RFC 5652).

        ``timestamp``, the DER of a token over :attr:`value`, becomes the unsigned attribute signature-time-stamp (RFC 5126
        clause 6.1.1, ETSI EN 319 122-1 clause 5.3).
        """
        constant = _constant(self.key)
        unsigned = (
            ()
            if timestamp is None
            else (_tlv(_CONTEXT_1, _tlv(_SEQUENCE, _SIGNATURE_TIME_STAMP, _tlv(_SET, timestamp))),)
        )
        signer_info = _tlv(
            _SEQUENCE,
            constant.before_attributes,
            _tlv(_CONTEXT_0, self.attributes),
            constant.signature_algorithm,
            _tlv(_OCTET_STRING, self.value),
            *unsigned,
        )
        content = _tlv(_SEQUENCE, constant.before_signers, _tlv(_SET, signer_info))
        return _tlv(_SEQUENCE, constant.content_type, _tlv(_CONTEXT_0, content))


def sign(key: SealKey, document_digest: bytes) -> Signed:
    """Sign ``document_digest`` with ``key``.

    Only two values change from one document to the next, so all else is encoded once per key.
    """
    attributes = document_digest.join(_constant(key).attributes)
    # RFC 5652 5.4: signed as SET OF, stored as [0] IMPLICIT
    return Signed(key=key, attributes=attributes, value=key.sign(_tlv(_SET, attributes)))


@lru_cache(maxsize=8)
def bytes_needed(key: SealKey) -> int:
    """Hex digits to reserve in the file for a seal by ``key``: measured once on a real signature, plus slack."""
    sample = sign(key, bytes(hashlib.new(key.digest_name).digest_size)).message()
    return 2 * (len(sample) + _ECDSA_SLACK)


@lru_cache(maxsize=8)
def _constant(key: SealKey) -> _Constant:
    signer = key.asn1_certificates[0]
    placeholder = hashlib.new(key.digest_name, b"where the digest goes").digest()
    attributes = cms.CMSAttributes(
        [
            simple_cms_attribute("content_type", "data"),
            simple_cms_attribute("message_digest", placeholder),
            simple_cms_attribute(
                "signing_certificate_v2", as_signing_certificate_v2(signer, key.digest_name)
            ),
        ]
    )
    before, after = attributes.contents.split(placeholder)
    digest_algorithm = algos.DigestAlgorithm({"algorithm": key.digest_name})
    kind = "ecdsa" if signer.public_key.algorithm == "ec" else "rsa"
    sid = cms.IssuerAndSerialNumber({"issuer": signer.issuer, "serial_number": signer.serial_number})
    # a root proves nothing from inside the file: whoever checks must have it already
    enclosed = [cert for cert in key.asn1_certificates if cert is signer or not cert.self_issued]
    version = _tlv(_INTEGER, b"\x01")
    return _Constant(
        content_type=bytes(cms.ContentType("signed_data").dump()),
        before_signers=b"".join(
            (
                version,
                _tlv(_SET, digest_algorithm.dump()),
                _tlv(_SEQUENCE, cms.ContentType("data").dump()),
                _tlv(_CONTEXT_0, *sorted(cert.dump() for cert in enclosed)),
            )
        ),
        before_attributes=b"".join((version, sid.dump(), digest_algorithm.dump())),
        attributes=(before, after),
        signature_algorithm=bytes(
            algos.SignedDigestAlgorithm({"algorithm": f"{key.digest_name}_{kind}"}).dump()
        ),
    )


def _tlv(tag: int, *parts: bytes) -> bytes:
    """One DER value: tag, shortest definite length, contents (X.690 clauses 8.1.3 and 10.1)."""
    contents = b"".join(parts)
    size = len(contents)
    if size < 0x80:
        return bytes((tag, size)) + contents
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets + contents


def is_der(data: bytes, depth: int = 0) -> bool:
    """Whether ``data`` is a row of DER values: shortest definite lengths, strict booleans and integers, to the end."""
    position = 0
    while position < len(data):
        if depth > 24 or position + 2 > len(data):
            return False
        tag, size = data[position], data[position + 1]
        position += 2
        if tag & 0x1F == 0x1F:  # tags of several bytes do not occur in CMS
            return False
        if size >= 0x80:
            octets = data[position : position + (size & 0x7F)]
            position += len(octets)
            size = int.from_bytes(octets, "big")
            if not octets or octets[0] == 0 or size < 0x80:
                return False
        value = data[position : position + size]
        position += size
        if len(value) != size or not _is_strict(tag, value):
            return False
        if tag & 0x20 and not is_der(value, depth + 1):
            return False
    return True


def _is_strict(tag: int, value: bytes) -> bool:
    if tag == _BOOLEAN:
        return value in (b"\x00", b"\xff")
    if tag == _INTEGER:
        padded = len(value) > 1 and (value[0], value[1] >> 7) in ((0x00, 0), (0xFF, 1))
        return bool(value) and not padded
    return True
