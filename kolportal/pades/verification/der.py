"""Strict DER (ITU-T X.690 clauses 8 to 11), asked before anything hostile reaches a lenient ASN.1 parser."""

from __future__ import annotations

from typing import Final

MAX_DEPTH: Final = 32
MAX_VALUES: Final = 10_000
"""Values in one another in what is looked at as a whole; a certificate has some hundred."""
MALFORMED: Final = (
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    IndexError,
    OverflowError,
    RecursionError,
)
"""What asn1crypto reports a damaged value by: whichever of these its parser met first."""
BOOLEAN, INTEGER, BIT_STRING = 0x01, 0x02, 0x03
MAX_NAMED_BITS: Final = 4
"""Octets of a BIT STRING that is a list of named bits; longer ones hold keys and signatures, of whole octets."""


def size_of(data: bytes) -> int:
    """Bytes of the first value in ``data``, head included. Raises ValueError where none is complete."""
    return value_at(data, 0)[2]


def value_at(data: bytes, position: int) -> tuple[int, int, int]:
    """Tag, start of the contents and end of the value at ``position``: shortest definite lengths, one-byte tags."""
    if position + 2 > len(data):
        raise ValueError("a DER value is cut off")
    tag, size = data[position], data[position + 1]
    start = position + 2
    if tag & 0x1F == 0x1F:
        raise ValueError("a tag of several bytes")
    if size >= 0x80:
        count = size & 0x7F
        octets = data[start : start + count]
        start += count
        size = int.from_bytes(octets, "big")
        if not 1 <= count <= 4 or len(octets) != count or octets[0] == 0 or size < 0x80:
            raise ValueError("a length that is not the shortest, or not definite")
    if start + size > len(data):
        raise ValueError("a DER value is cut off")
    return tag, start, start + size


def children(data: bytes, start: int, end: int, *, most: int = MAX_VALUES) -> list[tuple[int, int, int]]:
    """The values between ``start`` and ``end``, each as :func:`value_at` tells it. ValueError also for more than ``most``."""
    found: list[tuple[int, int, int]] = []
    while start < end:
        if len(found) == most:
            raise ValueError(f"more than {most} DER values in one")
        found.append(value_at(data, start))
        start = found[-1][2]
    return found


def is_strict(data: bytes) -> bool:
    """Whether ``data`` is a row of DER values to its end, of at most MAX_VALUES values in all."""
    waiting = [(0, len(data), 0)]
    left = MAX_VALUES
    try:
        while waiting:
            position, end, depth = waiting.pop()
            while position < end:
                tag, start, after = value_at(data, position)
                left -= 1
                if left < 0 or after > end or depth > MAX_DEPTH:
                    return False
                if not _is_shortest(tag, data[start : min(after, start + MAX_NAMED_BITS + 1)]):
                    return False
                if tag & 0x20:
                    waiting.append((start, after, depth + 1))
                position = after
    except ValueError:
        return False
    return True


def _is_shortest(tag: int, head: bytes) -> bool:
    if tag == BOOLEAN:
        return head in (b"\x00", b"\xff")
    if tag == INTEGER:
        padded = len(head) > 1 and (head[0], head[1] >> 7) in ((0x00, 0), (0xFF, 1))
        return bool(head) and not padded
    if tag == BIT_STRING:
        unused = head[0] if head else 8
        if len(head) > MAX_NAMED_BITS or len(head) == 1:
            return unused == 0
        return unused < 8 and not head[-1] & ((1 << unused) - 1)
    return True
