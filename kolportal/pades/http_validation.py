"""Validation data over HTTP, from the addresses that certificates name: AIA and CDP (RFC 5280 clauses 4.2.2.1, 4.2.1.13)."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from threading import Lock
from typing import Final
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID

from kolportal.pades.errors import ServiceFailed
from kolportal.pades.exchange import exchange
from kolportal.pades.levels import Cause

MAX_CACHED: Final = 128


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
        self._kept: OrderedDict[tuple[str, bytes], tuple[datetime, datetime, bytes]] = OrderedDict()
        self._lock = Lock()

    def issuers(self, certificate: x509.Certificate, *, at: datetime) -> Sequence[x509.Certificate]:
        access = AuthorityInformationAccessOID.CA_ISSUERS
        return _certificates(
            self._first(_access(certificate, access), _certificates_until, at=at, what="issuer's certificate")
        )

    def ocsp_response(
        self, certificate: x509.Certificate, issuer: x509.Certificate, *, at: datetime
    ) -> bytes:
        # SHA-1 names the certificate and protects nothing; it is the one that every responder knows (RFC 5019 2.1.1)
        request = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hashes.SHA1()).build()  # noqa: S303
        body = request.public_bytes(serialization.Encoding.DER)
        access = AuthorityInformationAccessOID.OCSP
        return self._first(_access(certificate, access), _ocsp_until, at=at, what="OCSP responder", body=body)

    def crl(self, certificate: x509.Certificate, *, at: datetime) -> bytes:
        return self._first(_distribution_points(certificate), _crl_until, at=at, what="CRL")

    def _first(
        self,
        urls: Iterator[str],
        until: Callable[[bytes], datetime | None],
        *,
        at: datetime,
        what: str,
        body: bytes | None = None,
    ) -> bytes:
        """The first address's answer that can be read; ``until`` reads it and says when the next one comes."""
        failure = ServiceFailed(Cause.REVOCATION_MISSING, f"the certificate names no {what}")
        for url in urls:
            try:
                return self._get(url, until, at, body)
            except ServiceFailed as error:
                failure = error
        raise failure

    def _get(
        self, url: str, until: Callable[[bytes], datetime | None], at: datetime, body: bytes | None
    ) -> bytes:
        name = (url, hashlib.sha256(body or b"").digest())
        with self._lock:
            kept = self._kept.get(name)
        if kept and kept[0] <= at <= kept[1]:
            return kept[2]
        if self._hosts is not None and urlsplit(url).hostname not in self._hosts:
            raise ServiceFailed(Cause.UNREACHABLE, "this host is not to be asked", source=url)
        data = exchange(
            url,
            seconds=self._seconds,
            max_bytes=self._max_bytes,
            body=body,
            content_type="application/ocsp-request",
        )
        try:
            end = until(data)
        except (ValueError, UnsupportedAlgorithm) as error:
            raise ServiceFailed(Cause.MALFORMED, str(error)[:200], source=url) from error
        with self._lock:
            self._kept[name] = (at, min(at + self._max_age, end or at), data)
            self._kept.move_to_end(name)
            while len(self._kept) > MAX_CACHED:
                self._kept.popitem(last=False)
        return data


def _certificates_until(data: bytes) -> datetime | None:
    return max(certificate.not_valid_after_utc for certificate in _certificates(data))


def _ocsp_until(data: bytes) -> datetime | None:
    response = ocsp.load_der_ocsp_response(data)
    if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
        raise ValueError(f"OCSP: {response.response_status.name.lower()}")
    return next(response.responses).next_update_utc


def _crl_until(data: bytes) -> datetime | None:
    return x509.load_der_x509_crl(data).next_update_utc


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
