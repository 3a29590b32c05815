"""Is this signature by this key? The only place that does public-key arithmetic, through the ``cryptography`` API.

The stand-alone verifier brings its own small implementation of that API (``kolportal.verifier.standin``); nothing else
of ``cryptography`` than what is imported here is needed to verify. Algorithms: ETSI TS 119 312 V1.4 clauses 5 and 6.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Any, Final

from asn1crypto import algos
from asn1crypto import keys as asn1_keys
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from kolportal.pades.verification.objects import TooComplex

HASHES: Final[dict[str, Any]] = {"sha256": hashes.SHA256, "sha384": hashes.SHA384, "sha512": hashes.SHA512}
CURVES: Final = ("secp256r1", "secp384r1", "secp521r1")
RSA_BITS: Final = range(2048, 8193)
MAX_EXPONENT_BITS: Final = 64
"""An exponent as long as the modulus makes one check take seconds; every real one has at most 17 bits."""
MAX_CHECKS: Final = 160
"""Signatures checked for one file. A seal renewed for twenty years needs some sixty; plain Python takes 4 to 15 ms for one."""
MAX_REMEMBERED: Final = 16 * 1024
"""Bytes; revocation lists are too long to be kept."""
_left: ContextVar[int] = ContextVar("checks_left", default=MAX_CHECKS)


class WeakAlgorithm(Exception):
    """An algorithm or key size that is not accepted, or not known."""


def signed_by(
    public_key: asn1_keys.PublicKeyInfo,
    algorithm: algos.SignedDigestAlgorithm,
    signature: bytes,
    data: bytes,
    *,
    digest_name: str | None = None,
) -> bool:
    """Whether ``signature`` over ``data`` is by ``public_key``. ``digest_name`` goes with a bare ``rsaEncryption``.

    Raises WeakAlgorithm, TooComplex.
    """
    left = _left.get() - 1
    _left.set(left)
    if left < 0:
        raise TooComplex(f"the file asks for more than {MAX_CHECKS} checks of signatures")
    check = _checked if len(data) <= MAX_REMEMBERED else _checked.__wrapped__
    return check(public_key.dump(), algorithm.dump(), signature, data, digest_name)


@contextmanager
def counted() -> Iterator[None]:
    """Inside, at most MAX_CHECKS signatures are checked, remembered ones included; then TooComplex is raised."""
    before = _left.set(MAX_CHECKS)
    try:
        yield
    finally:
        _left.reset(before)


@lru_cache(maxsize=256)
def _checked(
    key_der: bytes, algorithm_der: bytes, signature: bytes, data: bytes, digest_name: str | None
) -> bool:
    """As :func:`signed_by`; the same certificates come again in every file of one sealer."""
    key = _loaded(key_der)
    algorithm = algos.SignedDigestAlgorithm.load(algorithm_der)
    kind = algorithm["algorithm"].native
    try:
        if isinstance(key, ed25519.Ed25519PublicKey):
            if kind != "ed25519":
                raise WeakAlgorithm(f"{kind} with an Ed25519 key")
            key.verify(signature, data)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, data, ec.ECDSA(_hash(algorithm, "_ecdsa", digest_name)))
        else:
            _verify_rsa(key, algorithm, signature, data, digest_name)
    except InvalidSignature:
        return False
    return True


def _verify_rsa(
    key: rsa.RSAPublicKey,
    algorithm: algos.SignedDigestAlgorithm,
    signature: bytes,
    data: bytes,
    digest_name: str | None,
) -> None:
    if algorithm["algorithm"].native != "rsassa_pss":
        key.verify(signature, data, padding.PKCS1v15(), _hash(algorithm, "_rsa", digest_name))
        return
    parameters = algorithm["parameters"]
    name = parameters["hash_algorithm"]["algorithm"].native
    mask = parameters["mask_gen_algorithm"]
    usual = mask["algorithm"].native == "mgf1" and mask["parameters"]["algorithm"].native == name
    if name not in HASHES or not usual or parameters["trailer_field"].native != "trailer_field_bc":
        raise WeakAlgorithm("unusual RSASSA-PSS parameters")
    digest = HASHES[name]()
    salt = parameters["salt_length"].native
    if not digest.digest_size <= salt <= 64:
        raise WeakAlgorithm("unusual RSASSA-PSS parameters")
    key.verify(signature, data, padding.PSS(padding.MGF1(digest), salt), digest)


def _hash(algorithm: algos.SignedDigestAlgorithm, suffix: str, digest_name: str | None) -> Any:
    kind = algorithm["algorithm"].native
    name = kind.removesuffix(suffix)
    if kind in ("rsassa_pkcs1v15", "rsa"):
        name = digest_name or ""
        if suffix != "_rsa":
            name = ""
    elif not kind.endswith(suffix):
        name = ""
    if name not in HASHES:
        raise WeakAlgorithm(f"the algorithm {kind} is not accepted")
    return HASHES[name]()


@lru_cache(maxsize=64)
def _loaded(der: bytes) -> rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey:
    """The key, within bounds that keep one check short."""
    info = asn1_keys.PublicKeyInfo.load(der)
    kind = info["algorithm"]["algorithm"].native
    if kind == "rsa":
        numbers = info["public_key"].parsed
        modulus, exponent = numbers["modulus"].native, numbers["public_exponent"].native
        odd = modulus % 2 and exponent % 2 and exponent >= 3
        if modulus.bit_length() not in RSA_BITS or not odd or exponent.bit_length() > MAX_EXPONENT_BITS:
            raise WeakAlgorithm(f"an RSA key of {modulus.bit_length()} bits or with an unusual exponent")
    elif kind == "ec":
        parameters = info["algorithm"]["parameters"]
        if parameters.name != "named" or parameters.native not in CURVES:
            raise WeakAlgorithm("an elliptic curve that is not accepted")
    elif kind != "ed25519":
        raise WeakAlgorithm(f"a key of type {str(kind)[:40]}")
    try:
        key = load_der_public_key(der)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise WeakAlgorithm(f"an unusable key: {error}") from error
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey):
        raise WeakAlgorithm(f"a key of type {str(kind)[:40]}")
    return key
