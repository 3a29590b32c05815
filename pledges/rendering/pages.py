"""The words and pictures of the pages: sheet to HTML by Django's templates (everything escaped), then to PDF."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Collection, Iterable
from dataclasses import fields, replace
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

import segno
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from kolportal.paper import drawn_by, printable, to_pdf
from pledges import markdown
from pledges.rendering.sheet import ChannelLine, PledgeSheet, ProofLine
from pledges.text import Binds, LegalReferenceText, PledgeText

WAY: Final = "kolportal/pledge-pages/3"
"""Which pages these are; raised when what stands on them changes."""

TEST_SENTENCE: Final = "BẢN THỬ NGHIỆM – đóng dấu bằng khóa thử, không có giá trị sử dụng."


def render(sheet: PledgeSheet) -> bytes:
    """The PDF of a signed pledge: its pages and the confirmation sheet, ``evidence.json`` attached.

    Characters that the font lacks appear as "□" in names and links (``fonts.printable``). Raises RenderingError,
    FontMissing. The same sheet gives the same bytes.
    """
    language = sheet.text.language
    identifier = hashlib.sha256(
        sheet.evidence + sheet.reference.encode() + sheet.text.digest.encode()
    ).digest()
    with translation.override(language):
        html = render_to_string("pdf/pledge.html", context(_drawable(sheet)))
        description = _("Record of the signing, as canonical JSON")
    return to_pdf(
        html,
        at=sheet.signed_at,
        identifier=identifier,
        evidence=sheet.evidence,
        evidence_description=description,
    )


def render_preview(sheet: PledgeSheet) -> bytes:
    """The pages that somebody is about to sign, marked as a specimen on each, without the record of a signing that is not done.

    Of the sheet its proofs, reference and seal are not shown. Raises as ``render`` does.
    """
    language = sheet.text.language
    with translation.override(language):
        shown = {**context(_drawable(sheet)), "mark": _specimen_mark(language), "is_preview": True}
        html = render_to_string("pdf/pledge.html", shown)
    return to_pdf(html, at=sheet.signed_at, identifier=sheet.text.canonical())


def render_specimen(text: PledgeText, *, unit: str = "", at: datetime) -> bytes:
    """A text as it will look, with no signer, marked as a specimen on every page. ``at`` (aware) dates the file.

    Ask ``fonts.missing_glyphs`` first: a character that Tinos lacks raises RenderingError or shows as an empty box.
    """
    with translation.override(text.language):
        html = render_to_string(
            "pdf/specimen.html",
            {
                **_text_context(text),
                "unit": unit,
                "created": at.isoformat(),
                "mark": _specimen_mark(text.language),
            },
        )
    return to_pdf(html, at=at, identifier=text.canonical())


def expected_text(sheet: PledgeSheet) -> tuple[str, ...]:
    """What a reader of the rendered PDF must find in its text (white space folded): who, what, which reference."""
    shown = _drawable(sheet)
    return (shown.full_name, shown.commune, shown.reference, *(channel.url for channel in shown.channels))


def local_stamp(moment: datetime) -> str:
    """``10/09/2025 08:30:00 (+07:00)`` in the site's time zone."""
    local = timezone.localtime(moment)
    offset = local.strftime("%z")
    return f"{local:%d/%m/%Y %H:%M:%S} ({offset[:3]}:{offset[3:5]})"


def written_date(day: date, language: str) -> str:
    """The date as Decree 30/2020 writes it: leading zero for days below 10 and for months 1 and 2."""
    if language == "vi":
        month = f"{day.month:02}" if day.month <= 2 else str(day.month)
        return f"ngày {day.day:02} tháng {month} năm {day.year}"
    return date_format(day, "j F Y")


@cache
def recipe() -> dict[str, Any]:
    """By what pages are drawn in this process, for the row of a sealed file: way of drawing, libraries and fonts, and SHA-256 over
    the templates and the catalogue of words. With the same recipe the same sheet gives the same bytes."""
    root = Path(settings.BASE_DIR)
    templates = sorted((root / "templates/pdf").iterdir())
    catalogues = sorted(root.glob("kolportal/locale/*/LC_MESSAGES/django.mo"))
    return {
        "catalogue": _digest_of_files(catalogues, root),
        "templates": _digest_of_files(templates, root),
        "way": WAY,
        **drawn_by(),
    }


def _digest_of_files(files: Iterable[Path], root: Path) -> str:
    whole = hashlib.sha256()
    for file in files:
        whole.update(f"{file.relative_to(root)}\0".encode() + hashlib.sha256(file.read_bytes()).digest())
    return whole.hexdigest()


def _drawable(sheet: PledgeSheet) -> PledgeSheet:
    """The sheet with every character of names, places and links that Tinos can draw."""
    texts = {
        field.name: printable(value)
        for field in fields(sheet)
        if isinstance(value := getattr(sheet, field.name), str) and field.name != "signature_svg"
    }
    channels = tuple(
        ChannelLine(
            platform=printable(line.platform),
            name=printable(line.name),
            url=printable(line.url),
            role=printable(line.role),
        )
        for line in sheet.channels
    )
    proofs = tuple(ProofLine(words=printable(line.words), at=line.at) for line in sheet.proofs)
    return replace(sheet, channels=channels, proofs=proofs, **texts)  # type: ignore[arg-type]  # only str fields are replaced


def _text_context(text: PledgeText, *, ticked: Collection[int] | None = None) -> dict[str, Any]:
    """``ticked``: the positions that bind the signer; ``None`` for a text that nobody signed."""
    return {
        "text": text,
        "language": text.language,
        "english": text.language != "vi",
        "preamble": markdown.to_html(text.preamble),
        "closing": markdown.to_html(text.closing),
        "undertakings": [
            {
                "html": markdown.inline_to_html(item.text),
                "legal": [_legal(reference) for reference in item.legal_references],
                "whom": "" if item.binds == Binds.EVERYONE else item.binds.label,
                "applies": ticked is None or position in ticked,
            }
            for position, item in enumerate(text.undertakings, start=1)
        ],
        "digest": _digest(text.digest),
    }


def _legal(reference: LegalReferenceText) -> dict[str, str]:
    return {
        "title": reference.title,
        "number": reference.number,
        "issued": f"{reference.issued_date:%d/%m/%Y}",
        "in_force": f"{reference.in_force_date:%d/%m/%Y}" if reference.in_force_date else "",
    }


def context(sheet: PledgeSheet) -> dict[str, Any]:
    """What ``pdf/pledge.html`` shows, in the active language."""
    signed = timezone.localtime(sheet.signed_at)
    others = [n for n in range(1, len(sheet.text.undertakings) + 1) if n not in sheet.ticked]
    return {
        **_text_context(sheet.text, ticked=sheet.ticked),
        "sheet": sheet,
        "created": signed.isoformat(timespec="seconds"),
        "place_and_date": ", ".join(
            filter(None, (sheet.place, written_date(signed.date(), sheet.text.language)))
        ),
        "ticked": ", ".join(map(str, sheet.ticked)),
        "not_applicable": ", ".join(map(str, others)),
        "signed_at": local_stamp(sheet.signed_at),
        "consented_at": local_stamp(sheet.consented_at),
        "keep_until": f"{sheet.keep_until:%d/%m/%Y}",
        "proofs": [{"words": proof.words, "at": local_stamp(proof.at)} for proof in sheet.proofs],
        "proofs_in_words": "; ".join(proof.words for proof in sheet.proofs),
        "evidence_digest": _digest(hashlib.sha256(sheet.evidence).hexdigest()),
        "fingerprint": _digest(sheet.seal_fingerprint),
        "signature": _svg_url(sheet.signature_svg) if sheet.signature_svg else "",
        "qr": _qr_url(sheet.verify_url),
        "mark": _test_mark(sheet.text.language) if sheet.seal_is_test else "",
    }


def _test_mark(language: str) -> str:
    if language == "vi":
        return TEST_SENTENCE
    return f"{TEST_SENTENCE} / " + _("TEST COPY – sealed with a test key, not to be used as a record.")


def _specimen_mark(language: str) -> str:
    return "BẢN MẪU" if language == "vi" else "BẢN MẪU / " + _("SPECIMEN")


def _digest(hexadecimal: str) -> str:
    """64 hex digits in two lines of four groups, which an eye can compare."""
    groups = [hexadecimal[start : start + 8] for start in range(0, len(hexadecimal), 8)]
    return "\n".join(" ".join(groups[start : start + 4]) for start in range(0, len(groups), 4))


def _svg_url(svg: str) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


def _qr_url(url: str) -> str:
    code = segno.make(url, error="m", micro=False)
    return str(code.svg_data_uri(border=2, xmldecl=False, svgns=True, omitsize=False, encode_minimal=True))
