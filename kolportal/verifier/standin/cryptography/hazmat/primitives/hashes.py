"""Hashes by name; the standard library makes them."""

import hashlib


class HashAlgorithm:
    """A hash: ``name`` for hashlib, ``digest_size`` in bytes."""

    name: str
    digest_size: int

    def of(self, data: bytes) -> bytes:
        """The hash of ``data``."""
        return hashlib.new(self.name, data).digest()


class SHA256(HashAlgorithm):
    name, digest_size = "sha256", 32


class SHA384(HashAlgorithm):
    name, digest_size = "sha384", 48


class SHA512(HashAlgorithm):
    name, digest_size = "sha512", 64
