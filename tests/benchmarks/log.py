"""What the public log costs: appending a million entries, proving one of them, checking a proof file.

All in memory, so that the arithmetic is measured and not the disk. Leaves come in batches of 1,000, each hashed from an
entry of the usual length. Proofs are of seeded random leaves, in trees of 1,000 and 1,000,000 in turn.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from typing import Final

from kolportal.transparency import (
    Checkpoint,
    DocumentSealed,
    FileDigest,
    LogPolicy,
    Report,
    TlogProof,
    check_logged,
)
from kolportal.transparency.hashing import leaf_hash
from kolportal.transparency.note import COSIGNATURE_V1
from kolportal.transparency.signing import SigningKey, cosign, sign_checkpoint, with_signatures
from kolportal.transparency.storage import MemoryStorage
from kolportal.transparency.tree import TileTree
from tests.benchmarks.render_seal import cpu

ENTRIES: Final = 1_000_000
BATCH: Final = 1_000
PROOFS: Final = 300
CHECKS: Final = 100
ORIGIN: Final = "bench.example/log"
NOW: Final = datetime(2026, 9, 10, 1, 30, tzinfo=UTC)
PDF: Final = random.Random(1).randbytes(200_000)
LOGGED: Final = 123_456
"""Where among the million the entry stands whose proof file is checked."""


def run() -> Iterator[tuple[str, float, str]]:
    """``log_append_per_second``, ``log_proof_1e3_ms``, ``log_proof_1e6_ms``, ``log_proof_growth``, ``log_check_ms``."""
    entry = DocumentSealed(
        at=NOW,
        signature=sha256(b"signature").hexdigest(),
        text_sha256=sha256(b"text").hexdigest(),
        file=FileDigest(sha256=sha256(PDF).hexdigest(), size=len(PDF)),
    )
    storage = MemoryStorage()
    yield "log_append_per_second", ENTRIES / cpu(lambda: _fill(storage, entry.canonical())), "entries/s"

    small, large = TileTree(storage, size=1_000), TileTree(storage, size=ENTRIES)
    chance = random.Random(1)
    spent = {small: 0.0, large: 0.0}
    for _ in range(PROOFS):
        for tree in spent:
            spent[tree] += cpu(partial(tree.inclusion_proof, chance.randrange(tree.size)))
    yield "log_proof_1e3_ms", spent[small] / PROOFS * 1000, "ms"
    yield "log_proof_1e6_ms", spent[large] / PROOFS * 1000, "ms"
    yield "log_proof_growth", spent[large] / spent[small], "ratio"
    yield "log_check_ms", _check(storage, entry) / CHECKS * 1000, "ms"


def _fill(storage: MemoryStorage, entry: bytes) -> None:
    for start in range(0, ENTRIES, BATCH):
        storage.append(
            leaf_hash(entry if index == LOGGED else b"%s%d" % (entry, index))
            for index in range(start, start + BATCH)
        )


def _check(storage: MemoryStorage, entry: DocumentSealed) -> float:
    """CPU seconds of ``CHECKS`` verdicts: PDF of 200 kB, proof in a million, the log's key and three witnesses."""
    head = storage.head()
    key = SigningKey.generate(name=ORIGIN)
    witnesses = [
        SigningKey.generate(name=f"witness.example/{name}", signature_type=COSIGNATURE_V1) for name in "abc"
    ]
    note = sign_checkpoint(Checkpoint(ORIGIN, head.size, head.root), key=key)
    note = with_signatures(note, *(cosign(note, key=witness, at=NOW) for witness in witnesses))
    hashes = TileTree(storage, size=head.size).inclusion_proof(LOGGED)
    proof = TlogProof(LOGGED, hashes, note.dump(), entry.canonical()).dump()
    policy = LogPolicy(
        origin=ORIGIN,
        log_keys=(key.verifier,),
        witnesses=tuple(witness.verifier for witness in witnesses),
        quorum=2,
    )

    def verdict() -> Report:
        return check_logged(pdf=PDF, ends=[len(PDF)], proof=proof, policy=policy)

    if not verdict().logged:
        raise SystemExit(f"the proof was refused: {verdict().problems}")
    return cpu(lambda: [verdict() for _ in range(CHECKS)])
