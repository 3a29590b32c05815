"""Reading a PDF's text back, as whoever opens it would get it; by PDFium, which had no part in writing it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

import pypdfium2


def missing_text(pdf: bytes, *, expected: Iterable[str]) -> list[str]:
    """The pieces of ``expected`` that the text of ``pdf`` lacks, white space apart (lines break anywhere), in NFC.

    Raises ``pypdfium2.PdfiumError`` for a file that PDFium cannot open.
    """
    document = pypdfium2.PdfDocument(pdf)
    try:
        text = "".join(page.get_textpage().get_text_range() for page in document)
    finally:
        document.close()
    found = _squeezed(text)
    return [piece for piece in expected if _squeezed(piece) not in found]


def _squeezed(text: str) -> str:
    # U+FFFE stands where PDFium saw a line broken at a hyphen.
    return "".join(unicodedata.normalize("NFC", text.replace("\ufffe", "-")).split())
