"""What CRLs (RFC 5280 clause 5) and OCSP responses (RFC 6960) say of a certificate. They are handed in or stand in the file.

Only direct statements count: a CRL by the issuer of the certificate, an OCSP response by that issuer or by a responder
whose certificate this issuer signed for that use. Delta and indirect CRLs and unknown critical extensions are passed over.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from asn1crypto import crl, ocsp

from kolportal.pades.verification import der
from kolportal.pades.verification.chains import Certificate, loaded
from kolportal.pades.verification.keys import WeakAlgorithm, signed_by
from kolportal.pades.verification.report import Evidence

MAX_ITEMS: Final = 40
"""CRLs and OCSP responses together, handed in ones included."""
MAX_CRL: Final = 4 * 1024 * 1024
MAX_OCSP: Final = 64 * 1024
_CRL_CRITICAL: Final = frozenset({"issuing_distribution_point", "authority_key_identifier", "crl_number"})
MALFORMED: Final = (
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    IndexError,
    OverflowError,
    RecursionError,
)


@dataclass(frozen=True)
class Item:
    """One CRL or OCSP response in DER. ``revision`` of the file that brought it; None where it was handed in."""

    kind: str
    data: bytes
    revision: int | None


@dataclass(frozen=True)
class Statement:
    """What one item says of one certificate. ``by`` is the delegated responder, where there is one."""

    item: Item
    issuer: str
    this_update: datetime
    next_update: datetime | None
    revoked_at: datetime | None
    reason: str | None
    by: Certificate | None = None

    @property
    def evidence(self) -> Evidence:
        source = "handed-in" if self.item.revision is None else "embedded"
        return Evidence(self.item.kind, source, self.issuer, self.this_update, self.next_update)

    def speaks_of(self, moment: datetime) -> bool:
        """Whether it is no older than ``moment``, or ``moment`` lies within its time."""
        return moment <= (self.next_update or self.this_update) or moment <= self.this_update


class Pool:
    """All evidence for one file; what an item says of a certificate is found out once."""

    def __init__(self, items: Sequence[Item]) -> None:
        self.items = list(items)[:MAX_ITEMS]
        self._said: dict[tuple[Certificate, Certificate], list[Statement]] = {}

    def statements(self, certificate: Certificate, issuer: Certificate) -> list[Statement]:
        """Believable statements of ``certificate``, which ``issuer`` issued."""
        key = (certificate, issuer)
        if key not in self._said:
            found = (_statement(item, certificate, issuer) for item in self.items)
            self._said[key] = [one for one in found if one is not None]
        return self._said[key]


def _statement(item: Item, certificate: Certificate, issuer: Certificate) -> Statement | None:
    try:
        if item.kind == "CRL":
            return _from_crl(item, certificate, issuer)
        return _from_ocsp(item, certificate, issuer)
    except (*MALFORMED, WeakAlgorithm):  # what cannot be read says nothing
        return None


# --- CRL -------------------------------------------------------------------------------------------------------------


def _from_crl(item: Item, certificate: Certificate, issuer: Certificate) -> Statement | None:
    if len(item.data) > MAX_CRL:
        return None
    tag, _, end = der.value_at(item.data, 0)
    if tag != 0x30 or end != len(item.data):
        return None
    parsed = crl.CertificateList.load(item.data)
    body = parsed["tbs_cert_list"]
    if body["issuer"].dump() != issuer.subject or not issuer.may("crl_sign"):
        return None
    if parsed["signature_algorithm"].dump() != body["signature"].dump():
        return None
    if not signed_by(
        issuer.parsed.public_key, parsed["signature_algorithm"], parsed["signature"].native, body.dump()
    ):
        return None
    if not _applies(
        body, certificate
    ):  # after the signature: a long list is not looked through for a stranger
        return None
    revoked_at, reason = _search(body["revoked_certificates"].dump(), certificate.serial)
    return Statement(
        item, issuer.name, body["this_update"].native, body["next_update"].native, revoked_at, reason
    )


def _applies(body: Any, certificate: Certificate) -> bool:
    """Whether the list is complete for certificates of this kind."""
    for extension in body["crl_extensions"] or ():
        name = extension["extn_id"].native
        if name == "delta_crl_indicator" or (extension["critical"].native and name not in _CRL_CRITICAL):
            return False
        if name == "issuing_distribution_point":
            point = extension["extn_value"].parsed
            if point["indirect_crl"].native or point["only_some_reasons"].native:
                return False
            if point["only_contains_attribute_certs"].native:
                return False
            kind = "only_contains_user_certs" if certificate.is_ca else "only_contains_ca_certs"
            if point[kind].native:
                return False
    return True


def _search(data: bytes, serial: int) -> tuple[datetime | None, str | None]:
    """Time and reason of ``serial`` in the list's DER; walks the bytes, because real lists are long."""
    if not data:
        return None, None
    octets = serial.to_bytes(serial.bit_length() // 8 + 1, "big", signed=True)
    wanted = bytes((der.INTEGER, len(octets))) + octets
    if wanted not in data:
        return None, None
    _, position, end = der.value_at(data, 0)
    while position < end:
        _, start, after = der.value_at(data, position)
        if data.startswith(wanted, start):
            entry = crl.RevokedCertificate.load(data[position:after])
            reason = entry.crl_reason_value
            return entry["revocation_date"].native, reason.native if reason is not None else None
        position = after
    return None, None


# --- OCSP ------------------------------------------------------------------------------------------------------------


def _from_ocsp(item: Item, certificate: Certificate, issuer: Certificate) -> Statement | None:
    if len(item.data) > MAX_OCSP or not der.is_strict(item.data):
        return None
    response = ocsp.OCSPResponse.load(item.data, strict=True)
    if response["response_status"].native != "successful":
        return None
    basic = response.basic_ocsp_response
    body = basic["tbs_response_data"]
    if any(one["critical"].native for one in body["response_extensions"] or ()):
        return None
    single = next((one for one in body["responses"] if _is_about(one["cert_id"], certificate, issuer)), None)
    if single is None or any(one["critical"].native for one in single["single_extensions"] or ()):
        return None
    responder = _responder(basic, body, issuer)
    if responder is None:
        return None
    status = single["cert_status"]
    if status.name not in ("good", "revoked"):
        return None
    revoked_at = reason = None
    if status.name == "revoked":
        revoked_at = status.chosen["revocation_time"].native
        reason = status.chosen["revocation_reason"].native
    return Statement(
        item,
        responder.name,
        single["this_update"].native,
        single["next_update"].native,
        revoked_at,
        reason,
        by=None if responder == issuer else responder,
    )


def _is_about(cert_id: Any, certificate: Certificate, issuer: Certificate) -> bool:
    name = cert_id["hash_algorithm"]["algorithm"].native
    if (
        name not in ("sha1", "sha256", "sha384", "sha512")
        or cert_id["serial_number"].native != certificate.serial
    ):
        return False
    key = bytes(issuer.parsed.public_key["public_key"])
    # SHA-1 only names the issuer here (RFC 6960 clause 4.1.1); nothing rests on it
    return (cert_id["issuer_name_hash"].native, cert_id["issuer_key_hash"].native) == (
        hashlib.new(name, issuer.subject, usedforsecurity=False).digest(),
        hashlib.new(name, key, usedforsecurity=False).digest(),
    )


def _responder(basic: Any, body: Any, issuer: Certificate) -> Certificate | None:
    """Who signed the response, if that one may (RFC 6960 clause 4.2.2.2)."""
    enclosed = [loaded(one.dump()) for one in list(basic["certs"] or ())[:8]]
    produced = body["produced_at"].native
    for candidate in (issuer, *enclosed):
        if not signed_by(
            candidate.parsed.public_key, basic["signature_algorithm"], basic["signature"].native, body.dump()
        ):
            continue
        if candidate == issuer:
            return issuer
        dated = candidate.not_before <= produced <= candidate.not_after
        meant = (
            candidate.purposes is not None
            and "ocsp_signing" in candidate.purposes
            and candidate.never_checked
        )
        if dated and meant and candidate.issuer == issuer.subject and candidate.issued_by(issuer):
            return candidate
    return None
