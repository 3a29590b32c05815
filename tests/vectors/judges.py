"""pyHanko's own validation as a second opinion on the vectors: digest, signature, and its analysis of what came after."""

from __future__ import annotations

import asyncio
from io import BytesIO

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko_certvalidator import ValidationContext


def pyhanko_finds_whole(pdf: bytes) -> bool:
    """Whether pyHanko finds the seal intact, valid, and followed by nothing but updates for long-term validation."""
    seal = PdfFileReader(BytesIO(pdf)).embedded_regular_signatures[0]
    context = ValidationContext(trust_roots=[], allow_fetching=False)
    status = asyncio.run(async_validate_pdf_signature(seal, signer_validation_context=context))
    level = status.modification_level
    return bool(
        status.intact and status.valid and level is not None and level <= ModificationLevel.LTA_UPDATES
    )
