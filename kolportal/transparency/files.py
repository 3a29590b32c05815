"""The tree's tiles as files, in the folders that C2SP tlog-tiles names, so that they can be copied and served.

Beside ``tile/`` lies ``head``: size and root of what counts. An append writes new tiles under names that no reader of the
old size asks for, makes them durable, and then renames a new ``head`` into place: that one step is the append. Whatever a
crash leaves behind lies beyond the size that counts, is never read, and is written over by the next append. Tiles must
be served through :meth:`FileStorage.read_tile`, which knows that size.
"""

from __future__ import annotations

import base64
import fcntl
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from kolportal.transparency.checkpoint import parse_number
from kolportal.transparency.errors import SizeChanged, StorageCorrupt, TileMissing
from kolportal.transparency.hashing import EMPTY_ROOT, HASH_SIZE
from kolportal.transparency.note import decode_base64
from kolportal.transparency.storage import checked
from kolportal.transparency.tiles import TILE_WIDTH, Tile, hashes_on_level, tile_at
from kolportal.transparency.tree import RightEdge, TreeHead

_TRIES: Final = 5


class FileStorage:
    """A tree in ``folder`` (made when missing). Processes and threads may share it; appends wait for one another.

    After an ``OSError`` from :meth:`append` the leaves are either all in or all out: :meth:`head` tells which.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._edge: RightEdge | None = None
        if not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True)
            _sync_folder(folder.parent)

    def head(self) -> TreeHead:
        """Size and root as they are now. Raises :class:`StorageCorrupt` when the file cannot be read."""
        try:
            lines = (self._folder / "head").read_text("ascii").split("\n")
        except FileNotFoundError:
            return TreeHead(0, EMPTY_ROOT)
        except UnicodeDecodeError as error:
            raise StorageCorrupt("head is not ASCII") from error
        size = parse_number(lines[0])
        root = decode_base64(lines[1]) if len(lines) == 3 and not lines[2] else None
        if size is None or root is None or len(root) != HASH_SIZE:
            raise StorageCorrupt("head is not a size and a hash")
        return TreeHead(size, root)

    def read_tile(self, tile: Tile) -> bytes:
        """The tile's ``width * 32`` bytes. Raises :class:`TileMissing`, or :class:`StorageCorrupt` for a cut file."""
        for _ in range(_TRIES):
            size = self.head().size
            if tile.level < 0 or tile.index * TILE_WIDTH + tile.width > hashes_on_level(tile.level, size):
                raise TileMissing(tile.path)
            stored = tile_at(tile.level, tile.index, size=size)
            try:
                data = (self._folder / stored.path).read_bytes()
            except FileNotFoundError:
                continue  # grown full in this moment, and the partial tile tidied away: the new head names another file
            if len(data) != stored.width * HASH_SIZE:
                raise StorageCorrupt(f"{stored.path} has {len(data)} bytes")
            return data[: tile.width * HASH_SIZE]
        raise StorageCorrupt(f"{tile.path} should be there and is not")

    def append(self, leaves: Iterable[bytes], *, expected_size: int | None = None) -> TreeHead:
        """Append leaf hashes, all or none; see :class:`.storage.Storage`."""
        given = checked(leaves)
        with self._locked():
            old = self.head()
            if expected_size not in (None, old.size):
                raise SizeChanged(f"the tree has {old.size} leaves, not {expected_size}")
            if not given:
                return old
            edge = self._edge_of(old)
            self._edge = None  # until the append has succeeded
            grown: list[Tile] = []
            for level, hashes in enumerate(edge.extend(given)):
                grown += self._write_level(level, hashes, old_size=old.size)
            new = TreeHead(edge.size, edge.root())
            self._write_head(new)
            self._edge = edge
            self._tidy(grown)
            return new

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with open(self._folder / "lock", "ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _edge_of(self, head: TreeHead) -> RightEdge:
        edge = self._edge
        if edge is None or edge.size != head.size:  # a new process, or another one appended
            edge = RightEdge.read(self, size=head.size)
        if edge.root() != head.root:
            raise StorageCorrupt("the tiles do not lead to the root that was committed")
        return edge

    def _write_level(self, level: int, hashes: list[bytes], *, old_size: int) -> list[Tile]:
        """Write the tiles that gain ``hashes``; return those that are full now."""
        before = hashes_on_level(level, old_size)
        index, width = divmod(before, TILE_WIDTH)
        data = self.read_tile(Tile(level, index, width)) if width else b""
        data += b"".join(hashes)
        full: list[Tile] = []
        folders: set[Path] = set()
        for at in range(0, len(data), TILE_WIDTH * HASH_SIZE):
            part = data[at : at + TILE_WIDTH * HASH_SIZE]
            tile = Tile(level, index, len(part) // HASH_SIZE)
            folders |= self._write(self._folder / tile.path, part)
            full += [tile] if tile.width == TILE_WIDTH else []
            index += 1
        for folder in folders:
            _sync_folder(folder)
        return full

    def _write_head(self, head: TreeHead) -> None:
        text = f"{head.size}\n{base64.b64encode(head.root).decode()}\n"
        for folder in self._write(self._folder / "head", text.encode("ascii")):
            _sync_folder(folder)

    def _write(self, path: Path, data: bytes) -> set[Path]:
        """Put a durable file in place of whatever has this name; return the folders to make durable after it.

        These are all folders above the file: a crash may have left one that was made and never made durable.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_name(path.name + ".new")
        with open(new, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
        return {folder for folder in path.parents if folder.is_relative_to(self._folder)}

    def _tidy(self, full: list[Tile]) -> None:
        """Drop the partial tiles of full ones, as the standard allows; what stays behind only takes room."""
        for tile in full:
            shutil.rmtree(self._folder / f"{tile.path}.p", ignore_errors=True)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
