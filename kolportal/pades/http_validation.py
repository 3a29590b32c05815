"""Validation data over HTTP, from the addresses that certificates name: AIA and CDP (RFC 5280 clauses 4.2.2.1, 4.2.1.13)."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Final
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID

from kolportal.pades.errors import ServiceFailed, reading
from kolportal.pades.exchange import exchange
from kolportal.pades.levels import Cause

MAX_CACHED: Final = 128

Life = tuple[datetime, datetime | None]
"""When an answer was issued, and when the next one comes."""


@dataclass(frozen=True)
class _Kept:
    data: bytes
    issued_at: datetime
    begin: datetime
    end: datetime

    def serves(self, at: datetime, since: datetime | None) -> bool:
        return self.begin <= at <= self.end and (since is None or self.issued_at >= since)


class HttpValidationSource:
    """Asks the addresses in the certificates; safe for threads.

    ``seconds`` is for each request, ``max_bytes`` for each answer (CRLs of large authorities take megabytes). Answers are
    kept for ``max_age`` of the caller's time, and never beyond their own next update. ``hosts``, where given, are the only
    ones that are asked: certificates come from outside, and addresses inside them too.
    """

    def __init__(
        self,
        *,
        seconds: float = 10.0,
        max_bytes: int = 8 * 1024 * 1024,
        max_age: timedelta = timedelta(minutes=10),
        hosts: frozenset[str] | None = None,
    ) -> None:
        self._seconds = seconds
        self._max_bytes = max_bytes
        self._max_age = max_age
        self._hosts = hosts
        self._kept: OrderedDict[tuple[str, bytes], _Kept] = OrderedDict()
        self._lock = Lock()

    def issuers(self, certificate: x509.Certificate, *, at: datetime) -> Sequence[x509.Certificate]:
        urls = _access(certificate, AuthorityInformationAccessOID.CA_ISSUERS)
        return _certificates(self._first(urls, _certificates_life, at=at, what="issuer's certificate"))

    def ocsp_response(
        self,
        certificate: x509.Certificate,
        issuer: x509.Certificate,
        *,
        at: datetime,
        since: datetime | None = None,
    ) -> bytes:
        sha1 = hashes.SHA1()  # noqa: S303 - it names, and protects nothing; every responder knows it (RFC 5019 2.1.1)
        request = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, sha1).build()
        body = request.public_bytes(serialization.Encoding.DER)
        urls = _access(certificate, AuthorityInformationAccessOID.OCSP)
        return self._first(urls, _ocsp_life, at=at, since=since, what="OCSP responder", body=body)

    def crl(self, certificate: x509.Certificate, *, at: datetime, since: datetime | None = None) -> bytes:
        return self._first(_distribution_points(certificate), _crl_life, at=at, since=since, what="CRL")

    def _first(
        self,
        urls: Iterator[str],
        life_of: Callable[[bytes], Life],
        *,
        at: datetime,
        what: str,
        since: datetime | None = None,
        body: bytes | None = None,
    ) -> bytes:
        """The first address's answer that can be read."""
        failure = ServiceFailed(Cause.REVOCATION_MISSING, f"the certificate names no {what}")
        for url in urls:
            name = (url, hashlib.sha256(body or b"").digest())
            with self._lock:
                kept = self._kept.get(name)
            if kept and kept.serves(at, since):
                return kept.data
            try:
                data, life = self._fetched(url, life_of, body)
            except ServiceFailed as error:
                failure = error
                continue
            self._keep(name, _Kept(data, life[0], at, min(at + self._max_age, life[1] or at)))
            return data
        raise failure

    def _fetched(self, url: str, life_of: Callable[[bytes], Life], body: bytes | None) -> tuple[bytes, Life]:
        if self._hosts is not None and urlsplit(url).hostname not in self._hosts:
            raise ServiceFailed(Cause.UNREACHABLE, "this host is not to be asked", source=url)
        data = exchange(
            url,
            seconds=self._seconds,
            max_bytes=self._max_bytes,
            body=body,
            content_type="application/ocsp-request",
        )
        with reading(f"what {url} gave"):
            return data, life_of(data)

    def _keep(self, name: tuple[str, bytes], answer: _Kept) -> None:
        with self._lock:
            self._kept[name] = answer
            self._kept.move_to_end(name)
            while len(self._kept) > MAX_CACHED:
                self._kept.popitem(last=False)


def _certificates_life(data: bytes) -> Life:
    found = _certificates(data)
    return found[0].not_valid_before_utc, min(one.not_valid_after_utc for one in found)


def _ocsp_life(data: bytes) -> Life:
    response = ocsp.load_der_ocsp_response(data)
    if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
        raise ValueError(f"OCSP: {response.response_status.name.lower()}")
    first = next(response.responses)
    return first.this_update_utc, first.next_update_utc


def _crl_life(data: bytes) -> Life:
    crl = x509.load_der_x509_crl(data)
    return crl.last_update_utc, crl.next_update_utc


def _certificates(data: bytes) -> list[x509.Certificate]:
    """RFC 5280 clause 4.2.2.1: one certificate in DER, or a "certs-only" PKCS#7; some authorities serve PEM."""
    if data.startswith(b"-----"):
        return x509.load_pem_x509_certificates(data)
    try:
        return [x509.load_der_x509_certificate(data)]
    except ValueError:
        certificates = pkcs7.load_der_pkcs7_certificates(data)
        if not certificates:
            raise ValueError("no certificate") from None
        return certificates


def _access(certificate: x509.Certificate, method: x509.ObjectIdentifier) -> Iterator[str]:
    try:
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except x509.ExtensionNotFound:
        return
    for description in access:
        place = description.access_location
        if description.access_method == method and isinstance(place, x509.UniformResourceIdentifier):
            yield place.value


def _distribution_points(certificate: x509.Certificate) -> Iterator[str]:
    try:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except x509.ExtensionNotFound:
        return
    for point in points:
        for name in point.full_name or ():
            if isinstance(name, x509.UniformResourceIdentifier):
                yield name.value
