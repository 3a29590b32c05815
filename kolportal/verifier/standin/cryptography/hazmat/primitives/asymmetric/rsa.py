"""RSA keys that check."""

from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PSS

from kolportal.verifier import arithmetic


class RSAPublicKey:
    """Modulus and exponent."""

    def __init__(self, modulus: int, exponent: int) -> None:
        self.modulus, self.exponent = modulus, exponent

    def verify(self, signature: bytes, data: bytes, padding: Any, algorithm: Any) -> None:
        """Raises InvalidSignature."""
        given = (self.modulus, self.exponent, signature, algorithm.of(data), algorithm.name)
        if isinstance(padding, PSS):
            if padding.mgf.algorithm.name != algorithm.name:
                raise InvalidSignature
            holds = arithmetic.pss_holds(*given, padding.salt_length)
        else:
            holds = arithmetic.pkcs1_holds(*given)
        if not holds:
            raise InvalidSignature
