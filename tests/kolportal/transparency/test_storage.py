"""Memory and files keep the same promises."""

from __future__ import annotations

from pathlib import Path

import pytest

from kolportal.transparency.errors import MalformedEntry, SizeChanged, TileMissing
from kolportal.transparency.files import FileStorage
from kolportal.transparency.hashing import EMPTY_ROOT
from kolportal.transparency.storage import MemoryStorage, Storage
from kolportal.transparency.tiles import Tile
from kolportal.transparency.tree import TreeHead
from tests.kolportal.transparency import reference
from tests.kolportal.transparency.storages import assert_whole, leaves


@pytest.fixture(params=["memory", "files"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    return MemoryStorage() if request.param == "memory" else FileStorage(tmp_path / "log")


def test_a_new_storage_is_an_empty_tree(storage: Storage) -> None:
    assert storage.head() == TreeHead(0, EMPTY_ROOT)
    assert storage.append([]) == TreeHead(0, EMPTY_ROOT)
    with pytest.raises(TileMissing):
        storage.read_tile(Tile(0, 0, 1))


def test_appending_one_by_one_and_many_at_once(storage: Storage) -> None:
    size = 0
    for count in (1, 1, 250, 3, 1, 1, 600, 167):
        head = storage.append(leaves(size, size + count), expected_size=size)
        size += count
        assert head == storage.head() == TreeHead(size, reference.root(0, size))
    assert_whole(storage, 1024)


def test_a_narrower_tile_is_the_beginning_of_the_wider_one(storage: Storage) -> None:
    storage.append(leaves(0, 300))
    assert storage.read_tile(Tile(0, 0, 3)) == b"".join(leaves(0, 3))
    assert storage.read_tile(Tile(0, 1, 44)) == b"".join(leaves(256, 300))


def test_an_append_at_the_wrong_size_changes_nothing(storage: Storage) -> None:
    storage.append(leaves(0, 5), expected_size=0)
    for wrong in (0, 4, 6):
        with pytest.raises(SizeChanged):
            storage.append(leaves(5, 6), expected_size=wrong)
    assert_whole(storage, 5)


def test_what_is_no_hash_is_refused_before_anything_changes(storage: Storage) -> None:
    storage.append(leaves(0, 5))
    with pytest.raises(MalformedEntry):
        storage.append([*leaves(5, 7), b"short"])
    assert_whole(storage, 5)


def test_entry_bundles_are_not_kept_here(storage: Storage) -> None:
    storage.append(leaves(0, 300))
    with pytest.raises(TileMissing):
        storage.read_tile(Tile(-1, 0))
