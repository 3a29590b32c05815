"""Files under their SHA-256, through Django's storages: written once, never overwritten, checked on reading."""

from __future__ import annotations

import hashlib

from django.core.files.base import ContentFile
from django.core.files.storage import storages


class StoredFileDamaged(Exception):
    """The stored bytes do not have the digest they are filed under, or are missing."""


def digest(data: bytes) -> str:
    """The name that ``data`` is filed under: its SHA-256, 64 lower-case hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def _name(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}.pdf"


def put(data: bytes) -> str:
    """Stores ``data``; returns its SHA-256. The same bytes twice are one file. Storage errors (``OSError``, …) pass."""
    sha256 = digest(data)
    store = storages["documents"]
    name = _name(sha256)
    if store.exists(name):
        if read(sha256) == data:
            return sha256
        raise StoredFileDamaged(sha256)
    saved = store.save(name, ContentFile(data))
    if saved != name:
        # Another worker stored the same bytes in between; a local folder then makes a second name.
        store.delete(saved)
    read(sha256)
    return sha256


def read(sha256: str) -> bytes:
    """The bytes filed under ``sha256``. Raises ``StoredFileDamaged`` when they are not those or are not there."""
    try:
        with storages["documents"].open(_name(sha256), "rb") as file:
            data: bytes = file.read()
    except FileNotFoundError as error:
        raise StoredFileDamaged(sha256) from error
    if digest(data) != sha256:
        raise StoredFileDamaged(sha256)
    return data


def remove(sha256: str) -> None:
    """Removes the bytes filed under ``sha256``, if they are there. Storage errors pass."""
    storages["documents"].delete(_name(sha256))
