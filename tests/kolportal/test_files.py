"""Under which name an uploaded file goes out again."""

from __future__ import annotations

import pytest

from kolportal import files


@pytest.mark.parametrize(
    ("title", "stored", "name"),
    [
        ("Sổ tay Đạo đức/KOL <2025>", "materials/a1b2.pdf", "so-tay-dao-duc-kol-2025.pdf"),
        ("…", "materials/a1b2.PDF", "tai-lieu-7.pdf"),
        ("tài liệu số 1 ", "x.docx", "tai-lieu-so-1.docx"),
        ("a" * 200, "x.odt", "a" * 80 + ".odt"),
        ("../../etc/passwd", "x.pdf", "etc-passwd.pdf"),
    ],
)
def test_a_file_goes_out_under_its_title_without_accents(title: str, stored: str, name: str) -> None:
    assert files.download_name(title, stored_name=stored, otherwise="tai-lieu-7") == name
