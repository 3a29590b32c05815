"""Cross-reference entries, of tables and of streams (ISO 32000-2 clauses 7.5.4 and 7.5.8): where the objects stand."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from kolportal.pades.verification.objects import END_OF_LINE, Budget, Damaged, Stream, TooComplex

MAX_OBJECTS: Final = 100_000
"""Cross-reference entries, over all revisions."""

_ROW = re.compile(rb"(\d{10}) (\d{5}) ([nf])(?: \r| \n|\r\n)")
_SUBSECTION = re.compile(rb"[\t\n\r ]{0,4}(\d{1,10}) (\d{1,10})[\t ]{0,2}" + END_OF_LINE)


@dataclass(frozen=True)
class Entry:
    """Where an object stands: ``offset`` in the file, or ``index`` in the object stream ``container``; else it is free.

    Of a free one ``index`` is the number of the next free object.
    """

    offset: int | None = None
    container: int | None = None
    index: int = 0
    generation: int = 0

    @property
    def is_free(self) -> bool:
        return self.offset is None and self.container is None


def of_table(data: bytes, position: int, budget: Budget, room: int) -> tuple[dict[int, Entry], int]:
    """The entries of the table whose first subsection stands at ``position``, ``room`` at most, and where they end.

    Raises Damaged, TooComplex.
    """
    entries: dict[int, Entry] = {}
    while (match := _SUBSECTION.match(data, position)) is not None:
        budget.take_tokens(1)
        first, count, position = int(match[1]), int(match[2]), match.end()
        if count > room - len(entries):
            raise TooComplex(f"the file holds more than {MAX_OBJECTS} objects")
        for number in range(first, first + count):
            row = _ROW.match(data, position)
            if row is None or number in entries:
                raise Damaged(f"a cross-reference table is damaged at {position}")
            kind = 1 if row[3] == b"n" else 0
            entries[number] = _entry(kind, int(row[1]), int(row[2]))
            position = row.end()
    return entries, position


def of_stream(stream: Stream, data: bytes, room: int) -> dict[int, Entry]:
    """The entries of the cross-reference stream ``stream`` (7.5.8.3), whose decoded bytes are ``data``; ``room`` at most.

    Raises Damaged, TooComplex.
    """
    widths, size = stream.entries.get("W"), stream.entries.get("Size")
    if not isinstance(widths, list) or len(widths) != 3 or not isinstance(size, int):
        raise Damaged("a cross-reference stream is damaged")
    if not all(isinstance(width, int) and 0 <= width <= 8 for width in widths) or not sum(widths):
        raise Damaged("a cross-reference stream is damaged")
    index = stream.entries.get("Index", [0, size])
    if not isinstance(index, list) or len(index) % 2 or not all(isinstance(n, int) and n >= 0 for n in index):
        raise Damaged("a cross-reference stream is damaged")
    if sum(index[1::2]) > room:
        raise TooComplex(f"the file holds more than {MAX_OBJECTS} objects")
    if sum(index[1::2]) * sum(widths) != len(data):
        raise Damaged("a cross-reference stream has not the length it claims")
    numbers = [
        n for first, count in zip(index[::2], index[1::2], strict=True) for n in range(first, first + count)
    ]
    if len(set(numbers)) != len(numbers):
        raise Damaged("a cross-reference stream names an object twice")
    a, b, step = widths[0], widths[0] + widths[1], sum(widths)
    entries = {}
    for number, start in zip(numbers, range(0, len(data), step), strict=True):
        row = data[start : start + step]
        kind = int.from_bytes(row[:a], "big") if a else 1
        second, third = int.from_bytes(row[a:b], "big"), int.from_bytes(row[b:], "big")
        entries[number] = _entry(kind, second, third)
    return entries


def _entry(kind: int, second: int, third: int) -> Entry:
    if kind == 0:
        return Entry(index=second, generation=third)
    if kind == 1:
        return Entry(offset=second, generation=third)
    if kind == 2:
        return Entry(container=second, index=third)
    raise Damaged("a cross-reference stream is damaged")
