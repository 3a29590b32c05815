"""Checkpoints: three lines and perhaps more, one spelling each."""

from __future__ import annotations

import base64
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kolportal.transparency import Checkpoint
from kolportal.transparency.errors import MalformedCheckpoint, MalformedKey
from kolportal.transparency.hashing import EMPTY_ROOT
from kolportal.transparency.merkle import MAX_SIZE
from kolportal.transparency.signing import sign_checkpoint
from tests.kolportal.transparency import builders

ROOT: Final = base64.b64encode(bytes(range(32))).decode()


def test_a_checkpoint_is_read_and_written() -> None:
    text = f"example.com/log\n20852163\n{ROOT}\n"
    checkpoint = Checkpoint.parse(text)
    assert checkpoint == Checkpoint("example.com/log", 20852163, bytes(range(32)))
    assert checkpoint.text() == text


def test_extension_lines_are_kept() -> None:
    text = f"example.com/log\n1\n{ROOT}\nfirst\nsecond line\n"
    assert Checkpoint.parse(text).extension == ("first", "second line")
    assert Checkpoint.parse(text).text() == text


def test_the_largest_tree_has_a_checkpoint() -> None:
    assert Checkpoint.parse(f"log\n{MAX_SIZE}\n{ROOT}\n").size == MAX_SIZE


def test_the_empty_tree_has_its_own_root() -> None:
    empty = base64.b64encode(EMPTY_ROOT).decode()
    assert Checkpoint.parse(f"log\n0\n{empty}\n").size == 0
    with pytest.raises(MalformedCheckpoint):
        Checkpoint.parse(f"log\n0\n{ROOT}\n")


@pytest.mark.parametrize("origin", ["a", "a" * 255, "é" * 127 + "a", "example log+origin", "nhật ký"])
def test_origins_may_be_any_line(origin: str) -> None:
    assert Checkpoint.parse(f"{origin}\n1\n{ROOT}\n").origin == origin


@pytest.mark.parametrize(
    "text",
    [
        "", "\n", "log\n1\n", f"log\n1\n{ROOT}", f"\n1\n{ROOT}\n", f"log\n1\n{ROOT}\n\n", f"log\n1\n{ROOT}\na\n\nb\n",
        f"log\n01\n{ROOT}\n", f"log\n+1\n{ROOT}\n", f"log\n-1\n{ROOT}\n", f"log\n 1\n{ROOT}\n", f"log\n1 \n{ROOT}\n",
        f"log\n0x1\n{ROOT}\n", f"log\n١\n{ROOT}\n", f"log\n\n{ROOT}\n", f"log\n1_0\n{ROOT}\n", f"log\n1.0\n{ROOT}\n",
        f"log\n{MAX_SIZE + 1}\n{ROOT}\n", f"log\n{'9' * 5000}\n{ROOT}\n", f"log\n1\n{ROOT[:-4]}\n", f"log\n1\n{ROOT}AAAA\n",
        f"log\n1\n{ROOT.rstrip('=')}\n", f"log\n1\n {ROOT}\n", f"log\n1\n{ROOT[:-2]}9=\n", "log\n1\n\n", "log\n1\n!!!!\n",
        f"log\r\n1\r\n{ROOT}\r\n", f"{'a' * 256}\n1\n{ROOT}\n", f"{'é' * 128}\n1\n{ROOT}\n", f"l\x00g\n1\n{ROOT}\n",
        f"log\n1\n{ROOT}\nx\ty\n",
    ],
)  # fmt: skip
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(MalformedCheckpoint):
        Checkpoint.parse(text)


@settings(deadline=None)
@given(
    origin=st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"]), min_size=1, max_size=60),
    size=st.integers(1, MAX_SIZE),
    root=st.binary(min_size=32, max_size=32),
)
def test_what_was_written_is_read(origin: str, size: int, root: bytes) -> None:
    checkpoint = Checkpoint(origin, size, root)
    assert Checkpoint.parse(checkpoint.text()) == checkpoint


def test_a_log_signs_for_itself_alone() -> None:
    with pytest.raises(MalformedKey):
        sign_checkpoint(Checkpoint("other.example/log", 1, bytes(32)), key=builders.LOG)
    with pytest.raises(MalformedKey):
        sign_checkpoint(Checkpoint("witness.example/north", 1, bytes(32)), key=builders.NORTH)
