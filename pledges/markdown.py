"""The Markdown subset of pledge texts: paragraphs, line breaks, bold, italic, lists and links; everything else is text. Pure.

A text that an administrator edits is data: it goes through markdown-it (CommonMark, only the rules named here, raw HTML
off) and then through nh3's allowlist, and never through a template engine. Links may lead to ``http``, ``https`` and
``mailto``; nothing follows them. Headings, images, tables, code and raw HTML stay as they were typed.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import Final

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

INLINE_TAGS: Final = frozenset({"a", "br", "em", "strong"})
BLOCK_TAGS: Final = INLINE_TAGS | {"li", "ol", "p", "ul"}
SCHEMES: Final = frozenset({"http", "https", "mailto"})


class _Parser(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: N802 - markdown-it's name
        """Only whole addresses of known schemes; what else stands in link marks stays text."""
        scheme, colon, _rest = url.partition(":")
        return bool(colon) and scheme.lower() in SCHEMES


@cache
def _parser() -> MarkdownIt:
    # nesting bounds the work on hostile input ("((((…", "> > > …") and the depth of the result
    return _Parser("zero", {"html": False, "maxNesting": 12}).enable(
        ["list", "emphasis", "link", "escape", "newline", "entity"]
    )


def to_html(markdown: str) -> SafeString:
    """Sanitised HTML of whole paragraphs and lists."""
    html = _parser().render(_normal(markdown))
    return _clean(html, BLOCK_TAGS)


def inline_to_html(markdown: str) -> SafeString:
    """Sanitised HTML of one sentence or short paragraph: no blocks, line breaks as spaces."""
    html = _parser().renderInline(_normal(markdown))
    return _clean(html, INLINE_TAGS)


def _normal(markdown: str) -> str:
    return unicodedata.normalize("NFC", markdown).replace("\x00", "")


def _clean(html: str, tags: frozenset[str]) -> SafeString:
    return mark_safe(  # noqa: S308 - this is the one place where markup of ours is declared clean
        nh3.clean(
            html,
            tags=set(tags),
            attributes={"a": {"href"}, "ol": {"start"}} if "ol" in tags else {"a": {"href"}},
            # "[x]()" would lead to the page itself
            attribute_filter=lambda _tag, _name, value: value or None,
            url_schemes=set(SCHEMES),
            link_rel="nofollow noopener noreferrer",
            strip_comments=True,
        ).strip()
    )
