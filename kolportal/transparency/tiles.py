"""Tiles: the tree's hashes in files of up to 256, named and cut as C2SP tlog-tiles has it.

Level 0 holds leaf hashes; a hash on level ``l`` is the root of ``256**l`` leaves. A tile once full never changes, and a
partial one is the beginning of the full one, so everything may be cached for ever.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Protocol

from kolportal.transparency.errors import OutsideTree

TILE_HEIGHT: Final = 8
TILE_WIDTH: Final = 1 << TILE_HEIGHT
"""Hashes in a full tile, and entries in a full bundle."""

ENTRIES: Final = -1
"""The "level" of entry bundles, whose paths are formed like those of tiles."""

_PATH: Final = re.compile(r"tile/(entries|[0-9]{1,2})/((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([0-9]{1,3}))?")


@dataclass(frozen=True, slots=True, order=True)
class Tile:
    """Tile ``index`` of a level, cut at ``width`` hashes (1 to 256)."""

    level: int
    index: int
    width: int = TILE_WIDTH

    def __post_init__(self) -> None:
        if not (ENTRIES <= self.level <= 63 and self.index >= 0 and 1 <= self.width <= TILE_WIDTH):
            raise OutsideTree(f"no tile {self.index} of width {self.width} on level {self.level}")

    @property
    def path(self) -> str:
        """``tile/<level>/<index in groups of three digits>``, and ``.p/<width>`` for a partial one."""
        level = "entries" if self.level == ENTRIES else str(self.level)
        partial = "" if self.width == TILE_WIDTH else f".p/{self.width}"
        return f"tile/{level}/{_groups(self.index)}{partial}"

    @classmethod
    def parse(cls, path: str) -> Tile:
        """The tile that a path names. Raises :class:`OutsideTree` for every other spelling."""
        match = _PATH.fullmatch(path)
        if not match:
            raise OutsideTree(f"{path[:80]!r} is not the path of a tile")
        level, groups, width = match.groups()
        tile = cls(
            ENTRIES if level == "entries" else int(level),
            int(groups.replace("x", "").replace("/", "")),
            TILE_WIDTH if width is None else int(width),
        )
        if tile.path != path:
            raise OutsideTree(f"{path[:80]!r} is not how the tile is spelled")
        return tile


class TileReader(Protocol):
    """Whatever holds tiles: a storage, a cache in front of one, a client that fetches them."""

    def read_tile(self, tile: Tile) -> bytes:
        """The tile's ``width * 32`` bytes. Raises ``TileMissing`` when there are not that many hashes of it."""
        ...


def hashes_on_level(level: int, size: int) -> int:
    """How many hashes the level has in a tree of ``size`` leaves."""
    return size >> (TILE_HEIGHT * max(level, 0))


def tile_at(level: int, index: int, *, size: int) -> Tile:
    """The tile as wide as it is in a tree of ``size`` leaves. Raises :class:`OutsideTree` when it has no hash yet."""
    width = min(TILE_WIDTH, hashes_on_level(level, size) - index * TILE_WIDTH)
    return Tile(level, index, width)


def partial_tiles(size: int) -> tuple[Tile, ...]:
    """The partial tile of every level that has one in a tree of ``size`` leaves, lowest level first."""
    tiles = []
    level = 0
    while hashes := hashes_on_level(level, size):
        if hashes % TILE_WIDTH:
            tiles.append(Tile(level, hashes // TILE_WIDTH, hashes % TILE_WIDTH))
        level += 1
    return tuple(tiles)


def _groups(index: int) -> str:
    digits = str(index)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    *high, last = (digits[start : start + 3] for start in range(0, len(digits), 3))
    return "".join(f"x{group}/" for group in high) + last
