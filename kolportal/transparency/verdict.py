"""The one question that a verifier asks: was this file logged, and who says so?

:func:`check_logged` takes a PDF, its ``.tlog-proof`` and a policy of trusted keys, and answers with separate facts. It
needs no network, raises for no file however hostile, and its work is bounded by the limits of the formats it reads.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from hmac import compare_digest

from kolportal.transparency.checkpoint import Checkpoint
from kolportal.transparency.cosignature import Cosignature, LogPolicy, cosigned_by
from kolportal.transparency.entries import DocumentSealed, Entry, parse
from kolportal.transparency.errors import (
    InclusionNotProven,
    MalformedCheckpoint,
    MalformedEntry,
    MalformedNote,
    MalformedProof,
    SignatureInvalid,
)
from kolportal.transparency.hashing import leaf_hash
from kolportal.transparency.merkle import check_inclusion
from kolportal.transparency.note import Note, VerifierKey
from kolportal.transparency.proof import TlogProof


class Problem(StrEnum):
    """Why a file does not count as logged, the deepest cause first. Others put these into words for a person."""

    PROOF_UNREADABLE = "proof-unreadable"
    """Not a ``.tlog-proof`` file, or one beyond its limits."""
    CHECKPOINT_UNREADABLE = "checkpoint-unreadable"
    """The proof file holds no well-formed checkpoint."""
    ENTRY_MISSING = "entry-missing"
    """The proof file does not carry the entry."""
    ENTRY_UNREADABLE = "entry-unreadable"
    """What it carries is not a canonical entry of a known type."""
    ENTRY_OF_ANOTHER_KIND = "entry-of-another-kind"
    """The entry is not that of a sealed document."""
    ANOTHER_FILE = "another-file"
    """The entry is that of another file, or the file was changed or cut within the logged bytes."""
    ANOTHER_LOG = "another-log"
    """The checkpoint is of a log that the policy does not name."""
    LOG_SIGNATURE_MISSING = "log-signature-missing"
    """No trusted key of the log signed the checkpoint."""
    LOG_SIGNATURE_FORGED = "log-signature-forged"
    """A signature claims a trusted key of the log and is not by it."""
    NOT_INCLUDED = "not-included"
    """The hashes do not lead from this entry to the checkpoint's root: altered, or of another tree."""
    COSIGNATURE_FORGED = "cosignature-forged"
    """A cosignature claims a trusted witness and is not by it."""
    COSIGNATURES_TOO_FEW = "cosignatures-too-few"
    """Fewer trusted witnesses cosigned than the policy asks for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Separate facts; ``None`` where there was nothing to look at. Only all of them together make ``logged``.

    ``file_matches``: the first ``entry.file.size`` bytes of the file are those that were logged, with the whole seal. ``appended``: bytes after
    them, which the log says nothing about (the seal does). ``included``: the entry is in the tree of the checkpoint,
    whoever signed that. ``signed_by``: the log's keys that signed it. ``cosignatures``: the trusted witnesses that did.
    """

    problems: tuple[Problem, ...]
    quorum: int
    origin: str | None = None
    size: int | None = None
    index: int | None = None
    entry: Entry | None = None
    file_matches: bool | None = None
    appended: int | None = None
    included: bool | None = None
    signed_by: tuple[VerifierKey, ...] = ()
    cosignatures: tuple[Cosignature, ...] = ()

    @property
    def logged(self) -> bool:
        """Whether the log, and as many witnesses as the policy asks for, vouch that this very file was logged."""
        return not self.problems

    @property
    def cosigned_enough(self) -> bool:
        """Whether as many trusted witnesses cosigned as the policy asks for; ``True`` when it asks for none."""
        return len(self.cosignatures) >= self.quorum

    @property
    def latest_cosignature_at(self) -> datetime | None:
        """The last time at which a trusted witness says to have seen this tree: the entry is not younger (UTC)."""
        return max((cosignature.at for cosignature in self.cosignatures), default=None)


def check_logged(*, pdf: bytes, ends: Collection[int], proof: bytes, policy: LogPolicy) -> Report:
    """Look at ``proof`` (a ``.tlog-proof`` file) for ``pdf`` under ``policy``. Never raises for what these bytes are.

    ``ends`` are the lengths in bytes at which the file can have been logged: as it was sealed and after each later
    revision (``ends`` of the seal's report). Any other logged beginning of ``pdf`` is another file: a logged document with
    one that was never logged behind it, sealed as a whole, is not logged.
    """
    try:
        given = TlogProof.parse(proof)
    except MalformedProof:
        return Report(problems=(Problem.PROOF_UNREADABLE,), quorum=policy.quorum)
    try:
        note = Note.parse(given.checkpoint)
        checkpoint = Checkpoint.parse(note.text)
    except (MalformedNote, MalformedCheckpoint):
        return Report(problems=(Problem.CHECKPOINT_UNREADABLE,), quorum=policy.quorum, index=given.index)

    entry, entry_problem = _entry(given.extra)
    matches, appended = _compare(pdf, ends, entry)
    included = _included(given, checkpoint)
    signed_by, log_problem = _signed(note, checkpoint, policy)
    cosignatures, witness_problem = _cosigned(note, policy)
    if matches is False:
        entry_problem = Problem.ANOTHER_FILE
    tree_problem = Problem.NOT_INCLUDED if included is False else None
    found = (entry_problem, log_problem, tree_problem, witness_problem)
    return Report(
        problems=tuple(problem for problem in found if problem is not None),
        quorum=policy.quorum,
        origin=checkpoint.origin,
        size=checkpoint.size,
        index=given.index,
        entry=entry,
        file_matches=matches,
        appended=appended,
        included=included,
        signed_by=signed_by,
        cosignatures=cosignatures,
    )


def _entry(extra: bytes | None) -> tuple[Entry | None, Problem | None]:
    if extra is None:
        return None, Problem.ENTRY_MISSING
    try:
        entry = parse(extra)
    except MalformedEntry:
        return None, Problem.ENTRY_UNREADABLE
    return entry, None if isinstance(entry, DocumentSealed) else Problem.ENTRY_OF_ANOTHER_KIND


def _compare(pdf: bytes, ends: Collection[int], entry: Entry | None) -> tuple[bool | None, int | None]:
    if not isinstance(entry, DocumentSealed):
        return None, None
    appended = len(pdf) - entry.file.size
    if appended < 0 or entry.file.size not in ends:
        return False, None
    same = compare_digest(sha256(memoryview(pdf)[: entry.file.size]).hexdigest(), entry.file.sha256)
    return same, appended if same else None


def _included(given: TlogProof, checkpoint: Checkpoint) -> bool | None:
    if given.extra is None:
        return None
    leaf = leaf_hash(given.extra)
    try:
        check_inclusion(
            leaf=leaf, index=given.index, size=checkpoint.size, proof=given.hashes, root=checkpoint.root
        )
    except InclusionNotProven:
        return False
    return True


def _signed(
    note: Note, checkpoint: Checkpoint, policy: LogPolicy
) -> tuple[tuple[VerifierKey, ...], Problem | None]:
    if checkpoint.origin != policy.origin:
        return (), Problem.ANOTHER_LOG
    try:
        keys = note.signed_by(policy.log_keys)
    except SignatureInvalid:
        return (), Problem.LOG_SIGNATURE_FORGED
    return keys, None if keys else Problem.LOG_SIGNATURE_MISSING


def _cosigned(note: Note, policy: LogPolicy) -> tuple[tuple[Cosignature, ...], Problem | None]:
    try:
        found = cosigned_by(note, witnesses=policy.witnesses)
    except SignatureInvalid:
        return (), Problem.COSIGNATURE_FORGED
    return found, None if len(found) >= policy.quorum else Problem.COSIGNATURES_TOO_FEW
