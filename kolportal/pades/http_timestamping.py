"""Time-stamp authorities over HTTP (RFC 3161 clause 3.4)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from cryptography import x509

from kolportal.pades.exchange import address, exchange

MAX_TOKEN_BYTES: Final = 64 * 1024


@dataclass(frozen=True)
class HttpTimestamper:
    """An authority that is asked over HTTP (RFC 3161 clause 3.4). ``seconds`` is for the whole exchange.

    ``url`` may hold user and password (Basic authentication); they show nowhere.
    """

    url: str = field(repr=False)
    seconds: float = 10.0
    policy: str | None = None
    trust_roots: tuple[x509.Certificate, ...] = ()
    tolerance: timedelta = timedelta(minutes=10)

    @property
    def name(self) -> str:
        return address(self.url)

    def send(self, query: bytes) -> bytes:
        return exchange(
            self.url,
            seconds=self.seconds,
            max_bytes=MAX_TOKEN_BYTES,
            body=query,
            content_type="application/timestamp-query",
        )
