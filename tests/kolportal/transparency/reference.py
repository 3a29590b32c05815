"""RFC 6962 sections 2.1, 2.1.1 and 2.1.2 word for word, as slow as they are written: what the tests hold the tiles against."""

from __future__ import annotations

from functools import cache
from hashlib import sha256


def leaf(entry: bytes) -> bytes:
    return sha256(b"\x00" + entry).digest()


@cache
def entry(index: int) -> bytes:
    return f"entry {index}".encode()


@cache
def root(start: int, end: int) -> bytes:
    """``MTH(D[start:end])`` where ``D[i]`` is :func:`entry` ``(i)``."""
    width = end - start
    if width == 0:
        return sha256(b"").digest()
    if width == 1:
        return leaf(entry(start))
    k = split(width)
    return sha256(b"\x01" + root(start, start + k) + root(start + k, end)).digest()


def path(m: int, start: int, end: int) -> list[bytes]:
    """``PATH(m, D[start:end])``; ``m`` counts from ``start``."""
    if end - start == 1:
        return []
    k = split(end - start)
    if m < k:
        return [*path(m, start, start + k), root(start + k, end)]
    return [*path(m - k, start + k, end), root(start, start + k)]


def proof(m: int, size: int) -> list[bytes]:
    """``PROOF(m, D[size])``, for ``0 < m <= size``."""
    return subproof(m, 0, size, True)


def subproof(m: int, start: int, end: int, complete: bool) -> list[bytes]:
    """``SUBPROOF(m, D[start:end], complete)``."""
    if m == end - start:
        return [] if complete else [root(start, end)]
    k = split(end - start)
    if m <= k:
        return [*subproof(m, start, start + k, complete), root(start + k, end)]
    return [*subproof(m - k, start + k, end, False), root(start, start + k)]


def split(width: int) -> int:
    """The largest power of two smaller than ``width``."""
    k = 1
    while k * 2 < width:
        k *= 2
    return k
