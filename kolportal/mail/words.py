"""A message's HTML from its plain words: paragraphs, links, and codes that can be read from afar. One source, two forms."""

from __future__ import annotations

import re
from datetime import datetime

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

# A full stop or bracket after an address belongs to the sentence.
_LINK = re.compile(r"https?://[^\s<>\"]*[^\s<>\".,;:!?)”]")
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


def masked(address: str) -> str:
    """``n***@example.com``: enough for its owner to know it again; ``""`` of no address."""
    local, at, domain = address.partition("@")
    return f"{local[:1]}***@{domain}" if at else ""


def moment(at: datetime) -> str:
    """``Wednesday, 10/09/2025 08:30 (+07:00)``, in the site's time and the active language: a message is read anywhere."""
    local = timezone.localtime(at)
    offset = local.strftime("%z")
    return f"{date_format(local, 'l')}, {local:%d/%m/%Y %H:%M} ({offset[:3]}:{offset[3:]})"


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
