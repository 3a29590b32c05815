"""Signed notes and verifier keys: C2SP signed-note, Ed25519 only. Reading and checking; :mod:`.signing` makes them.

A note is text that ends in a newline, an empty line, and signature lines ``— <key name> <base64>``. Signatures by unknown
keys are carried along and ignored; a signature that names a known key must be right, or the whole note is refused.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from kolportal.transparency.errors import MalformedKey, MalformedNote, SignatureInvalid

ED25519: Final = 0x01
"""Signature type of a plain signature over the note's text."""

COSIGNATURE_V1: Final = 0x04
"""Signature type of a time-stamped witness cosignature (C2SP tlog-cosignature)."""

MAX_NOTE_BYTES: Final = 256 * 1024
"""Room for the 16 post-quantum signatures that every verifier has to accept, and a checkpoint."""

MAX_SIGNATURES: Final = 100
"""As in the Go reference implementation."""

MAX_NAME_BYTES: Final = 255

_DASH: Final = "\N{EM DASH} "
_NOT_PLAIN: Final = re.compile(r"[\x00-\x1f\ud800-\udfff]")
_KEY_ID: Final = re.compile(r"[0-9a-f]{8}")


def key_id(name: str, signature_type: int, public_key: bytes) -> bytes:
    """The four bytes that tell keys of one name apart: ``SHA-256(name || 0x0A || type || public key)[:4]``."""
    return sha256(name.encode() + b"\n" + bytes((signature_type,)) + public_key).digest()[:4]


def is_plain(text: str) -> bool:
    """Whether ``text`` has a UTF-8 form and no control character below U+0020, a newline included."""
    return not _NOT_PLAIN.search(text)


def is_name(text: str) -> bool:
    """Whether ``text`` may be a key name: not empty, no Unicode space, no plus, no control character."""
    return (
        is_plain(text)
        and 0 < len(text.encode()) <= MAX_NAME_BYTES
        and "+" not in text
        and not any(map(str.isspace, text))
    )


@dataclass(frozen=True)
class VerifierKey:
    """A public key with its name and what it signs: ``<name>+<key id in hex>+<base64 of type and key>``.

    ``signature_type`` is :data:`ED25519` (a log) or :data:`COSIGNATURE_V1` (a witness); ``public_key`` has 32 bytes.
    """

    name: str
    signature_type: int
    public_key: bytes

    def __post_init__(self) -> None:
        if not is_name(self.name):
            raise MalformedKey("a key name is empty, too long, or has a space or plus in it")
        if self.signature_type not in (ED25519, COSIGNATURE_V1) or len(self.public_key) != 32:
            raise MalformedKey(f"not an Ed25519 key of a known use: {self.name}")

    @classmethod
    def parse(cls, vkey: str) -> VerifierKey:
        """The key that the text form names. Raises :class:`MalformedKey`, also when the key id does not fit."""
        name, _, rest = vkey.partition("+")
        identity, _, encoded = rest.partition("+")
        material = decode_base64(encoded)
        if not is_name(name) or not _KEY_ID.fullmatch(identity) or not material:
            raise MalformedKey("not of the form name+id+key")
        key = cls(name, material[0], material[1:])
        if key.id.hex() != identity:
            raise MalformedKey(f"the id of the key {name} is not that of its name, type and public key")
        return key

    def __str__(self) -> str:
        material = bytes((self.signature_type,)) + self.public_key
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(material).decode()}"

    @cached_property
    def id(self) -> bytes:
        """Four bytes; with the name it says which key made a signature."""
        return key_id(self.name, self.signature_type, self.public_key)

    def verify(self, signature: bytes, message: bytes) -> bool:
        """Whether ``signature`` (64 bytes, RFC 8032) is by this key over ``message``."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True)
class SignatureLine:
    """One line under a note: key name, four bytes of key id, and what the signature type makes of the rest."""

    name: str
    key_id: bytes
    signature: bytes

    def __str__(self) -> str:
        return f"{_DASH}{self.name} {base64.b64encode(self.key_id + self.signature).decode()}\n"

    def is_by(self, key: VerifierKey) -> bool:
        """Whether the line claims to be by ``key``. Says nothing about the signature."""
        return self.name == key.name and self.key_id == key.id


@dataclass(frozen=True, slots=True)
class Note:
    """Text (with its last newline) and the lines under it, none of them verified."""

    text: str
    signatures: tuple[SignatureLine, ...]

    def dump(self) -> bytes:
        """The note as it is stored and sent, UTF-8."""
        return f"{self.text}\n{''.join(map(str, self.signatures))}".encode()

    @classmethod
    def parse(cls, data: bytes) -> Note:
        """Read a note strictly. Raises :class:`MalformedNote`."""
        if len(data) > MAX_NOTE_BYTES:
            raise MalformedNote(f"{len(data)} bytes are too many for a note")
        try:
            whole = data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise MalformedNote("not UTF-8") from error
        if re.search(r"[\x00-\x09\x0b-\x1f]", whole):
            raise MalformedNote("has a control character")
        above, gap, below = whole.rpartition("\n\n")
        if not gap or not below.endswith("\n"):
            raise MalformedNote("has no signature lines that end in a newline under an empty line")
        lines = below[:-1].split("\n")
        if len(lines) > MAX_SIGNATURES:
            raise MalformedNote(f"{len(lines)} signatures are too many")
        return cls(above + "\n", tuple(map(_signature_line, lines)))

    def signed_by(self, keys: Sequence[VerifierKey]) -> tuple[VerifierKey, ...]:
        """Those of ``keys`` that signed the text with a plain Ed25519 signature, each once; empty when none did.

        Raises :class:`SignatureInvalid` as soon as a line claims a key that did not make it.
        """
        message = self.text.encode()
        found: dict[VerifierKey, None] = {}
        for line in dict.fromkeys(self.signatures):
            for key in keys:
                if key.signature_type != ED25519 or not line.is_by(key):
                    continue
                if not key.verify(line.signature, message):
                    raise SignatureInvalid(f"the signature is not by {key.name}+{key.id.hex()}")
                found[key] = None
        return tuple(found)


def decode_base64(text: str) -> bytes | None:
    """What standard base64 (RFC 4648 section 4) says, or ``None`` where it is not the one encoding of its bytes."""
    try:
        decoded = base64.b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error):
        return None
    return decoded if base64.b64encode(decoded).decode() == text else None


def _signature_line(line: str) -> SignatureLine:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    decoded = decode_base64(encoded)
    if not line.startswith(_DASH) or not is_name(name) or decoded is None or len(decoded) < 5:
        raise MalformedNote("has a line under its text that is no signature line")
    return SignatureLine(name, decoded[:4], decoded[4:])
