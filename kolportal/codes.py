"""Reference codes that people can read out: Crockford base32 with its check character.

Source: Douglas Crockford, "Base 32" (https://www.crockford.com/base32.html): digits ``0-9A-HJKMNP-TV-Z``; on reading, case
and hyphens do not count, ``I`` and ``L`` read as 1, ``O`` as 0; the check character is the number modulo 37. Of its 37
values five are signs (``*~$=U``) that are hard to say; numbers that would need one are never given out.
"""

from __future__ import annotations

import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CHECK_ALPHABET = ALPHABET + "*~$=U"
_READ_AS = str.maketrans({"I": "1", "L": "1", "O": "0", "-": None, " ": None, "–": None, ".": None})
_DIGITS = 11
LENGTH = _DIGITS + 1


class Mistyped(ValueError):
    """The text has another length than such a code, or a character that no code has."""


class MistypedReference(ValueError):
    """The code has the wrong length, a foreign character, or a check character that does not fit."""


def _encode(number: int) -> str:
    digits = ""
    for _ in range(_DIGITS):
        number, digit = divmod(number, 32)
        digits = ALPHABET[digit] + digits
    return digits


def _check_character(digits: str) -> str:
    number = 0
    for digit in digits:
        number = number * 32 + ALPHABET.index(digit)
    return CHECK_ALPHABET[number % 37]


def new() -> str:
    """A random code: 55 random bits and the check character, without hyphens."""
    while True:
        digits = _encode(secrets.randbits(5 * _DIGITS))
        if (check := _check_character(digits)) in ALPHABET:
            return digits + check


def normalise(typed: str) -> str:
    """The code as it is stored, from what a person typed. Raises ``MistypedReference``."""
    code = typed.strip().upper().translate(_READ_AS)
    if len(code) != LENGTH or any(character not in ALPHABET for character in code):
        raise MistypedReference(typed[:40])
    if _check_character(code[:_DIGITS]) != code[_DIGITS]:
        raise MistypedReference(typed[:40])
    return code


def grouped(code: str) -> str:
    """Groups of four with hyphens, as shown and read out."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def spelled(secret: bytes, *, length: int) -> str:
    """The first ``5 * length`` bits of ``secret`` (which holds at least as many) in the alphabet of reference codes."""
    bits = int.from_bytes(secret, "big") >> (8 * len(secret) - 5 * length)
    return "".join(ALPHABET[bits >> (5 * place) & 31] for place in reversed(range(length)))


def read(typed: str, *, length: int) -> str:
    """The spelled code of this length as it was given out, from what a person typed or a camera read. Raises ``Mistyped``."""
    code = typed[:80].strip().upper().translate(_READ_AS)
    if len(code) != length or any(character not in ALPHABET for character in code):
        raise Mistyped
    return code
