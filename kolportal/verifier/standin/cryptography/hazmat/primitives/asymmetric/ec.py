"""Keys on elliptic curves that check."""

from typing import Any

from cryptography.exceptions import InvalidSignature

from kolportal.verifier import arithmetic


class ECDSA:
    """The signature algorithm with its hash."""

    def __init__(self, algorithm: Any) -> None:
        self.algorithm = algorithm


class EllipticCurvePublicKey:
    """A point on one of the curves of :mod:`kolportal.verifier.arithmetic`; ValueError where it lies on none."""

    def __init__(self, curve: str, encoded: bytes) -> None:
        self.curve = arithmetic.CURVES[curve]
        self.point = arithmetic.point_from(self.curve, encoded)

    def verify(self, signature: bytes, data: bytes, signature_algorithm: ECDSA) -> None:
        """Raises InvalidSignature."""
        digest = signature_algorithm.algorithm.of(data)
        if not arithmetic.ecdsa_holds(self.curve, self.point, signature, digest):
            raise InvalidSignature
