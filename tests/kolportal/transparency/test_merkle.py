"""Every tree up to 300 leaves: proofs are made as the RFC defines them, hold, and stop holding when anything is touched."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kolportal.transparency.errors import ConsistencyNotProven, InclusionNotProven, OutsideTree
from kolportal.transparency.hashing import EMPTY_ROOT, leaf_hash, node_hash
from kolportal.transparency.merkle import MAX_SIZE, check_consistency, check_inclusion
from kolportal.transparency.storage import MemoryStorage
from kolportal.transparency.tree import RightEdge, TileTree, consistency_ranges, inclusion_ranges
from tests.kolportal.transparency import reference

LARGEST = 300
SIZES = range(1, LARGEST + 1)

sizes = st.integers(1, LARGEST)


STORAGE = MemoryStorage()
STORAGE.append(leaf_hash(reference.entry(index)) for index in range(LARGEST))


def includes(*, index: int, size: int, proof: list[bytes], leaf: bytes, root: bytes) -> bool:
    try:
        check_inclusion(leaf=leaf, index=index, size=size, proof=proof, root=root)
    except InclusionNotProven:
        return False
    return True


def continues(*, old: int, new: int, proof: list[bytes], old_root: bytes, new_root: bytes) -> bool:
    try:
        check_consistency(old_size=old, old_root=old_root, new_size=new, new_root=new_root, proof=proof)
    except ConsistencyNotProven:
        return False
    return True


def test_every_leaf_of_every_tree_is_proven() -> None:
    for size in SIZES:
        root = reference.root(0, size)
        for index in range(size):
            proof = [reference.root(*span) for span in inclusion_ranges(index, size=size)]
            assert proof == reference.path(index, 0, size)
            leaf = leaf_hash(reference.entry(index))
            check_inclusion(leaf=leaf, index=index, size=size, proof=proof, root=root)


def test_every_tree_continues_every_smaller_one() -> None:
    for new in SIZES:
        for old in range(1, new + 1):
            proof = [reference.root(*span) for span in consistency_ranges(old, size=new)]
            assert proof == reference.proof(old, new)
            assert continues(
                old=old, new=new, proof=proof,
                old_root=reference.root(0, old), new_root=reference.root(0, new),
            )  # fmt: skip


def test_roots_grow_leaf_by_leaf() -> None:
    edge = RightEdge()
    assert edge.root() == EMPTY_ROOT
    for size in SIZES:
        edge.extend([leaf_hash(reference.entry(size - 1))])
        assert edge.root() == reference.root(0, size)
        assert RightEdge.read(STORAGE, size=size).root() == reference.root(0, size)


@settings(max_examples=300, deadline=None)
@given(size=sizes, data=st.data())
def test_tiles_yield_what_the_rfc_defines(size: int, data: st.DataObject) -> None:
    tree = TileTree(STORAGE, size=size)
    index = data.draw(st.integers(0, size - 1))
    old = data.draw(st.integers(1, size))
    assert tree.root() == reference.root(0, size)
    assert list(tree.inclusion_proof(index)) == reference.path(index, 0, size)
    assert list(tree.consistency_proof(old)) == reference.proof(old, size)


@settings(max_examples=150, deadline=None)
@given(size=sizes, data=st.data())
def test_a_touched_inclusion_proof_fails(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof, leaf, root = (
        reference.path(index, 0, size),
        leaf_hash(reference.entry(index)),
        reference.root(0, size),
    )
    good: dict[str, Any] = {"index": index, "size": size, "proof": proof, "leaf": leaf, "root": root}
    assert includes(**good)
    for at, value in enumerate(proof):
        for byte in range(32):
            assert not includes(**good | {"proof": [*proof[:at], flipped(value, byte), *proof[at + 1 :]]})
        assert not includes(**good | {"proof": [*proof[:at], *proof[at + 1 :]]})
        assert not includes(**good | {"proof": [*proof[:at], value, *proof[at:]]})
        assert not includes(**good | {"proof": [*proof[:at], value[:31], *proof[at + 1 :]]})
    assert not includes(**good | {"proof": [*proof, root]})
    assert not includes(**good | {"proof": [*proof, b""]})
    assert not includes(**good | {"leaf": flipped(leaf, data.draw(st.integers(0, 31)))})
    assert not includes(**good | {"root": flipped(root, data.draw(st.integers(0, 31)))})
    assert not includes(**good | {"root": EMPTY_ROOT})
    for wrong in {index - 1, index + 1, index ^ 2, size, -1, MAX_SIZE, data.draw(st.integers(0, LARGEST))} - {
        index
    }:
        assert not includes(**good | {"index": wrong})
    for wrong in (0, -size, 4 * size, MAX_SIZE + 1, 2**64):
        assert not includes(**good | {"size": wrong})


@settings(max_examples=150, deadline=None)
@given(size=st.integers(2, LARGEST), data=st.data())
def test_a_touched_consistency_proof_fails(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, size - 1))
    proof = reference.proof(old, size)
    old_root, new_root = reference.root(0, old), reference.root(0, size)
    good: dict[str, Any] = {
        "old": old,
        "new": size,
        "proof": proof,
        "old_root": old_root,
        "new_root": new_root,
    }
    assert continues(**good)
    for at, value in enumerate(proof):
        for byte in range(32):
            assert not continues(**good | {"proof": [*proof[:at], flipped(value, byte), *proof[at + 1 :]]})
        assert not continues(**good | {"proof": [*proof[:at], *proof[at + 1 :]]})
        assert not continues(**good | {"proof": [*proof[:at], value, *proof[at:]]})
    assert not continues(**good | {"proof": []})
    assert not continues(**good | {"proof": [*proof, new_root]})
    assert not continues(**good | {"proof": [b"", *proof]})
    assert not continues(**good | {"old_root": new_root, "new_root": old_root})
    assert not continues(**good | {"old_root": flipped(old_root, 7)})
    assert not continues(**good | {"new_root": flipped(new_root, 7)})
    for wrong in {old - 1, old + 1, old ^ 2, 0, -1, size + 1, data.draw(st.integers(0, LARGEST))} - {old}:
        assert not continues(**good | {"old": wrong})
    for wrong in (0, -size, 4 * size, MAX_SIZE + 1, old - 1):
        assert not continues(**good | {"new": wrong})


def test_nothing_is_in_an_empty_tree() -> None:
    assert not includes(index=0, size=0, proof=[], leaf=leaf_hash(b""), root=EMPTY_ROOT)
    with pytest.raises(OutsideTree):
        TileTree(STORAGE, size=0).inclusion_proof(0)


def test_the_empty_tree_is_the_beginning_of_every_tree() -> None:
    root = reference.root(0, 5)
    assert TileTree(STORAGE, size=5).consistency_proof(0) == ()
    assert continues(old=0, new=5, proof=[], old_root=EMPTY_ROOT, new_root=root)
    assert continues(old=0, new=0, proof=[], old_root=EMPTY_ROOT, new_root=EMPTY_ROOT)
    assert not continues(old=0, new=5, proof=[], old_root=root, new_root=root)
    assert not continues(old=0, new=5, proof=[root], old_root=EMPTY_ROOT, new_root=root)


def test_a_tree_continues_itself_and_no_other_of_its_size() -> None:
    root, other = reference.root(0, 5), reference.root(1, 6)
    assert continues(old=5, new=5, proof=[], old_root=root, new_root=root)
    assert not continues(old=5, new=5, proof=[], old_root=other, new_root=root)
    assert not continues(old=5, new=5, proof=[root], old_root=root, new_root=root)


def test_an_endless_proof_is_refused_before_it_is_hashed() -> None:
    assert not includes(
        index=MAX_SIZE - 1, size=MAX_SIZE, proof=[EMPTY_ROOT] * 10_000, leaf=EMPTY_ROOT, root=EMPTY_ROOT
    )
    assert not continues(
        old=3, new=MAX_SIZE, proof=[EMPTY_ROOT] * 10_000, old_root=EMPTY_ROOT, new_root=EMPTY_ROOT
    )


def test_a_proof_in_the_largest_tree() -> None:
    assert MAX_SIZE == 2**63 - 1
    leaf, proof = leaf_hash(b""), [leaf_hash(b"%d" % height) for height in range(63)]
    root = leaf
    for value in proof:
        root = node_hash(root, value)
    assert includes(index=0, size=MAX_SIZE, proof=proof, leaf=leaf, root=root)
    assert not includes(index=0, size=MAX_SIZE + 1, proof=proof, leaf=leaf, root=root)
    assert not includes(index=0, size=MAX_SIZE, proof=proof[:62], leaf=leaf, root=root)


def test_consistency_in_the_largest_tree() -> None:
    left, right = leaf_hash(b"left"), leaf_hash(b"right")
    good: dict[str, Any] = {"proof": [right], "old_root": left, "new_root": node_hash(left, right)}
    assert continues(old=2**62, new=MAX_SIZE, **good)
    assert not continues(old=2**62, new=MAX_SIZE + 1, **good)
    assert not continues(old=MAX_SIZE, new=2**62, **good)


def test_the_longest_consistency_proof() -> None:
    """Three leaves and the largest tree: 64 hashes, one more than any inclusion proof has."""
    first, fourth, pair, *rest = [leaf_hash(b"%d" % at) for at in range(64)]
    new_root = node_hash(pair, node_hash(first, fourth))
    for value in rest:
        new_root = node_hash(new_root, value)
    proof = [first, fourth, pair, *rest]
    assert len(consistency_ranges(3, size=MAX_SIZE)) == len(proof) == 64
    assert continues(old=3, new=MAX_SIZE, proof=proof, old_root=node_hash(pair, first), new_root=new_root)


def test_the_size_says_how_long_a_proof_is() -> None:
    """Each of these leads to the root that is given, from a place where the tree of that size has none."""
    one, two, three = (leaf_hash(reference.entry(index)) for index in range(3))
    pair = node_hash(one, two)
    assert not includes(index=0, size=1, proof=[one], leaf=two, root=pair)
    assert not includes(index=0, size=2, proof=[], leaf=one, root=one)
    assert not includes(index=1, size=2, proof=[one, three], leaf=two, root=node_hash(three, pair))
    assert not includes(index=0, size=4, proof=[two], leaf=one, root=pair)
    assert not continues(old=1, new=2, proof=[two, three], old_root=one, new_root=node_hash(three, pair))
    assert not continues(old=1, new=4, proof=[two], old_root=one, new_root=pair)
    assert not continues(old=2, new=2, proof=[one], old_root=pair, new_root=pair)
    old_root, new_root = (
        node_hash(one, node_hash(pair, two)),
        node_hash(one, node_hash(pair, node_hash(two, three))),
    )
    assert not continues(old=3, new=4, proof=[two, three, pair, one], old_root=old_root, new_root=new_root)


def test_hashes_cut_elsewhere_are_none() -> None:
    """Two halves of other lengths join to the same bytes; only the length tells."""
    one, two = (leaf_hash(reference.entry(index)) for index in range(2))
    pair, joined = node_hash(one, two), one + two
    assert includes(index=0, size=2, proof=[joined[32:]], leaf=joined[:32], root=pair)
    for cut in (0, 31, 33, 64):
        assert not includes(index=0, size=2, proof=[joined[cut:]], leaf=joined[:cut], root=pair)
        assert not includes(index=1, size=2, proof=[joined[:cut]], leaf=joined[cut:], root=pair)
        assert not continues(old=1, new=2, proof=[joined[cut:]], old_root=joined[:cut], new_root=pair)


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_no_proof_for_a_leaf_that_is_not_there(index: int, size: int) -> None:
    with pytest.raises(OutsideTree):
        TileTree(STORAGE, size=size).inclusion_proof(index)


def test_an_edge_has_as_many_subtrees_as_its_size_has_ones() -> None:
    with pytest.raises(OutsideTree):
        RightEdge(3, [EMPTY_ROOT])


@pytest.mark.parametrize("old", [-1, 6])
def test_no_proof_for_a_size_that_never_was(old: int) -> None:
    with pytest.raises(OutsideTree):
        TileTree(STORAGE, size=5).consistency_proof(old)


def flipped(value: bytes, byte: int) -> bytes:
    return value[:byte] + bytes((value[byte] ^ 1 << (byte % 8),)) + value[byte + 1 :]
