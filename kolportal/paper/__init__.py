"""A printed page: whole HTML of ours in, the bytes of a PDF/A-3a, PDF/UA-1 file out; no network, no files, no app.

:func:`to_pdf` draws, :func:`check_conformance`, :func:`missing_glyphs` and :func:`font_families` judge before something is
published, :func:`missing_text` reads the text back.
"""

from kolportal.paper.conformance import check_conformance, font_families
from kolportal.paper.fonts import FontMissing, missing_glyphs, printable
from kolportal.paper.page import RenderingError, drawn_by, to_pdf
from kolportal.paper.reading import missing_text

__all__ = [
    "FontMissing",
    "RenderingError",
    "check_conformance",
    "drawn_by",
    "font_families",
    "missing_glyphs",
    "missing_text",
    "printable",
    "to_pdf",
]
