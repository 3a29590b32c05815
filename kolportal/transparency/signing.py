"""Keys that sign notes: the log's (C2SP signed-note) and a witness's (C2SP tlog-cosignature). Never needed to check."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kolportal.transparency.checkpoint import Checkpoint
from kolportal.transparency.cosignature import signed_message
from kolportal.transparency.errors import MalformedKey
from kolportal.transparency.note import (
    COSIGNATURE_V1,
    ED25519,
    Note,
    SignatureLine,
    VerifierKey,
    decode_base64,
)


@dataclass(frozen=True, eq=False)
class SigningKey:
    """A private key with its public half; ``PRIVATE+KEY+<name>+<key id>+<base64 of type and seed>`` as text.

    Make one with :meth:`generate`, read one with :meth:`parse`. The seed has 32 bytes and is shown by ``encoded`` alone.
    """

    verifier: VerifierKey
    private_key: Ed25519PrivateKey = field(repr=False)

    @classmethod
    def from_seed(cls, *, name: str, signature_type: int, seed: bytes) -> SigningKey:
        """The key that the seed stands for (RFC 8032). Raises :class:`MalformedKey`."""
        if len(seed) != 32:
            raise MalformedKey("a seed has 32 bytes")
        private_key = Ed25519PrivateKey.from_private_bytes(seed)
        return cls(
            VerifierKey(name, signature_type, private_key.public_key().public_bytes_raw()), private_key
        )

    @classmethod
    def generate(cls, *, name: str, signature_type: int = ED25519) -> SigningKey:
        """A new key: of a log (:data:`.note.ED25519`) or of a witness (:data:`.note.COSIGNATURE_V1`)."""
        seed = Ed25519PrivateKey.generate().private_bytes_raw()
        return cls.from_seed(name=name, signature_type=signature_type, seed=seed)

    @classmethod
    def parse(cls, encoded: str) -> SigningKey:
        """The key from its text form. Raises :class:`MalformedKey`, whose text never repeats the key."""
        private, _, rest = encoded.partition("PRIVATE+KEY+")
        name, _, rest = rest.partition("+")
        identity, _, material = rest.partition("+")
        decoded = decode_base64(material)
        if private or not decoded:
            raise MalformedKey("not of the form PRIVATE+KEY+name+id+key")
        key = cls.from_seed(name=name, signature_type=decoded[0], seed=decoded[1:])
        if key.verifier.id.hex() != identity:
            raise MalformedKey(f"the id of the key {name} is not that of its name, type and public key")
        return key

    def encoded(self) -> str:
        """The text form, a secret."""
        material = bytes((self.verifier.signature_type,)) + self.private_key.private_bytes_raw()
        return (
            f"PRIVATE+KEY+{self.verifier.name}+{self.verifier.id.hex()}+{base64.b64encode(material).decode()}"
        )


def sign_text(text: str, *, key: SigningKey) -> SignatureLine:
    """The line of a plain signature (type :data:`.note.ED25519`) over the text of a note."""
    _check_type(key, ED25519)
    signature = key.private_key.sign(text.encode())
    return SignatureLine(key.verifier.name, key.verifier.id, signature)


def sign_checkpoint(checkpoint: Checkpoint, *, key: SigningKey) -> Note:
    """The checkpoint as a note signed by its log; the key's name must be the origin."""
    if key.verifier.name != checkpoint.origin:
        raise MalformedKey(f"{key.verifier.name} cannot sign for the log {checkpoint.origin}")
    text = checkpoint.text()
    return Note(text, (sign_text(text, key=key),))


def cosign(note: Note, *, key: SigningKey, at: datetime) -> SignatureLine:
    """The line by which a witness cosigns a checkpoint at ``at`` (aware; whole seconds are kept).

    That the tree continues what the witness saw before is for the witness to check first. Raises
    ``MalformedCheckpoint`` when the note's text is no checkpoint.
    """
    _check_type(key, COSIGNATURE_V1)
    Checkpoint.parse(note.text)
    seconds = int(at.timestamp())
    signature = key.private_key.sign(signed_message(checkpoint_text=note.text, seconds=seconds))
    return SignatureLine(key.verifier.name, key.verifier.id, seconds.to_bytes(8, "big") + signature)


def with_signatures(note: Note, *lines: SignatureLine) -> Note:
    """The note with further lines; a line of the same key replaces the one before."""
    new = {(line.name, line.key_id) for line in lines}
    kept = tuple(line for line in note.signatures if (line.name, line.key_id) not in new)
    return Note(note.text, kept + lines)


def _check_type(key: SigningKey, signature_type: int) -> None:
    if key.verifier.signature_type != signature_type:
        raise MalformedKey(f"the key {key.verifier.name} is for another type of signature")
