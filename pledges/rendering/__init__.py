"""The pledge on paper: a :class:`PledgeSheet` in, the bytes of a PDF/A-3a, PDF/UA-1 file out; no models, no network, no files.

:func:`render` draws a signed pledge with its confirmation sheet, :func:`render_specimen` a text that nobody signed. The page
itself, its fonts and its judges are those of ``kolportal.paper``.
"""

from pledges.rendering.pages import expected_text, render, render_specimen
from pledges.rendering.sheet import ChannelLine, PledgeSheet

__all__ = [
    "ChannelLine",
    "PledgeSheet",
    "expected_text",
    "render",
    "render_specimen",
]
