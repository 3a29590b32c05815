"""Where the tree's hashes lie: the interface, and the one that keeps them in memory. Files: :mod:`.files`."""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock
from typing import Protocol

from kolportal.transparency.errors import MalformedEntry, SizeChanged, TileMissing
from kolportal.transparency.hashing import HASH_SIZE, NodeHash, node_hash
from kolportal.transparency.tiles import TILE_WIDTH, Tile, TileReader, hashes_on_level
from kolportal.transparency.tree import RightEdge, TreeHead


class Storage(TileReader, Protocol):
    """Leaf hashes go in, tiles come out. What was appended never changes."""

    def head(self) -> TreeHead:
        """Size and root as they are now."""
        ...

    def append(self, leaves: Iterable[bytes], *, expected_size: int | None = None) -> TreeHead:
        """Append leaf hashes (32 bytes each), all of them or none, and return the new head.

        Raises :class:`SizeChanged` when ``expected_size`` is given and is not the size before: the caller counted its
        leaves from a size that somebody else has grown since.
        """
        ...


class MemoryStorage:
    """A tree that lives as long as the process. Threads may share it."""

    def __init__(self, *, node_hash: NodeHash = node_hash) -> None:
        self._edge = RightEdge(node_hash=node_hash)
        self._levels: list[bytearray] = []
        self._lock = Lock()

    def head(self) -> TreeHead:
        """Size and root as they are now."""
        with self._lock:
            return TreeHead(self._edge.size, self._edge.root())

    def read_tile(self, tile: Tile) -> bytes:
        """The tile's ``width * 32`` bytes. Raises :class:`TileMissing`."""
        first = tile.index * TILE_WIDTH
        with self._lock:
            if tile.level < 0 or first + tile.width > hashes_on_level(tile.level, self._edge.size):
                raise TileMissing(tile.path)
            return bytes(self._levels[tile.level][first * HASH_SIZE : (first + tile.width) * HASH_SIZE])

    def append(self, leaves: Iterable[bytes], *, expected_size: int | None = None) -> TreeHead:
        """Append leaf hashes, all or none; see :class:`Storage`."""
        given = checked(leaves)
        with self._lock:
            if expected_size not in (None, self._edge.size):
                raise SizeChanged(f"the tree has {self._edge.size} leaves, not {expected_size}")
            for level, hashes in enumerate(self._edge.extend(given)):
                if level == len(self._levels):
                    self._levels.append(bytearray())
                self._levels[level] += b"".join(hashes)
            return TreeHead(self._edge.size, self._edge.root())


def checked(leaves: Iterable[bytes]) -> list[bytes]:
    """The leaf hashes as a list. Raises :class:`MalformedEntry` when one is no SHA-256 hash, before anything changed."""
    given = list(leaves)
    if any(len(leaf) != HASH_SIZE for leaf in given):
        raise MalformedEntry(f"a leaf hash has {HASH_SIZE} bytes")
    return given
