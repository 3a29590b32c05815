"""The overview's charts: numbers in, attributes of SVG out; everything stays in its box."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from kolportal.desk import charts


@given(st.lists(st.integers(0, 100_000), max_size=60))
def test_columns_stay_in_their_box(values: list[int]) -> None:
    start = date(2025, 9, 10)
    drawn = charts.columns([(start + timedelta(days=index), value) for index, value in enumerate(values)])
    assert len(drawn) == min(len(values), 31)
    for column in drawn:
        assert 0 <= float(column.x) <= float(column.x) + float(column.width) <= charts.WIDTH + 0.2
        assert 0 <= float(column.y) <= float(column.y) + float(column.height) <= charts.HEIGHT
        assert float(column.above) >= 10


def test_columns_of_several_years_name_the_year() -> None:
    days = [(date(2025, 9, 10), 58), (date(2026, 10, 20), 1)]
    assert [column.label for column in charts.columns(days)] == ["10/09/25", "20/10/26"]
    assert [column.label for column in charts.columns(days[:1])] == ["10/09"]


@given(st.integers(-5, 10**9), st.integers(0, 10**9))
def test_bar_is_a_share_of_the_longest(value: int, largest: int) -> None:
    width = charts.bar_width(min(value, largest), largest)
    assert 0 <= float(width) <= 100
    assert "," not in width
