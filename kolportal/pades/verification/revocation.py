"""What CRLs (RFC 5280 clause 5) and OCSP responses (RFC 6960) say of a certificate. They are handed in or stand in the file.

Only direct statements count: a CRL by the issuer of the certificate, an OCSP response by that issuer or by a responder
whose certificate this issuer signed for that use. Delta and indirect CRLs and unknown critical extensions are passed over.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any, Final

from asn1crypto import crl, ocsp, x509

from kolportal.pades.verification import der
from kolportal.pades.verification.chains import Certificate, loaded
from kolportal.pades.verification.keys import HASHES, WeakAlgorithm, signed_by
from kolportal.pades.verification.objects import TooComplex
from kolportal.pades.verification.report import Evidence

MAX_EMBEDDED: Final = 80
"""CRLs and OCSP responses together that stand in one file; each renewal brings a few. Handed-in ones do not count."""
MAX_CRL: Final = 4 * 1024 * 1024
MAX_OCSP: Final = 64 * 1024
_LIST: Final = [0x30, 0x30, 0x03]
_LIST_FIELDS: Final = 7
"""Tags and number of fields (RFC 5280 clause 5.1)."""
_CRL_CRITICAL: Final = frozenset({"issuing_distribution_point", "authority_key_identifier", "crl_number"})


@dataclass(frozen=True)
class Item:
    """One CRL or OCSP response in DER. ``revision`` of the file that brought it; None where it was handed in."""

    kind: str
    data: bytes
    revision: int | None

    @cached_property
    def parsed(self) -> Any:
        """The ``CertificateList`` or ``OCSPResponse``; None where it is none or too long. Found out once."""
        try:
            return read_list(self.data) if self.kind == "CRL" else read_response(self.data)
        except der.MALFORMED:
            return None


def read_list(data: bytes) -> crl.CertificateList | None:
    """``data`` as a ``CertificateList``; None where it is none or too long. Raises what is ``der.MALFORMED``.

    Its outer form only: real lists are long, and a signature speaks for the rest.
    """
    if len(data) > MAX_CRL:
        return None
    tag, start, end = der.value_at(data, 0)
    parts = der.children(data, start, end, most=len(_LIST))
    if (tag, end) != (0x30, len(data)) or [one[0] for one in parts] != _LIST:
        return None
    der.children(data, parts[0][1], parts[0][2], most=_LIST_FIELDS)
    return crl.CertificateList.load(data)


def read_response(data: bytes) -> ocsp.OCSPResponse | None:
    """``data`` as a successful ``OCSPResponse``; None where it is none or too long. Raises what is ``der.MALFORMED``."""
    if len(data) > MAX_OCSP or not der.is_strict(data):
        return None
    response = ocsp.OCSPResponse.load(data, strict=True)
    return response if response["response_status"].native == "successful" else None


@dataclass(frozen=True)
class Statement:
    """What one item says of one certificate. ``by`` is whoever said it, where that is not the issuer itself."""

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
    """All evidence for one file; what an item says of a certificate is found out once.

    What is handed in comes first, and nothing in the file can crowd it out. Raises TooComplex where the file holds more
    than MAX_EMBEDDED items: leaving some out in silence would let it choose which.
    """

    def __init__(self, *, handed_in: Sequence[Item], embedded: Sequence[Item]) -> None:
        if len(embedded) > MAX_EMBEDDED:
            raise TooComplex(f"the file holds more than {MAX_EMBEDDED} pieces of revocation data")
        self.items = list(dict.fromkeys((*handed_in, *embedded)))
        self._said: dict[tuple[Certificate, Certificate], list[Statement]] = {}

    def statements(
        self, certificate: Certificate, issuer: Certificate, others: Sequence[Certificate] = ()
    ) -> list[Statement]:
        """Believable statements of ``certificate``, which ``issuer`` issued.

        ``others`` are further certificates of the same authority, after a change of its key: that they call a certificate
        revoked counts as well; that they do not is no news.
        """
        key = (certificate, issuer)
        if key not in self._said:
            found = self._about(certificate, issuer)
            for other in others:
                again = self._about(certificate, other)
                found += [replace(one, by=one.by or other) for one in again if one.revoked_at is not None]
            self._said[key] = found
        return self._said[key]

    def _about(self, certificate: Certificate, issuer: Certificate) -> list[Statement]:
        said = (_statement(item, certificate, issuer) for item in self.items)
        return [one for one in said if one is not None]


def _statement(item: Item, certificate: Certificate, issuer: Certificate) -> Statement | None:
    try:
        if item.parsed is None:
            return None
        if item.kind == "CRL":
            return _from_crl(item, certificate, issuer)
        return _from_ocsp(item, certificate, issuer)
    except (*der.MALFORMED, WeakAlgorithm):  # what cannot be read says nothing
        return None


# --- CRL -------------------------------------------------------------------------------------------------------------


def _from_crl(item: Item, certificate: Certificate, issuer: Certificate) -> Statement | None:
    parsed = item.parsed
    body = parsed["tbs_cert_list"]
    if body["issuer"].dump() != issuer.subject or not issuer.may("crl_sign"):
        return None
    if parsed["signature_algorithm"].dump() != body["signature"].dump():
        return None
    if not signed_by(
        issuer.parsed.public_key, parsed["signature_algorithm"], parsed["signature"].native, body.dump()
    ):
        return None
    scope = _scope(body, certificate)  # after the signature: a long list is not looked through for a stranger
    if scope == _FOREIGN:
        return None
    revoked_at, reason = _search(body["revoked_certificates"].dump(), certificate.serial)
    if scope == _PARTIAL and revoked_at is None:
        return None
    return Statement(
        item, issuer.name, body["this_update"].native, body["next_update"].native, revoked_at, reason
    )


_FOREIGN, _PARTIAL, _COMPLETE = range(3)


def _scope(body: Any, certificate: Certificate) -> int:
    """Whether the list is complete for this certificate, or for some of its kind, or not to be read here (RFC 5280 6.3.3)."""
    scope = _COMPLETE
    for extension in body["crl_extensions"] or ():
        name = extension["extn_id"].native
        if name == "delta_crl_indicator" or (extension["critical"].native and name not in _CRL_CRITICAL):
            return _FOREIGN
        if name == "issuing_distribution_point":
            point = extension["extn_value"].parsed
            if point["indirect_crl"].native or point["only_contains_attribute_certs"].native:
                return _FOREIGN
            kind = "only_contains_user_certs" if certificate.is_ca else "only_contains_ca_certs"
            if point[kind].native or point["only_some_reasons"].native or not _is_named(point, certificate):
                scope = _PARTIAL
    return scope


def _is_named(point: Any, certificate: Certificate) -> bool:
    """Whether the part that the list is of is this certificate's (6.3.3 (b)(2)(i)): the two have a name in common.

    A list that names no part is of all; a certificate that names none is of the part called like its issuer.
    """
    name = point["distribution_point"]
    if name.native is None:
        return True
    if name.name != "full_name":
        return False
    wanted = {x509.GeneralName("directory_name", certificate.parsed.issuer).dump()}
    for one in certificate.distribution_points:
        if one["distribution_point"].native is not None and one["distribution_point"].name == "full_name":
            wanted |= {part.dump() for part in one["distribution_point"].chosen}
    return any(part.dump() in wanted for part in name.chosen)


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
    basic = item.parsed.basic_ocsp_response
    body = basic["tbs_response_data"]
    if any(one["critical"].native for one in body["response_extensions"] or ()):
        return None
    about = [one for one in body["responses"] if _is_about(one["cert_id"], certificate, issuer)]
    revoking = [one for one in about if one["cert_status"].name == "revoked"]
    single = next(iter((*revoking, *about)), None)
    if single is None or any(one["critical"].native for one in single["single_extensions"] or ()):
        return None
    responder = _responder(basic, body, issuer)
    if responder is None:
        return None
    status = single["cert_status"]
    if status.name not in ("good", "revoked"):
        return None
    revoked_at = reason = None
    if status.name == "good" and not (responder == issuer or _is_beyond_doubt(responder, body)):
        return None
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
    if name not in ("sha1", *HASHES) or cert_id["serial_number"].native != certificate.serial:
        return False
    key = bytes(issuer.parsed.public_key["public_key"])
    # SHA-1 only names the issuer here (RFC 6960 clause 4.1.1); nothing rests on it
    return (cert_id["issuer_name_hash"].native, cert_id["issuer_key_hash"].native) == (
        hashlib.new(name, issuer.subject, usedforsecurity=False).digest(),
        hashlib.new(name, key, usedforsecurity=False).digest(),
    )


def _responder(basic: Any, body: Any, issuer: Certificate) -> Certificate | None:
    """Who signed the response, if the issuer made that one its responder (RFC 6960 clause 4.2.2.2)."""
    enclosed = [loaded(one.dump()) for one in list(basic["certs"] or ())[:8]]
    for candidate in (issuer, *enclosed):
        if not _signed(basic, body, candidate):
            continue
        if candidate == issuer:
            return issuer
        meant = candidate.purposes is not None and "ocsp_signing" in candidate.purposes
        if meant and candidate.issuer == issuer.subject and candidate.issued_by(issuer):
            return candidate
    return None


def _signed(basic: Any, body: Any, candidate: Certificate) -> bool:
    """Whether the response is by ``candidate``; a key of another kind is just not it."""
    try:
        return signed_by(
            candidate.parsed.public_key, basic["signature_algorithm"], basic["signature"].native, body.dump()
        )
    except WeakAlgorithm:
        return False


def _is_beyond_doubt(responder: Certificate, body: Any) -> bool:
    """Whether a responder's "good" can be believed unasked: its issuer excused it from being checked, and it was valid."""
    return (
        responder.never_checked and responder.not_before <= body["produced_at"].native <= responder.not_after
    )
