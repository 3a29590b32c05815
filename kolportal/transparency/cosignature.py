"""What witnesses say about a checkpoint, and how many of them are enough: C2SP tlog-cosignature, ``cosignature/v1``.

A cosignature says: at that time this was the largest tree that I had seen of this log, and it continues every tree of
that log that I ever cosigned. Checking only; :mod:`.signing` makes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from kolportal.transparency.errors import PolicyInvalid, SignatureInvalid
from kolportal.transparency.note import COSIGNATURE_V1, ED25519, Note, VerifierKey

MAX_KEYS: Final = 32
"""Logs, and witnesses, that one policy may name (C2SP tlog-policy, implementation limits)."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SIGNATURE_SIZE: Final = 8 + 64
_LAST_SECOND: Final = 253_402_300_799  # 9999-12-31T23:59:59Z, the last that a datetime can say


@dataclass(frozen=True, slots=True)
class Cosignature:
    """A cosignature that was verified: whose, and the time at which the witness says that it made it (UTC)."""

    witness: VerifierKey
    at: datetime


@dataclass(frozen=True, slots=True)
class LogPolicy:
    """Which log is meant, whose signatures count, and how many witnesses (``quorum`` of ``witnesses``) must agree.

    ``log_keys`` are the log's keys, the present and former ones; their name is ``origin`` (C2SP tlog-policy). Any one of
    them suffices. Witnesses are told apart by name, so that one with a former and a present key counts once. A ``quorum`` of 0 asks no witness: then nobody but the log vouches that all see the same tree.
    """

    origin: str
    log_keys: tuple[VerifierKey, ...]
    witnesses: tuple[VerifierKey, ...] = ()
    quorum: int = 0

    def __post_init__(self) -> None:
        keys = (*self.log_keys, *self.witnesses)
        if not 1 <= len(self.log_keys) <= MAX_KEYS or len(self.witnesses) > MAX_KEYS:
            raise PolicyInvalid("names no log key, or more keys than are supported")
        if any(key.signature_type != ED25519 or key.name != self.origin for key in self.log_keys):
            raise PolicyInvalid("a log key is not an Ed25519 key (type 1) in the name of the origin")
        if any(key.signature_type != COSIGNATURE_V1 for key in self.witnesses):
            raise PolicyInvalid("a witness key is not for cosignatures (type 4)")
        if len({key.public_key for key in keys}) != len(keys):
            raise PolicyInvalid("one public key stands for two")
        names = {key.name for key in self.witnesses}
        if not 0 <= self.quorum <= len(names):
            raise PolicyInvalid(f"{self.quorum} of {len(names)} witnesses cannot be met")

    @classmethod
    def of(
        cls, *, origin: str, log_keys: Sequence[str], witnesses: Sequence[str] = (), quorum: int = 0
    ) -> LogPolicy:
        """The policy with its keys in text form. Raises ``MalformedKey`` and ``PolicyInvalid``."""
        return cls(
            origin=origin,
            log_keys=tuple(map(VerifierKey.parse, log_keys)),
            witnesses=tuple(map(VerifierKey.parse, witnesses)),
            quorum=quorum,
        )


def signed_message(*, checkpoint_text: str, seconds: int) -> bytes:
    """What a witness signs: two header lines and the whole text of the checkpoint. ``seconds`` since 1970, UTC."""
    return f"cosignature/v1\ntime {seconds}\n{checkpoint_text}".encode()


def cosigned_by(note: Note, *, witnesses: Sequence[VerifierKey]) -> tuple[Cosignature, ...]:
    """The cosignatures by ``witnesses`` under a checkpoint note, one of each name, in the order of ``witnesses``.

    A witness that cosigned twice, be it with its former and its present key, is counted once, at the later time. Lines of
    unknown keys are ignored. Raises :class:`SignatureInvalid` when a line claims a witness that did not make it.
    """
    found: dict[str, Cosignature] = {}
    for line in dict.fromkeys(note.signatures):
        for key in witnesses:
            if key.signature_type == COSIGNATURE_V1 and line.is_by(key):
                seen = Cosignature(key, _time_of(line.signature, key=key, text=note.text))
                found[key.name] = max(seen, found.get(key.name, seen), key=lambda one: one.at)
    return tuple(found[name] for name in dict.fromkeys(key.name for key in witnesses) if name in found)


def _time_of(signature: bytes, *, key: VerifierKey, text: str) -> datetime:
    seconds = int.from_bytes(signature[:8], "big")
    if len(signature) != _SIGNATURE_SIZE or seconds > _LAST_SECOND:
        raise SignatureInvalid(f"not a time-stamped signature by {key.name}+{key.id.hex()}")
    if not key.verify(signature[8:], signed_message(checkpoint_text=text, seconds=seconds)):
        raise SignatureInvalid(f"the cosignature is not by {key.name}+{key.id.hex()}")
    return _EPOCH + timedelta(seconds=seconds)
