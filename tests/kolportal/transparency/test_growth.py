"""What appending and proving cost, counted in hashes and tiles: logarithms, not lengths."""

from __future__ import annotations

from collections import Counter

import pytest

from kolportal.transparency.hashing import leaf_hash, node_hash
from kolportal.transparency.merkle import check_inclusion
from kolportal.transparency.storage import MemoryStorage
from kolportal.transparency.tiles import Tile
from kolportal.transparency.tree import RightEdge, TileTree, consistency_ranges, inclusion_ranges

LARGE = 1 << 18
LEAF = leaf_hash(b"an entry")


class CountingHasher:
    """``node_hash`` that knows how often it was asked."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, left: bytes, right: bytes) -> bytes:
        self.count += 1
        return node_hash(left, right)

    def taken(self) -> int:
        taken, self.count = self.count, 0
        return taken


class CountingReader:
    """A reader that knows which tiles it was asked for."""

    def __init__(self, storage: MemoryStorage) -> None:
        self.storage = storage
        self.read: Counter[Tile] = Counter()

    def read_tile(self, tile: Tile) -> bytes:
        self.read[tile] += 1
        return self.storage.read_tile(tile)


@pytest.fixture(scope="module")
def large() -> MemoryStorage:
    storage = MemoryStorage()
    storage.append([LEAF] * LARGE)
    return storage


def test_an_append_costs_one_hash_on_average_and_a_logarithm_at_most() -> None:
    hasher = CountingHasher()
    edge = RightEdge(node_hash=hasher)
    for size in range(5_000):
        edge.extend([LEAF])
        # the ones at the end of the size before: those subtrees are complete now
        assert hasher.taken() == (size ^ (size + 1)).bit_length() - 1 <= size.bit_length()
    edge.extend([LEAF] * (LARGE - 5_000))
    assert hasher.taken() < LARGE


def test_a_root_costs_a_logarithm() -> None:
    hasher = CountingHasher()
    edge = RightEdge(node_hash=hasher)
    for _ in range(3_000):
        edge.extend([LEAF])
        hasher.taken()
        edge.root()
        assert hasher.taken() == edge.size.bit_count() - 1


@pytest.mark.parametrize("size", [1, 255, 256, 1_000, 65_535, 65_536, 65_537, 200_000, LARGE])
def test_proofs_read_two_tiles_of_a_level_and_each_once(large: MemoryStorage, size: int) -> None:
    levels = -(-size.bit_length() // 8)
    for index in {0, size // 3, size // 2, size - 1}:
        reader, hasher = CountingReader(large), CountingHasher()
        tree = TileTree(reader, size=size, node_hash=hasher)
        tree.inclusion_proof(index)
        assert reader.read.total() == len(reader.read) <= 2 * levels
        assert reader.read.keys() == tree.tiles_of(inclusion_ranges(index, size=size))
        assert hasher.taken() <= 2 * 255 * levels

        reader.read.clear()
        tree.consistency_proof(index)
        assert reader.read.total() == len(reader.read) <= 3 * levels
        assert reader.read.keys() == tree.tiles_of(consistency_ranges(index, size=size))


def test_a_thousand_times_the_entries_cost_less_than_three_times_the_hashes(large: MemoryStorage) -> None:
    spent = {}
    for size in (256, LARGE):
        hasher = CountingHasher()
        tree = TileTree(large, size=size, node_hash=hasher)
        for index in range(0, size, size // 128):
            tree.inclusion_proof(index)
        spent[size] = hasher.taken()
    assert spent[LARGE] <= 3 * spent[256]


def test_a_checker_hashes_once_for_each_hash_of_the_proof(
    large: MemoryStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    hasher = CountingHasher()
    monkeypatch.setattr("kolportal.transparency.merkle.node_hash", hasher)
    proof = TileTree(large, size=200_000).inclusion_proof(123_456)
    root = TileTree(large, size=200_000).root()
    check_inclusion(leaf=LEAF, index=123_456, size=200_000, proof=proof, root=root)
    assert hasher.taken() == len(proof) <= 18


def test_a_reopened_tree_reads_one_tile_of_a_level(large: MemoryStorage) -> None:
    reader = CountingReader(large)
    edge = RightEdge.read(reader, size=200_000)
    assert reader.read.total() == len(reader.read) == 3
    assert edge.root() == TileTree(large, size=200_000).root()
