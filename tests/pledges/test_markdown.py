"""The Markdown subset of pledge texts: what it knows, and that nothing else gets through."""

from __future__ import annotations

import re
import time
import unicodedata
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pledges import markdown

REL = ' rel="nofollow noopener noreferrer"'


class Seen(HTMLParser):
    """Tags and attributes of a piece of HTML, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str, str]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize(
    ("written", "html"),
    [
        ("Một **hai** *ba*", "<p>Một <strong>hai</strong> <em>ba</em></p>"),
        ("a\n\nb", "<p>a</p>\n<p>b</p>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("3. a\n4. b", '<ol start="3">\n<li>a</li>\n<li>b</li>\n</ol>'),
        (
            "[luật](https://vbpl.vn/a?b=1&c=2)",
            f'<p><a href="https://vbpl.vn/a?b=1&amp;c=2"{REL}>luật</a></p>',
        ),
        ("[thư](mailto:a@b.vn)", f'<p><a href="mailto:a@b.vn"{REL}>thư</a></p>'),
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>"),
        ("[x](data:text/html,x)", "<p>[x](data:text/html,x)</p>"),
        ("[x](file:///etc/passwd)", "<p>[x](file:///etc/passwd)</p>"),
        ("# a", "<p># a</p>"),
        ("`a`", "<p>`a`</p>"),
        ("    a", "<p>a</p>"),
        ("<b onclick=x>a</b>", "<p>&lt;b onclick=x&gt;a&lt;/b&gt;</p>"),
        ("a & b < c", "<p>a &amp; b &lt; c</p>"),
        ("{{ a }} {% b %} {# c #}", "<p>{{ a }} {% b %} {# c #}</p>"),
        ("", ""),
    ],
)
def test_the_subset_and_no_more(written: str, html: str) -> None:
    assert markdown.to_html(written) == html


def test_other_addresses_do_not_become_links() -> None:
    for address in ("tel:+84912345678", "ftp://a/b", "//a.vn/b", "/a", "a.html", "vbscript:x"):
        assert markdown.to_html(f"[x]({address})") == f"<p>[x]({address})</p>"
    assert markdown.to_html("[x]()") == f"<p><a{REL}>x</a></p>"


def test_inline_has_no_blocks() -> None:
    assert markdown.inline_to_html("- *a*\n\n# b") == "- <em>a</em>\n\n# b"


def test_text_comes_out_in_nfc() -> None:
    assert markdown.to_html(unicodedata.normalize("NFD", "Đồng ý")) == "<p>Đồng ý</p>"


NASTY = st.text(alphabet="<>&\"'`*_[]()!#{}%|~\\/:;=- \n\tabjsx0ậ", max_size=120)
PIECES = st.lists(
    st.sampled_from(
        [
            "<script>", "</p>", "<img src=x onerror=y>", "[a](", "javascript:", "https://a.vn", ")", "**", "_", "{{ x }}",
            "{% y %}", "<!--", "-->", "\n\n", "- ", "1. ", "![b](http://c)", "<a href='javascript:x'>", "&#106;", "&lt;script&gt;",
            "<svg/onload=x>", "<style>", "]]>", "<math><mi//xlink:href='data:x,y'>", "\\",
        ]
    ),
    max_size=25,
).map("".join)  # fmt: skip


@given(NASTY | PIECES | st.text(max_size=200))
def test_hostile_text_leaves_only_the_tags_of_the_subset(written: str) -> None:
    for html, tags in (
        (markdown.to_html(written), markdown.BLOCK_TAGS),
        (markdown.inline_to_html(written), markdown.INLINE_TAGS),
    ):
        seen = Seen(html)
        assert seen.tags <= tags
        for tag, name, value in seen.attributes:
            assert (tag, name) in {("a", "href"), ("a", "rel"), ("ol", "start")}
            if name == "href":
                assert re.match(r"(https?|mailto):", value, re.IGNORECASE)


@given(st.text(alphabet="{}%# abxyz", min_size=1, max_size=60))
def test_template_marks_come_out_as_they_went_in(written: str) -> None:
    for line in markdown.inline_to_html(written).split("\n"):
        assert " ".join(line.split()) in " ".join(written.split())
    assert markdown.inline_to_html(written).count("{{") == written.count("{{")


@pytest.mark.parametrize(
    "bomb",
    [
        "[" * 20_000,
        "*a_" * 10_000,
        "> " * 20_000,
        "- " * 5_000,
        "![" * 10_000,
        "&" * 50_000,
        "(" * 20_000 + ")" * 20_000,
    ],
)
def test_hostile_repetition_is_answered_in_time(bomb: str) -> None:
    begun = time.process_time()
    markdown.to_html(bomb)
    assert time.process_time() - begun < 3
