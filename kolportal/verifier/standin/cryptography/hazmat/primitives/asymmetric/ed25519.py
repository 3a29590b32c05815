"""Ed25519 keys that check."""

from cryptography.exceptions import InvalidSignature

from kolportal.verifier import arithmetic


class Ed25519PublicKey:
    """32 bytes."""

    def __init__(self, data: bytes) -> None:
        if len(data) != 32:
            raise ValueError("an Ed25519 public key is 32 bytes long")
        self.data = data

    @classmethod
    def from_public_bytes(cls, data: bytes) -> "Ed25519PublicKey":
        return cls(data)

    def verify(self, signature: bytes, data: bytes) -> None:
        """Raises InvalidSignature."""
        if not arithmetic.ed25519_holds(self.data, signature, data):
            raise InvalidSignature
