"""Vietnamese text: cleaning names, searching without accents, sorting by given name. Pure functions.

Sources: Unicode NFC and NFKC (UAX 15); order of letters and tones as in CLDR's ``vi`` collation, which the tests
compare with (ICU, through Postgres).
"""

from __future__ import annotations

import re
import unicodedata

_WHITESPACE = re.compile(r"\s+")
# Letters of the alphabet in order; foreign f, j, w, z stand where CLDR puts them.
_ALPHABET = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_LETTER = {letter: f"{index:02d}" for index, letter in enumerate(_ALPHABET, start=10)}
# CLDR vi: no mark < huyền < hỏi < ngã < sắc < nặng.
_TONES = {"\u0300": "1", "\u0309": "2", "\u0303": "3", "\u0301": "4", "\u0323": "5"}
_SHAPES = {"\u0306", "\u0302", "\u031b"}


class UnsafeText(ValueError):
    """The text holds control, bidirectional or invisible characters, or is no text at all."""


def clean_text(value: str) -> str:
    """``value`` as NFC with runs of white space folded to one space and the ends stripped.

    Raises ``UnsafeText`` for control, format (bidi, zero-width), surrogate, private-use and unassigned characters.
    """
    text = _WHITESPACE.sub(" ", unicodedata.normalize("NFC", value)).strip()
    if any(unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn"} for character in text):
        raise UnsafeText(text[:50])
    return text


def is_person_name(text: str) -> bool:
    """Whether a cleaned text is made of letters, their marks, spaces and ``' ’ - .`` only, with one letter at least."""
    return any(character.isalpha() for character in text) and all(
        unicodedata.category(character)[0] in "LM" or character in " '’-." for character in text
    )


def fold(value: str) -> str:
    """A search key: NFC, without accents, đ as d, lower case. ``fold("Nguyễn Đức") == "nguyen duc"``."""
    decomposed = unicodedata.normalize("NFKD", value).replace("đ", "d").replace("Đ", "D")
    text = "".join(character for character in decomposed if not unicodedata.combining(character))
    return _WHITESPACE.sub(" ", text.casefold()).strip()


def sort_key(full_name: str) -> str:
    """A key that sorts by given name (last word), then the words before it from the right; digits only.

    Only ``0-9`` occur, so any database collation orders it alike. Tones break ties after letters, as CLDR does.
    """
    words = list(reversed(_WHITESPACE.sub(" ", full_name).strip().casefold().split(" ")))
    letters, tones = zip(*(_word_key(word) for word in words), strict=True)
    return "00".join(letters) + "0000" + "0".join(tones)


def _word_key(word: str) -> tuple[str, str]:
    letters: list[str] = []
    tones: list[str] = []
    for character in unicodedata.normalize("NFC", word):
        marks = unicodedata.normalize("NFD", character)
        base = unicodedata.normalize("NFC", marks[0] + "".join(mark for mark in marks[1:] if mark in _SHAPES))
        letters.append(_LETTER.get(base, "99"))
        tones.append(next((_TONES[mark] for mark in marks[1:] if mark in _TONES), "0"))
    return "".join(letters), "".join(tones)
