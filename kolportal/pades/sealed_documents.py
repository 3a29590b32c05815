"""A PDF that is sealed already: its seal, its time-stamps, and the level that is really there.

Only what stands is built upon: seal and time-stamps must fit the bytes. Whom to trust, and what was done to the document
after the seal, is judged by :mod:`kolportal.pades.verification`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from asn1crypto import cms
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509 import ocsp
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.rw_common import PdfHandler
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.errors import NoDSSFoundError
from pyhanko.sign.validation.generic_cms import validate_sig_integrity
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel

from kolportal.pades import revisions, timestamps
from kolportal.pades.errors import NotSealed, SealBroken
from kolportal.pades.levels import Level
from kolportal.pades.paths import is_self_issued, issuer_among
from kolportal.pades.revocation import is_excused
from kolportal.pades.timestamps import Token


@dataclass(frozen=True)
class SealedDocument:
    """What :func:`open_sealed` found. ``tokens``: signature time-stamp first, then document time-stamps, oldest first."""

    level: Level
    certificate: x509.Certificate
    tokens: tuple[Token, ...]
    known: tuple[x509.Certificate, ...] = field(repr=False)
    """All certificates in the file."""
    field_name: str
    claimed_at: datetime

    @property
    def fingerprint(self) -> str:
        return self.certificate.fingerprint(hashes.SHA256()).hex()


def open_sealed(pdf: bytes) -> SealedDocument:
    """Read ``pdf``; raises NotAPdf, EncryptedPdf, NotSealed, SealBroken."""
    reader = revisions.read(pdf)
    try:
        return _opened(reader)
    except (NotSealed, SealBroken):
        raise
    except Exception as error:  # the parsers raise anything at what somebody made up
        raise SealBroken(f"{type(error).__name__}: {error}"[:200]) from error


def _opened(reader: PdfFileReader) -> SealedDocument:
    if not reader.embedded_regular_signatures:
        raise NotSealed("the file carries no seal")
    seal = reader.embedded_regular_signatures[0]
    _check_covers(seal)
    intact, valid = validate_sig_integrity(seal.signer_info, seal.signer_cert, "data", seal.compute_digest())
    if not (intact and valid):
        raise SealBroken("the seal does not fit the file")
    certificate = x509.load_der_x509_certificate(seal.signer_cert.dump())
    inside = [*_signature_tokens(seal)]
    stamps = [(stamp, _document_token(stamp)) for stamp in reader.embedded_timestamp_signatures]
    tokens = (*inside, *(token for _, token in stamps))
    enclosed = [
        *(x509.load_der_x509_certificate(one.dump()) for one in seal.other_embedded_certs),
        *(one for token in tokens for one in token.enclosed),
    ]
    store = _Store.read(reader)
    level = Level.B_T if tokens else Level.B_B
    if tokens and store.holds_all([certificate, tokens[0].certificate], enclosed):
        level = Level.B_LT
    for position, (stamp, _) in enumerate(stamps):
        # what a document time-stamp protects is what was in the file before it: the store of its own revision
        earlier = [*inside, *(token for _, token in stamps[:position])]
        before = _Store.read(reader.get_historical_resolver(stamp.signed_revision))
        if earlier and before.holds_all([certificate, *(token.certificate for token in earlier)], enclosed):
            level = Level.B_LTA
    return SealedDocument(
        level=level,
        certificate=certificate,
        tokens=tokens,
        known=tuple(dict.fromkeys([*enclosed, *store.certificates])),
        field_name=seal.field_name,
        claimed_at=seal.self_reported_timestamp or datetime.fromtimestamp(0, UTC),
    )


def _signature_tokens(seal: EmbeddedPdfSignature) -> Iterable[Token]:
    value = seal.signer_info["signature"].native
    for attribute in seal.signer_info["unsigned_attrs"]:
        if attribute["type"].native == "signature_time_stamp_token":
            for content in attribute["values"]:
                token = timestamps.read_token(content.dump())
                timestamps.check(token, imprint=_imprint(token, value))
                yield token


def _document_token(stamp: EmbeddedPdfSignature) -> Token:
    _check_covers(stamp)
    token = timestamps.read_token(cms.ContentInfo.load(stamp.pkcs7_content).dump())
    timestamps.check(token, imprint=(token.imprint[0], stamp.compute_digest()))
    return token


def _imprint(token: Token, data: bytes) -> tuple[str, bytes]:
    name = token.imprint[0]
    return name, hashlib.new(name, data).digest()


def _check_covers(signature: EmbeddedPdfSignature) -> None:
    if signature.evaluate_signature_coverage() < SignatureCoverageLevel.ENTIRE_REVISION:
        raise SealBroken(f"{signature.field_name} does not cover the file up to itself")


@dataclass(frozen=True)
class _Store:
    """A document security store (ETSI EN 319 142-1 clause 5.4.2) as far as it tells what is there."""

    certificates: tuple[x509.Certificate, ...] = ()
    crl_issuers: frozenset[x509.Name] = frozenset()
    ocsp_serials: frozenset[int] = frozenset()

    @classmethod
    def read(cls, handler: PdfHandler) -> _Store:
        try:
            found = DocumentSecurityStore.read_dss(handler)
        except NoDSSFoundError:
            return cls()
        crls = [x509.load_der_x509_crl(one.get_object().data) for one in found.crls]
        responses = [ocsp.load_der_ocsp_response(one.get_object().data) for one in found.ocsps]
        return cls(
            certificates=tuple(x509.load_der_x509_certificate(one.dump()) for one in found.load_certs()),
            crl_issuers=frozenset(crl.issuer for crl in crls),
            ocsp_serials=frozenset(one.serial_number for response in responses for one in response.responses),
        )

    def holds_all(self, targets: Sequence[x509.Certificate], enclosed: Sequence[x509.Certificate]) -> bool:
        """Whether issuers and revocation data of ``targets`` are there, up to a root or the last known authority."""
        pool = [*self.certificates, *enclosed]
        waiting = list(targets)
        seen: set[x509.Certificate] = set()
        while waiting:
            current = waiting.pop()
            if current in seen or is_self_issued(current):
                continue
            seen.add(current)
            revocable = not is_excused(current)
            if (
                revocable
                and current.serial_number not in self.ocsp_serials
                and current.issuer not in self.crl_issuers
            ):
                return False
            issuer = issuer_among(current, pool)
            if issuer is None:
                return False
            waiting.append(issuer)
        return True
