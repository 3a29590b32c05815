"""Time-stamps of RFC 3161: asked of authorities in order, and looked at in full before anything is built upon them.

The client only carries bytes. What is asked (imprint, fresh nonce, certificate wanted) and whether the answer fits is
decided here, so that no client can lower the bar. There is no local clock behind it: no token, no time.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final, Protocol

from asn1crypto import cms, parser, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import ExtendedKeyUsageOID
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import validate_sig_integrity

from kolportal.pades.cms import is_der
from kolportal.pades.errors import ServiceFailed, reading
from kolportal.pades.levels import Cause, Level, Obstacle
from kolportal.pades.paths import leads_to

IMPRINT_DIGEST: Final = "sha256"
NONCE_BITS: Final = 128
USUAL_TOKEN_BYTES: Final = 8 * 1024
"""Room for the token of an authority that was not asked before; with two or three RSA certificates they take 3 to 7 KiB."""

SLACK_BYTES: Final = 64
"""Serial numbers and ECDSA signatures vary from one token to the next."""

GRANTED: Final = frozenset({"granted", "granted_with_mods"})

_largest: dict[str, int] = {}
"""Largest token in bytes, by authority."""


class Timestamper(Protocol):
    """A client of one time-stamp authority, handed in. It holds its own limit of time."""

    @property
    def name(self) -> str:
        """What the authority is called in reports; no secrets."""

    @property
    def policy(self) -> str | None:
        """Time-stamp policy to insist on (dotted OID), or None for the authority's own."""

    @property
    def trust_roots(self) -> Sequence[x509.Certificate]:
        """Roots of which one must stand behind the token; empty: whoever verifies later decides alone."""

    @property
    def tolerance(self) -> timedelta:
        """How far the token's time may be from the time of sealing."""

    def send(self, query: bytes) -> bytes:
        """DER ``TimeStampResp`` to the DER ``TimeStampReq`` ``query``; raises ServiceFailed or OSError."""


@dataclass(frozen=True, eq=False)
class Token:
    """A ``TimeStampToken`` (RFC 3161 clause 2.4.2) whose structure was read; see :func:`read_token`."""

    der: bytes = field(repr=False)
    info: tsp.TSTInfo = field(repr=False)
    signed_data: cms.SignedData = field(repr=False)
    certificate: x509.Certificate
    """The time-stamp authority's own."""
    enclosed: tuple[x509.Certificate, ...] = field(repr=False)

    @cached_property
    def time(self) -> datetime:
        """``genTime``, aware."""
        moment: datetime = self.info["gen_time"].native
        return moment

    @property
    def imprint(self) -> tuple[str, bytes]:
        """Name of the hash, and the hash that was time-stamped."""
        imprint = self.info["message_imprint"]
        return imprint["hash_algorithm"]["algorithm"].native, imprint["hashed_message"].native


def obtain(
    message_digest: bytes, *, timestampers: Sequence[Timestamper], at: datetime, level: Level
) -> tuple[Token | None, tuple[Obstacle, ...]]:
    """A token over ``message_digest`` (SHA-256) from the first authority that gives a good one, and what the others did.

    ``level`` is the level that the token is for. No token: every authority is among the obstacles.
    """
    if not timestampers:
        return None, (Obstacle(level, Cause.NONE_GIVEN, detail="no time-stamp authority"),)
    obstacles: list[Obstacle] = []
    for timestamper in timestampers:
        try:
            token = _ask(timestamper, message_digest, at)
            _largest[timestamper.name] = max(len(token.der), _largest.get(timestamper.name, 0))
            return token, tuple(obstacles)
        except ServiceFailed as error:
            obstacles.append(Obstacle(level, error.cause, timestamper.name, error.detail))
        except TimeoutError as error:
            obstacles.append(Obstacle(level, Cause.TIMEOUT, timestamper.name, str(error)))
        except OSError as error:
            obstacles.append(Obstacle(level, Cause.UNREACHABLE, timestamper.name, str(error)))
    return None, tuple(obstacles)


def room_for_token(timestampers: Sequence[Timestamper]) -> int:
    """Bytes to leave for a token of one of ``timestampers``: measured on those that this process has had of them."""
    known = [_largest[one.name] for one in timestampers if one.name in _largest]
    return max(known) + SLACK_BYTES if known else USUAL_TOKEN_BYTES


def read_token(der: bytes) -> Token:
    """Read a token; raises ServiceFailed(MALFORMED). Whether it is any good, :func:`check` says."""
    with reading("the token"):
        content = cms.ContentInfo.load(der, strict=True)
        if content["content_type"].native != "signed_data":
            raise ServiceFailed(Cause.MALFORMED, "the token is no SignedData")
        signed_data = content["content"]
        enclosing = signed_data["encap_content_info"]
        if enclosing["content_type"].native != "tst_info" or len(signed_data["signer_infos"]) != 1:
            raise ServiceFailed(Cause.MALFORMED, "the token is no TSTInfo with one signer")
        certificates = [
            choice.chosen for choice in signed_data["certificates"] if choice.name == "certificate"
        ]
        sid = signed_data["signer_infos"][0]["sid"]
        signer = next((cert for cert in certificates if _is_named(cert, sid)), None)
        if signer is None:
            raise ServiceFailed(Cause.MALFORMED, "the token lacks its authority's certificate")
        if not is_der(der):
            raise ServiceFailed(Cause.MALFORMED, "the token is not in DER form")
        info = enclosing["content"].parsed
        info.native  # noqa: B018 - asn1crypto parses lazily: what is damaged inside shows here
        return Token(
            der=der,
            info=info,
            signed_data=signed_data,
            certificate=x509.load_der_x509_certificate(signer.dump()),
            enclosed=tuple(x509.load_der_x509_certificate(cert.dump()) for cert in certificates),
        )


def check(token: Token, *, imprint: tuple[str, bytes], trust_roots: Sequence[x509.Certificate] = ()) -> None:
    """Whether ``token`` vouches for ``imprint``: its hash, its signature, its certificate; raises ServiceFailed.

    RFC 3161 clauses 2.3 (extended key usage critical, timeStamping alone) and 2.4.2; the certificate is judged at the
    token's own time.
    """
    with reading("the token"):
        if token.imprint != imprint:
            raise ServiceFailed(Cause.WRONG_IMPRINT, "the token is of another document")
        _check_signature(token)
        _check_usage(token.certificate)
        if token.time < token.certificate.not_valid_before_utc:
            raise ServiceFailed(Cause.CERTIFICATE_NOT_YET_VALID, _named(token.certificate))
        if token.time > token.certificate.not_valid_after_utc:
            raise ServiceFailed(Cause.CERTIFICATE_EXPIRED, _named(token.certificate))
        if trust_roots and not leads_to(token.certificate, trust_roots, pool=token.enclosed, at=token.time):
            raise ServiceFailed(Cause.UNTRUSTED, f"{_named(token.certificate)} leads to no trusted root")


def _ask(timestamper: Timestamper, message_digest: bytes, at: datetime) -> Token:
    nonce = secrets.randbits(NONCE_BITS)
    imprint = (IMPRINT_DIGEST, message_digest)
    query = {
        "version": "v1",
        "message_imprint": {"hash_algorithm": {"algorithm": imprint[0]}, "hashed_message": imprint[1]},
        "nonce": nonce,
        "cert_req": True,
    }
    if timestamper.policy:
        query["req_policy"] = timestamper.policy
    token = read_token(_token_of(timestamper.send(tsp.TimeStampReq(query).dump())))
    if token.info["nonce"].native != nonce:
        raise ServiceFailed(Cause.WRONG_NONCE, "the token answers another question")
    if timestamper.policy and token.info["policy"].dotted != timestamper.policy:
        raise ServiceFailed(Cause.WRONG_POLICY, f"under policy {token.info['policy'].dotted}")
    check(token, imprint=imprint, trust_roots=timestamper.trust_roots)
    if abs(token.time - at) > timestamper.tolerance:
        raise ServiceFailed(
            Cause.WRONG_TIME, f"the token says {token.time.isoformat()}, asked {at.isoformat()}"
        )
    return token


def _token_of(answer: bytes) -> bytes:
    """The bytes of the token in a DER ``TimeStampResp`` (RFC 3161 clause 2.4.2): a status, and after a good one the token."""
    with reading("the TimeStampResp"):
        *_, members, _ = parser.parse(answer, strict=True)
        size = parser.peek(members)
        status = tsp.PKIStatusInfo.load(members[:size], strict=True)
        state = status["status"].native
        told = status["status_string"].native or [""]
    if state not in GRANTED:
        raise ServiceFailed(Cause.REJECTED, f"{state}: {told[0]}"[:200])
    return bytes(members[size:])


def _check_signature(token: Token) -> None:
    signer_info = token.signed_data["signer_infos"][0]
    algorithm = signer_info["digest_algorithm"]["algorithm"].native
    try:
        content = bytes(token.signed_data["encap_content_info"]["content"])
        intact, valid = validate_sig_integrity(
            signer_info,
            asn1_x509.Certificate.load(token.certificate.public_bytes(serialization.Encoding.DER)),
            "tst_info",
            hashlib.new(algorithm, content).digest(),
        )
    except SignatureValidationError as error:
        raise ServiceFailed(Cause.BAD_SIGNATURE, str(error)[:200]) from error
    if algorithm in {"md5", "sha1"}:
        raise ServiceFailed(Cause.BAD_SIGNATURE, f"signed over {algorithm}")
    if not (intact and valid):
        raise ServiceFailed(Cause.BAD_SIGNATURE, "the token was altered, or is not by its authority")


def _check_usage(certificate: x509.Certificate) -> None:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except x509.ExtensionNotFound as error:
        raise ServiceFailed(Cause.CERTIFICATE_USAGE, f"{_named(certificate)} is for no purpose") from error
    if not usage.critical or list(usage.value) != [ExtendedKeyUsageOID.TIME_STAMPING]:
        raise ServiceFailed(Cause.CERTIFICATE_USAGE, f"{_named(certificate)} is not for time-stamping alone")


def _is_named(certificate: asn1_x509.Certificate, sid: cms.SignerIdentifier) -> bool:
    if sid.name == "issuer_and_serial_number":
        named = sid.chosen
        return bool(
            certificate.serial_number == named["serial_number"].native
            and certificate.issuer == named["issuer"]
        )
    return bool(certificate.key_identifier == sid.chosen.native)


def _named(certificate: x509.Certificate) -> str:
    return certificate.subject.rfc4514_string()
