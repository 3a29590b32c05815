"""The arithmetic of the one-file verifier against OpenSSL: right signatures hold, edge cases fall the same way."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils

from kolportal.verifier import arithmetic

HASHES = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}
CURVES = {"secp256r1": ec.SECP256R1(), "secp384r1": ec.SECP384R1(), "secp521r1": ec.SECP521R1()}
_L = 2**252 + 27742317777372353535851937790883648493


def _der(r: int, s: int) -> bytes:
    return utils.encode_dss_signature(r, s)


def _tlv(tag: int, body: bytes) -> bytes:
    return bytes((tag, len(body))) + body if len(body) < 0x80 else bytes((tag, 0x81, len(body))) + body


def _ecdsa_cases(r: int, s: int, n: int) -> Iterator[tuple[str, bytes]]:
    good = _der(r, s)
    yield "as it is", good
    for name, pair in {
        "r zero": (0, s), "s zero": (r, 0), "both zero": (0, 0), "r is n": (n, s), "s is n": (r, n),
        "r plus n": (r + n, s), "s plus n": (r, s + n), "s negated": (r, n - s), "swapped": (s, r), "r one": (1, s),
        "s one": (r, 1), "both one": (1, 1), "s n minus one": (r, n - 1),
    }.items():  # fmt: skip
        yield name, _der(*pair)
    body = good[2:] if good[1] < 0x80 else good[3:]
    yield "empty", b""
    yield "cut off", good[:-1]
    yield "more behind", good + b"\0"
    yield "more inside", _tlv(0x30, body + b"\5\0")
    yield "indefinite length", b"\x30\x80" + body + b"\0\0"
    yield "long form of a length", b"\x30\x82\0" + bytes((len(body),)) + body
    yield "another tag", b"\x31" + good[1:]
    octets = r.to_bytes((r.bit_length() + 7) // 8, "big")
    tail = _der(1, s)[2:][3:] if _der(1, s)[1] < 0x80 else _der(1, s)[3:][3:]
    yield "r padded", _tlv(0x30, _tlv(2, b"\0\0" + octets) + tail)
    yield "r without its sign", _tlv(0x30, _tlv(2, b"\xff" + octets[1:]) + tail)
    yield "one number", _tlv(0x30, tail)
    yield "raw", octets + s.to_bytes(len(octets) + 1, "big")


@pytest.mark.parametrize("curve_name", CURVES)
@pytest.mark.parametrize("hash_name", HASHES)
def test_ecdsa_falls_as_openssl_lets_it_fall(curve_name: str, hash_name: str) -> None:
    curve = arithmetic.CURVES[curve_name]
    private = ec.derive_private_key(0xC0FFEE + len(hash_name), CURVES[curve_name])
    public, numbers = private.public_key(), private.public_key().public_numbers()
    message = b"B\xe1\xba\xa3n cam k\xe1\xba\xbft"
    signature = private.sign(message, ec.ECDSA(HASHES[hash_name], deterministic_signing=True))
    digest = hashlib.new(hash_name, message).digest()
    held = {}
    for name, changed in _ecdsa_cases(*utils.decode_dss_signature(signature), curve.n):
        try:
            public.verify(changed, message, ec.ECDSA(HASHES[hash_name]))
            theirs = True
        except InvalidSignature:
            theirs = False
        held[name] = arithmetic.ecdsa_holds(curve, (numbers.x, numbers.y), changed, digest)
        assert held[name] == theirs, name
    assert held.pop("as it is")
    assert [name for name, holds in held.items() if holds] == ["s negated"]
    assert not arithmetic.ecdsa_holds(curve, (numbers.x, numbers.y), signature, digest[::-1])


@pytest.mark.parametrize("curve_name", CURVES)
def test_points_that_lie_on_no_curve_are_refused(curve_name: str) -> None:
    curve = arithmetic.CURVES[curve_name]
    size = curve.size
    good = b"\4" + curve.x.to_bytes(size, "big") + curve.y.to_bytes(size, "big")
    assert arithmetic.point_from(curve, good) == (curve.x, curve.y)
    assert arithmetic.point_from(curve, bytes((2 + curve.y % 2,)) + good[1 : size + 1]) == (curve.x, curve.y)
    bad = [
        b"", b"\0", b"\4", good[:-1], good + b"\0", good[:-1] + bytes((good[-1] ^ 1,)), b"\5" + good[1:],
        b"\4" + bytes(2 * size), b"\4" + curve.p.to_bytes(size, "big") + good[size + 1 :],
    ]  # fmt: skip
    for encoded in bad:
        with pytest.raises(ValueError, match="point"):
            arithmetic.point_from(curve, encoded)
        with pytest.raises(ValueError):
            ec.EllipticCurvePublicKey.from_encoded_point(CURVES[curve_name], encoded)


def test_many_random_signatures_hold_and_fall() -> None:
    chance = random.Random(1)
    for number in range(12):
        private = ec.derive_private_key(chance.randrange(1, arithmetic.P256.n), ec.SECP256R1())
        point = private.public_key().public_numbers()
        message = chance.randbytes(number)
        signature = private.sign(message, ec.ECDSA(hashes.SHA256()))
        digest = hashlib.sha256(message).digest()
        assert arithmetic.ecdsa_holds(arithmetic.P256, (point.x, point.y), signature, digest)
        assert not arithmetic.ecdsa_holds(arithmetic.P256, (point.y, point.x), signature, digest)
        assert not arithmetic.ecdsa_holds(arithmetic.P256, (point.x, point.y), signature, bytes(32))


@pytest.fixture(scope="module")
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def _raw(key: rsa.RSAPrivateKey, encoded: bytes) -> bytes:
    """The signature whose encoded message is ``encoded``: what a forger with the key could make."""
    numbers = key.private_numbers()
    n = numbers.public_numbers.n
    return pow(int.from_bytes(encoded, "big"), numbers.d, n).to_bytes(256, "big")


def test_rsa_paddings_fall_as_openssl_lets_them_fall(rsa_key: rsa.RSAPrivateKey) -> None:
    public, message = rsa_key.public_key(), b"cam ket"
    numbers = public.public_numbers()
    digest = hashlib.sha256(message).digest()
    prefix = bytes.fromhex("3031300d060960864801650304020105000420")
    without_null = bytes.fromhex("302f300b0609608648016503040201") + b"\x04\x20"
    room = 256 - 3 - len(prefix) - 32
    cases = {
        "right": b"\0\1" + b"\xff" * room + b"\0" + prefix + digest,
        "no null": b"\0\1" + b"\xff" * (room + 2) + b"\0" + without_null + digest,
        "garbage behind": b"\0\1" + b"\xff" * 8 + b"\0" + prefix + digest + bytes(room - 8),
        "garbage in the padding": b"\0\1" + b"\xff" * (room - 1) + b"\xfe\0" + prefix + digest,
        "block type 2": b"\0\2" + b"\xff" * room + b"\0" + prefix + digest,
        "no separator": b"\0\1" + b"\xff" * (room + 1) + prefix + digest,
        "long digest info": b"\0\1" + b"\xff" * (room - 1) + b"\0" + b"\x30\x81" + prefix[1:] + digest,
        "another hash": b"\0\1" + b"\xff" * room + b"\0" + prefix[:14] + b"\x03" + prefix[15:] + digest,
        "another digest": b"\0\1" + b"\xff" * room + b"\0" + prefix + bytes(32),
        "nothing": bytes(256),
    }
    held = {}
    for name, encoded in cases.items():
        signature = _raw(rsa_key, encoded)
        try:
            public.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
            theirs = True
        except InvalidSignature:
            theirs = False
        held[name] = arithmetic.pkcs1_holds(numbers.n, numbers.e, signature, digest, "sha256")
        assert held[name] == theirs, name
    assert [name for name, holds in held.items() if holds] == ["right"]
    signature = _raw(rsa_key, cases["right"])
    shifted = (int.from_bytes(signature, "big") + numbers.n).to_bytes(257, "big")
    for odd in (signature[1:], b"\0" + signature, shifted, b"", bytes(256), numbers.n.to_bytes(256, "big")):
        assert not arithmetic.pkcs1_holds(numbers.n, numbers.e, odd, digest, "sha256")


@pytest.mark.parametrize("hash_name", HASHES)
def test_pss_holds_for_its_salt_and_hash_only(rsa_key: rsa.RSAPrivateKey, hash_name: str) -> None:
    numbers, message = rsa_key.public_key().public_numbers(), b"cam ket"
    chosen = HASHES[hash_name]
    length = chosen.digest_size
    digest = hashlib.new(hash_name, message).digest()
    signature = rsa_key.sign(message, padding.PSS(padding.MGF1(chosen), length), chosen)

    def holds(changed: bytes, salt: int = length, of: bytes = digest) -> bool:
        return arithmetic.pss_holds(numbers.n, numbers.e, changed, of, hash_name, salt)

    assert holds(signature)
    assert not holds(signature, length - 1)
    assert not holds(signature, length + 1)
    assert not holds(signature, of=bytes(length))
    assert not any(
        holds(bytes((*signature[:i], signature[i] ^ 1, *signature[i + 1 :]))) for i in (1, 100, 255)
    )
    assert not holds(rsa_key.sign(message, padding.PKCS1v15(), chosen))
    empty = rsa_key.sign(message, padding.PSS(padding.MGF1(chosen), 0), chosen)
    assert holds(empty, 0)
    assert not holds(empty)


def test_ed25519_falls_as_openssl_lets_it_fall() -> None:
    private = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    public, message = private.public_key(), b"cam ket"
    raw, signature = public.public_bytes_raw(), private.sign(message)
    s = int.from_bytes(signature[32:], "little")
    cases = {
        "right": (raw, signature),
        "s plus the order": (raw, signature[:32] + (s + _L).to_bytes(32, "little")),
        "s zero": (raw, signature[:32] + bytes(32)),
        "s of all ones": (raw, signature[:32] + b"\xff" * 32),
        "r zero": (raw, bytes(32) + signature[32:]),
        "r not on the curve": (raw, b"\2" + bytes(31) + signature[32:]),
        "sign of r": (raw, signature[:31] + bytes((signature[31] ^ 0x80,)) + signature[32:]),
        "sign of the key": (raw[:31] + bytes((raw[31] ^ 0x80,)), signature),
        "key of small order, all zero": (bytes(32), bytes(64)),
        "neutral key, neutral signature": (b"\1" + bytes(31), b"\1" + bytes(63)),
        "key that is not reduced": ((2**255 - 18).to_bytes(32, "little"), b"\1" + bytes(63)),
        "minus zero as key": (b"\1" + bytes(30) + b"\x80", b"\1" + bytes(63)),
        "cut off": (raw, signature[:63]),
        "longer": (raw, signature + b"\0"),
    }
    for name, (key, changed) in cases.items():
        try:
            ed25519.Ed25519PublicKey.from_public_bytes(key).verify(changed, message)
            theirs = True
        except (InvalidSignature, ValueError):
            theirs = False
        assert arithmetic.ed25519_holds(key, changed, message) == theirs, name
    assert arithmetic.ed25519_holds(raw, signature, message)
    assert not arithmetic.ed25519_holds(raw, signature, message + b"!")
