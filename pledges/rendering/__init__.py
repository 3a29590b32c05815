"""The pledge on paper: a :class:`PledgeSheet` in, the bytes of a PDF/A-3a, PDF/UA-1 file out; no models, no network, no files.

:func:`render` draws a signed pledge with its confirmation sheet, :func:`render_specimen` a text that nobody signed,
:func:`check_conformance` and :func:`missing_glyphs` judge before a text is published.
"""

from pledges.rendering.conformance import check_conformance, font_families
from pledges.rendering.fonts import FontMissing, missing_glyphs, printable
from pledges.rendering.pages import expected_text, render, render_specimen
from pledges.rendering.paper import RenderingError
from pledges.rendering.reading import missing_text
from pledges.rendering.sheet import ChannelLine, PledgeSheet

__all__ = [
    "ChannelLine",
    "FontMissing",
    "PledgeSheet",
    "RenderingError",
    "check_conformance",
    "expected_text",
    "font_families",
    "missing_glyphs",
    "missing_text",
    "printable",
    "render",
    "render_specimen",
]
