"""A PDF file as the row of its revisions (ISO 32000-2 clauses 7.5.4 to 7.5.8), read without repairing anything.

``Document`` follows the cross-reference chain from the end of the file. Every section is one revision; a :class:`View`
is the file as it was after one of them. A file whose chain is broken is :class:`Damaged`, even where a reader with
repair would show something: two readers that repair in two ways show two documents.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, NamedTuple

from kolportal.pades.verification.entries import MAX_OBJECTS, Entry, of_stream, of_table
from kolportal.pades.verification.inflating import decoded
from kolportal.pades.verification.objects import (
    END_OF_LINE,
    SPACE,
    Budget,
    Damaged,
    Lexer,
    Ref,
    Stream,
    TooComplex,
)

MAX_BYTES: Final = 32 * 1024 * 1024
MAX_REVISIONS: Final = 40
MAX_HOPS: Final = 8
"""References that lead to references."""

_MARK: Final = rb"startxref" + SPACE + rb"{1,4}(\d{1,10})" + SPACE + rb"{1,4}%%EOF"
_END_MARK = re.compile(rb"(?<=[\r\n])" + _MARK + END_OF_LINE + rb"?")
_ANY_MARK = re.compile(_MARK)
_AFTER_SECTION = re.compile(rb"[\t ]{0,2}" + END_OF_LINE + rb"{1,2}" + _MARK + END_OF_LINE + rb"?")


class Placed(NamedTuple):
    """An object at a place of the file: it ends after ``endobj``. ``is_plain``: no comment stands in it."""

    reference: Ref
    value: Any
    end: int
    is_plain: bool


@dataclass(frozen=True)
class Section:
    """One cross-reference section. ``end`` is where its revision ends, None where no proper end mark follows it.

    ``stream`` and its number where the section is one; ``is_plain``: no comment stands in it.
    """

    offset: int
    trailer: dict[str, Any]
    entries: dict[int, Entry]
    end: int | None
    is_plain: bool
    stream_number: int | None = None
    stream: Stream | None = None

    @cached_property
    def last_offset(self) -> int:
        """The furthest place in the file that this section points to."""
        return max((entry.offset for entry in self.entries.values() if entry.offset is not None), default=0)


class Document:
    """The revisions of ``data``. Raises Damaged or TooComplex from the constructor and from every look."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.budget = Budget()
        self._parsed: dict[int, Placed] = {}
        self._containers: dict[int, _Container] = {}
        start, self.end = self._last_mark()
        self.sections = self._chain(start)
        self.views = [View(self, index) for index in range(len(self.sections))]

    @property
    def trailing(self) -> int:
        """Bytes after the newest revision, whatever they look like."""
        return len(self.data) - (self.sections[-1].end or self.end)

    def has_foreign_mark(self, end: int) -> bool:
        """Whether an end mark in the first ``end`` bytes leads to no section of this document: another one ends there.

        The first part of a linearized file has a mark that leads to 0 (ISO 32000-2 clause F.3.2).
        """
        own = {0, *(section.offset for section in self.sections)}
        return any(int(match[1]) not in own for match in _ANY_MARK.finditer(self.data, 0, end))

    def _last_mark(self) -> tuple[int, int]:
        position = self.data.rfind(b"startxref")
        while position >= 0:
            match = _END_MARK.match(self.data, position)
            if match is not None:
                return int(match[1]), match.end()
            position = self.data.rfind(b"startxref", 0, position)
            self.budget.take_tokens(100)
        raise Damaged("the file has no end mark")

    def _chain(self, start: int) -> list[Section]:
        """Sections from the oldest to the newest."""
        found: list[Section] = []
        seen: set[int] = set()
        total = 0
        offset: Any = start
        while offset is not None:
            if not isinstance(offset, int) or offset in seen:
                raise Damaged("the cross-reference sections do not form a chain")
            if len(seen) >= MAX_REVISIONS:
                raise TooComplex(f"the file has more than {MAX_REVISIONS} revisions")
            seen.add(offset)
            section = self._section(offset, MAX_OBJECTS - total)
            total += len(section.entries)
            found.append(section)
            offset = section.trailer.get("Prev")
        return found[::-1]

    def _section(self, offset: int, room: int) -> Section:
        if not 0 < offset < len(self.data):
            raise Damaged("a cross-reference section lies outside the file")
        if self.data.startswith(b"xref", offset):
            return self._table(offset, room)
        reference, stream, end, is_plain = self.object_at(offset)
        if not isinstance(stream, Stream) or stream.entries.get("Type") != "XRef":
            raise Damaged("no cross-reference section where one is due")
        entries = of_stream(stream, decoded(stream, self.budget, limit=room * 12), room)
        mark = self._revision_end(offset, end)
        return Section(offset, stream.entries, entries, mark, is_plain, reference.number, stream)

    def _table(self, offset: int, room: int) -> Section:
        entries, position = of_table(self.data, offset + len(b"xref"), self.budget, room)
        lexer = Lexer(self.data, position, self.budget)
        if not lexer.keyword(b"trailer"):
            raise Damaged(f"no trailer after the cross-reference table at {offset}")
        trailer = lexer.value()
        if not isinstance(trailer, dict):
            raise Damaged("the trailer is no dictionary")
        if "XRefStm" in trailer:
            raise TooComplex("the file mixes two kinds of cross-reference sections")
        mark = self._revision_end(offset, lexer.position)
        return Section(offset, trailer, entries, mark, is_plain=not lexer.has_comments)

    def _revision_end(self, offset: int, position: int) -> int | None:
        match = _AFTER_SECTION.match(self.data, position)
        return match.end() if match is not None and int(match[1]) == offset else None

    def object_at(self, offset: int) -> Placed:
        """The object that begins at ``offset``."""
        known = self._parsed.get(offset)
        if known is None:
            known = self._parsed[offset] = self._read_object(offset)
        return known

    def _read_object(self, offset: int) -> Placed:
        lexer = Lexer(self.data, offset, self.budget)
        reference = lexer.header()
        value = lexer.value()
        if isinstance(value, dict) and lexer.stream_start():
            value = self._stream(value, lexer)
        if not lexer.keyword(b"endobj"):
            raise Damaged(f"object {reference.number} does not end where it should")
        return Placed(reference, value, lexer.position, is_plain=not lexer.has_comments)

    def _stream(self, entries: dict[str, Any], lexer: Lexer) -> Stream:
        length = entries.get("Length")
        if isinstance(length, Ref):
            length = self.views[-1].resolve(length) if hasattr(self, "views") else None
        start = lexer.position
        if not isinstance(length, int) or length < 0 or start + length > len(self.data):
            raise Damaged(f"a stream at {start} has no usable length")
        lexer.position = start + length
        if not lexer.keyword(b"endstream"):
            raise Damaged(f"a stream at {start} does not end where it should")
        return Stream(entries, self.data, start, length)

    def container(self, offset: int) -> _Container:
        """The object stream at ``offset``, opened once."""
        known = self._containers.get(offset)
        if known is None:
            known = self._containers[offset] = _Container(self.object_at(offset).value, self.budget)
        return known


class _Container:
    """An object stream (7.5.7)."""

    def __init__(self, stream: Any, budget: Budget) -> None:
        if not isinstance(stream, Stream) or stream.entries.get("Type") != "ObjStm":
            raise Damaged("an object stream is none")
        count, first = stream.entries.get("N"), stream.entries.get("First")
        if not isinstance(count, int) or not isinstance(first, int) or not 0 <= count <= MAX_OBJECTS:
            raise Damaged("an object stream is damaged")
        self._data, self._budget = decoded(stream, budget), budget
        lexer = Lexer(self._data, 0, budget)
        pairs = [lexer.value() for _ in range(2 * count)]
        if not all(isinstance(number, int) and number >= 0 for number in pairs):
            raise Damaged("an object stream is damaged")
        self._numbers, self._places = pairs[::2], [first + place for place in pairs[1::2]]

    def value(self, number: int, index: int) -> Any:
        """Object ``number``, which must stand at ``index``."""
        if not 0 <= index < len(self._numbers) or self._numbers[index] != number:
            raise Damaged(f"object {number} is not where it should be in its object stream")
        return Lexer(self._data, self._places[index], self._budget).value()


class View:
    """The file after revision ``index``: what its cross-reference sections up to there say."""

    def __init__(self, document: Document, index: int) -> None:
        self.document, self.index = document, index
        self.section = document.sections[index]
        self.memory: dict[str, Any] = {}
        """Results about this view that are dear to find out, by whoever finds them out."""

    def entry(self, number: int) -> Entry | None:
        """The newest entry of object ``number``; None where there is none, or where it is free."""
        for section in self.document.sections[self.index :: -1]:
            entry = section.entries.get(number)
            if entry is not None:
                return None if entry.is_free else entry
        return None

    def changed_in(self, number: int) -> int:
        """The newest revision up to this one that lists object ``number``; 0 where none does."""
        sections = self.document.sections
        return max((i for i in range(self.index + 1) if number in sections[i].entries), default=0)

    def resolve(self, value: Any) -> Any:
        """``value``, or what it refers to; a reference to nothing is null (7.3.10). Raises Damaged, TooComplex."""
        for _ in range(MAX_HOPS):
            if not isinstance(value, Ref):
                return value
            value = self._object(value)
        raise Damaged("references lead in a circle")

    def _object(self, reference: Ref) -> Any:
        entry = self.entry(reference.number)
        if entry is None:
            return None
        if entry.container is not None:
            place = self.entry(entry.container)
            if place is None or place.offset is None or reference.generation:
                raise Damaged(f"object {reference.number} has no object stream")
            return self.document.container(place.offset).value(reference.number, entry.index)
        if entry.offset is None or entry.generation != reference.generation:
            return None
        found = self.document.object_at(entry.offset)
        if found.reference != reference:
            raise Damaged(f"object {reference.number} is not where the cross-reference says")
        return found.value

    def dictionary(self, value: Any) -> dict[str, Any]:
        """The dictionary that ``value`` is or refers to, else an empty one."""
        found = self.resolve(value)
        return found if isinstance(found, dict) else {}

    def array(self, value: Any) -> list[Any]:
        """The array that ``value`` is or refers to, else an empty one."""
        found = self.resolve(value)
        return found if isinstance(found, list) else []

    @property
    def root(self) -> dict[str, Any]:
        """The catalog. Raises Damaged where there is none."""
        root = self.resolve(self.section.trailer.get("Root"))
        if not isinstance(root, dict) or root.get("Type") != "Catalog":
            raise Damaged("the file has no catalog")
        return root
