"""Salted commitments: say now, in public, what can be shown later, and forget it for good by deleting the salt.

``SHA-256(domain || 0x00 || salt || len(facts) || facts)``: ``domain`` is ASCII without a zero byte, ``salt`` 32 random
bytes, ``len`` eight bytes big-endian, ``facts`` canonical JSON (RFC 8785). Every part has a fixed length or says its own,
so no two inputs run together. Without the salt nobody can try names against a commitment, however few names there are.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from enum import StrEnum
from hashlib import sha256
from hmac import compare_digest
from typing import Final

import rfc8785

SALT_SIZE: Final = 32

Json = str | int | bool | list["Json"] | Mapping[str, "Json"] | None
"""What RFC 8785 can say without fractions."""

Facts = Mapping[str, Json]
"""What is committed to, exactly as it is to be shown later; texts in NFC."""


class Domain(StrEnum):
    """What a commitment is about; one of a kind never equals one of another kind."""

    ACT = "kolportal/commitment/act/1"
    PERSON = "kolportal/commitment/person/1"
    EMAIL = "kolportal/commitment/email/1"
    HISTORY = "kolportal/commitment/history/1"


def new_salt() -> bytes:
    """32 bytes from the operating system's generator; one for each commitment, kept with the facts, never in the log."""
    return secrets.token_bytes(SALT_SIZE)


def commit(*, domain: Domain, salt: bytes, facts: Facts) -> str:
    """The commitment, 64 lower-case hexadecimal digits. Raises ``ValueError`` for a salt of another length."""
    if len(salt) != SALT_SIZE:
        raise ValueError(f"a salt has {SALT_SIZE} bytes, this one {len(salt)}")
    canonical = rfc8785.dumps(dict(facts))
    parts = (domain.encode("ascii"), b"\x00", salt, len(canonical).to_bytes(8, "big"), canonical)
    return sha256(b"".join(parts)).hexdigest()


def opens(commitment: str, *, domain: Domain, salt: bytes, facts: Facts) -> bool:
    """Whether ``commitment`` was made with exactly these."""
    return compare_digest(commitment, commit(domain=domain, salt=salt, facts=facts))
