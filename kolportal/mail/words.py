"""A message's HTML from its plain words: paragraphs, links, and codes that can be read from afar. One source, two forms."""

from __future__ import annotations

import re

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

_LINK = re.compile(r"https?://[^\s<>\"]+")
# A line that holds nothing but a code, as the templates write it.
_CODE = re.compile(r"[0-9]{4}[ -]?[0-9]{4}|[0-9A-Z]{4}(?:-[0-9A-Z]{4}){2}")


def to_html(subject: str, text: str, *, language: str) -> str:
    """The whole HTML document of a message whose plain form is ``text``."""
    paragraphs = [_paragraph(block) for block in re.split(r"\n\s*\n", text.strip()) if block.strip()]
    context = {
        "subject": subject,
        "paragraphs": paragraphs,
        "language": language,
        "programme_name": settings.PROGRAMME_NAME,
    }
    return render_to_string("emails/base.html", context)


def _paragraph(block: str) -> tuple[str, SafeString]:
    """``("code" or "text", html)`` of one paragraph."""
    words = block.strip()
    if _CODE.fullmatch(words):
        return "code", mark_safe(escape(words))  # noqa: S308  (escaped)
    return "text", mark_safe("<br>".join(_linked(line.strip()) for line in words.splitlines()))  # noqa: S308  (escaped)


def _linked(line: str) -> str:
    pieces: list[str] = []
    end = 0
    for found in _LINK.finditer(line):
        url = escape(found.group())
        pieces += [escape(line[end : found.start()]), f'<a href="{url}">{url}</a>']
        end = found.end()
    return "".join([*pieces, escape(line[end:])])
