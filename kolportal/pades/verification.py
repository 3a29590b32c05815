"""Looking at a PDF that may be sealed: separate facts, never one word for all of them, and never an exception.

The facts follow ETSI EN 319 102-1 clause 5.3 (validation of basic signatures): format, cryptographic verification,
certificate path. What a later time-stamp proves is not judged here.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any, Final, TypeVar

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from kolportal.pades.cms import oddities
from kolportal.pades.keys import is_test_certificate, subject_name

MAX_BYTES: Final = 64 * 1024 * 1024
MAX_SIGNATURES: Final = 16
"""More than this many signature fields is no document of ours, and each costs time to judge."""

T = TypeVar("T")

# What these would log about a hostile file (tracebacks) is in the report already.
for _name in ("pyhanko.sign.validation", "pyhanko_certvalidator"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)


@dataclass(frozen=True)
class Report:
    """What was found, each fact by itself. Facts that could not be found out are False, 0 or None.

    ``intact``: the first seal's bytes are unchanged and its signature is by the key of its certificate.
    ``covers_whole_file``: nothing at all stands outside the seal. ``trusted``: its certificate leads to one of the
    roots handed in, at ``claimed_at``. ``claimed_at`` is only what the sealer says. ``fingerprint`` is SHA-256 of the
    certificate (64 hex digits). ``errors``: in words for an engineer, in English.
    """

    signatures: int = 0
    pages: int = 0
    intact: bool = False
    covers_whole_file: bool = False
    trusted: bool = False
    fingerprint: str | None = None
    subject: str | None = None
    is_test: bool = False
    field_name: str | None = None
    claimed_at: datetime | None = None
    errors: tuple[str, ...] = ()

    @property
    def sealed_whole(self) -> bool:
        """Exactly one seal, intact, and nothing outside it: what a freshly sealed file must be."""
        return self.signatures == 1 and self.intact and self.covers_whole_file and not self.errors


def verify(pdf: bytes, *, trust_roots: Sequence[x509.Certificate] = ()) -> Report:
    """Report on ``pdf``, which may be anything. Contacts nobody: no revocation is fetched.

    With no ``trust_roots`` nothing is ``trusted``; that alone is no error.
    """
    if len(pdf) > MAX_BYTES:
        return Report(errors=(f"the file is larger than {MAX_BYTES} bytes",))
    if not pdf.startswith(b"%PDF-"):
        return Report(errors=("not a PDF: the file does not begin with %PDF-",))
    try:
        return _verify(pdf, trust_roots)
    except Exception as error:  # noqa: BLE001 - hostile bytes make the parsers raise anything; a report is owed
        return Report(errors=(f"unreadable: {type(error).__name__}: {str(error)[:200]}",))


def _verify(pdf: bytes, trust_roots: Sequence[x509.Certificate]) -> Report:
    reader = PdfFileReader(BytesIO(pdf))
    if reader.encrypted:
        return Report(errors=("the file is encrypted",))
    pages = int(reader.root["/Pages"]["/Count"])
    signatures = reader.embedded_regular_signatures
    total = len(reader.embedded_signatures)
    if not signatures or total > MAX_SIGNATURES:
        found = f"the file carries {total} signatures" if total else "the file carries no seal"
        return Report(pages=pages, signatures=total, errors=(found,))
    first = signatures[0]
    certificate = x509.load_der_x509_certificate(first.signer_cert.dump())
    claimed_at = first.self_reported_timestamp
    status = _run(_status(first, trust_roots, claimed_at))
    errors = [] if total == 1 else [f"the file carries {total} signatures"]
    intact = bool(status.intact and status.valid)
    if not status.intact:
        errors.append("the sealed bytes were changed")
    elif not status.valid:
        errors.append("the signature is not by the key of its certificate")
    errors += oddities(first.pkcs7_content)
    covers = status.coverage == SignatureCoverageLevel.ENTIRE_FILE
    if not covers:
        errors.append("something stands outside the seal")
    return Report(
        signatures=total,
        pages=pages,
        intact=intact,
        covers_whole_file=covers,
        trusted=bool(trust_roots) and intact and bool(status.trusted),
        fingerprint=first.signer_cert.sha256.hex(),
        subject=subject_name(certificate),
        is_test=is_test_certificate(certificate),
        field_name=first.field_name,
        claimed_at=claimed_at,
        errors=tuple(errors),
    )


async def _status(
    signature: EmbeddedPdfSignature, trust_roots: Sequence[x509.Certificate], moment: datetime | None
) -> PdfSignatureStatus:
    context = ValidationContext(
        trust_roots=[
            asn1_x509.Certificate.load(root.public_bytes(serialization.Encoding.DER)) for root in trust_roots
        ],
        allow_fetching=False,
        revocation_mode="soft-fail",
        moment=moment,
        best_signature_time=moment,
    )
    # what came after is told by the coverage; pyHanko's difference analysis of hostile updates is costly
    return await async_validate_pdf_signature(signature, signer_validation_context=context, skip_diff=True)


def _run(work: Coroutine[Any, Any, T]) -> T:
    """Result of ``work``, whether or not this thread already runs an event loop."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(asyncio.run, work).result()
