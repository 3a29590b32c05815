"""Names of tiles: one spelling each, everything else refused."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kolportal.transparency.errors import OutsideTree
from kolportal.transparency.tiles import ENTRIES, Tile, hashes_on_level, partial_tiles, tile_at

tiles = st.builds(
    Tile, level=st.integers(ENTRIES, 63), index=st.integers(0, 10**12), width=st.integers(1, 256)
)


@settings(deadline=None)
@given(tile=tiles)
def test_a_path_names_its_tile(tile: Tile) -> None:
    assert Tile.parse(tile.path) == tile


@pytest.mark.parametrize(
    ("path", "tile"),
    [
        ("tile/0/000", Tile(0, 0)),
        ("tile/0/x001/000.p/255", Tile(0, 1000, 255)),
        ("tile/63/x001/x234/067", Tile(63, 1234067)),
        ("tile/entries/x001/x234/067.p/1", Tile(ENTRIES, 1234067, 1)),
    ],
)
def test_examples(path: str, tile: Tile) -> None:
    assert tile.path == path
    assert Tile.parse(path) == tile


@pytest.mark.parametrize(
    "path",
    [
        "", "tile", "tile/0", "tile/0/", "tile/0/1", "tile/0/0001", "tile/00/001", "tile/01/001", "tile/64/001",
        "tile/-1/001", "tile/0/x000/001", "tile/0/001/002", "tile/0/x001", "tile/0/001.p", "tile/0/001.p/0",
        "tile/0/001.p/256", "tile/0/001.p/01", "tile/0/001.p/-1", "tile/0/-01", "tile/0/../001", "/tile/0/001",
        "tile/0/001/", "tile/0/001\n", "tile/8/0/001", "tile/data/001", "tile/0/x001/x2/003", "tile/0/٠٠١",
        "tile/0/" + "x001/" * 40 + "001",
    ],
)  # fmt: skip
def test_other_spellings_are_refused(path: str) -> None:
    with pytest.raises(OutsideTree):
        Tile.parse(path)


@settings(deadline=None)
@given(path=st.text(alphabet="tile/entrsx.p0123456789", max_size=40))
def test_no_path_crashes_the_reader(path: str) -> None:
    try:
        tile = Tile.parse(path)
    except OutsideTree:
        return
    assert tile.path == path


@settings(deadline=None)
@given(size=st.integers(0, 2**40))
def test_partial_tiles_are_what_is_left_over_on_each_level(size: int) -> None:
    """C2SP tlog-tiles: the partial tile at level l has ``floor(s / 256**l) mod 256`` hashes; empty ones do not exist."""
    expected = {level: size // 256**level % 256 for level in range(6)}
    assert {tile.level: tile.width for tile in partial_tiles(size)} == {
        level: width for level, width in expected.items() if width
    }
    for tile in partial_tiles(size):
        assert tile_at(tile.level, tile.index, size=size) == tile
        assert hashes_on_level(tile.level, size) == tile.index * 256 + tile.width


def test_no_tile_beyond_the_tree() -> None:
    with pytest.raises(OutsideTree):
        tile_at(0, 1, size=256)
    with pytest.raises(OutsideTree):
        tile_at(1, 0, size=255)
