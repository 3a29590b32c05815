"""What every storage must hold up to, and leaves to fill it with."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kolportal.transparency.errors import TileMissing
from kolportal.transparency.hashing import leaf_hash
from kolportal.transparency.storage import MemoryStorage, Storage
from kolportal.transparency.tiles import Tile, hashes_on_level
from kolportal.transparency.tree import TreeHead
from tests.kolportal.transparency import reference


def leaves(start: int, end: int) -> Iterator[bytes]:
    return (leaf_hash(reference.entry(index)) for index in range(start, end))


def assert_whole(storage: Storage, size: int) -> None:
    """The tree is that of the first ``size`` reference entries, down to the last hash of every tile."""
    assert storage.head() == TreeHead(size, reference.root(0, size))
    memory = MemoryStorage()
    memory.append(leaves(0, size))
    level = 0
    while hashes := hashes_on_level(level, size):
        for index in range(-(-hashes // 256)):
            tile = Tile(level, index, min(256, hashes - 256 * index))
            assert storage.read_tile(tile) == memory.read_tile(tile)
        with pytest.raises(TileMissing):
            storage.read_tile(Tile(level, hashes // 256, hashes % 256 + 1))
        level += 1
    with pytest.raises(TileMissing):
        storage.read_tile(Tile(level, 0, 1))
