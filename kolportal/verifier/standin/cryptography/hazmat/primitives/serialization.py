"""Public keys out of DER (RFC 5280 SubjectPublicKeyInfo)."""

from asn1crypto.keys import PublicKeyInfo
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey


def load_der_public_key(data: bytes) -> RSAPublicKey | EllipticCurvePublicKey | Ed25519PublicKey:
    """The key; ValueError where it is damaged, UnsupportedAlgorithm where its kind is not known."""
    info = PublicKeyInfo.load(data, strict=True)
    kind = info["algorithm"]["algorithm"].native
    if kind == "rsa":
        numbers = info["public_key"].parsed
        return RSAPublicKey(numbers["modulus"].native, numbers["public_exponent"].native)
    if kind == "ec":
        return EllipticCurvePublicKey(info["algorithm"]["parameters"].native, bytes(info["public_key"]))
    if kind == "ed25519":
        return Ed25519PublicKey(bytes(info["public_key"]))
    raise UnsupportedAlgorithm(kind)
