"""The pledges that are judged: every way of signing, both languages, one page and many, with and without the test mark."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Final

import pikepdf

from kolportal.demo import texts
from pledges import rendering
from pledges.text import Binds, LegalReferenceText, PledgeText, UndertakingText
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
    is_signed: bool = True
    refused: tuple[str, ...] = ()
    """Flavours (keys of ``judges.FLAVOURS``) that veraPDF must refuse; none for what we issue."""


def pledges() -> Iterator[Made]:
    """Every variant, rendered as the worker and the publishing page do."""
    typed = {"signature_svg": None, "typed_name": "Nguyễn Thị Hoài Thương"}
    english = {
        "text": demo_text("en"),
        "proofs": (rendering.ProofLine(words="code sent to the e-mail address", at=SIGNED_AT),),
    }
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
            "40 undertakings, 30 channels, thirteen pages",
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
        yield Made(f"specimen-{language}", f"specimen before publishing: {shows}", specimen, is_signed=False)


def spoiled(pdf: bytes) -> Iterator[Made]:
    """Files that must be refused, so that a judge that says yes to everything is noticed."""

    def without_alt(document: pikepdf.Pdf) -> None:
        for item in document.objects:
            if isinstance(item, pikepdf.Dictionary) and "/Alt" in item:
                del item["/Alt"]

    def without_tags(document: pikepdf.Pdf) -> None:
        del document.Root.StructTreeRoot, document.Root.MarkInfo

    def without_colours(document: pikepdf.Pdf) -> None:
        del document.Root.OutputIntents
        page = document.pages[0]
        page.contents_add(document.make_stream(b"/Artifact BMC 1 0 0 rg 0 0 9 9 re f EMC"))

    for name, shows, spoil, refused in (
        ("spoiled-alt", "pictures without a description", without_alt, ("ua1",)),
        ("spoiled-tags", "tags taken out", without_tags, ("3a", "ua1")),
        ("spoiled-colours", "colours of no named space", without_colours, ("3b", "3a")),
    ):
        output = BytesIO()
        with pikepdf.open(BytesIO(pdf)) as document:
            spoil(document)
            document.save(output)
        yield Made(name, shows, output.getvalue(), is_signed=False, refused=refused)


def demo_text(language: str) -> PledgeText:
    """The text of the demo's pledge, legal grounds included."""
    vietnamese = language == "vi"
    return text(
        language=language,
        title=texts.TITLE_VI if vietnamese else texts.TITLE_EN,
        preamble=texts.PREAMBLE_VI if vietnamese else texts.PREAMBLE_EN,
        closing=texts.CLOSING_VI if vietnamese else texts.CLOSING_EN,
        undertakings=tuple(
            UndertakingText(
                text=item.vietnamese if vietnamese else item.english,
                binds=Binds(item.binds),
                legal_references=tuple(_reference(law) for law in item.laws),
            )
            for item in texts.UNDERTAKINGS[1]
        ),
    )


def _many() -> PledgeText:
    short = demo_text("vi").undertakings
    long = tuple(
        UndertakingText(text=" ".join([item.text] * 3), legal_references=item.legal_references)
        for item in short
    )
    return text(undertakings=(long * 7)[:40])


def _reference(source: texts.Law) -> LegalReferenceText:
    return LegalReferenceText(
        title=source.title,
        number=source.number,
        issued_date=source.issued_date,
        in_force_date=source.in_force_date,
    )
