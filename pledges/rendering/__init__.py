"""The pledge on paper: a :class:`PledgeSheet` in, the bytes of a PDF/A-3a, PDF/UA-1 file out; no models, no network, no files.

:func:`render` draws a signed pledge with its confirmation sheet, :func:`render_specimen` a text that nobody signed,
:func:`render_preview` the pages that somebody is about to sign; :func:`recipe` says by what. The page itself, its fonts and its judges are those of ``kolportal.paper``.
"""

from pledges.rendering.pages import expected_text, recipe, render, render_preview, render_specimen
from pledges.rendering.sheet import ChannelLine, PledgeSheet, ProofLine

__all__ = [
    "ChannelLine",
    "PledgeSheet",
    "ProofLine",
    "expected_text",
    "recipe",
    "render",
    "render_preview",
    "render_specimen",
]
