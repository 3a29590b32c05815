"""A column said once: as text, and harmless in a spreadsheet."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kolportal.tables import Column, as_text, csv_line, safe_cell

HOSTILE = ["=1+1", "+84", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1+1", ' =HYPERLINK("https://example.com")']


@pytest.mark.parametrize("text", HOSTILE)
def test_cell_that_looks_like_a_formula_is_made_text(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


@given(st.text())
def test_safe_cell_keeps_the_text_and_never_starts_a_formula(text: str) -> None:
    safe = safe_cell(text)
    assert safe.removeprefix("'") == text.removeprefix("'") or safe == f"'{text}"
    assert not safe.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r"))


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), min_size=1))
def test_line_is_read_back_as_it_was_but_for_the_mark_before_formulas(cells: list[str]) -> None:
    (read,) = csv.reader(io.StringIO(csv_line(cells).decode(), newline=""))
    assert read == [safe_cell(cell) for cell in cells]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (None, ""),
        ("An", "An"),
        (12_500, "12500"),
        (date(2025, 9, 10), "2025-09-10"),
        (datetime(2025, 9, 10, 8, 30, 59, tzinfo=timezone(timedelta(hours=7))), "2025-09-10 08:30 +07:00"),
        (datetime(2025, 9, 10, 8, 30, tzinfo=timezone(-timedelta(hours=3))), "2025-09-10 08:30 -03:00"),
        (datetime(2025, 9, 10, 1, 30, tzinfo=UTC), "2025-09-10 01:30 +00:00"),
    ],
)
def test_values_as_text(cell: str | int | date | datetime | None, text: str) -> None:
    assert as_text(cell) == text


def test_column_says_its_value_of_a_row() -> None:
    column = Column[str]("Dài", len)
    assert (str(column.title), column.value("An"), column.text("An")) == ("Dài", 2, "2")
