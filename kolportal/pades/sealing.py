"""Sealing: one PDF in, the same PDF with an invisible PAdES B-B certification signature appended."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from io import BytesIO
from typing import Final

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigMDPSetup, SigObjSetup
from pyhanko.sign.signers.constants import ESIC_EXTENSION_1
from pyhanko.sign.signers.pdf_byterange import SignatureObject

from kolportal.pades.cms import bytes_needed, signed_data
from kolportal.pades.errors import AlreadySealed, EncryptedPdf, NotAPdf, ReserveTooSmall
from kolportal.pades.keys import SealKey

DEFAULT_FIELD: Final = "Seal"


class Level(StrEnum):
    """PAdES baseline level (ETSI EN 319 142-1 clause 6)."""

    B_B = "B-B"


@dataclass(frozen=True)
class Sealed:
    """A sealed PDF. ``sha256`` is of the whole file, 64 lower-case hex digits."""

    data: bytes = field(repr=False)
    sha256: str
    level: Level
    field_name: str
    key_fingerprint: str
    sealed_at: datetime


def seal(
    pdf: bytes,
    *,
    key: SealKey,
    at: datetime,
    field_name: str = DEFAULT_FIELD,
    reason: str | None = None,
    location: str | None = None,
    bytes_reserved: int | None = None,
) -> Sealed:
    """Seal ``pdf`` with ``key``; ``at`` (aware) is the claimed time, written to ``/M``.

    The seal certifies the document with "form filling" permission: nothing but later time-stamps and validation data
    may follow, so that a raise to B-LTA stays possible (NO_CHANGES would forbid even that). The original bytes stay a
    prefix of the result. ``bytes_reserved`` counts hex digits and is measured from the key by default.

    It runs no event loop and may be called from inside one. Raises CertificateNotYetValid, CertificateExpired, NotAPdf, EncryptedPdf,
    AlreadySealed, ReserveTooSmall; ValueError for a naive ``at`` or an odd ``bytes_reserved``.
    """
    if at.tzinfo is None:
        raise ValueError("the time of sealing must be aware")
    key.check_valid_at(at)
    writer = _open(pdf)
    try:
        # ETSI's extension mark only. ISO/TS 32002 (P-256) would lift the file to PDF 2.0, which PDF/A-3 forbids.
        writer.register_extension(ESIC_EXTENSION_1)
        steps = PdfCMSEmbedder(new_field_spec=SigFieldSpec(field_name)).write_cms(field_name, writer)
        next(steps)
        steps.send(
            SigObjSetup(
                sig_placeholder=SignatureObject(
                    timestamp=at,
                    subfilter=SigSeedSubFilter.PADES,
                    reason=reason,
                    location=location,
                    bytes_reserved=bytes_needed(key) if bytes_reserved is None else bytes_reserved,
                ),
                mdp_setup=SigMDPSetup(
                    md_algorithm=key.digest_name, certify=True, docmdp_perms=MDPPerm.FILL_FORMS
                ),
            )
        )
        prepared, output = steps.send(SigIOSetup(md_algorithm=key.digest_name))
    except PdfError as error:
        raise NotAPdf(str(error)) from error
    signature = signed_data(key, prepared.document_digest)
    room = (prepared.reserved_region_end - prepared.reserved_region_start - 2) // 2
    if len(signature) > room:
        raise ReserveTooSmall(f"the signature takes {len(signature)} bytes, {room} were reserved")
    prepared.fill_with_cms(output, signature)
    data = output.getvalue()
    return Sealed(
        data=data,
        sha256=hashlib.sha256(data).hexdigest(),
        level=Level.B_B,
        field_name=field_name,
        key_fingerprint=key.fingerprint,
        sealed_at=at,
    )


def _open(pdf: bytes) -> IncrementalPdfFileWriter:
    """Writer over ``pdf``; raises NotAPdf, EncryptedPdf, AlreadySealed."""
    if not pdf.startswith(b"%PDF-"):
        raise NotAPdf("the file does not begin with %PDF-")
    try:
        reader = PdfFileReader(BytesIO(pdf))
        if reader.encrypted:
            raise EncryptedPdf("the file is encrypted")
        if reader.embedded_signatures:
            raise AlreadySealed(f"the file carries {len(reader.embedded_signatures)} signature(s)")
        return IncrementalPdfFileWriter.from_reader(reader)
    except (PdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        # pyHanko reports a damaged file by whichever of these its parser met first
        raise NotAPdf(f"unreadable: {error}") from error
