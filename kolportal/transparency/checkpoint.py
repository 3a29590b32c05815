"""Checkpoints: the head of a tree as the text of a note (C2SP tlog-checkpoint)."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import Final

from kolportal.transparency.errors import MalformedCheckpoint
from kolportal.transparency.hashing import EMPTY_ROOT, HASH_SIZE
from kolportal.transparency.merkle import MAX_SIZE
from kolportal.transparency.note import decode_base64, is_plain

MAX_ORIGIN_BYTES: Final = 255
"""What a witness can put into its own signed message (C2SP tlog-cosignature, ``log_origin``)."""

_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """``origin`` names the log, ``size`` is its number of entries, ``root`` the 32 bytes of the tree's root hash.

    ``extension`` holds opaque lines that the log may sign along; ours has none, as the standard recommends.
    """

    origin: str
    size: int
    root: bytes
    extension: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not all(map(is_plain, (self.origin, *self.extension))):
            raise MalformedCheckpoint("has a control character")
        if not 0 < len(self.origin.encode()) <= MAX_ORIGIN_BYTES:
            raise MalformedCheckpoint("the origin is empty or too long")
        if not 0 <= self.size <= MAX_SIZE or len(self.root) != HASH_SIZE:
            raise MalformedCheckpoint("not a tree size and a SHA-256 hash")
        if self.size == 0 and self.root != EMPTY_ROOT:
            raise MalformedCheckpoint("the empty tree has another root")
        if not all(self.extension):
            raise MalformedCheckpoint("an extension line is empty")

    def text(self) -> str:
        """The text of the note: what the log signs and witnesses cosign."""
        lines = (self.origin, str(self.size), base64.b64encode(self.root).decode(), *self.extension)
        return "".join(f"{line}\n" for line in lines)

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """Read the text of a note strictly. Raises :class:`MalformedCheckpoint`."""
        lines = text.split("\n")
        if len(lines) < 4 or lines.pop() != "":
            raise MalformedCheckpoint("has fewer than three lines that end in a newline")
        origin, size, encoded, *extension = lines
        root = decode_base64(encoded)
        number = parse_number(size)
        if number is None or root is None:
            raise MalformedCheckpoint("the second and third line are not a size and a hash")
        return cls(origin, number, root, tuple(extension))


def parse_number(text: str) -> int | None:
    """An ASCII decimal without leading zeroes, at most ``MAX_SIZE``; ``None`` for anything else."""
    if not _NUMBER.fullmatch(text):
        return None
    number = int(text)
    return number if number <= MAX_SIZE else None
