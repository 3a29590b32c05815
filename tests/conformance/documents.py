"""The pledges that are judged: every way of signing, both languages, one page and many, with and without the test mark."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from kolportal.demo import texts
from pledges import rendering
from pledges.text import LegalReferenceText, PledgeText, UndertakingText
from tests.pledges.sheets import SIGNED_AT, sheet, text

RICH: Final = """\
Tôi đã đọc [Bộ quy tắc](https://example.com/quy-tac) và **tự nguyện** cam kết; hỏi thêm ở <b>đây</b>, *hoặc* qua
[thư](mailto:hoi@example.com).

- trang cá nhân, gồm:
  1. bài viết
  2. bình luận
- nhóm

3. điều ba
4. điều bốn, với [một liên kết rất dài để nó xuống dòng giữa chừng khi in trên giấy khổ A4](https://example.com/dai)
"""


@dataclass(frozen=True)
class Made:
    """One unsealed PDF of ours and what it shows (in English, for the table)."""

    name: str
    shows: str
    pdf: bytes


def pledges() -> Iterator[Made]:
    """Every variant, rendered as the worker and the publishing page do."""
    typed = {"signature_svg": None, "typed_name": "Nguyễn Thị Hoài Thương"}
    english = {"text": demo_text("en"), "confirmation": "code sent to the e-mail address"}
    real = {"seal_is_test": False, "seal_subject": "Công an tỉnh Phú Thọ"}
    line = rendering.ChannelLine(
        platform="Facebook",
        name="Trang " * 12,
        url="https://www.facebook.com/" + "a" * 120,
        role="chủ sở hữu",
    )
    variants = (
        ("vi-drawn", "Vietnamese, drawn signature", {"text": demo_text("vi"), **real}),
        ("vi-typed-test", "Vietnamese, typed name, test mark", {"text": demo_text("vi"), **typed}),
        ("en-drawn-test", "English, drawn signature, test mark", english),
        ("en-typed", "English, typed name", english | typed | real),
        (
            "bare",
            "no stage name, organisation or channel",
            {"stage_name": "", "organisation": "", "channels": ()},
        ),
        (
            "many",
            "40 undertakings, 30 channels, seven pages or more",
            {"text": _many(), "channels": (line,) * 30},
        ),
        (
            "rich",
            "all of the Markdown: links, nested and numbered lists",
            {"text": text(preamble=RICH, closing=RICH)},
        ),
        (
            "odd",
            "characters that the font lacks, decomposed accents",
            {"full_name": "Hu\u031bo\u031bng 🎵 漢"},
        ),
    )
    for name, shows, changes in variants:
        yield Made(f"pledge-{name}", f"signed pledge: {shows}", rendering.render(sheet(**changes)))
    for language, shows in (("vi", "Vietnamese"), ("en", "English")):
        specimen = rendering.render_specimen(demo_text(language), unit=texts.POLICE, at=SIGNED_AT)
        yield Made(f"specimen-{language}", f"specimen before publishing: {shows}", specimen)


def demo_text(language: str) -> PledgeText:
    """The text of the demo's pledge, legal grounds included."""
    vietnamese = language == "vi"
    grounds = [ground for _, ground in texts.UNDERTAKINGS_VI]
    lines = [line for line, _ in texts.UNDERTAKINGS_VI] if vietnamese else texts.UNDERTAKINGS_EN
    return text(
        language=language,
        title=texts.TITLE_VI if vietnamese else texts.TITLE_EN,
        preamble=texts.PREAMBLE_VI if vietnamese else texts.PREAMBLE_EN,
        closing=texts.CLOSING_VI if vietnamese else texts.CLOSING_EN,
        undertakings=tuple(
            UndertakingText(text=line, legal_reference=_reference(ground))
            for line, ground in zip(lines, grounds, strict=True)
        ),
    )


def _many() -> PledgeText:
    short = demo_text("vi").undertakings
    long = tuple(
        UndertakingText(text=" ".join([item.text] * 3), legal_reference=item.legal_reference)
        for item in short
    )
    return text(undertakings=(long * 7)[:40])


def _reference(source: texts.Reference | None) -> LegalReferenceText | None:
    if source is None:
        return None
    return LegalReferenceText(
        title=source.title,
        number=source.number,
        issued_date=source.issued_date,
        in_force_date=source.in_force_date,
    )
