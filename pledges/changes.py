"""What changed between two texts of a pledge, word by word. Pure.

Texts are compared part by part (title, preamble, each undertaking, closing, validity). Undertakings are paired by
likeness in their order, so that one put in between does not make every later one look changed. Compared is what is read;
only where nothing but the Markdown differs, the Markdown is shown.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import TYPE_CHECKING

from django.utils.html import strip_tags

from pledges import markdown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from pledges.text import Binds, LegalReferenceText, PledgeText, UndertakingText

_WORDS = re.compile(r"\s+|[^\s]+")
ALIKE = 0.5
"""Two undertakings less alike than this (0 to 1, by words) are one removed and one added, not one changed."""
MAX_ISLAND = 3
"""Shared words between two changes; more are shown as unchanged whatever stands around them."""
MIN_SHORE = 2
"""A change of fewer words than this swallows nothing beside it."""


class Kind(StrEnum):
    """What became of a piece of text."""

    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"


class Part(StrEnum):
    """Which part of the text a change is in."""

    TITLE = "title"
    PREAMBLE = "preamble"
    UNDERTAKING = "undertaking"
    CLOSING = "closing"
    VALIDITY = "validity"


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of words with one fate."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class PartChange:
    """One part in both texts; ``old`` and ``new`` are the undertaking's positions from 1, ``None`` where it is missing.

    ``bound`` and ``binds``: whom the old and the new undertaking bind, where both are there.
    """

    part: Part
    pieces: tuple[Piece, ...]
    old: int | None = None
    new: int | None = None
    bound: Binds | None = None
    binds: Binds | None = None

    @property
    def binds_others(self) -> bool:
        """Whether it binds other people than before."""
        return self.bound != self.binds

    @property
    def changed(self) -> bool:
        """Whether anything differs."""
        return self.binds_others or any(piece.kind is not Kind.SAME for piece in self.pieces)


def compare(old: PledgeText, new: PledgeText) -> list[PartChange]:
    """Every part in the order of the new text; removed undertakings stand where they stood."""
    return [
        PartChange(Part.TITLE, words(old.title, new.title)),
        PartChange(Part.PREAMBLE, words(*_read(old.preamble, new.preamble))),
        *_undertakings(old.undertakings, new.undertakings),
        PartChange(Part.CLOSING, words(*_read(old.closing, new.closing))),
        PartChange(Part.VALIDITY, words(_validity(old), _validity(new))),
    ]


def words(old: str, new: str) -> tuple[Piece, ...]:
    """The two strings as one run of pieces; leaving the added (removed) ones out gives the old (new) string back."""
    before, after = _WORDS.findall(old), _WORDS.findall(new)
    pieces: list[Piece] = []
    for same, i1, i2, j1, j2 in _runs(before, after):
        if same:
            pieces.append(Piece(Kind.SAME, "".join(before[i1:i2])))
            continue
        if i2 > i1:
            pieces.append(Piece(Kind.REMOVED, "".join(before[i1:i2])))
        if j2 > j1:
            pieces.append(Piece(Kind.ADDED, "".join(after[j1:j2])))
    return tuple(pieces)


Run = tuple[bool, int, int, int, int]
"""Whether it is the same in both; its range in the old list; its range in the new one."""


def _runs(before: list[str], after: list[str]) -> list[Run]:
    """Runs that are the same, or not.

    Where whole phrases changed, the words that both happen to share ("of", a comma, "năm") tear them into shreds that nobody can
    read: a space between two changes counts as changed, and so do a few shared words between two larger changes.
    """
    codes = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    runs: list[Run] = [(tag == "equal", i1, i2, j1, j2) for tag, i1, i2, j1, j2 in codes]

    def size(run: Run) -> int:
        return max(_words_in(before[run[1] : run[2]]), _words_in(after[run[3] : run[4]]))

    for most in (0, MAX_ISLAND):
        joined: list[Run] = []
        for number, run in enumerate(runs):
            shores = [size(runs[near]) for near in (number - 1, number + 1) if 0 <= near < len(runs)]
            island = run[0] and len(shores) == 2 and size(run) <= most
            if island and (size(run) == 0 or min(shores) >= max(MIN_SHORE, size(run))):
                run = (False, *run[1:])
            if joined and not run[0] and not joined[-1][0]:
                _, i1, _, j1, _ = joined.pop()
                run = (False, i1, run[2], j1, run[4])
            joined.append(run)
        runs = joined
    return runs


def _words_in(tokens: list[str]) -> int:
    return sum(not token.isspace() for token in tokens)


def _undertakings(old: tuple[UndertakingText, ...], new: tuple[UndertakingText, ...]) -> Iterator[PartChange]:
    before = [_undertaking(item) for item in old]
    after = [_undertaking(item) for item in new]

    def removed(i: int) -> PartChange:
        return PartChange(Part.UNDERTAKING, words(*_read(before[i], "")), old=i + 1)

    def added(j: int) -> PartChange:
        return PartChange(Part.UNDERTAKING, words(*_read("", after[j])), new=j + 1)

    def paired(i: int, j: int) -> PartChange:
        pieces = (*words(*_read(old[i].text, new[j].text)), *_laws(old[i], new[j]))
        return PartChange(
            Part.UNDERTAKING, pieces, old=i + 1, new=j + 1, bound=old[i].binds, binds=new[j].binds
        )

    for tag, i1, i2, j1, j2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        i, j = i1, j1
        while tag != "delete" and i < i2 and j < j2:
            partner = next((k for k in range(j, j2) if _alike(before[i], after[k])), None)
            if partner is None:
                yield removed(i)
            else:
                yield from map(added, range(j, partner))
                yield paired(i, partner)
                j = partner + 1
            i += 1
        yield from map(removed, range(i, i2))
        yield from map(added, range(j, j2))


def _laws(old: UndertakingText, new: UndertakingText) -> Iterator[Piece]:
    """Each law as a whole: a number of one and a date of another are no change of words."""
    before = [_reference(law) for law in old.legal_references]
    after = [_reference(law) for law in new.legal_references]
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        for law in before[i1:i2]:
            yield Piece(Kind.SAME, " ")
            yield Piece(Kind.SAME if tag == "equal" else Kind.REMOVED, law)
        for law in after[j1:j2] if tag != "equal" else ():
            yield Piece(Kind.SAME, " ")
            yield Piece(Kind.ADDED, law)


def _read(before: str, after: str) -> tuple[str, str]:
    """Both as they are read, without Markdown, unless that would hide the difference."""
    plain = [html.unescape(strip_tags(markdown.to_html(text))) for text in (before, after)]
    return (plain[0], plain[1]) if plain[0] != plain[1] or before == after else (before, after)


def _alike(before: str, after: str) -> bool:
    return SequenceMatcher(None, before.split(), after.split(), autojunk=False).ratio() >= ALIKE


def _undertaking(item: UndertakingText) -> str:
    return " ".join([item.text, *map(_reference, item.legal_references)])


def _reference(reference: LegalReferenceText) -> str:
    return f"({reference.title} {reference.number}, {_day(reference.issued_date)})"


def _validity(text: PledgeText) -> str:
    return (
        f"{_day(text.valid_from)} – {_day(text.valid_until)}" if text.valid_from or text.valid_until else ""
    )


def _day(value: date | None) -> str:
    return f"{value:%d/%m/%Y}" if value else "…"
