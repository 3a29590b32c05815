"""Why something of the log was refused. Every class is one cause; the text names the detail for an engineer."""


class TransparencyError(Exception):
    """Base of everything that :mod:`kolportal.transparency` raises on purpose."""


class MalformedKey(TransparencyError):
    """A verifier or signer key is not of the form that C2SP signed-note gives it, or of an algorithm not used here."""


class MalformedNote(TransparencyError):
    """The bytes are not a signed note (C2SP signed-note), or exceed the limits of one."""


class SignatureInvalid(TransparencyError):
    """A signature line names a known key, and the signature is not by that key over this text."""


class MalformedCheckpoint(TransparencyError):
    """The text of a note is not a checkpoint (C2SP tlog-checkpoint)."""


class MalformedProof(TransparencyError):
    """The bytes are not a ``.tlog-proof`` file (C2SP tlog-proof), or exceed the limits of one."""


class InclusionNotProven(TransparencyError):
    """The hashes do not lead from the leaf to the root (RFC 9162 section 2.1.3.2)."""


class ConsistencyNotProven(TransparencyError):
    """The hashes do not show that the old tree is a prefix of the new one (RFC 9162 section 2.1.4.2)."""


class MalformedEntry(TransparencyError):
    """The bytes are not the canonical form of a log entry that this version knows."""


class PolicyInvalid(TransparencyError):
    """A policy that could not be met, or that one key alone could meet twice."""


class OutsideTree(TransparencyError):
    """An index or size was asked for that the tree does not have."""


class TileMissing(TransparencyError):
    """The storage has no such tile, or not that many hashes of it."""


class StorageCorrupt(TransparencyError):
    """What the storage holds contradicts itself."""


class SizeChanged(TransparencyError):
    """Somebody appended in between: the tree no longer has the size that the caller expected."""
