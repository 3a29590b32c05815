"""``.tlog-proof`` files: an entry's place in the tree and the checkpoint that vouches for it (C2SP tlog-proof, v1).

``extra`` holds the entry itself in its canonical form, so that a verifier needs the PDF, this file and the keys, nothing
else. The standard says that ``extra`` is not authenticated; here it is hashed as the leaf, so the tree vouches for it.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Final

from kolportal.transparency.checkpoint import parse_number
from kolportal.transparency.errors import MalformedProof
from kolportal.transparency.hashing import HASH_SIZE
from kolportal.transparency.merkle import MAX_PROOF_HASHES, MAX_SIZE
from kolportal.transparency.note import MAX_NOTE_BYTES, decode_base64

HEADER: Final = "c2sp.org/tlog-proof@v1"
MAX_EXTRA_BYTES: Final = 64 * 1024
MAX_PROOF_BYTES: Final = MAX_NOTE_BYTES + 2 * MAX_EXTRA_BYTES


@dataclass(frozen=True, slots=True)
class TlogProof:
    """``index`` counts from zero; ``hashes`` run from the leaf's sibling up; ``checkpoint`` is a signed note as bytes."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.index <= MAX_SIZE:
            raise MalformedProof("the index is out of range")
        if len(self.hashes) > MAX_PROOF_HASHES or any(len(value) != HASH_SIZE for value in self.hashes):
            raise MalformedProof("not a list of SHA-256 hashes of possible length")
        if len(self.checkpoint) > MAX_NOTE_BYTES:
            raise MalformedProof("the checkpoint is too long")
        if self.extra is not None and not 0 < len(self.extra) <= MAX_EXTRA_BYTES:
            raise MalformedProof("the extra data is empty or too long")

    def dump(self) -> bytes:
        """The file."""
        lines = [HEADER]
        if self.extra is not None:
            lines.append(f"extra {base64.b64encode(self.extra).decode()}")
        lines.append(f"index {self.index}")
        lines.extend(base64.b64encode(value).decode() for value in self.hashes)
        return "".join(f"{line}\n" for line in (*lines, "")).encode() + self.checkpoint

    @classmethod
    def parse(cls, data: bytes) -> TlogProof:
        """Read a file strictly. Raises :class:`MalformedProof`. The checkpoint is not looked into."""
        if len(data) > MAX_PROOF_BYTES:
            raise MalformedProof(f"{len(data)} bytes are too many for a proof")
        above, gap, checkpoint = data.partition(b"\n\n")
        try:
            lines = above.decode("ascii").split("\n")
        except UnicodeDecodeError as error:
            raise MalformedProof("the part above the checkpoint is not ASCII") from error
        if not gap or lines.pop(0) != HEADER:
            raise MalformedProof(f"does not begin with {HEADER} or has no checkpoint")
        extra = _decode(lines.pop(0).removeprefix("extra ")) if _starts(lines, "extra ") else None
        if not _starts(lines, "index "):
            raise MalformedProof("has no index where one must stand")
        index = parse_number(lines.pop(0).removeprefix("index "))
        if index is None:
            raise MalformedProof("the index is not a decimal number without leading zeroes")
        return cls(index, tuple(map(_decode, lines)), checkpoint, extra)


def _starts(lines: list[str], word: str) -> bool:
    return bool(lines) and lines[0].startswith(word)


def _decode(text: str) -> bytes:
    decoded = decode_base64(text)
    if decoded is None:
        raise MalformedProof("a line is not base64")
    return decoded
