"""Checking inclusion and consistency proofs: RFC 9162 sections 2.1.3.2 and 2.1.4.2 (the proofs are those of RFC 6962).

Nothing of a proof is trusted: sizes, index and the length of every hash are looked at first, and a proof that has one
hash too many or too few is refused. Sizes are below 2**63, so a proof has at most 64 hashes.
"""

from __future__ import annotations

from collections.abc import Sequence
from hmac import compare_digest
from typing import Final

from kolportal.transparency.errors import ConsistencyNotProven, InclusionNotProven
from kolportal.transparency.hashing import EMPTY_ROOT, HASH_SIZE, node_hash

MAX_SIZE: Final = 2**63 - 1
"""Largest tree size read or made; the reference implementations hold sizes in signed 64-bit numbers."""

MAX_PROOF_HASHES: Final = 64
"""An inclusion proof in a tree of at most ``MAX_SIZE`` leaves has up to 63 hashes, a consistency proof one more."""


def check_inclusion(*, leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Raise :class:`InclusionNotProven` unless ``proof`` shows leaf hash ``leaf`` at ``index`` of the tree ``root``.

    ``index`` counts from zero, ``size`` is the number of leaves under ``root``.
    """
    if not 0 <= index < size <= MAX_SIZE:
        raise InclusionNotProven(f"index {index} is not in a tree of size {size}")
    if len(proof) > MAX_PROOF_HASHES or not _are_hashes((leaf, root, *proof)):
        raise InclusionNotProven("not a list of SHA-256 hashes of possible length")
    # names as in RFC 9162: where the path runs (fn), where the right edge runs (sn), the hash so far (r)
    fn, sn, r = index, size - 1, leaf
    for p in proof:
        if sn == 0:
            raise InclusionNotProven("the proof has more hashes than the tree has levels")
        if fn & 1 or fn == sn:
            r = node_hash(p, r)
            fn, sn = _past_missing_siblings(fn, sn)
        else:
            r = node_hash(r, p)
        fn, sn = fn >> 1, sn >> 1
    if sn != 0:
        raise InclusionNotProven("the proof ends below the root")
    if not compare_digest(r, root):
        raise InclusionNotProven("the proof leads to another root")


def check_consistency(
    *, old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Raise :class:`ConsistencyNotProven` unless the first ``old_size`` leaves of the new tree are the old tree.

    The empty tree is the beginning of every tree and a tree that of itself: both take an empty proof only.
    """
    if not 0 <= old_size <= new_size <= MAX_SIZE:
        raise ConsistencyNotProven(f"no tree of size {new_size} can follow one of size {old_size}")
    if len(proof) > MAX_PROOF_HASHES or not _are_hashes((old_root, new_root, *proof)):
        raise ConsistencyNotProven("not a list of SHA-256 hashes of possible length")
    if old_size in (0, new_size):
        if proof or not compare_digest(old_root, new_root if old_size == new_size else EMPTY_ROOT):
            raise ConsistencyNotProven("the trees are not the same, or the proof should be empty")
        return
    if not proof:
        raise ConsistencyNotProven("the proof is empty")
    # a perfect old tree is a node of the new one, so its proof leaves its root out
    path = [old_root, *proof] if old_size & (old_size - 1) == 0 else list(proof)
    fr, sr = _roots(path, fn=old_size - 1, sn=new_size - 1)
    if not (compare_digest(fr, old_root) and compare_digest(sr, new_root)):
        raise ConsistencyNotProven("the proof leads to other roots")


def _roots(path: list[bytes], *, fn: int, sn: int) -> tuple[bytes, bytes]:
    """Old and new root that a consistency path leads to (names as in RFC 9162)."""
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for c in path[1:]:
        if sn == 0:
            raise ConsistencyNotProven("the proof has more hashes than the tree has levels")
        if fn & 1 or fn == sn:
            fr, sr = node_hash(c, fr), node_hash(c, sr)
            fn, sn = _past_missing_siblings(fn, sn)
        else:
            sr = node_hash(sr, c)
        fn, sn = fn >> 1, sn >> 1
    if sn != 0:
        raise ConsistencyNotProven("the proof ends below the root")
    return fr, sr


def _past_missing_siblings(fn: int, sn: int) -> tuple[int, int]:
    """At a right edge that is no right child, climb until it is one: there the tree has nothing to combine with."""
    while fn and not fn & 1:
        fn, sn = fn >> 1, sn >> 1
    return fn, sn


def _are_hashes(values: Sequence[bytes]) -> bool:
    return all(len(value) == HASH_SIZE for value in values)
