"""Small logs to check against: fixed keys that guard nothing, a file, its entry among others, its proof."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final

from kolportal.transparency import Checkpoint, DocumentSealed, Entry, FileDigest, LogPolicy, Note, TlogProof
from kolportal.transparency.hashing import leaf_hash
from kolportal.transparency.note import COSIGNATURE_V1, ED25519
from kolportal.transparency.signing import SigningKey, cosign, sign_checkpoint, with_signatures
from kolportal.transparency.storage import MemoryStorage
from kolportal.transparency.tree import TileTree

ORIGIN: Final = "log.example/pledges"
AT: Final = datetime(2026, 9, 10, 1, 30, tzinfo=UTC)
PDF: Final = b"%PDF-1.7 as it was sealed\n"


def key(fill: str, *, name: str = ORIGIN, signature_type: int = ED25519) -> SigningKey:
    return SigningKey.from_seed(name=name, signature_type=signature_type, seed=fill.encode() * 32)


def witness(name: str) -> SigningKey:
    return key(name[0], name=f"witness.example/{name}", signature_type=COSIGNATURE_V1)


LOG: Final = key("l")
NORTH, SOUTH, WEST = witness("north"), witness("south"), witness("west")


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def sealed(pdf: bytes = PDF) -> DocumentSealed:
    return DocumentSealed(
        at=AT,
        signature=digest("s"),
        text_sha256=digest("t"),
        file=FileDigest(sha256=sha256(pdf).hexdigest(), size=len(pdf)),
    )


def policy(*, quorum: int = 2, log_key: SigningKey = LOG) -> LogPolicy:
    """Two of three witnesses, unless told otherwise."""
    return LogPolicy(
        origin=ORIGIN,
        log_keys=(log_key.verifier,),
        witnesses=(NORTH.verifier, SOUTH.verifier, WEST.verifier),
        quorum=quorum,
    )


@dataclass(frozen=True)
class Log:
    """A log of ``size`` entries with ``entry`` at ``index``."""

    entry: Entry
    index: int
    storage: MemoryStorage

    @property
    def checkpoint(self) -> Checkpoint:
        head = self.storage.head()
        return Checkpoint(ORIGIN, head.size, head.root)

    def note(self, *, by: SigningKey = LOG, witnesses: tuple[SigningKey, ...] = (NORTH, SOUTH, WEST)) -> Note:
        """The checkpoint, signed; the first witness cosigned a second after ``AT``, the next two seconds after it…"""
        note = sign_checkpoint(self.checkpoint, key=by)
        lines = [
            cosign(note, key=one, at=AT + timedelta(seconds=count)) for count, one in enumerate(witnesses, 1)
        ]
        return with_signatures(note, *lines)

    def proof(self, note: Note | None = None) -> TlogProof:
        tree = TileTree(self.storage, size=self.storage.head().size)
        signed = (note or self.note()).dump()
        return TlogProof(self.index, tree.inclusion_proof(self.index), signed, self.entry.canonical())


def log(entry: Entry | None = None, *, size: int = 300, index: int = 123) -> Log:
    """``entry`` (that of :data:`PDF` by default) among entries of other files."""
    own = entry or sealed()
    storage = MemoryStorage()
    storage.append(
        own.leaf_hash() if at == index else leaf_hash(f"entry {at}".encode()) for at in range(size)
    )
    return Log(own, index, storage)


def changed(proof: TlogProof, **fields: object) -> bytes:
    """The file of a proof with other values in some of its fields."""
    return replace(proof, **fields).dump()  # type: ignore[arg-type]  # some are wrong on purpose
