"""The public log's arithmetic: a tree of hashes that can only grow, and proofs that anybody can check alone.

Floor 1 of the house: no Django, no database, no network. Hashes and proofs of RFC 6962 and RFC 9162; tiles, signed
notes, checkpoints, cosignatures and proof files of C2SP (``tlog-tiles``, ``signed-note``, ``tlog-checkpoint``,
``tlog-cosignature``, ``tlog-proof``); entries in the canonical JSON of RFC 8785. No entry holds personal data.

This package's front is for those who check: :func:`check_logged` answers whether a PDF was logged. What makes and stores
(:mod:`.signing`, :mod:`.tree`, :mod:`.tiles`, :mod:`.storage`) is imported by its own name and never needed to check.
"""

from kolportal.transparency.checkpoint import Checkpoint
from kolportal.transparency.cosignature import Cosignature, LogPolicy
from kolportal.transparency.entries import (
    DocumentSealed,
    Entry,
    FileDigest,
    ParticularsErased,
    PledgeSigned,
    SignatureWithdrawn,
    TextPublished,
)
from kolportal.transparency.errors import TransparencyError
from kolportal.transparency.note import Note, VerifierKey
from kolportal.transparency.proof import TlogProof
from kolportal.transparency.verdict import Problem, Report, check_logged

__all__ = [
    "Checkpoint",
    "Cosignature",
    "DocumentSealed",
    "Entry",
    "FileDigest",
    "LogPolicy",
    "Note",
    "ParticularsErased",
    "PledgeSigned",
    "Problem",
    "Report",
    "SignatureWithdrawn",
    "TextPublished",
    "TlogProof",
    "TransparencyError",
    "VerifierKey",
    "check_logged",
]
