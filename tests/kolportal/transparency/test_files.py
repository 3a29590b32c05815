"""The tree in files: what was appended stays, and an append that did not finish never happened."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from threading import Thread
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kolportal.transparency.errors import StorageCorrupt
from kolportal.transparency.files import FileStorage
from kolportal.transparency.hashing import leaf_hash
from kolportal.transparency.storage import MemoryStorage
from kolportal.transparency.tiles import Tile
from kolportal.transparency.tree import TileTree, TreeHead
from tests.kolportal.transparency import reference
from tests.kolportal.transparency.storages import assert_whole, leaves


@settings(max_examples=25, deadline=None)
@given(batches=st.lists(st.integers(0, 200), max_size=6), reopen=st.booleans())
def test_batches_of_any_size_make_the_same_tree(
    tmp_path_factory: pytest.TempPathFactory, batches: list[int], reopen: bool
) -> None:
    folder = tmp_path_factory.mktemp("log")
    storage = FileStorage(folder)
    size = 0
    for count in batches:
        storage = FileStorage(folder) if reopen else storage
        storage.append(leaves(size, size + count))
        size += count
    assert_whole(storage, size)


def test_a_reopened_tree_goes_on(tmp_path: Path) -> None:
    FileStorage(tmp_path).append(leaves(0, 300))
    FileStorage(tmp_path).append(leaves(300, 301), expected_size=300)
    assert_whole(FileStorage(tmp_path), 301)


def test_partial_tiles_go_when_the_full_one_is_there(tmp_path: Path) -> None:
    storage = FileStorage(tmp_path)
    for size in range(250, 255):
        storage.append(leaves(storage.head().size, size))
    assert sorted(path.name for path in (tmp_path / "tile/0/000.p").iterdir()) == [
        "250", "251", "252", "253", "254",
    ]  # fmt: skip
    storage.append(leaves(254, 257))
    found = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())
    assert found == ["head", "lock", "tile/0/000", "tile/0/001.p/1", "tile/1/000.p/1"]


def test_full_tiles_are_never_written_again(tmp_path: Path) -> None:
    storage = FileStorage(tmp_path)
    storage.append(leaves(0, 256))
    before = (tmp_path / "tile/0/000").stat()
    for size in range(256, 600, 8):
        storage.append(leaves(size, size + 8))
    after = (tmp_path / "tile/0/000").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


# --- An append that breaks off ---------------------------------------------------------------------------------------


class BreaksAt:
    """Fails the ``at``-th time that any of the system calls which make an append durable is used."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, at: int) -> None:
        self.left = at
        self.happened = False
        for name in ("fsync", "replace"):
            monkeypatch.setattr(os, name, self._failing(getattr(os, name)))

    def _failing(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            self.left -= 1
            if self.left < 0:
                self.happened = True
                raise OSError(errno.EIO, "the disk is gone")
            return real(*arguments, **options)

        return call


@pytest.mark.parametrize(("before", "count"), [(0, 1), (254, 1), (254, 2), (255, 300), (511, 1)])
def test_an_append_that_fails_at_any_step_is_all_or_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: int, count: int
) -> None:
    for step in range(100):
        folder = tmp_path / str(step)
        storage = FileStorage(folder)
        storage.append(leaves(0, before))
        with monkeypatch.context() as patched:
            breaks = BreaksAt(patched, step)
            with suppress(OSError):
                storage.append(reversed(list(leaves(before, before + count))))
        if not breaks.happened:
            assert step > 5
            return
        end = before + count
        if storage.head().size == before:
            assert_whole(FileStorage(folder), before)
            # what the torn append left behind has other leaves under the same names: it must not shine through
            for start, stop in pairwise(sorted({before, before + 1, end - 1, end})):
                storage.append(leaves(start, stop), expected_size=start)
            assert_whole(FileStorage(folder), end)
        else:  # it broke off after the new head had its name
            all_of_it = MemoryStorage()
            all_of_it.append([*leaves(0, before), *reversed(list(leaves(before, end)))])
            assert FileStorage(folder).head() == storage.head() == all_of_it.head()
    raise AssertionError("an append takes fewer steps than this")


def test_everything_is_durable_before_it_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Power may go after any step: a file's bytes come before its name, names before the new head, and that comes last."""
    durable: list[str] = []
    named: list[str] = []
    real_fsync, real_replace = os.fsync, os.replace

    def fsync(descriptor: int) -> None:
        durable.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        real_fsync(descriptor)

    def replace(source: str | Path, target: str | Path) -> None:
        assert durable[-1] == str(source)
        if Path(target).name == "head":
            for path in named:
                assert {
                    str(folder) for folder in Path(path).parents if folder.is_relative_to(tmp_path)
                } <= set(durable[durable.index(f"{path}.new") :])
        named.append(str(target))
        real_replace(source, target)

    storage = FileStorage(tmp_path)
    storage.append(leaves(0, 250))
    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "replace", replace)
    storage.append(leaves(250, 600))
    assert [Path(path).relative_to(tmp_path).as_posix() for path in named] == [
        "tile/0/000", "tile/0/001", "tile/0/002.p/88", "tile/1/000.p/2", "head",
    ]  # fmt: skip
    assert durable[-1] == str(tmp_path)


APPENDER: Final = """
import sys
from pathlib import Path
from kolportal.transparency.files import FileStorage
from tests.kolportal.transparency.storages import leaves
storage = FileStorage(Path(sys.argv[1]))
print("ready", flush=True)
while True:
    size = storage.head().size
    storage.append(leaves(size, size + 7), expected_size=size)
"""


def test_a_killed_process_leaves_a_whole_tree(tmp_path: Path) -> None:
    sizes = []
    for _ in range(2):
        with subprocess.Popen(
            [sys.executable, "-c", APPENDER, str(tmp_path)], stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            start = FileStorage(tmp_path).head().size
            while FileStorage(tmp_path).head().size < start + 70:
                assert process.poll() is None
                time.sleep(0.001)
            process.send_signal(signal.SIGKILL)
        sizes.append(FileStorage(tmp_path).head().size)
        assert_whole(FileStorage(tmp_path), sizes[-1])
    assert sizes == sorted(set(sizes))


# --- Two at once -------------------------------------------------------------------------------------------------------


def test_two_appenders_take_turns(tmp_path: Path) -> None:
    """Threads with storages of their own, as processes have: nobody's leaves are lost or doubled."""

    def append(name: str) -> None:
        storage = FileStorage(tmp_path)
        for number in range(60):
            storage.append([leaf_hash(f"{name} {number}".encode())])

    threads = [Thread(target=append, args=(name,)) for name in ("one", "other")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    storage = FileStorage(tmp_path)
    assert storage.head().size == 120
    data = storage.read_tile(Tile(0, 0, 120))
    found = [data[at : at + 32] for at in range(0, len(data), 32)]
    for name in ("one", "other"):
        own = [leaf_hash(f"{name} {number}".encode()) for number in range(60)]
        assert [leaf for leaf in found if leaf in own] == own
    memory = MemoryStorage()
    assert memory.append(found) == storage.head()


def test_without_the_lock_two_appenders_lose_leaves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The guard's negative control: the second reads the size before the first has written its own."""
    monkeypatch.setattr("fcntl.flock", lambda *_: None)
    first, second = FileStorage(tmp_path), FileStorage(tmp_path)

    real = FileStorage._write_head

    def late(storage: FileStorage, head: TreeHead) -> None:
        if storage is first:
            second.append([leaf_hash(b"second")])
        real(storage, head)

    monkeypatch.setattr(FileStorage, "_write_head", late)
    first.append([leaf_hash(b"first")])
    assert FileStorage(tmp_path).head().size == 1


def test_a_reader_follows_an_appender(tmp_path: Path) -> None:
    """Proofs are made while tiles fill up and partial ones are tidied away."""
    storage, reader = FileStorage(tmp_path), FileStorage(tmp_path)

    def append() -> None:
        for size in range(0, 600, 6):
            storage.append(leaves(size, size + 6))

    thread = Thread(target=append)
    thread.start()
    while thread.is_alive():
        size = reader.head().size
        assert TileTree(reader, size=size).root() == reference.root(0, size)
    thread.join()
    assert_whole(reader, 600)


# --- Damage --------------------------------------------------------------------------------------------------------------


def test_a_cut_tile_is_noticed(tmp_path: Path) -> None:
    FileStorage(tmp_path).append(leaves(0, 300))
    tile = tmp_path / "tile/0/000"
    tile.write_bytes(tile.read_bytes()[:-1])
    with pytest.raises(StorageCorrupt):
        FileStorage(tmp_path).read_tile(Tile(0, 0))


def test_a_lost_tile_is_noticed(tmp_path: Path) -> None:
    FileStorage(tmp_path).append(leaves(0, 300))
    (tmp_path / "tile/0/000").unlink()
    with pytest.raises(StorageCorrupt):
        FileStorage(tmp_path).read_tile(Tile(0, 0))


def test_a_changed_tile_stops_the_next_process_that_would_append(tmp_path: Path) -> None:
    FileStorage(tmp_path).append(leaves(0, 300))
    tile = tmp_path / "tile/0/001.p/44"
    tile.write_bytes(bytes(32) + tile.read_bytes()[32:])
    with pytest.raises(StorageCorrupt):
        FileStorage(tmp_path).append(leaves(300, 301))
    assert FileStorage(tmp_path).head().size == 300


@pytest.mark.parametrize(
    "text",
    [
        "",
        "5",
        "5\n",
        "05\nxxxx\n",
        "5\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuF\n",
        "5\n\n",
        "é\n\n",
        "-1\n\n",
    ],
)
def test_a_damaged_head_is_noticed(tmp_path: Path, text: str) -> None:
    (tmp_path / "head").write_text(text, "utf-8")
    with pytest.raises(StorageCorrupt):
        FileStorage(tmp_path).head()
