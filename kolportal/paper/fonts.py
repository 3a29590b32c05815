"""Tinos, the only face on paper: which characters it has, and what becomes of those that it lacks.

Tinos (Debian ``fonts-croscore``) has the metrics of Times New Roman, which Decree 30/2020/NĐ-CP asks for, and all
Vietnamese letters. A character without a glyph would silently bring a second font into the file.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from pathlib import Path
from typing import Final

from fontTools.ttLib import TTFont

FAMILY: Final = "Tinos"
FONT_FOLDERS: Final = (
    Path("/usr/share/fonts/truetype/croscore"),  # Debian, Ubuntu
    Path("/usr/share/fonts/google-croscore"),  # Fedora
)
_FILES: Final = tuple(f"{FAMILY}-{style}.ttf" for style in ("Regular", "Bold", "Italic", "BoldItalic"))
REPLACEMENT: Final = "□"
_LAYOUT_ONLY: Final = frozenset("\n\t\r")


class FontMissing(RuntimeError):
    """The Tinos files are not on this machine (Debian package ``fonts-croscore``)."""


def folder() -> Path | None:
    """Where all four styles of Tinos lie on this machine, or ``None``."""
    complete = (place for place in FONT_FOLDERS if all((place / name).is_file() for name in _FILES))
    return next(complete, None)


@cache
def characters() -> frozenset[str]:
    """Every character that all four styles of Tinos can draw. Raises :class:`FontMissing`."""
    place = folder()
    if place is None:
        raise FontMissing(f"the fonts {FAMILY}-*.ttf are not installed (Debian package fonts-croscore)")
    tables = []
    for name in _FILES:
        # Left open, the file would be closed whenever the collector comes by, with a warning.
        with TTFont(place / name, lazy=True) as font:
            tables.append(set(font.getBestCmap()))
    return frozenset(map(chr, set.intersection(*tables)))


def missing_glyphs(text: str) -> list[str]:
    """The characters of ``text`` (in NFC) that Tinos lacks, each once, named: ``"🎵 U+1F3B5 MUSICAL NOTE"``."""
    lacking = dict.fromkeys(unicodedata.normalize("NFC", text))
    known = characters()
    return [
        _named(character) for character in lacking if character not in known and character not in _LAYOUT_ONLY
    ]


def printable(text: str) -> str:
    """``text`` in NFC with each character that Tinos lacks as "□", for names and titles that others chose.

    The evidence attached to the document keeps them as they were written.
    """
    known = characters()
    return "".join(
        character if character in known or character in _LAYOUT_ONLY else REPLACEMENT
        for character in unicodedata.normalize("NFC", text)
        if not unicodedata.category(character).startswith("C") or character in _LAYOUT_ONLY
    )


def _named(character: str) -> str:
    shown = character if character.isprintable() else ""
    return f"{shown} U+{ord(character):04X} {unicodedata.name(character, '')}".strip()
