"""Figures that others published: the eight leaves of the Certificate Transparency reference code, and what Go computed.

The eight leaves, their roots and proofs are those of github.com/google/certificate-transparency and its successor
github.com/transparency-dev/merkle (``proof/verify_test.go``). ``go/vectors.json`` was written by ``go/main.go``.
"""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import pytest

from kolportal.transparency.hashing import EMPTY_ROOT, leaf_hash, node_hash
from kolportal.transparency.merkle import check_consistency, check_inclusion
from kolportal.transparency.storage import MemoryStorage
from kolportal.transparency.tiles import Tile, partial_tiles, tile_at
from kolportal.transparency.tree import TileTree

LEAVES: Final = [
    bytes.fromhex(text)
    for text in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
ROOTS: Final = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
PAIR_2_3: Final = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
FIFTH: Final = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
PAIR_6_7: Final = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
FOURS: Final = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
SECOND: Final = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
PAIR_4_5: Final = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
SEVENTH: Final = "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f"

INCLUSION: Final = [
    (0, 1, []),
    (0, 8, [SECOND, PAIR_2_3, FOURS]),
    (5, 8, [FIFTH, PAIR_6_7, ROOTS[3]]),
    (2, 3, [ROOTS[1]]),
    (1, 5, [ROOTS[0], PAIR_2_3, FIFTH]),
]
CONSISTENCY: Final[list[tuple[int, int, list[str]]]] = [
    (1, 1, []),
    (1, 8, [SECOND, PAIR_2_3, FOURS]),
    (6, 8, [PAIR_4_5, PAIR_6_7, ROOTS[3]]),
    (2, 5, [PAIR_2_3, FIFTH]),
    (6, 7, [PAIR_4_5, SEVENTH, ROOTS[3]]),
]
GO: Final[dict[str, Any]] = json.loads((Path(__file__).parent / "go" / "vectors.json").read_text("utf-8"))


def unhex(proof: list[str]) -> tuple[bytes, ...]:
    return tuple(map(bytes.fromhex, proof))


@pytest.fixture(scope="module")
def eight() -> MemoryStorage:
    storage = MemoryStorage()
    storage.append(map(leaf_hash, LEAVES))
    return storage


@pytest.fixture(scope="module")
def seventy_thousand() -> MemoryStorage:
    storage = MemoryStorage()
    storage.append(leaf_hash(f"entry {index}".encode()) for index in range(70_000))
    return storage


def test_hashes_of_the_reference_code() -> None:
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert leaf_hash(b"L123456").hex() == "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56"
    assert (
        node_hash(b"N123", b"N456").hex()
        == "aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb"
    )


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_of_the_eight_leaves(eight: MemoryStorage, size: int) -> None:
    assert TileTree(eight, size=size).root().hex() == ROOTS[size - 1]


@pytest.mark.parametrize(("index", "size", "proof"), INCLUSION)
def test_inclusion_proofs_of_the_eight_leaves(
    eight: MemoryStorage, index: int, size: int, proof: list[str]
) -> None:
    assert TileTree(eight, size=size).inclusion_proof(index) == unhex(proof)
    root = bytes.fromhex(ROOTS[size - 1])
    check_inclusion(leaf=leaf_hash(LEAVES[index]), index=index, size=size, proof=unhex(proof), root=root)


@pytest.mark.parametrize(("old", "new", "proof"), CONSISTENCY)
def test_consistency_proofs_of_the_eight_leaves(
    eight: MemoryStorage, old: int, new: int, proof: list[str]
) -> None:
    assert TileTree(eight, size=new).consistency_proof(old) == unhex(proof)
    check_consistency(
        old_size=old,
        old_root=bytes.fromhex(ROOTS[old - 1]),
        new_size=new,
        new_root=bytes.fromhex(ROOTS[new - 1]),
        proof=unhex(proof),
    )


def test_go_finds_the_same_roots(seventy_thousand: MemoryStorage) -> None:
    found = {size: TileTree(seventy_thousand, size=int(size)).root().hex() for size in GO["roots"]}
    assert found == GO["roots"]
    assert seventy_thousand.head().root.hex() == GO["roots"]["70000"]


@pytest.mark.parametrize("vector", GO["inclusion"], ids=lambda v: f"{v['index']}-of-{v['size']}")
def test_go_makes_the_same_inclusion_proofs(seventy_thousand: MemoryStorage, vector: dict[str, Any]) -> None:
    tree = TileTree(seventy_thousand, size=vector["size"])
    assert tree.inclusion_proof(vector["index"]) == unhex(vector["proof"])


@pytest.mark.parametrize("vector", GO["consistency"], ids=lambda v: f"{v['old_size']}-to-{v['new_size']}")
def test_go_makes_the_same_consistency_proofs(
    seventy_thousand: MemoryStorage, vector: dict[str, Any]
) -> None:
    tree = TileTree(seventy_thousand, size=vector["new_size"])
    assert tree.consistency_proof(vector["old_size"]) == unhex(vector["proof"])


def test_go_cuts_the_same_tiles(seventy_thousand: MemoryStorage) -> None:
    found = {path: sha256(seventy_thousand.read_tile(Tile.parse(path))).hexdigest() for path in GO["tiles"]}
    assert found == GO["tiles"]


def test_go_spells_the_paths_the_same() -> None:
    spelled = [
        {**vector, "path": Tile(vector["level"], vector["index"], vector["width"]).path}
        for vector in GO["paths"]
    ]
    assert spelled == GO["paths"]


def test_the_example_of_the_tiles_standard() -> None:
    """C2SP tlog-tiles: 70,000 entries are 273 full tiles and widths 112, 17 and 1; 256 entries a full tile and a 1."""
    assert partial_tiles(70_000) == (Tile(0, 273, 112), Tile(1, 1, 17), Tile(2, 0, 1))
    assert tile_at(0, 272, size=70_000) == Tile(0, 272, 256)
    assert partial_tiles(256) == (Tile(1, 0, 1),)
    assert Tile(0, 1234067).path == "tile/0/x001/x234/067"
