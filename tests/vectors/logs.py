"""The log of the vectors: five entries, one witness of two, and proofs that are right and wrong."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from functools import cache
from typing import Final

from kolportal.transparency import Checkpoint, DocumentSealed, Entry, FileDigest, TextPublished, TlogProof
from kolportal.transparency.note import COSIGNATURE_V1, ED25519, Note
from kolportal.transparency.signing import SigningKey, cosign, sign_checkpoint, with_signatures
from kolportal.transparency.storage import MemoryStorage
from kolportal.transparency.tree import TileTree
from tests.vectors import sealing

ORIGIN: Final = "vectors.example/kolportal"
OTHER_ORIGIN: Final = "vectors.example/another-log"
QUORUM: Final = 1
AT: Final = datetime(2026, 9, 10, 2, 0, tzinfo=UTC)
_TEXT: Final = hashlib.sha256(b"the text of the vectors' pledge").hexdigest()


def _seed(label: str) -> bytes:
    return hashlib.sha256(f"kolportal vectors, log: {label}".encode()).digest()


@cache
def log_key(origin: str = ORIGIN) -> SigningKey:
    return SigningKey.from_seed(name=origin, signature_type=ED25519, seed=_seed(origin))


@cache
def witness(label: str = "witness-1") -> SigningKey:
    return SigningKey.from_seed(
        name=f"vectors.example/{label}", signature_type=COSIGNATURE_V1, seed=_seed(label)
    )


def sealed_entry(pdf: bytes) -> DocumentSealed:
    digest = FileDigest(hashlib.sha256(pdf).hexdigest(), len(pdf))
    return DocumentSealed(
        at=AT, signature=hashlib.sha256(b"signature").hexdigest(), text_sha256=_TEXT, file=digest
    )


def _entries() -> list[Entry]:
    filler = [
        TextPublished(at=AT, pledge="mau", number=number, language="vi", text_sha256=_TEXT)
        for number in range(1, 4)
    ]
    return [*filler[:2], sealed_entry(sealing.b_t()), sealed_entry(sealing.sealed()), filler[2]]


def proof(
    index: int,
    *,
    size: int = 5,
    origin: str = ORIGIN,
    extra: bytes | None = None,
    witnesses: tuple[SigningKey, ...] = (witness(),),
    forge: bool = False,
) -> bytes:
    """The proof of entry ``index`` in the tree of ``size`` entries."""
    entries = _entries()
    storage = MemoryStorage()
    storage.append([entry.leaf_hash() for entry in entries[:size]])
    tree = TileTree(storage, size=size)
    note = sign_checkpoint(Checkpoint(origin, size, tree.root()), key=log_key(origin))
    lines = [cosign(note, key=key, at=AT) for key in witnesses]
    if forge:
        other = sign_checkpoint(Checkpoint(origin, size, bytes(32)), key=log_key(origin))
        lines = [cosign(other, key=key, at=AT) for key in witnesses]
    note = with_signatures(Note(note.text, note.signatures), *lines)
    hashes = tree.inclusion_proof(index) if index < size else ()
    return TlogProof(index, hashes, note.dump(), extra or entries[index].canonical()).dump()


def proof_of_older_tree() -> bytes:
    """Hashes for the tree of five under the checkpoint of the tree of four."""
    newer, older = TlogProof.parse(proof(2)), TlogProof.parse(proof(2, size=4))
    return TlogProof(2, newer.hashes, older.checkpoint, newer.extra).dump()
