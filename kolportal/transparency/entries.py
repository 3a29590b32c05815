"""Log entries: what happened, as canonical JSON (RFC 8785) without personal data. ADR 14 tells why they are as they are.

Every entry is one JSON object with ``type`` (which carries the version) and ``at``; its bytes are the leaf of the tree.
:func:`parse` takes the canonical form only, so one entry has one leaf hash.
"""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar, Final, NoReturn, Self

import rfc8785

from kolportal.transparency.errors import MalformedEntry
from kolportal.transparency.hashing import leaf_hash

MAX_ENTRY_BYTES: Final = 4096
"""Ours are below 600; an entry bundle (C2SP tlog-tiles) could hold up to 65,535."""

MAX_INTEGER: Final = 2**53 - 1
"""Largest whole number that RFC 8785 can say."""

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_SLUG: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}")
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8}){0,3}")
_TIME: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


@dataclass(frozen=True, slots=True)
class FileDigest:
    """A file as it was: SHA-256 (64 lower-case hexadecimal digits) of its first and then only ``size`` bytes."""

    sha256: str
    size: int

    def __post_init__(self) -> None:
        _check_digest("file.sha256", self.sha256)
        _check_integer("file.size", self.size)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry(ABC):
    """What all entries have: ``at``, when it happened, aware, whole seconds. Subclasses say what happened."""

    TYPE: ClassVar[str]

    at: datetime

    def __post_init__(self) -> None:
        if self.at.tzinfo is None or self.at.microsecond:
            raise MalformedEntry("the time is not in UTC or not in whole seconds")
        self._check()

    @abstractmethod
    def _check(self) -> None:
        """Raises ``MalformedEntry`` for a value that an entry of this type cannot have."""

    @abstractmethod
    def _facts(self) -> dict[str, Any]:
        """The members beside ``type`` and ``at``, as JSON has them."""

    @classmethod
    @abstractmethod
    def _read(cls, facts: dict[str, Any], at: datetime) -> Self:
        """The entry of which ``_facts`` gives ``facts``; KeyError and TypeError where they are of another shape."""

    def canonical(self) -> bytes:
        """The bytes that are logged: RFC 8785 form of the entry."""
        at = self.at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
        return rfc8785.dumps({"type": self.TYPE, "at": at, **self._facts()})

    def leaf_hash(self) -> bytes:
        """Leaf hash of the entry in the tree, 32 bytes."""
        return leaf_hash(self.canonical())


@dataclass(frozen=True, slots=True, kw_only=True)
class TextPublished(Entry):
    """A pledge's text was published and is frozen: ``text_sha256`` is the digest of its canonical form."""

    TYPE: ClassVar[str] = "kolportal/log/text-published/1"

    pledge: str
    number: int
    language: str
    text_sha256: str

    def _check(self) -> None:
        _check_text("pledge", self.pledge, _SLUG)
        _check_integer("number", self.number)
        _check_text("language", self.language, _LANGUAGE)
        _check_digest("text", self.text_sha256)

    def _facts(self) -> dict[str, Any]:
        return {
            "language": self.language,
            "number": self.number,
            "pledge": self.pledge,
            "text": {"sha256": self.text_sha256},
        }

    @classmethod
    def _read(cls, facts: dict[str, Any], at: datetime) -> Self:
        return cls(
            at=at,
            pledge=facts["pledge"],
            number=facts["number"],
            language=facts["language"],
            text_sha256=facts["text"]["sha256"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PledgeSigned(Entry):
    """Somebody signed a text. ``signature`` is a commitment to the act (text, time, ticks, proofs), ``person`` one to who signed
    (:mod:`.commitment`): apart, so that the second can lose its salt while the first is still shown.

    ``replaces`` is the commitment of the signature that this one takes the place of, or ``None``.
    """

    TYPE: ClassVar[str] = "kolportal/log/pledge-signed/2"

    signature: str
    person: str
    text_sha256: str
    replaces: str | None = None

    def _check(self) -> None:
        _check_digest("signature", self.signature)
        _check_digest("person", self.person)
        _check_digest("text", self.text_sha256)
        if self.replaces is not None:
            _check_digest("replaces", self.replaces)

    def _facts(self) -> dict[str, Any]:
        return {
            "person": self.person,
            "replaces": self.replaces,
            "signature": self.signature,
            "text": {"sha256": self.text_sha256},
        }

    @classmethod
    def _read(cls, facts: dict[str, Any], at: datetime) -> Self:
        return cls(
            at=at,
            signature=facts["signature"],
            person=facts["person"],
            text_sha256=facts["text"]["sha256"],
            replaces=facts["replaces"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentSealed(Entry):
    """The paper of a signature was sealed. ``file`` is the PDF as it was first sealed: later levels only append to it."""

    TYPE: ClassVar[str] = "kolportal/log/document-sealed/1"

    signature: str
    text_sha256: str
    file: FileDigest

    def _check(self) -> None:
        _check_digest("signature", self.signature)
        _check_digest("text", self.text_sha256)

    def _facts(self) -> dict[str, Any]:
        return {
            "file": {"sha256": self.file.sha256, "size": self.file.size},
            "signature": self.signature,
            "text": {"sha256": self.text_sha256},
        }

    @classmethod
    def _read(cls, facts: dict[str, Any], at: datetime) -> Self:
        return cls(
            at=at,
            signature=facts["signature"],
            text_sha256=facts["text"]["sha256"],
            file=FileDigest(sha256=facts["file"]["sha256"], size=facts["file"]["size"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureWithdrawn(Entry):
    """The signer took the signature back; ``signature`` is the commitment of the entry that logged it."""

    TYPE: ClassVar[str] = "kolportal/log/signature-withdrawn/1"

    signature: str

    def _check(self) -> None:
        _check_digest("signature", self.signature)

    def _facts(self) -> dict[str, Any]:
        return {"signature": self.signature}

    @classmethod
    def _read(cls, facts: dict[str, Any], at: datetime) -> Self:
        return cls(at=at, signature=facts["signature"])


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticularsErased(Entry):
    """Who signed was erased as a whole, with the files that said so; the act named by ``signature`` stands."""

    TYPE: ClassVar[str] = "kolportal/log/particulars-erased/1"

    signature: str

    def _check(self) -> None:
        _check_digest("signature", self.signature)

    def _facts(self) -> dict[str, Any]:
        return {"signature": self.signature}

    @classmethod
    def _read(cls, facts: dict[str, Any], at: datetime) -> Self:
        return cls(at=at, signature=facts["signature"])


_KINDS: Final[dict[str, type[Entry]]] = {
    kind.TYPE: kind
    for kind in (TextPublished, PledgeSigned, DocumentSealed, SignatureWithdrawn, ParticularsErased)
}


def parse(data: bytes) -> Entry:
    """The entry whose canonical form is ``data``. Raises :class:`MalformedEntry` for anything else.

    Unknown types, missing, unknown and doubled keys, values of another type, fractions, and other ways to write the same
    are all refused: the entry is read, written anew and compared with what came.
    """
    if len(data) > MAX_ENTRY_BYTES:
        raise MalformedEntry(f"{len(data)} bytes are too many for an entry")
    try:
        raw = json.loads(data.decode("utf-8"), parse_float=_refuse_number, parse_constant=_refuse_number)
        kind = _KINDS[raw["type"]]
        entry = kind._read(raw, _read_time(raw["at"]))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise MalformedEntry("not an entry of a type that this version knows") from error
    if entry.canonical() != data:
        raise MalformedEntry("not in canonical form, or with keys that its type does not have")
    return entry


def _refuse_number(text: str) -> NoReturn:
    raise MalformedEntry(f"{text[:20]} is not a whole number")


def _read_time(text: str) -> datetime:
    if not _TIME.fullmatch(text):
        raise MalformedEntry("the time is not of the form 2026-09-10T01:30:00Z")
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def _check_text(name: str, value: object, form: re.Pattern[str]) -> None:
    if type(value) is not str or not form.fullmatch(value):
        raise MalformedEntry(f"{name} is not of its form")


def _check_digest(name: str, value: object) -> None:
    _check_text(name, value, _DIGEST)


def _check_integer(name: str, value: object) -> None:
    if type(value) is not int or not 1 <= value <= MAX_INTEGER:
        raise MalformedEntry(f"{name} is not a whole number above zero")
