"""The PDF/A claim of a file's XMP packet: read, never believed."""

from __future__ import annotations

import re
from typing import Final

from kolportal.pades.verification.document import View
from kolportal.pades.verification.inflating import decoded
from kolportal.pades.verification.objects import Damaged, Stream, TooComplex

MAX_PACKET: Final = 256 * 1024
_PART = re.compile(rb"""pdfaid:part\s*(?:=\s*["']|>\s*)([1-4])\s*["'<]""")
_CONFORMANCE = re.compile(rb"""pdfaid:conformance\s*(?:=\s*["']|>\s*)([ABUFEabufe])\s*["'<]""")


def pdfa_claim(view: View) -> str | None:
    """Part and conformance as the packet claims them ("3B"); None where it claims nothing. No XML parser is involved."""
    try:
        stream = view.resolve(view.root.get("Metadata"))
        packet = (
            decoded(stream, view.document.budget, limit=MAX_PACKET) if isinstance(stream, Stream) else b""
        )
    except (Damaged, TooComplex):
        return None
    part, conformance = _PART.search(packet), _CONFORMANCE.search(packet)
    if part is None:
        return None
    return (part[1] + (conformance[1].upper() if conformance else b"")).decode()
