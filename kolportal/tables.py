"""A column said once, for a list on the screen, CSV and paper: its title, and what it says of a row. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, TypeVar

Row = TypeVar("Row")

Cell = str | int | date | datetime | None
"""What a column can say. Times are aware and in the zone in which they are to be read."""

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
"""Begins a CSV file: without it Excel does not take the file for UTF-8."""

# OWASP, "CSV Injection"; the full-width forms are folded to these by some spreadsheet programs.
_FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")


@dataclass(frozen=True)  # slots and Generic do not go together in Python 3.11
class Column(Generic[Row]):
    """``title``: the head, a text or a lazy one; ``value``: what it says of a row. Both in the language active when asked."""

    title: Any
    value: Callable[[Row], Cell]

    def text(self, row: Row) -> str:
        """What it says of this row, as text: days as 2025-09-10, times as 2025-09-10 08:30 +07:00, which sort as text."""
        return as_text(self.value(row))


def as_text(cell: Cell) -> str:
    """One value as text; ``""`` for none."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        moment = cell.isoformat(" ", "minutes")
        return f"{moment[:16]} {moment[16:]}".rstrip()
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def csv_line(cells: Iterable[str]) -> bytes:
    """One line of a CSV file in UTF-8, every cell quoted and none a formula."""
    line = io.StringIO()
    csv.writer(line, quoting=csv.QUOTE_ALL).writerow([safe_cell(cell) for cell in cells])
    return line.getvalue().encode()


def safe_cell(value: str) -> str:
    """``value`` so that no spreadsheet program takes it for a formula: with ``'`` before ``= + - @``, tab, CR or LF."""
    return f"'{value}" if value.lstrip(" ").startswith(_FORMULA_STARTS) else value
