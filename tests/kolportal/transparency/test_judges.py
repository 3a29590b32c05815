"""Judges that are not ours: pymerkle for trees, tlog-scales for tiles, notes and cosignatures, OpenSSL for the raw bytes.

Go has judged in ``go/vectors.json`` (see ``test_published_vectors.py``); here is the proof file that Go wrote.
"""

from __future__ import annotations

import base64
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pymerkle
import pytest
from pymerkle.proof import verify_consistency, verify_inclusion
from tlog_scales import tlog as scales
from tlog_scales.backend import LocalBackend
from tlog_scales.reader import TilesReader
from tlog_scales.signing import PlainEd25519Signer, Vkey, VkeySet

from kolportal.transparency import Checkpoint, LogPolicy, Note, TlogProof, VerifierKey, check_logged
from kolportal.transparency.cosignature import cosigned_by, signed_message
from kolportal.transparency.files import FileStorage
from kolportal.transparency.hashing import leaf_hash
from kolportal.transparency.merkle import check_consistency, check_inclusion
from kolportal.transparency.signing import SigningKey, cosign, sign_checkpoint, with_signatures
from kolportal.transparency.storage import MemoryStorage
from kolportal.transparency.tree import TileTree
from tests.kolportal.transparency import builders, reference
from tests.kolportal.transparency.test_published_vectors import GO

SIZES: Final = (1, 2, 3, 5, 8, 100, 255, 256, 257, 300)


@pytest.fixture(scope="module")
def theirs() -> pymerkle.InmemoryTree:
    tree = pymerkle.InmemoryTree(algorithm="sha256")
    tree.append_entries([reference.entry(index) for index in range(300)])
    return tree


@pytest.fixture(scope="module")
def ours() -> MemoryStorage:
    storage = MemoryStorage()
    storage.append(leaf_hash(reference.entry(index)) for index in range(300))
    return storage


def test_pymerkle_finds_the_same_roots(theirs: pymerkle.InmemoryTree, ours: MemoryStorage) -> None:
    for size in range(1, 301):
        assert theirs.get_root(size) == TileTree(ours, size=size).root()


@pytest.mark.parametrize("size", SIZES)
def test_pymerkle_accepts_our_inclusion_proofs_and_we_theirs(
    theirs: pymerkle.InmemoryTree, ours: MemoryStorage, size: int
) -> None:
    root = TileTree(ours, size=size).root()
    for index in range(0, size, max(1, size // 7)):
        leaf = leaf_hash(reference.entry(index))
        proof = theirs.prove_inclusion(
            index + 1, size
        )  # counts from one; its path begins with the leaf itself
        check_inclusion(leaf=leaf, index=index, size=size, proof=proof.path[1:], root=root)
        proof.path[1:] = TileTree(ours, size=size).inclusion_proof(index)
        verify_inclusion(leaf, root, proof, index=index + 1, size=size)


@pytest.mark.parametrize("old", SIZES)
def test_pymerkle_accepts_our_consistency(
    theirs: pymerkle.InmemoryTree, ours: MemoryStorage, old: int
) -> None:
    old_root, new_root = TileTree(ours, size=old).root(), ours.head().root
    verify_consistency(old_root, new_root, theirs.prove_consistency(old, 300), prior_size=old, later_size=300)
    check_consistency(
        old_size=old, old_root=old_root, new_size=300, new_root=new_root,
        proof=TileTree(ours, size=300).consistency_proof(old),
    )  # fmt: skip


def test_tlog_scales_reads_our_folder_of_tiles(tmp_path: Path, ours: MemoryStorage) -> None:
    storage = FileStorage(tmp_path / "log")
    for start in range(0, 300, 37):
        storage.append(leaf_hash(reference.entry(index)) for index in range(start, min(300, start + 37)))
    reader = TilesReader(LocalBackend(tmp_path / "log"))
    reader.set_size(300)
    assert reader.calculate_root_hash() == ours.head().root == storage.head().root
    tree = TileTree(storage, size=300)
    for index in (0, 1, 128, 255, 256, 299):
        found = reader.get_inclusion_proof(index, 300)
        assert tuple(found.node_hashes) == tree.inclusion_proof(index)
        found.check(leaf_hash(reference.entry(index)), storage.head().root)
    for old in (1, 128, 200, 257, 299):
        continued = reader.get_consistency_proof(old, 300)
        assert tuple(continued.node_hashes) == tree.consistency_proof(old)
        continued.check(TileTree(storage, size=old).root(), storage.head().root)


def test_tlog_scales_accepts_our_notes_and_cosignatures() -> None:
    note = builders.log().note()
    theirs = scales.Checkpoint.from_text(note.dump().decode())
    keys = [
        Vkey.from_string(str(key.verifier))
        for key in (builders.LOG, builders.NORTH, builders.SOUTH, builders.WEST)
    ]
    for key in keys:
        theirs.verify(key)
    assert len(VkeySet(*keys).verify(theirs.signatures, theirs)) == 4
    assert theirs.serialize().encode() == note.dump()


def test_we_accept_what_tlog_scales_signs() -> None:
    signer = PlainEd25519Signer(builders.ORIGIN, b"l" * 32)
    head = builders.log().checkpoint
    made = scales.Checkpoint.make_signed(head.origin, head.size, head.root, [signer])
    note = Note.parse(made.serialize().encode())
    assert Checkpoint.parse(note.text) == head
    assert note.signed_by([builders.LOG.verifier]) == (builders.LOG.verifier,)


def test_openssl_accepts_our_signatures(tmp_path: Path) -> None:
    """Raw Ed25519 over the bytes that the standards name, by ``openssl pkeyutl``; the public key as RFC 8410 DER."""
    note = builders.log().note(witnesses=(builders.NORTH,))
    plain, cosigned = note.signatures
    seconds = int((builders.AT + timedelta(seconds=1)).timestamp())
    header = f"cosignature/v1\ntime {seconds}\n"
    cases = [
        (builders.LOG, note.text.encode(), plain.signature),
        (builders.NORTH, (header + note.text).encode(), cosigned.signature[8:]),
    ]
    for key, message, signature in cases:
        public = bytes.fromhex("302a300506032b6570032100") + key.verifier.public_key
        for name, data in (("key.der", public), ("message", message), ("signature", signature)):
            (tmp_path / name).write_bytes(data)
        command = (
            "openssl pkeyutl -verify -rawin -pubin -keyform DER -inkey key.der -in message -sigfile signature"
        )
        done = subprocess.run(command.split(), cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.stdout.strip() == "Signature Verified Successfully", done.stderr


def test_the_proof_file_that_go_wrote_is_ours_to_check() -> None:
    policy = LogPolicy.of(
        origin=builders.ORIGIN, log_keys=[GO["log_key"]], witnesses=GO["witnesses"], quorum=2
    )
    report = check_logged(
        pdf=builders.PDF, ends=[len(builders.PDF)], proof=GO["tlog_proof"].encode(), policy=policy
    )
    assert report.logged, report.problems
    assert (report.index, report.size, report.origin) == (123, 300, builders.ORIGIN)
    assert report.entry == builders.sealed()


def test_go_and_we_write_the_same_proof_file() -> None:
    """Same entries, same keys, same times: the same bytes, Ed25519 being deterministic."""
    theirs = GO["tlog_proof"].encode()
    log = builders.log()
    note = sign_checkpoint(log.checkpoint, key=SigningKey.parse(GO["log_signing_key"]))
    assert note.dump().decode() == GO["signed_checkpoint"]
    assert (str(builders.LOG.verifier), builders.LOG.encoded()) == (GO["log_key"], GO["log_signing_key"])
    witnesses = (builders.NORTH, builders.SOUTH)
    assert [str(witness.verifier) for witness in witnesses] == GO["witnesses"]
    seen = cosigned_by(
        Note.parse(TlogProof.parse(theirs).checkpoint), witnesses=[one.verifier for one in witnesses]
    )
    lines = [cosign(note, key=key, at=cosigned.at) for key, cosigned in zip(witnesses, seen, strict=True)]
    assert log.proof(with_signatures(note, *lines)).dump() == theirs


# The head of Go's checksum database at 20,852,163 entries, signed by its real key. The standard for checkpoints shows this
# signature as its example, under another name; the text and key are those of sum.golang.org.
SUMDB_KEY: Final = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
SUMDB: Final = """go.sum database tree
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— sum.golang.org Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
"""


def test_a_real_head_of_the_go_checksum_database() -> None:
    note = Note.parse(SUMDB.encode())
    key = VerifierKey.parse(SUMDB_KEY)
    assert note.signed_by([key]) == (key,)
    assert note.dump() == SUMDB.encode()
    head = Checkpoint.parse(note.text)
    assert (head.origin, head.size) == ("go.sum database tree", 20_852_163)
    assert base64.b64encode(head.root) == b"CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="


def test_the_example_of_the_cosignature_standard() -> None:
    """C2SP tlog-cosignature shows a message with its header lines and, in a note, the time in the signature bytes."""
    text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    line = (
        "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0"
        "xUe+mbIUBkBIfZ+qnA==\n"
    )
    (signature,) = Note.parse(f"{text}\n{line}".encode()).signatures
    assert len(signature.signature) == 8 + 64
    seconds = int.from_bytes(signature.signature[:8], "big")
    assert datetime.fromtimestamp(seconds, UTC) == datetime(2023, 3, 20, 12, 25, 47, tzinfo=UTC)
    assert signed_message(checkpoint_text=text, seconds=seconds).decode() == (
        f"cosignature/v1\ntime 1679315147\n{text}"
    )
    assert str(signature) == line
