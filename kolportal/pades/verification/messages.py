"""The CMS SignedData of a seal or a time-stamp token (RFC 5652), taken apart and held to one strict shape.

The CMS object stands outside the sealed byte range and only its signed attributes are signed; so everything else in it
is held to a form that leaves nothing to choose: DER, zero filling (ETSI EN 319 142-1 clause 5.3), agreeing algorithms,
certificates that are truly signed by one another.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Final

from asn1crypto import cms, tsp  # noqa: F401 - tsp registers what tokens enclose

from kolportal.pades.verification import der
from kolportal.pades.verification.chains import Certificate, loaded
from kolportal.pades.verification.keys import HASHES, WeakAlgorithm, signed_by

MAX_CERTIFICATES: Final = 24
"""Certificates in one message."""
MAX_TOKENS: Final = 4
_SET_OF: Final = b"\x31"
_ONCE: Final = frozenset(
    {
        "content_type", "message_digest", "signing_certificate", "signing_certificate_v2", "signing_time",
        "cms_algorithm_protection",
    }
)  # fmt: skip
_SIGNED: Final = _ONCE | {"signature_policy_identifier", "content_hint", "1.2.840.113549.1.9.16.2.20"}
_CONTENT_INFO: Final = [0x06, 0xA0]
_SIGNED_DATA: Final = ([0x02, 0x31, 0x30, 0xA0, 0x31], [0x02, 0x31, 0x30, 0xA0, 0xA1, 0x31])
_SIGNER_INFO: Final = ([0x02, 0x30, 0x30, 0xA0, 0x30, 0x04], [0x02, 0x30, 0x30, 0xA0, 0x30, 0x04, 0xA1])
"""Tags in order (RFC 5652 clauses 3, 5.1 and 5.3); the issuer-and-serial form of the signer's name only."""
_ESS: Final = ("signing_certificate", "signing_certificate_v2")


class BadMessage(Exception):
    """The bytes are no SignedData that can be judged."""


@dataclass(frozen=True)
class Message:
    """One signer's SignedData. ``signer`` is None where its certificate is not enclosed or not the one that was named.

    ``faults`` are what no honest writer leaves behind; ``tokens`` are signature time-stamps (DER), ``content`` is what
    the message encloses (None where detached).
    """

    signer: Certificate | None
    certificates: tuple[Certificate, ...]
    digest_name: str
    message_digest: bytes
    signature: bytes
    content_type: str
    content: bytes | None
    tokens: tuple[bytes, ...]
    faults: tuple[str, ...]
    _info: Any

    def is_signed(self) -> bool:
        """Whether the signature over the signed attributes is by the signer's key. Raises WeakAlgorithm."""
        if self.signer is None:
            return False
        return signed_by(
            self.signer.parsed.public_key,
            self._info["signature_algorithm"],
            self.signature,
            # RFC 5652 5.4: signed as SET OF, stored as [0] IMPLICIT
            _SET_OF + self._info["signed_attrs"].dump()[1:],
            digest_name=self.digest_name,
        )


def read(contents: bytes) -> Message:
    """Take ``contents`` (DER, zeros may follow) apart. Raises BadMessage."""
    try:
        size = der.size_of(contents)
        if not der.is_strict(contents[:size]):
            raise BadMessage("the signature is not in DER form")
        return _read(contents[:size], filling=contents[size:])
    except der.MALFORMED as error:
        raise BadMessage(f"the signature cannot be read: {type(error).__name__}: {error}") from error


def _read(data: bytes, *, filling: bytes) -> Message:
    _check_shape(data)
    outer = cms.ContentInfo.load(data, strict=True)
    if outer["content_type"].native != "signed_data":
        raise BadMessage("the signature is no SignedData")
    body = outer["content"]
    if len(body["signer_infos"]) != 1:
        raise BadMessage("the signature does not have exactly one signer")
    info = body["signer_infos"][0]
    attributes, faults = _attributes(info)
    if any(filling):
        faults.append("the filling after the signature is not zero")
    name = info["digest_algorithm"]["algorithm"].native
    if name not in HASHES:
        raise BadMessage(f"the digest algorithm {name} is not accepted")
    if [one.native for one in body["digest_algorithms"]] != [info["digest_algorithm"].native]:
        faults.append("the digest algorithms of the signature do not agree")
    certificates = _certificates(body, faults)
    signer = _signer(info, certificates, faults)
    kind = body["encap_content_info"]["content_type"].native
    if body["version"].native not in (("v1",) if kind == "data" else ("v1", "v3")):  # RFC 5652 clause 5.1
        faults.append("the signature has an unknown version")
    if attributes["content_type"].native != kind:
        faults.append("the signature is of another kind of content than it encloses")
    _check_named(attributes, signer, faults)
    if body["crls"]:
        faults.append("the signature encloses revocation data where PAdES has none")
    content = body["encap_content_info"]["content"]
    return Message(
        signer=signer,
        certificates=tuple(certificates),
        digest_name=name,
        message_digest=attributes["message_digest"].native,
        signature=info["signature"].native,
        content_type=kind,
        content=bytes(content) if content.native is not None else None,
        tokens=_tokens(info, faults),
        faults=tuple(faults),
        _info=info,
    )


def _check_shape(data: bytes) -> None:
    """Which fields stand where, by their tags: asn1crypto passes over fields that it does not expect."""
    start, end = der.value_at(data, 0)[1:]
    content = der.children(data, start, end)
    if [tag for tag, _, _ in content] != _CONTENT_INFO:
        raise BadMessage("the signature has fields of an unknown kind")
    _, start, end = der.value_at(data, content[1][1])
    body = der.children(data, start, end)
    infos = der.children(data, body[-1][1], body[-1][2]) if body else []
    fields = [[tag for tag, _, _ in der.children(data, a, b)] for _, a, b in infos]
    if [tag for tag, _, _ in body] not in _SIGNED_DATA or not all(one in _SIGNER_INFO for one in fields):
        raise BadMessage("the signature has fields of an unknown kind")


def _attributes(info: Any) -> tuple[dict[str, Any], list[str]]:
    """Signed attributes by name, and faults."""
    found: dict[str, Any] = {}
    faults: list[str] = []
    dumps = []
    for attribute in info["signed_attrs"]:
        name = attribute["type"].native
        dumps.append(attribute.dump())
        if name in found or len(attribute["values"]) != 1:
            raise BadMessage(f"the signed attribute {name} stands twice or has not one value")
        if name not in _SIGNED:
            faults.append(f"the signed attribute {name} is not known")
        found[name] = attribute["values"][0]
    if dumps != sorted(dumps):
        faults.append("the signed attributes are not in DER order")
    if "content_type" not in found or "message_digest" not in found:
        raise BadMessage("the signature lacks content-type or message-digest")
    return found, faults


def _certificates(body: Any, faults: list[str]) -> list[Certificate]:
    choices = body["certificates"] or []
    if len(choices) > MAX_CERTIFICATES:
        raise BadMessage(f"the signature encloses more than {MAX_CERTIFICATES} certificates")
    if any(choice.name != "certificate" for choice in choices):
        raise BadMessage("the signature encloses certificates of an unknown kind")
    certificates = [loaded(choice.chosen.dump()) for choice in choices]
    if len(set(certificates)) != len(certificates):
        faults.append("a certificate is enclosed twice")
    for certificate in certificates:
        issuers = [other for other in certificates if other.subject == certificate.issuer]
        if issuers and not any(_issued(certificate, issuer) for issuer in issuers):
            faults.append(f"the certificate of {certificate.name} was changed")
    return certificates


def _issued(certificate: Certificate, issuer: Certificate) -> bool:
    try:
        return certificate.issued_by(issuer)
    except WeakAlgorithm:
        return False


def _signer(info: Any, certificates: list[Certificate], faults: list[str]) -> Certificate | None:
    if info["sid"].name != "issuer_and_serial_number":
        raise BadMessage("the signature does not name its certificate by issuer and serial number")
    if info["version"].native != "v1":
        faults.append("the signature has an unknown version")
    named = info["sid"].chosen
    issuer, serial = named["issuer"].dump(), named["serial_number"].native
    found = [one for one in certificates if (one.issuer, one.serial) == (issuer, serial)]
    return found[0] if len(found) == 1 else None


def _check_named(attributes: dict[str, Any], signer: Certificate | None, faults: list[str]) -> None:
    """ESS signing-certificate (RFC 2634, RFC 5035): the signature itself says which certificate is its own."""
    names = [name for name in _ESS if name in attributes]
    if not names:
        faults.append("the signature does not say which certificate is its own")
    for name in names:
        reference = attributes[name]["certs"][0]
        algorithm = (
            "sha1" if name == "signing_certificate" else reference["hash_algorithm"]["algorithm"].native
        )
        if signer is None or algorithm not in ("sha1", *HASHES):
            continue
        if (
            hashlib.new(algorithm, signer.der, usedforsecurity=False).digest()
            != reference["cert_hash"].native
        ):
            faults.append("the signature says that another certificate is its own")


def _tokens(info: Any, faults: list[str]) -> tuple[bytes, ...]:
    """Signature time-stamps (ETSI EN 319 122-1 clause 5.3); no other unsigned attribute has a place in a seal."""
    found: list[bytes] = []
    for attribute in info["unsigned_attrs"] or ():
        if attribute["type"].native != "signature_time_stamp_token":
            faults.append(f"the unsigned attribute {attribute['type'].native} is not known")
            continue
        found += [value.dump() for value in attribute["values"]]
    if len(found) > MAX_TOKENS:
        raise BadMessage(f"the signature carries more than {MAX_TOKENS} time-stamps")
    return tuple(found)
