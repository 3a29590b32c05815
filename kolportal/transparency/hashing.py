"""The two hashes of the tree: RFC 6962 section 2.1 (RFC 9162 section 2.1.1) with SHA-256."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Final

HASH_SIZE: Final = 32

EMPTY_ROOT: Final = sha256(b"").digest()
"""Root of the tree without leaves: the hash of the empty string."""

NodeHash = Callable[[bytes, bytes], bytes]
"""How two children become their parent; what makes trees takes one, so that a test can count."""


def leaf_hash(entry: bytes) -> bytes:
    """``SHA-256(0x00 || entry)``, 32 bytes."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """``SHA-256(0x01 || left || right)``, 32 bytes. The prefix keeps a node from passing for a leaf."""
    return sha256(b"\x01" + left + right).digest()
