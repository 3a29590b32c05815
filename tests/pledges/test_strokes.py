"""Drawn signatures: honest ones become a picture, all else is refused by name."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pledges import strokes


def pad(*lines: list[tuple[float, float]]) -> str:
    """JSON as ``signature_pad`` 5 sends it, with what it sends beside the coordinates."""
    return json.dumps(
        [
            {
                "penColor": "black",
                "dotSize": 0,
                "minWidth": 0.5,
                "compositeOperation": "source-over",
                "points": [
                    {"x": x, "y": y, "pressure": 0.5, "time": 1_789_000_000_000 + n}
                    for n, (x, y) in enumerate(line)
                ],
            }
            for line in lines
        ]
    )


def test_a_signature_fills_its_box_and_keeps_its_shape() -> None:
    parsed = strokes.parse(pad([(10, 20), (110, 20), (110, 60)], [(60, 40)]))
    assert parsed.lines == (((0, 0), (1000, 0), (1000, 400)), ((500, 200),))
    assert (parsed.width, parsed.height) == (1000, 400)


def test_negative_and_fractional_coordinates_are_taken() -> None:
    parsed = strokes.parse(pad([(-50.5, -10.25), (49.5, 10)]))
    assert parsed.lines[0][0] == (0, 0)
    assert parsed.width == 1000


def test_stored_lists_give_the_same_strokes_again() -> None:
    parsed = strokes.parse(pad([(0, 0), (30, 30), (60, 0)]))
    assert strokes.from_lists(json.loads(json.dumps(parsed.as_lists()))) == parsed


@pytest.mark.parametrize(
    "stored", [None, [], [[]], [[[1]]], [[[1, "x"]]], [[[-1, 0]]], [[[0, 401]]], "x", [[1, 2]], [[[1, 2, 3]]]]
)
def test_what_was_not_stored_by_us_is_refused(stored: Any) -> None:
    with pytest.raises(strokes.StrokesMalformed):
        strokes.from_lists(stored)


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        ("[]", strokes.StrokesEmpty),
        ('[{"points": []}]', strokes.StrokesEmpty),
        ("", strokes.StrokesMalformed),
        ("{}", strokes.StrokesMalformed),
        ("null", strokes.StrokesMalformed),
        ('"x"', strokes.StrokesMalformed),
        ("[1]", strokes.StrokesMalformed),
        ('[{"points": 5}]', strokes.StrokesMalformed),
        ('[{"points": [5]}]', strokes.StrokesMalformed),
        ('[{"points": [{"x": 1}]}]', strokes.StrokesMalformed),
        ('[{"points": [{"x": "1", "y": 2}]}]', strokes.StrokesMalformed),
        ('[{"points": [{"x": true, "y": 2}]}]', strokes.StrokesMalformed),
        ('[{"points": [{"x": NaN, "y": 2}]}]', strokes.StrokesNotFinite),
        ('[{"points": [{"x": 1, "y": Infinity}]}]', strokes.StrokesNotFinite),
        ('[{"points": [{"x": 1, "y": -Infinity}]}]', strokes.StrokesNotFinite),
        ('[{"points": [{"x": 1e999, "y": 2}]}]', strokes.StrokesNotFinite),
        ('[{"points": [{"x": 1e300, "y": 2}]}]', strokes.StrokesTooLarge),
        ('[{"points": [{"x": ' + "9" * 4000 + ', "y": 2}]}]', strokes.StrokesTooLarge),
        ('[{"points": [{"x": ' + "9" * 5000 + ', "y": 2}]}]', strokes.StrokesMalformed),
        ("[" * 100_000, strokes.StrokesMalformed),
        ("[" * 50_000 + "]" * 50_000, strokes.StrokesMalformed),
        (pad([(5, 5)]), strokes.StrokesTooSmall),
        (pad([(5, 5), (8, 9), (5, 6)]), strokes.StrokesTooSmall),
        (pad(*[[(0.0, 0.0), (50.0, 50.0)]] * (strokes.MAX_STROKES + 1)), strokes.StrokesTooLarge),
        (
            '[{"points": [' + ",".join(['{"x": 1, "y": 2}'] * (strokes.MAX_POINTS + 1)) + "]}]",
            strokes.StrokesTooLarge,
        ),
        ("[" + " " * 10_000_000 + "]", strokes.StrokesTooLarge),
        ("ậ" * 400_000, strokes.StrokesTooLarge),
        ("\ud800", strokes.StrokesMalformed),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_no_signature_is_refused_by_name(sent: str, error: type[strokes.StrokesError]) -> None:
    with pytest.raises(strokes.StrokesError) as caught:
        strokes.parse(sent)
    assert type(caught.value) is error


def test_the_picture_holds_nothing_but_one_blue_path() -> None:
    picture = ET.fromstring(strokes.to_svg(strokes.parse(pad([(0, 0), (30, 40), (60, 0)], [(80, 20)]))))
    assert picture.tag == "{http://www.w3.org/2000/svg}svg"
    assert picture.attrib["viewBox"] == "-9 -9 1018 418" or re.fullmatch(
        r"-9 -9 \d+ \d+", picture.attrib["viewBox"]
    )
    (path,) = picture
    assert path.tag == "{http://www.w3.org/2000/svg}path"
    assert set(path.attrib) == {"d", "fill", "stroke", "stroke-width", "stroke-linecap", "stroke-linejoin"}
    assert path.attrib["stroke"] == "#1D3F8F"
    assert re.fullmatch(r"[MQLh0-9. ]+", path.attrib["d"])
    assert path.attrib["d"].count("M") == 2


def test_the_largest_signature_stays_small_on_paper() -> None:
    line = [((n * 37) % 1000, (n * 91) % 400) for n in range(strokes.MAX_POINTS)]
    assert len(strokes.to_svg(strokes.parse(pad([(float(x), float(y)) for x, y in line])))) < 300_000


points = st.tuples(st.floats(-99_999, 99_999), st.floats(-99_999, 99_999))


@given(st.lists(st.lists(points, min_size=1, max_size=40), min_size=1, max_size=8))
def test_any_strokes_are_refused_or_stay_in_the_box(lines: list[list[tuple[float, float]]]) -> None:
    try:
        parsed = strokes.parse(pad(*lines))
    except strokes.StrokesTooSmall:
        return
    assert all(
        0 <= x <= strokes.BOX_WIDTH and 0 <= y <= strokes.BOX_HEIGHT for line in parsed.lines for x, y in line
    )
    assert strokes.from_lists(parsed.as_lists()) == parsed
    ET.fromstring(strokes.to_svg(parsed))


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["points", "x", "y", "z"]), inner, max_size=4)
    ),
    max_leaves=30,
)


@given(anything.map(json.dumps) | st.text(max_size=60))
def test_no_text_raises_anything_but_a_strokes_error(sent: str) -> None:
    with suppress(strokes.StrokesError):
        strokes.parse(sent)
