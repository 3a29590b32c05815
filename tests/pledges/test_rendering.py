"""The pledge on paper, judged by the field's own tools: poppler, qpdf, pikepdf.pdfa, and by the page rules."""

from __future__ import annotations

import gc
import re
import subprocess
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest

from kolportal import pades, paper
from pledges import rendering
from pledges.rendering.pages import TEST_SENTENCE, local_stamp, written_date
from pledges.text import UndertakingText
from tests.pledges.sheets import SIGNED_AT, UNDERTAKINGS, sheet, text

MM = 72 / 25.4


@pytest.fixture(scope="module")
def pdf() -> bytes:
    return rendering.render(sheet())


def tool(pdf: bytes, folder: Path, *command: str) -> str:
    """Output of a poppler or qpdf command on ``pdf``; "@" stands for the file."""
    path = folder / "pledge.pdf"
    path.write_bytes(pdf)
    arguments = [str(path) if part == "@" else part for part in command]
    return subprocess.run(arguments, capture_output=True, text=True, check=True).stdout


def pages(pdf: bytes, folder: Path) -> list[str]:
    """Text of each page as pdftotext reads it, white space folded."""
    raw = tool(pdf, folder, "pdftotext", "@", "-")
    return [" ".join(page.split()) for page in raw.split("\f")[:-1]]


def test_the_file_is_conforming_pdf_a_3b_with_one_font_family(pdf: bytes, tmp_path: Path) -> None:
    assert paper.check_conformance(pdf) == []
    assert paper.font_families(pdf) == {"Tinos"}
    fonts = tool(pdf, tmp_path, "pdffonts", "@").splitlines()[2:]
    assert fonts
    for line in fonts:
        assert re.match(r"[A-Z]{6}\+Tinos", line), line
        assert line.split()[-5:-2] == ["yes", "yes", "yes"], "embedded, subset, with a Unicode map"
    tool(pdf, tmp_path, "qpdf", "--check", "@")


def test_the_file_is_tagged_titled_and_in_its_language(pdf: bytes) -> None:
    with pikepdf.open(BytesIO(pdf)) as document:
        assert str(document.Root.Lang) == "vi"
        assert document.Root.MarkInfo.Marked
        assert "/StructTreeRoot" in document.Root
        assert str(document.docinfo["/Title"]).startswith("Bản cam kết tuân thủ pháp luật")
        metadata = document.open_metadata()
        assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("3", "A")
        assert metadata["pdfuaid:part"] == "1"


def test_tags_name_headings_and_describe_pictures(pdf: bytes) -> None:
    with pikepdf.open(BytesIO(pdf)) as document:
        elements = [
            item for item in document.objects if isinstance(item, pikepdf.Dictionary) and "/S" in item
        ]
        kinds = {str(item["/S"]) for item in elements}
        described = {str(item["/Alt"]) for item in elements if "/Alt" in item}
    assert {
        "/H1",
        "/H2",
        "/P",
        "/L",
        "/LI",
        "/Lbl",
        "/LBody",
        "/Table",
        "/TR",
        "/TH",
        "/TD",
        "/Figure",
    } <= kinds
    assert described == {"Chữ ký do Nguyễn Thị Hoài Thương vẽ", f"Mã QR dẫn đến {sheet().verify_url}"}


def test_list_items_hold_a_label_and_one_body_and_heads_name_their_row(pdf: bytes) -> None:
    with pikepdf.open(BytesIO(pdf)) as document:
        elements = [
            item for item in document.objects if isinstance(item, pikepdf.Dictionary) and "/S" in item
        ]
        items = [tuple(str(kid.S) for kid in item.K) for item in elements if item.S == "/LI"]
        heads = {str(item.A.Scope) for item in elements if item.S == "/TH"}
        strangers = [
            item
            for item in elements
            for kid in item.K
            if isinstance(kid, pikepdf.Dictionary) and kid.P.objgen != item.objgen
        ]
    assert items.count(("/Lbl", "/LBody")) == len(UNDERTAKINGS)
    assert set(items) == {("/Lbl", "/LBody"), ("/LBody",)}, "a channel has no number"
    assert heads == {"/Row"}
    assert strangers == [], "each element is named as the parent of its kids"


def test_lists_say_how_they_are_numbered_and_pictures_where_they_are() -> None:
    markdown = "- một\n  1. hai\n- ba\n\n[địa chỉ](https://example.com)"
    with pikepdf.open(BytesIO(rendering.render(sheet(text=text(preamble=markdown))))) as document:
        elements = [
            item for item in document.objects if isinstance(item, pikepdf.Dictionary) and "/S" in item
        ]
        lists = [item for item in elements if item.S == "/L"]
        numbering = {str(item.A.ListNumbering) if "/A" in item else "" for item in lists}
        places = [[float(edge) / MM for edge in item.A.BBox] for item in elements if item.S == "/Figure"]
    assert numbering == {"/Decimal", "/Disc", ""}, "channels are in a list without marks"
    (ink, code) = places
    assert (ink[3] - ink[1], code[3] - code[1]) == pytest.approx((29, 28), abs=0.1)
    for left, bottom, right, top in places:
        assert 30 <= left + 0.1 <= right <= 190.1
        assert 20 <= bottom <= top <= 277, "millimetres from the lower left corner"
    assert code[0] == pytest.approx(30, abs=0.1)


def test_page_numbers_and_marks_are_no_part_of_the_text(pdf: bytes) -> None:
    """ISO 14289-1 clause 7.8: a running head is a pagination artifact, not read out between two halves of a sentence."""
    with pikepdf.open(BytesIO(pdf)) as document:
        parents = document.Root.StructTreeRoot.ParentTree.Nums
        for number, page in enumerate(document.pages):
            marked = [step for step in pikepdf.parse_content_stream(page) if str(step.operator) == "BDC"]
            artifacts = [step.operands[1] for step in marked if step.operands[0] == "/Artifact"]
            in_text = {int(step.operands[1].MCID) for step in marked if step.operands[0] != "/Artifact"}
            assert {str(artifact.Type) for artifact in artifacts} == {"/Pagination"}
            assert len(artifacts) == (1 if number == 0 else 2), "the mark, and from page 2 on the number"
            of_page: list[pikepdf.Dictionary | None] = list(parents[2 * number + 1])  # type: ignore[arg-type]  # pikepdf types any object
            assert in_text == {place for place, parent in enumerate(of_page) if parent is not None}


def test_threads_may_render_at_once(pdf: bytes) -> None:
    """The admin previews in threads; the worker's font cache is shared by all."""
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(lambda _: rendering.render(sheet()), range(6))) == {pdf}
    assert gc.isenabled()


def test_text_comes_out_of_the_file_as_it_was_written(pdf: bytes, tmp_path: Path) -> None:
    text = " ".join(pages(pdf, tmp_path))
    assert unicodedata.is_normalized("NFC", text)
    for line in UNDERTAKINGS:
        assert line.replace("**", "") in text
    for expected in rendering.expected_text(sheet()):
        assert expected in text
    assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM Độc lập - Tự do - Hạnh phúc" in text
    assert "Phú Thọ, ngày 10 tháng 9 năm 2025" in text
    assert "10/09/2025 08:30:15 (+07:00)" in text
    assert "Căn cứ: Bộ Quy tắc ứng xử trên môi trường mạng (số 423/QĐ-BVHTTDL ngày 05/03/2026" in text


def test_every_legal_ground_stands_under_its_undertaking(pdf: bytes, tmp_path: Path) -> None:
    text = " ".join(pages(pdf, tmp_path))
    first, _second = UNDERTAKINGS[0].replace("**", ""), UNDERTAKINGS[1]
    grounds = text[text.index(first) + len(first) : text.index(UNDERTAKINGS[1])]
    assert "(số 423/QĐ-BVHTTDL ngày 05/03/2026; có hiệu lực từ ngày 05/03/2026)." in grounds
    assert "Luật An ninh mạng (số 116/2025/QH15 ngày 10/12/2025)." in grounds


def test_paper_says_whom_an_undertaking_binds_and_which_do_not_apply(pdf: bytes, tmp_path: Path) -> None:
    """The text is printed whole, as it was digested; what this signer was not asked for is said in words."""
    text = " ".join(pages(pdf, tmp_path))
    said = text[text.index(UNDERTAKINGS[2]) : text.index(UNDERTAKINGS[3])]
    assert "Áp dụng cho: quản trị viên trang, nhóm, kênh." in said
    assert "Không áp dụng với người ký (tư cách tham gia: KOL)." in said
    assert text.count("Không áp dụng với người ký (") == 1
    last = pages(pdf, tmp_path)[-1]
    assert "Nội dung đã đánh dấu 1, 2, 4, 5, 6 Không áp dụng với người ký: 3" in last
    bound = sheet(kind="Quản trị viên", ticked=tuple(range(1, len(UNDERTAKINGS) + 1)))
    of_bound = " ".join(pages(rendering.render(bound), tmp_path))
    assert "Áp dụng cho: quản trị viên trang, nhóm, kênh." in of_bound
    assert "Không áp dụng" not in of_bound


def test_pledge_without_channels_says_that_it_binds_the_person(pdf: bytes, tmp_path: Path) -> None:
    alone = " ".join(pages(rendering.render(sheet(channels=())), tmp_path))
    assert "Phạm vi áp dụng: Cam kết áp dụng cho cá nhân tôi." in alone
    assert "Phạm vi áp dụng" not in " ".join(pages(pdf, tmp_path))


def test_names_in_nfd_are_written_in_nfc(tmp_path: Path) -> None:
    decomposed = unicodedata.normalize("NFD", "Đỗ Thị Hường")
    text = " ".join(pages(rendering.render(sheet(full_name=decomposed)), tmp_path))
    assert "Đỗ Thị Hường" in text


def test_the_last_page_is_the_record_of_signing(pdf: bytes, tmp_path: Path) -> None:
    last = pages(pdf, tmp_path)[-1]
    given = sheet()
    assert "PHIẾU XÁC NHẬN KÝ" in last
    for words in (
        given.reference,
        given.verify_url,
        given.proofs[0].words,
        "Dấu điện tử xác nhận tài liệu do Phòng An ninh mạng",
        "không phải chữ ký số của người ký",
        "Dữ liệu cá nhân được lưu đến ngày 10/09/2028",
        " ".join(re.findall(".{8}", given.text.digest)),
        " ".join(re.findall(".{8}", given.seal_fingerprint)),
    ):
        assert words in last


def test_the_record_of_signing_is_one_page_also_for_long_names(tmp_path: Path) -> None:
    unit = "Phòng An ninh mạng và phòng, chống tội phạm sử dụng công nghệ cao, Công an tỉnh Phú Thọ"
    words = (
        "mã dùng một lần gửi đến địa chỉ email m***@mot-ten-mien-rat-dai.example.com",
        "cán bộ có tài khoản số 12 đã gặp trực tiếp người ký, tại cửa chính",
    )
    long = sheet(
        unit=unit,
        proofs=tuple(rendering.ProofLine(words=line, at=SIGNED_AT) for line in words),
        replaces="0000-0000-0000",
    )
    last = pages(rendering.render(long), tmp_path)[-1]
    assert "PHIẾU XÁC NHẬN KÝ" in last.upper()
    assert long.verify_url in last


def test_a_test_key_marks_every_page_and_a_real_one_none(pdf: bytes, tmp_path: Path) -> None:
    assert all(TEST_SENTENCE in page for page in pages(pdf, tmp_path))
    real = rendering.render(sheet(seal_is_test=False, seal_subject="Công an tỉnh Phú Thọ"))
    assert not any("THỬ NGHIỆM" in page for page in pages(real, tmp_path))


def test_the_signature_never_stands_alone_on_a_page(tmp_path: Path) -> None:
    for channels in range(12):
        line = rendering.ChannelLine(platform="Facebook", name="Trang", url="https://www.facebook.com/trang")
        drawn = pages(rendering.render(sheet(channels=(line,) * channels)), tmp_path)
        (signing,) = [page for page in drawn if "NGƯỜI CAM KẾT" in page]
        assert text().closing in signing
        assert UNDERTAKINGS[-1] in signing


def test_page_numbers_begin_on_the_second_page(pdf: bytes, tmp_path: Path) -> None:
    first, *others = pages(pdf, tmp_path)
    assert first.startswith("CỘNG HÒA")
    for number, page in enumerate(others, start=2):
        assert page.startswith(f"{number} ")


def test_the_page_keeps_the_margins_of_the_decree(pdf: bytes, tmp_path: Path) -> None:
    """Left 30-35 mm, right 15-20 mm, top and bottom 20-25 mm; only the page number and the mark stand outside."""
    boxes = tool(pdf, tmp_path, "pdftotext", "-bbox", "@", "-")
    for width, height in re.findall(r'<page width="([\d.]+)" height="([\d.]+)"', boxes):
        assert (float(width), float(height)) == pytest.approx((210 * MM, 297 * MM), abs=0.1)
    words = re.findall(r'<word xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)"', boxes)
    body = [
        (float(x0), float(y0), float(x1), float(y1))
        for x0, y0, x1, y1 in words
        if float(y0) >= 20 * MM - 4 and float(y1) <= 277 * MM + 4
    ]
    assert min(x0 for x0, _, _, _ in body) == pytest.approx(30 * MM, abs=1.5)
    assert 190 * MM - 3 <= max(x1 for _, _, x1, _ in body) <= 195 * MM


def test_the_signature_is_blue_and_drawn_in_vectors(pdf: bytes, tmp_path: Path) -> None:
    assert len(tool(pdf, tmp_path, "pdfimages", "-list", "@").splitlines()) == 2, (
        "no raster image in the file"
    )
    with pikepdf.open(BytesIO(pdf)) as document:
        drawing = b"".join(
            item.read_bytes()
            for item in document.objects
            if isinstance(item, pikepdf.Stream) and item.get("/Subtype") not in ("/XML", "/application/json")
        )
    assert b"0.113725" in drawing or b".113725" in drawing, "the red part of ink #1D3F8F"


def test_a_typed_name_stands_in_place_of_the_drawing(tmp_path: Path) -> None:
    pdf = rendering.render(sheet(signature_svg=None, typed_name="Nguyễn Thị Hoài Thương"))
    text = " ".join(pages(pdf, tmp_path))
    assert "Gõ họ và tên" in text
    assert paper.check_conformance(pdf) == []


def test_a_sheet_ticks_only_what_its_text_has_and_says_who_was_known_how() -> None:
    with pytest.raises(ValueError, match="ticked position"):
        sheet(ticked=(7,))
    with pytest.raises(ValueError, match="how it was known"):
        sheet(proofs=())


def test_the_recipe_names_what_decides_how_a_page_comes_out() -> None:
    recipe = rendering.recipe()
    assert set(recipe["fonts"]) == {
        f"Tinos-{style}.ttf" for style in ("Regular", "Bold", "Italic", "BoldItalic")
    }
    assert set(recipe["libraries"]) == {"django", "fonttools", "pango", "pydyf", "weasyprint"}
    assert all(len(recipe[part]) == 64 for part in ("catalogue", "templates"))


def test_a_sheet_needs_exactly_one_way_of_signing() -> None:
    with pytest.raises(ValueError, match="either a drawn signature or a typed name"):
        sheet(typed_name="Nguyễn Thị Hoài Thương")
    with pytest.raises(ValueError, match="either a drawn signature or a typed name"):
        sheet(signature_svg=None)


def test_the_evidence_is_attached_byte_for_byte(pdf: bytes) -> None:
    with pikepdf.open(BytesIO(pdf)) as document:
        assert list(document.attachments) == ["evidence.json"]
        assert document.attachments["evidence.json"].get_file().read_bytes() == sheet().evidence
        (linked,) = document.Root.AF  # ISO 19005-3 6.8: associated with the document, once
        assert str(linked.AFRelationship) == "/Data"


@pytest.mark.parametrize(
    ("language", "version"), [("vi", "Phiên bản 2, tiếng Việt"), ("en", "Version 2, English")]
)
def test_place_and_version_are_printed_as_the_sheet_names_them(
    language: str, version: str, tmp_path: Path
) -> None:
    pdf = rendering.render(sheet(text=text(language=language, number=2), version=version))
    printed = " ".join(pages(pdf, tmp_path))
    assert "phường Việt Trì, tỉnh Phú Thọ" in printed
    assert "tỉnh tỉnh" not in printed
    assert "tỉnh Phú Thọ province" not in printed
    assert version in printed


def test_the_same_sheet_gives_the_same_bytes(pdf: bytes) -> None:
    assert rendering.render(sheet()) == pdf
    assert rendering.render(sheet(reference="0000-0000-0000")) != pdf


def test_the_english_text_keeps_the_vietnamese_state_name_above(tmp_path: Path) -> None:
    pdf = rendering.render(sheet(text=text(language="en")))
    text_of_pages = " ".join(pages(pdf, tmp_path))
    assert (
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM Độc lập - Tự do - Hạnh phúc SOCIALIST REPUBLIC OF VIET NAM"
        in text_of_pages
    )
    with pikepdf.open(BytesIO(pdf)) as document:
        state = document.Root.StructTreeRoot.K[0].K[0]
        assert [str(line.Lang) for line in state.K] == ["vi", "vi", "en"], "so that each is read out right"
        assert str(document.Root.Lang) == "en"
    assert "RECORD OF SIGNING" in text_of_pages
    assert "Phú Thọ, 10 September 2025" in text_of_pages
    assert paper.check_conformance(pdf) == []


def test_template_syntax_in_a_text_comes_out_as_it_went_in(tmp_path: Path) -> None:
    trap = "{{ sheet.evidence }} {% include 'pdf/paper.css' %} {# x #} ${7*7} <b>không</b> & <img src=x>"
    trapped = text(title=trap, preamble=trap, closing=trap, undertakings=(UndertakingText(text=trap),))
    given = sheet(text=trapped, full_name=trap[:60])
    found = " ".join(pages(rendering.render(given), tmp_path))
    assert (
        found.count(
            "{{ sheet.evidence }} {% include 'pdf/paper.css' %} {# x #} ${7*7} <b>không</b> & <img src=x>"
        )
        == 4
    )


def test_characters_without_a_glyph_are_named_and_replaced(tmp_path: Path) -> None:
    assert paper.missing_glyphs("Nguyễn Đức – “Ậ” ỹ Ữ 1.234 №") == []
    assert paper.missing_glyphs("nhạc 🎵 và 漢\n漢") == [
        "🎵 U+1F3B5 MUSICAL NOTE",
        "漢 U+6F22 CJK UNIFIED IDEOGRAPH-6F22",
    ]
    assert paper.missing_glyphs("a\u202eb") == [] or "U+202E" in paper.missing_glyphs("a\u202eb")[0]
    pdf = rendering.render(sheet(stage_name="Kênh 🎵 漢"))
    assert paper.font_families(pdf) == {"Tinos"}
    assert paper.check_conformance(pdf) == []
    assert "Kênh □ □" in " ".join(pages(pdf, tmp_path))


def test_all_vietnamese_letters_have_glyphs() -> None:
    vowels = "aăâeêioôơuưy"
    marks = ["", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323"]
    letters = "".join(unicodedata.normalize("NFC", vowel + mark) for vowel in vowels for mark in marks) + "đ"
    assert paper.missing_glyphs(letters + letters.upper()) == []


def test_a_specimen_says_so_and_names_nobody(tmp_path: Path) -> None:
    pdf = rendering.render_specimen(text(), unit="Công an tỉnh Phú Thọ", at=SIGNED_AT)
    assert paper.check_conformance(pdf) == []
    found = pages(pdf, tmp_path)
    assert all("BẢN MẪU" in page for page in found)
    assert text().digest[:8] in " ".join(found)


def test_many_channels_and_long_words_stay_on_the_page(tmp_path: Path) -> None:
    line = rendering.ChannelLine(
        platform="Facebook", name="Trang " * 20, url="https://www.facebook.com/" + "a" * 200
    )
    pdf = rendering.render(sheet(channels=(line,) * 40, full_name="Nguyễn" + "Đ" * 100))
    assert paper.check_conformance(pdf) == []
    boxes = tool(pdf, tmp_path, "pdftotext", "-bbox", "@", "-")
    assert max(float(edge) for edge in re.findall(r'xMax="([\d.]+)"', boxes)) <= 195 * MM


@pytest.mark.parametrize(
    ("day", "written"),
    [
        (date(2025, 9, 10), "ngày 10 tháng 9 năm 2025"),
        (date(2026, 2, 3), "ngày 03 tháng 02 năm 2026"),
        (date(2026, 12, 31), "ngày 31 tháng 12 năm 2026"),
    ],
)
def test_dates_are_written_as_the_decree_says(day: date, written: str) -> None:
    assert written_date(day, "vi") == written


def test_times_carry_their_offset() -> None:
    assert local_stamp(SIGNED_AT) == "10/09/2025 08:30:15 (+07:00)"


def test_a_rendered_pledge_can_be_sealed_and_every_judge_agrees(pdf: bytes, tmp_path: Path) -> None:
    pki = pades.make_test_pki(tmp_path / "keys", at=SIGNED_AT)
    sealed = pades.seal(pdf, key=pki.key, at=SIGNED_AT)
    report = pades.verify(sealed.data, trust=pades.Trust.of(seal_roots=[pki.root]), at=SIGNED_AT)
    assert report.sealed_whole
    assert report.trusted
    assert "Signature is Valid." in tool(sealed.data, tmp_path, "pdfsig", "-nocert", "@")
    tool(sealed.data, tmp_path, "qpdf", "--check", "@")
    assert paper.font_families(sealed.data) == {"Tinos"}
    assert pages(sealed.data, tmp_path) == pages(pdf, tmp_path)
    assert not [finding for finding in paper.check_conformance(sealed.data) if "[violation]" in finding]
