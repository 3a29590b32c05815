"""PDF values out of bytes (ISO 32000-2 clause 7.3): a reader that does little, counts its work and refuses the rest.

A parser of hostile files is the larger part of what a verifier can be attacked through. This one repairs nothing: what
does not follow the grammar raises :class:`Damaged`, what is lawful but more than any pledge needs raises
:class:`TooComplex`. Values come out as Python's own (``int``, ``float``, ``bool``, ``None``, ``list``, ``dict`` with keys
without their slash) and as the small classes below.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

MAX_DEPTH: Final = 40
MAX_TOKENS: Final = 400_000
"""Values read from one file in all; a pledge needs some hundred, and a million take a second or two."""
MAX_NAME: Final = 1_000
"""Bytes of one name; ISO 32000-1 Annex C allowed 127."""


class Damaged(Exception):
    """The bytes do not follow ISO 32000."""


class TooComplex(Exception):
    """Lawful perhaps, but beyond the bounds of this reader."""


class Name(str):
    """A name without its slash, ``#xx`` resolved, as Latin-1."""

    __slots__ = ()


class Ref(NamedTuple):
    """An indirect reference."""

    number: int
    generation: int


class Text(bytes):
    """A string; ``span`` says where its token stands in the file, delimiters included."""

    span: tuple[int, int]
    is_hex: bool


@dataclass(frozen=True)
class Stream:
    """A stream object: its dictionary, and where its encoded bytes stand in the file."""

    entries: dict[str, Any]
    data: bytes = field(repr=False)
    start: int
    length: int

    @property
    def raw(self) -> bytes:
        """The bytes as they stand in the file, still encoded."""
        return self.data[self.start : self.start + self.length]


class Budget:
    """Work done on one file: values read and bytes inflated. Raises TooComplex when either is used up."""

    def __init__(self, *, tokens: int = MAX_TOKENS, inflated: int = 16 * 1024 * 1024) -> None:
        self.tokens, self.inflated = tokens, inflated

    def take_tokens(self, count: int) -> None:
        self.tokens -= count
        if self.tokens < 0:
            raise TooComplex("the file holds more values than can be read in the time given")

    def take_inflated(self, count: int) -> None:
        self.inflated -= count
        if self.inflated < 0:
            raise TooComplex("the streams of the file inflate beyond the limit")


SPACE: Final = rb"[\x00\t\n\x0c\r ]"
END_OF_LINE: Final = rb"(?:\r\n|\n|\r)"
"""Patterns of one white-space character, and of one end of line (ISO 32000-2 clause 7.2.3)."""
_END = rb"(?=[\x00\t\n\x0c\r ()<>\[\]{}/%]|\Z)"
_WHITE = re.compile(SPACE + rb"*")
_COMMENT = re.compile(rb"%[^\r\n]*")
_TOKEN = re.compile(
    rb"(?P<ref>(\d{1,10})" + SPACE + rb"+(\d{1,5})" + SPACE + rb"+R" + _END + rb")"
    rb"|(?P<int>[+-]?\d{1,18}" + _END + rb")"
    rb"|(?P<real>[+-]?(?:\d{1,18}\.\d{0,18}|\.\d{1,18})" + _END + rb")"
    rb"|/(?P<name>[^\x00\t\n\x0c\r ()<>\[\]{}/%]*)"
    rb"|(?P<open><<)|(?P<close>>>)|(?P<list>\[)|(?P<unlist>\])"
    rb"|<(?P<hex>[0-9A-Fa-f\x00\t\n\x0c\r ]*)>"
    rb"|(?P<string>\()"
    rb"|(?P<word>true|false|null)" + _END
)
_HEADER = re.compile(
    rb"(?P<number>\d{1,10})" + SPACE + rb"+(?P<generation>\d{1,5})" + SPACE + rb"+obj" + _END
)
_STREAM = re.compile(rb"stream(?:\r\n|\n)")
_WORDS: Final[dict[bytes, bool | None]] = {b"true": True, b"false": False, b"null": None}
_CLOSING: Final = object()
_STRING_PART = re.compile(rb"[()\\]")
_ESCAPES: Final = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_OCTAL = re.compile(rb"[0-7]{1,3}")
_NAME_CODE = re.compile(r"#([0-9A-Fa-f]{2})")


class Lexer:
    """Reads values from ``data``; ``position`` moves along. ``has_comments``: it went past some."""

    def __init__(self, data: bytes, position: int, budget: Budget) -> None:
        self.data, self.position, self.budget = data, position, budget
        self.has_comments = False
        self._closed_by: str | None = None

    def skip_space(self) -> None:
        """Go past white space and comments."""
        # it matches, were it only nothing
        while (match := _WHITE.match(self.data, self.position)) is not None:
            self._pass(match.end())
            comment = _COMMENT.match(self.data, self.position)
            if comment is None:
                return
            self.has_comments = True
            self.budget.take_tokens(1)
            self._pass(comment.end())

    def value(self, depth: int = 0) -> Any:
        """The next value. Raises Damaged, TooComplex."""
        found = self._next(depth)
        if found is _CLOSING:
            raise Damaged(f"a closing bracket where a value is due, at {self.position}")
        return found

    def header(self) -> Ref:
        """``N G obj``."""
        match = _HEADER.match(self.data, self.position)
        if match is None:
            raise Damaged(f"no object begins at {self.position}")
        self.position = match.end()
        return Ref(int(match["number"]), int(match["generation"]))

    def keyword(self, word: bytes) -> bool:
        """Whether ``word`` comes next; goes past it if so."""
        self.skip_space()
        if not self.data.startswith(word, self.position):
            return False
        self.position += len(word)
        return True

    def stream_start(self) -> bool:
        """Whether the ``stream`` keyword with its end of line comes next; goes past it if so."""
        self.skip_space()
        match = _STREAM.match(self.data, self.position)
        if match is not None:
            self.position = match.end()
        return match is not None

    def _pass(self, end: int) -> None:
        """Go to ``end``; long ways count as work, or many objects could lead over the same megabytes again and again."""
        self.budget.take_tokens((end - self.position) >> 7)
        self.position = end

    def _next(self, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise TooComplex("values stand too deep in one another")
        self.budget.take_tokens(1)
        self.skip_space()
        match = _TOKEN.match(self.data, self.position)
        if match is None:
            raise Damaged(f"no value at {self.position}")
        start = self.position
        self._pass(match.end())
        kind = match.lastgroup
        if kind == "string":
            return self._string(start)
        if kind == "list":
            return self._list(depth)
        if kind == "open":
            return self._dictionary(depth)
        if kind in ("close", "unlist"):
            self._closed_by = kind
            return _CLOSING
        return _simple(kind, match, start)

    def _list(self, depth: int) -> list[Any]:
        items = []
        while (item := self._next(depth + 1)) is not _CLOSING:
            items.append(item)
        if self._closed_by != "unlist":
            raise Damaged(f"an array is closed as a dictionary at {self.position}")
        return items

    def _dictionary(self, depth: int) -> dict[str, Any]:
        entries: dict[str, Any] = {}
        while (key := self._next(depth + 1)) is not _CLOSING:
            if not isinstance(key, Name):
                raise Damaged(f"a key that is no name at {self.position}")
            value = self.value(depth + 1)
            if key in entries:
                # which of the two counts is another one in every reader: the seed of shadow attacks
                raise Damaged(f"the key /{key[:40]} stands twice in one dictionary")
            if value is not None:  # 7.3.7: a null value is the same as no entry
                entries[key] = value
        if self._closed_by != "close":
            raise Damaged(f"a dictionary is closed as an array at {self.position}")
        return entries

    def _string(self, start: int) -> Text:
        """A literal string (7.3.4.2); its opening bracket has been read."""
        parts: list[bytes] = []
        level, position = 1, self.position
        while level:
            match = _STRING_PART.search(self.data, position)
            if match is None:
                raise Damaged(f"a string does not end, at {start}")
            self.budget.take_tokens(1)
            parts.append(self.data[position : match.start()])
            position = match.end()
            if match[0] == b"\\":
                piece, position = self._escape(position)
                parts.append(piece)
                continue
            level += 1 if match[0] == b"(" else -1
            if level:
                parts.append(match[0])
        self._pass(position)
        return _text(b"".join(parts), (start, position), is_hex=False)

    def _escape(self, position: int) -> tuple[bytes, int]:
        octal = _OCTAL.match(self.data, position)
        if octal is not None:
            return bytes((int(octal[0], 8) & 0xFF,)), octal.end()
        if self.data.startswith(b"\r\n", position):
            return b"", position + 2
        mark = self.data[position : position + 1]
        if mark in (b"\n", b"\r"):
            return b"", position + 1
        return _ESCAPES.get(mark, mark), position + 1


def _simple(kind: str | None, match: re.Match[bytes], start: int) -> Any:
    """The value of a token that stands by itself."""
    if kind == "ref":
        return Ref(int(match[2]), int(match[3]))
    if kind == "int":
        return int(match[0])
    if kind == "real":
        return float(match[0])
    if kind == "name":
        if match.end() - start > MAX_NAME:
            raise TooComplex(f"a name of more than {MAX_NAME} bytes")
        return Name(_NAME_CODE.sub(lambda code: chr(int(code[1], 16)), match["name"].decode("latin-1")))
    if kind == "hex":
        digits = match["hex"].translate(None, b"\x00\t\n\x0c\r ")
        return _text(bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode()), match.span(), is_hex=True)
    return _WORDS[match["word"]]


def _text(value: bytes, span: tuple[int, int], *, is_hex: bool) -> Text:
    text = Text(value)
    text.span, text.is_hex = span, is_hex
    return text
