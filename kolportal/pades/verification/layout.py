"""The bytes of a revision that came after the seal: one known form, and nothing between, beside or behind it.

What an incremental update of ours looks like, byte by byte (ISO 32000-2 clauses 7.5.4 to 7.5.8): its objects, one after the
other; its cross-reference section, which lists just these at just these places; ``startxref`` and the end mark. A reader that
ignores all cross-references and rebuilds the file by looking for ``obj`` finds the same objects. Comments, free entries,
packed objects, generations and odd widths are lawful elsewhere and have no place here: each of them could carry something.
"""

from __future__ import annotations

import re
from typing import Any, Final

from kolportal.pades.verification.document import Document, Section
from kolportal.pades.verification.entries import Entry
from kolportal.pades.verification.inflating import is_whole
from kolportal.pades.verification.objects import END_OF_LINE, Damaged, Stream
from kolportal.pades.verification.report import Change

_GAP = re.compile(rb" {0,2}" + END_OF_LINE + rb"{1,2}")
_NUMBER: Final = rb"(?:0|[1-9]\d{0,9})"
_TABLE = re.compile(
    rb"xref" + END_OF_LINE
    + rb"(?:" + _NUMBER + rb" " + _NUMBER + END_OF_LINE + rb"(?:\d{10} \d{5} [nf](?: \r| \n|\r\n))+)+"
    + rb"trailer" + END_OF_LINE + rb"?<<"
)  # fmt: skip
_END = re.compile(
    END_OF_LINE + rb"{1,2}startxref" + END_OF_LINE + _NUMBER + END_OF_LINE + rb"%%EOF" + END_OF_LINE + rb"?\Z"
)  # fmt: skip
_LONGEST_END: Final = 40
_NO_MORE_THAN_AN_END = re.compile(END_OF_LINE + rb"?")
_HEADER = re.compile(rb"\d[\x00\s]+\d+[\x00\s]+obj")
_HEAD_OF_FREE_LIST: Final = Entry(generation=65535)
_TABLE_KEYS: Final = frozenset({"Size", "Prev", "Root", "Info", "ID"})
_STREAM_KEYS: Final = _TABLE_KEYS | {"Type", "W", "Index", "Filter", "Length"}
_WIDTHS: Final = (1, range(2, 9), 2)


def fault(document: Document, index: int) -> tuple[Change, str] | None:
    """Why revision ``index``, not the first, is not of that form; None where it is. Raises TooComplex."""
    before, section = document.sections[index - 1], document.sections[index]
    if before.end is None or section.end is None or not before.end < section.offset:
        return Change.NOT_UNDERSTOOD, "the revisions do not follow one another"
    odd = _odd_entry(section) or _odd_trailer(before, section)
    if odd is not None:
        return Change.NOT_UNDERSTOOD, odd
    try:
        hidden = _hidden(document, before.end, section)
    except Damaged as error:
        hidden = str(error)
    return None if hidden is None else (Change.HIDDEN_BYTES, hidden)


def _odd_entry(section: Section) -> str | None:
    for number, entry in section.entries.items():
        if number == 0 and entry == _HEAD_OF_FREE_LIST:
            continue
        if entry.offset is None or entry.generation or not number:
            return f"object {number} is freed, packed or of another generation"
    return None


def _odd_trailer(before: Section, section: Section) -> str | None:
    """The entries that describe the section itself (7.5.5, 7.5.8.2); the others are compared elsewhere."""
    trailer, size = section.trailer, before.trailer.get("Size")
    known = _TABLE_KEYS if section.stream_number is None else _STREAM_KEYS
    if trailer.keys() - known:
        return f"trailer /{min(trailer.keys() - known)[:40]}"
    if (
        not isinstance(size, int)
        or isinstance(size, bool)
        or trailer.get("Size") != max((size - 1, *section.entries)) + 1
    ):
        return "trailer /Size"
    if trailer.get("Prev") != before.offset:
        return "trailer /Prev"
    if section.stream_number is not None and not _is_plain_stream(section):
        return "an unusual cross-reference stream"
    return None


def _is_plain_stream(section: Section) -> bool:
    stream, widths = section.stream, section.trailer.get("W")
    one, two, three = _WIDTHS
    return (
        isinstance(stream, Stream)
        and stream.entries.get("Filter") in (None, "FlateDecode")
        and is_whole(stream)
        and isinstance(widths, list)
        and all(map(_is_number, widths))
        and widths[0] == one
        and widths[1] in two
        and widths[2] == three
        and section.stream_number in section.entries
    )


def _is_number(value: Any) -> bool:
    return type(value) is int


def _hidden(document: Document, start: int, section: Section) -> str | None:
    """What stands in the revision that begins at ``start`` beside the objects it lists. Raises Damaged, TooComplex."""
    data = document.data
    listed = {entry.offset: number for number, entry in section.entries.items() if number}
    if section.stream_number is not None:
        listed.pop(section.offset, None)
    position = _after_the_mark(data, start)
    streams = 0
    while position is not None and position < section.offset:
        number = listed.pop(position, None)
        if number is None or not data.startswith(b"%d 0 obj" % number, position):
            return f"bytes that are no listed object, at {position}"
        found = document.object_at(position)
        gap = _GAP.match(data, found.end)
        if not found.is_plain or gap is None:
            return f"object {number} is not written plainly"
        position = gap.end()
        if isinstance(found.value, Stream):
            streams += 1
            if not _is_number(found.value.entries.get("Length")):
                return f"the length of object {number} stands elsewhere"
    if position != section.offset or listed:
        return f"objects that are not listed, or bytes between them, from {start}"
    region = data[start : section.end]
    is_table = section.stream is None
    head = (
        _TABLE.match(data, section.offset)
        if is_table
        else data.startswith(b"%d 0 obj" % (section.stream_number or 0), section.offset)
    )
    if not section.is_plain or not head or _END.search(region, max(0, len(region) - _LONGEST_END)) is None:
        return "the cross-reference section is not written plainly"
    objects = sum(map(bool, section.entries))
    counts = {b"endobj": objects, b"endstream": streams + (not is_table), b"trailer": int(is_table),
              b"startxref": 1, b"xref": 1 + is_table, b"%%EOF": 1}  # fmt: skip
    met = {word: region.count(word) for word in counts}
    if met != counts or len(_HEADER.findall(region)) != objects:
        return "a stream or string looks like a part of the file to a reader that looks for such parts"
    return None


def _after_the_mark(data: bytes, end: int) -> int | None:
    """Where objects may begin after the end mark that ends at ``end``: it takes its whole line, and no more."""
    if data[end - 1 : end] in (b"\r", b"\n"):
        match = _NO_MORE_THAN_AN_END.match(data, end)
    else:
        match = _GAP.match(data, end)
    return None if match is None else match.end()
