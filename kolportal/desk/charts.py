"""Geometry of the overview's charts: numbers in, SVG attributes out. Pure. The words stand in the table beside."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

WIDTH, HEIGHT = 360, 150
_TOP, _BOTTOM = 20, 22


@dataclass(frozen=True, slots=True)
class Column:
    """One day's column in the units of the view box, as text: attributes must not be written in a local number format."""

    x: str
    y: str
    width: str
    height: str
    middle: str
    above: str
    value: int
    label: str


def bar_width(value: int, largest: int) -> str:
    """The length of a bar in per cent of the longest, ``"0"`` to ``"100"``; a value above zero is never invisible."""
    if value <= 0 or largest <= 0:
        return "0"
    return f"{max(100 * value / largest, 1):.1f}".removesuffix(".0")


def columns(days: Sequence[tuple[date, int]]) -> list[Column]:
    """Columns for the last 31 days that have a value, in a box of ``WIDTH`` by ``HEIGHT``; labels as ``10/09``, with the year
    (``10/09/25``) where there is more than one."""
    shown = list(days)[-31:]
    if not shown:
        return []
    largest = max(value for _day, value in shown)
    slot = min(WIDTH / len(shown), 72)
    width = slot * 0.7
    room = HEIGHT - _TOP - _BOTTOM
    one_year = shown[0][0].year == shown[-1][0].year
    result = []
    for index, (day, value) in enumerate(shown):
        height = room * value / largest if largest else 0
        x = index * slot + (slot - width) / 2
        top = _TOP + room - height
        # Every label where they fit, else every second, third, …
        step = max(1, math.ceil((38 if one_year else 56) / slot))
        result.append(
            Column(
                x=f"{x:.1f}", y=f"{top:.1f}", width=f"{width:.1f}", height=f"{height:.1f}", middle=f"{x + width / 2:.1f}",
                above=f"{top - 6:.1f}", value=value, label=day.strftime("%d/%m" if one_year else "%d/%m/%y") if index % step == 0 else "",
            )
        )  # fmt: skip
    return result
