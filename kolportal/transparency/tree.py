"""Growing a tree and proving things about it, from its tiles (RFC 6962 sections 2.1, 2.1.1 and 2.1.2).

Neither holds the tree in memory: growing needs the perfect subtrees along the right edge, at most one for each bit of the
size; a proof reads two tiles of every level at most.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from kolportal.transparency.errors import OutsideTree
from kolportal.transparency.hashing import EMPTY_ROOT, HASH_SIZE, NodeHash, node_hash
from kolportal.transparency.tiles import TILE_HEIGHT, TILE_WIDTH, Tile, TileReader, tile_at

Range = tuple[int, int]
"""Leaves from the first number (inclusive) to the second (exclusive); their root is meant."""


@dataclass(frozen=True, slots=True)
class TreeHead:
    """Number of leaves, and the 32 bytes of the root hash over them."""

    size: int
    root: bytes


class RightEdge:
    """The perfect subtrees of a tree, largest first: all that is needed to append to it and to know its root.

    An append costs as many hashes as the old size has ones at its end in binary: one on average, ``log2(size)`` at most.
    """

    def __init__(
        self, size: int = 0, subtrees: Sequence[bytes] = (), *, node_hash: NodeHash = node_hash
    ) -> None:
        if len(subtrees) != size.bit_count():
            raise OutsideTree(f"a tree of {size} leaves has {size.bit_count()} perfect subtrees")
        self.size = size
        self._subtrees = list(subtrees)
        self._node_hash = node_hash

    @classmethod
    def read(cls, reader: TileReader, *, size: int) -> RightEdge:
        """The right edge of the tree of ``size`` leaves whose tiles ``reader`` has; reads one tile of every level."""
        return cls(size, tuple(TileTree(reader, size=size).perfect_subtrees((0, size))))

    def root(self) -> bytes:
        """The root hash; costs one hash less than there are subtrees."""
        return _fold(self._subtrees, self._node_hash)

    def extend(self, leaves: Iterable[bytes]) -> list[list[bytes]]:
        """Append leaf hashes. Returns the hashes that each level of tiles gains, level 0 first."""
        node_hash, subtrees, size = self._node_hash, self._subtrees, self.size
        gained: list[list[bytes]] = [[]]
        for leaf in leaves:
            value, height = leaf, 0
            gained[0].append(leaf)
            complete = size
            while complete & 1:
                value = node_hash(subtrees.pop(), value)
                complete >>= 1
                height += 1
                if height % TILE_HEIGHT == 0:
                    level = height // TILE_HEIGHT
                    if level == len(gained):
                        gained.append([])
                    gained[level].append(value)
            subtrees.append(value)
            size += 1
        self.size = size
        return gained


class TileTree:
    """A tree of ``size`` leaves seen through its tiles. Reads each tile once for each question and checks nothing it reads:
    what is handed on is checked by :mod:`.merkle` against a signed head."""

    def __init__(self, reader: TileReader, *, size: int, node_hash: NodeHash = node_hash) -> None:
        self.size = size
        self._reader = reader
        self._node_hash = node_hash

    def root(self) -> bytes:
        """The root hash; reads the last tile of every level."""
        return self._hashes([(0, self.size)])[0] if self.size else EMPTY_ROOT

    def inclusion_proof(self, index: int) -> tuple[bytes, ...]:
        """Hashes from the leaf's sibling up to the root's child. Raises :class:`OutsideTree`."""
        return tuple(self._hashes(inclusion_ranges(index, size=self.size)))

    def consistency_proof(self, old_size: int) -> tuple[bytes, ...]:
        """What shows that the first ``old_size`` leaves were the whole tree once. Raises :class:`OutsideTree`."""
        return tuple(self._hashes(consistency_ranges(old_size, size=self.size)))

    def tiles_of(self, ranges: Iterable[Range]) -> frozenset[Tile]:
        """The tiles that the roots of these ranges are made from."""
        return frozenset(
            self._place(height, start)[0] for span in ranges for height, start in _perfect_parts(span)
        )

    def perfect_subtrees(self, span: Range) -> Iterator[bytes]:
        """Roots of the perfect subtrees that make up an aligned range, largest first."""
        tiles = self._read([span])
        for height, start in _perfect_parts(span):
            yield self._perfect(tiles, height, start)

    def _hashes(self, ranges: Sequence[Range]) -> list[bytes]:
        tiles = self._read(ranges)
        return [
            _fold([self._perfect(tiles, *part) for part in _perfect_parts(span)], self._node_hash)
            for span in ranges
        ]

    def _read(self, ranges: Sequence[Range]) -> dict[Tile, bytes]:
        return {tile: self._reader.read_tile(tile) for tile in sorted(self.tiles_of(ranges))}

    def _place(self, height: int, start: int) -> tuple[Tile, int, int]:
        """Where the subtree of ``2**height`` leaves from ``start`` is: tile, first hash in it, number of hashes."""
        level, within = divmod(height, TILE_HEIGHT)
        index, first = divmod(start >> (level * TILE_HEIGHT), TILE_WIDTH)
        return tile_at(level, index, size=self.size), first, 1 << within

    def _perfect(self, tiles: dict[Tile, bytes], height: int, start: int) -> bytes:
        tile, first, count = self._place(height, start)
        data, node_hash = tiles[tile], self._node_hash
        row = [
            data[at : at + HASH_SIZE]
            for at in range(first * HASH_SIZE, (first + count) * HASH_SIZE, HASH_SIZE)
        ]
        while len(row) > 1:
            row = [node_hash(row[at], row[at + 1]) for at in range(0, len(row), 2)]
        return row[0]


def inclusion_ranges(index: int, *, size: int) -> list[Range]:
    """The ranges whose roots prove leaf ``index``, from its sibling up: ``PATH`` of RFC 6962 section 2.1.1."""
    if not 0 <= index < size:
        raise OutsideTree(f"a tree of {size} leaves has no leaf {index}")
    start, end = 0, size
    ranges = []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    return ranges[::-1]


def consistency_ranges(old_size: int, *, size: int) -> list[Range]:
    """The ranges whose roots prove that a tree grew: ``PROOF`` of RFC 6962 section 2.1.2.

    Nothing is needed from the empty tree or from a tree to itself.
    """
    if not 0 <= old_size <= size:
        raise OutsideTree(f"a tree of {size} leaves was never one of {old_size}")
    if old_size in (0, size):
        return []
    start, end = 0, size
    ranges = []
    while old_size != end:
        middle = start + _split(end - start)
        if old_size <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    if start:  # otherwise the old tree is this very node, and the verifier has its root
        ranges.append((start, end))
    return ranges[::-1]


def _split(width: int) -> int:
    """The largest power of two below ``width``."""
    return 1 << ((width - 1).bit_length() - 1)


def _perfect_parts(span: Range) -> Iterator[tuple[int, int]]:
    """Height and first leaf of the perfect subtrees of a range that begins at a multiple of its width's power of two."""
    start, end = span
    while start < end:
        height = (end - start).bit_length() - 1
        yield height, start
        start += 1 << height


def _fold(subtrees: Sequence[bytes], node_hash: NodeHash) -> bytes:
    """The root over perfect subtrees, largest first; the smaller ones on the right hang together first."""
    if not subtrees:
        return EMPTY_ROOT
    root = subtrees[-1]
    for left in reversed(subtrees[:-1]):
        root = node_hash(left, root)
    return root
