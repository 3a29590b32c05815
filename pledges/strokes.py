"""A drawn signature as strokes: what the browser sent, checked and brought to a fixed box; and its picture as SVG. Pure.

The browser sends what ``signature_pad``'s ``toData()`` gives: a list of ``{"points": [{"x": …, "y": …, …}, …], …}``.
Only the coordinates are read; colours, times and pressures are left behind. The server draws the picture itself, so no
image, script or style of the browser's ever reaches a page or a PDF.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

MAX_BYTES: Final = 1_000_000
"""Of the JSON text, in UTF-8. A long honest signature (3,000 points) is about 250 kB."""
MAX_STROKES: Final = 200
MAX_POINTS: Final = 8_000
"""Over all strokes, as sent."""
MAX_COORDINATE: Final = 100_000.0
"""CSS pixels; beyond it is no screen."""
MIN_EXTENT: Final = 15.0
"""CSS pixels: a signature whose width and height are both below it is a dot, not a signature."""

BOX_WIDTH: Final = 1000
BOX_HEIGHT: Final = 400
MIN_STEP: Final = 3
"""Box units: points nearer than this to the one before add bytes, not shape."""

INK: Final = "#1D3F8F"
INK_WIDTH: Final = 9

Point = tuple[int, int]


class StrokesError(ValueError):
    """Base: why strokes are not a signature. The view turns each class into words for a person."""


class StrokesMalformed(StrokesError):
    """Not JSON, or not of the shape described above."""


class StrokesEmpty(StrokesError):
    """Nothing was drawn."""


class StrokesTooLarge(StrokesError):
    """More text, strokes or points than any signature has, or coordinates beyond any screen."""


class StrokesNotFinite(StrokesError):
    """A coordinate is NaN or infinite."""


class StrokesTooSmall(StrokesError):
    """A dot or a tick, too small to be a signature."""


@dataclass(frozen=True)
class Strokes:
    """Checked strokes in box units: x from 0 to at most 1000, y from 0 to at most 400, aspect kept, top left at 0, 0."""

    lines: tuple[tuple[Point, ...], ...]

    @property
    def width(self) -> int:
        """Box units, at least 1."""
        return max(1, max(x for line in self.lines for x, _ in line))

    @property
    def height(self) -> int:
        """Box units, at least 1."""
        return max(1, max(y for line in self.lines for _, y in line))

    def as_lists(self) -> list[list[list[int]]]:
        """JSON-ready: stroke → point → ``[x, y]``; :func:`from_lists` reads it back."""
        return [[[x, y] for x, y in line] for line in self.lines]


def parse(json_text: str) -> Strokes:
    """Check what the browser sent. Raises a :class:`StrokesError`; no other exception whatever the text."""
    if len(json_text) > MAX_BYTES or len(json_text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise StrokesTooLarge(f"more than {MAX_BYTES} bytes")
    try:
        raw = json.loads(json_text, parse_constant=_refuse_constant)
    except StrokesError:
        raise
    except (ValueError, RecursionError) as error:
        raise StrokesMalformed("not JSON") from error
    if not isinstance(raw, list):
        raise StrokesMalformed("not a list of strokes")
    if len(raw) > MAX_STROKES:
        raise StrokesTooLarge(f"more than {MAX_STROKES} strokes")
    lines = [_line(stroke) for stroke in raw]
    if sum(map(len, lines)) > MAX_POINTS:
        raise StrokesTooLarge(f"more than {MAX_POINTS} points")
    return _fitted([line for line in lines if line])


def from_lists(lists: Any) -> Strokes:
    """Strokes back from :meth:`Strokes.as_lists`. Raises ``StrokesMalformed`` for anything else."""
    try:
        lines = tuple(tuple((int(x), int(y)) for x, y in line) for line in lists)
    except (TypeError, ValueError) as error:
        raise StrokesMalformed("not stored strokes") from error
    if not lines or not all(lines):
        raise StrokesMalformed("not stored strokes")
    if not all(0 <= x <= BOX_WIDTH and 0 <= y <= BOX_HEIGHT for line in lines for x, y in line):
        raise StrokesMalformed("stored strokes leave their box")
    return Strokes(lines)


def to_svg(strokes: Strokes) -> str:
    """The signature as a stand-alone SVG document: blue ink on nothing, only ``svg`` and ``path`` elements."""
    margin = INK_WIDTH
    width, height = strokes.width + 2 * margin, strokes.height + 2 * margin
    data = " ".join(_path(line) for line in strokes.lines)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{-margin} {-margin} {width} {height}" '
        f'width="{width}" height="{height}"><path d="{data}" fill="none" stroke="{INK}" stroke-width="{INK_WIDTH}" '
        f'stroke-linecap="round" stroke-linejoin="round"/></svg>'
    )


def _refuse_constant(name: str) -> float:
    raise StrokesNotFinite(name)


def _line(stroke: Any) -> list[tuple[float, float]]:
    points = stroke.get("points") if isinstance(stroke, dict) else None
    if not isinstance(points, list):
        raise StrokesMalformed("a stroke without points")
    if len(points) > MAX_POINTS:
        raise StrokesTooLarge(f"more than {MAX_POINTS} points")
    return list(zip(_axis(points, "x"), _axis(points, "y"), strict=True))


def _axis(points: list[Any], axis: str) -> list[float]:
    """The numbers of one axis. A signing holds hundreds: honest ones are judged together, others one by one for the reason."""
    try:
        values = [point[axis] for point in points]
    except (TypeError, KeyError, IndexError):
        return [_coordinate(point, axis) for point in points]
    if set(map(type, values)) <= {float, int} and _within_screens(values):
        return values
    return [_coordinate(point, axis) for point in points]


def _within_screens(values: list[float]) -> bool:
    """Whether all are finite and of a screen's size. NaN may hide from ``min`` and ``max``, but not from the sum."""
    if not values:
        return True
    bounded = min(values) >= -MAX_COORDINATE and max(values) <= MAX_COORDINATE
    return bounded and math.isfinite(sum(values))


def _coordinate(point: Any, axis: str) -> float:
    value: Any = point.get(axis) if isinstance(point, dict) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise StrokesMalformed("a point without coordinates")
    if isinstance(value, float) and not math.isfinite(value):  # 1e999 is valid JSON and reads as infinite
        raise StrokesNotFinite(axis)
    if abs(value) > MAX_COORDINATE:
        raise StrokesTooLarge("a coordinate beyond any screen")
    return float(value)


def _fitted(lines: list[list[tuple[float, float]]]) -> Strokes:
    if not lines:
        raise StrokesEmpty("nothing was drawn")
    xs = [x for line in lines for x, _ in line]
    ys = [y for line in lines for _, y in line]
    left, top = min(xs), min(ys)
    width, height = max(xs) - left, max(ys) - top
    if max(width, height) < MIN_EXTENT:
        raise StrokesTooSmall("a dot is no signature")
    scale = min(BOX_WIDTH / width if width else math.inf, BOX_HEIGHT / height if height else math.inf)
    return Strokes(
        tuple(
            _thinned([(round((x - left) * scale), round((y - top) * scale)) for x, y in line])
            for line in lines
        )
    )


def _thinned(line: list[Point]) -> tuple[Point, ...]:
    """``line`` without points that hardly move; the first and the last stay."""
    kept = [line[0]]
    for point in line[1:]:
        if math.dist(point, kept[-1]) >= MIN_STEP:
            kept.append(point)
    if len(kept) > 1 and kept[-1] != line[-1]:
        kept[-1] = line[-1]
    return tuple(kept)


def _path(line: tuple[Point, ...]) -> str:
    """Quadratic Bézier curves through the middles between points, so that the pen's corners become round."""
    (x, y), rest = line[0], line[1:]
    if not rest:
        return f"M{x} {y}h.1"
    parts = [f"M{x} {y}"]
    for (x1, y1), (x2, y2) in pairwise(rest):
        parts.append(f"Q{x1} {y1} {(x1 + x2) / 2:g} {(y1 + y2) / 2:g}")
    parts.append(f"L{rest[-1][0]} {rest[-1][1]}")
    return "".join(parts)
