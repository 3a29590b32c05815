"""Whom a verifier believes: roots for seals, roots for time-stamps, and revocation lists that somebody hands in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

TEST_POLICY: Final = "2.25.317426209487340298415670321846017349"
"""Certificate policy of every test certificate (an own UUID arc, ITU-T X.667)."""


@dataclass(frozen=True)
class Trust:
    """Trust anchors and evidence, all in DER. Nothing is ever fetched: what is not here or in the file is not known.

    ``seal_roots`` and ``timestamp_roots`` are certificates. Their own dates are not judged: an anchor is trusted because
    somebody handed it in (RFC 5280 clause 6.1.1 (d)). ``crls`` are RFC 5280 CertificateLists, ``ocsps`` RFC 6960
    OCSPResponses; both are believed only as far as their signatures reach an anchor.
    """

    seal_roots: tuple[bytes, ...] = ()
    timestamp_roots: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()
    ocsps: tuple[bytes, ...] = ()

    @classmethod
    def of(
        cls,
        *,
        seal_roots: Iterable[Certificate | bytes] = (),
        timestamp_roots: Iterable[Certificate | bytes] = (),
        crls: Iterable[bytes] = (),
        ocsps: Iterable[bytes] = (),
    ) -> Self:
        """From certificates of the ``cryptography`` package, or DER."""
        return cls(
            seal_roots=tuple(map(_der, seal_roots)),
            timestamp_roots=tuple(map(_der, timestamp_roots)),
            crls=tuple(crls),
            ocsps=tuple(ocsps),
        )


def _der(certificate: Certificate | bytes) -> bytes:
    if isinstance(certificate, bytes):
        return certificate
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.DER)
