"""Signature checks in plain Python integers: ECDSA over P-256, P-384 and P-521, RSA, Ed25519. Checking only, never signing.

For the one-file verifier, which carries no compiled code. Nothing here is secret, so nothing need take constant time. Tests
hold every function against OpenSSL, edge cases included. FIPS 186-5, SEC 1, RFC 8017, RFC 8032.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

Point = tuple[int, int, int]
"""Jacobian coordinates; Z = 0 is the point at infinity."""


@dataclass(frozen=True)
class Curve:
    """y² = x³ − 3x + b over the field of ``p``, group order ``n``, generator (``x``, ``y``)."""

    name: str
    p: int
    b: int
    n: int
    x: int
    y: int

    @property
    def size(self) -> int:
        """Bytes of a coordinate."""
        return (self.p.bit_length() + 7) // 8

    def holds(self, x: int, y: int) -> bool:
        """Whether (x, y) is a point of the curve, coordinates reduced."""
        p = self.p
        return 0 <= x < p and 0 <= y < p and (y * y - (x * x * x - 3 * x + self.b)) % p == 0


P256: Final = Curve(
    "secp256r1",
    0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF,
    0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
    0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
P384: Final = Curve(
    "secp384r1",
    2**384 - 2**128 - 2**96 + 2**32 - 1,
    0xB3312FA7E23EE7E4988E056BE3F82D19181D9C6EFE8141120314088F5013875AC656398D8A2ED19D2A85C8EDD3EC2AEF,
    0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973,
    0xAA87CA22BE8B05378EB1C71EF320AD746E1D3B628BA79B9859F741E082542A385502F25DBF55296C3A545E3872760AB7,
    0x3617DE4A96262C6F5D9E98BF9292DC29F8F41DBD289A147CE9DA3113B5F0B8C00A60B1CE1D7E819D7A431D7C90EA0E5F,
)
P521: Final = Curve(
    "secp521r1",
    2**521 - 1,
    0x0051953EB9618E1C9A1F929A21A0B68540EEA2DA725B99B315F3B8B489918EF109E156193951EC7E937B1652C0BD3BB1BF073573DF883D2C34F1EF451FD46B503F00,
    0x01FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFA51868783BF2F966B7FCC0148F709A5D03BB5C9B8899C47AEBB6FB71E91386409,
    0x00C6858E06B70404E9CD9E3ECB662395B4429C648139053FB521F828AF606B4D3DBAA14B5E77EFE75928FE1DC127A2FFA8DE3348B3C1856A429BF97E7E31C2E5BD66,
    0x011839296A789A3BC0045C8A5FB42C7D1BD998F54449579B446817AFBD17273E662C97EE72995EF42640C550B9013FAD0761353C7086A272C24088BE94769FD16650,
)
CURVES: Final = {curve.name: curve for curve in (P256, P384, P521)}


# --- ECDSA ------------------------------------------------------------------------------------------------------------


def point_from(curve: Curve, encoded: bytes) -> tuple[int, int]:
    """A public point from its encoding (SEC 1 clause 2.3.4), compressed or not. Raises ValueError."""
    size, body = curve.size, encoded[1:]
    if encoded[:1] == b"\x04" and len(body) == 2 * size:
        x, y = int.from_bytes(body[:size], "big"), int.from_bytes(body[size:], "big")
    elif encoded[:1] in (b"\x02", b"\x03") and len(body) == size:
        x = int.from_bytes(body, "big")
        y = pow(x * x * x - 3 * x + curve.b, (curve.p + 1) // 4, curve.p)  # p ≡ 3 mod 4 for all three
        if y & 1 != encoded[0] & 1:
            y = curve.p - y
    else:
        raise ValueError("not an encoded point of this curve")
    if not curve.holds(x, y):
        raise ValueError("the point does not lie on the curve")
    return x, y


def ecdsa_holds(curve: Curve, point: tuple[int, int], signature: bytes, digest: bytes) -> bool:
    """Whether ``signature`` (DER of r and s) over ``digest`` is by the key of ``point`` (FIPS 186-5 clause 6.4.2)."""
    numbers = _two_integers(signature)
    if numbers is None or not all(0 < number < curve.n for number in numbers):
        return False
    r, s = numbers
    excess = max(0, 8 * len(digest) - curve.n.bit_length())
    z = int.from_bytes(digest, "big") >> excess
    w = pow(s, -1, curve.n)
    x, _, depth = _sum_of_multiples(curve, z * w % curve.n, r * w % curve.n, (*point, 1))
    if depth == 0:
        return False
    return (x * pow(depth, -2, curve.p) % curve.p) % curve.n == r


def _two_integers(data: bytes) -> tuple[int, int] | None:
    """SEQUENCE of two positive INTEGERs in DER and nothing else."""
    if len(data) < 2 or data[0] != 0x30:
        return None
    head = 2
    length = data[1]
    if length == 0x81 and len(data) > 2 and data[2] >= 0x80:
        length, head = data[2], 3
    if length > 0xFF or (head == 2 and length >= 0x80) or head + length != len(data):
        return None
    found, position = [], head
    for _ in range(2):
        if position + 2 > len(data) or data[position] != 0x02:
            return None
        size = data[position + 1]
        value = data[position + 2 : position + 2 + size]
        padded = size > 1 and value[:1] == b"\0" and value[1] < 0x80
        if not 0 < size < 0x80 or len(value) != size or value[0] >= 0x80 or padded:
            return None
        found.append(int.from_bytes(value, "big"))
        position += 2 + size
    return (found[0], found[1]) if position == len(data) else None


def _sum_of_multiples(curve: Curve, a: int, b: int, other: Point) -> Point:
    """a·G + b·other, both at once (Shamir's trick)."""
    generator: Point = (curve.x, curve.y, 1)
    both = _add(curve.p, generator, other)
    total: Point = (1, 1, 0)
    for bit in range(max(a.bit_length(), b.bit_length()) - 1, -1, -1):
        total = _double(curve.p, total)
        chosen = (a >> bit & 1) + 2 * (b >> bit & 1)
        if chosen:
            total = _add(curve.p, total, (generator, other, both)[chosen - 1])
    return total


def _double(p: int, point: Point) -> Point:
    x, y, z = point
    if z == 0 or y == 0:
        return (1, 1, 0)
    delta, gamma = z * z % p, y * y % p
    beta = x * gamma % p
    alpha = 3 * (x - delta) * (x + delta) % p
    new_x = (alpha * alpha - 8 * beta) % p
    new_z = 2 * y * z % p
    return new_x, (alpha * (4 * beta - new_x) - 8 * gamma * gamma) % p, new_z


def _add(p: int, one: Point, other: Point) -> Point:
    if one[2] == 0:
        return other
    if other[2] == 0:
        return one
    x1, y1, z1 = one
    x2, y2, z2 = other
    z1z1, z2z2 = z1 * z1 % p, z2 * z2 % p
    u1, u2 = x1 * z2z2 % p, x2 * z1z1 % p
    s1, s2 = y1 * z2 * z2z2 % p, y2 * z1 * z1z1 % p
    if u1 == u2:
        return _double(p, one) if s1 == s2 else (1, 1, 0)
    h, r = u2 - u1, s2 - s1
    hh = h * h % p
    hhh, v = h * hh % p, u1 * hh % p
    x = (r * r - hhh - 2 * v) % p
    return x, (r * (v - x) - s1 * hhh) % p, h * z1 * z2 % p


# --- RSA --------------------------------------------------------------------------------------------------------------

_DIGEST_INFO: Final = {
    "sha256": bytes.fromhex("3031300d060960864801650304020105000420"),
    "sha384": bytes.fromhex("3041300d060960864801650304020205000430"),
    "sha512": bytes.fromhex("3051300d060960864801650304020305000440"),
}


def pkcs1_holds(modulus: int, exponent: int, signature: bytes, digest: bytes, name: str) -> bool:
    """RSASSA-PKCS1-v1_5 (RFC 8017 clause 8.2.2): the whole encoded message is made anew and compared."""
    size = (modulus.bit_length() + 7) // 8
    encoded = _opened(modulus, exponent, signature, size)
    tail = b"\0" + _DIGEST_INFO[name] + digest
    return encoded == b"\0\1" + b"\xff" * (size - 2 - len(tail)) + tail and size - 2 - len(tail) >= 8


def pss_holds(
    modulus: int, exponent: int, signature: bytes, digest: bytes, name: str, salt_length: int
) -> bool:
    """RSASSA-PSS with MGF1 of the same hash (RFC 8017 clauses 8.1.2 and 9.1.2)."""
    encoded = _opened(modulus, exponent, signature, (modulus.bit_length() + 7) // 8)
    bits = modulus.bit_length() - 1
    size, length = (bits + 7) // 8, len(digest)
    if encoded is None or int.from_bytes(encoded, "big").bit_length() > bits:
        return False
    encoded = encoded[-size:]
    if size < length + salt_length + 2 or encoded[-1] != 0xBC:
        return False
    masked, expected = encoded[: size - length - 1], encoded[size - length - 1 : -1]
    mask = b"".join(
        hashlib.new(name, expected + counter.to_bytes(4, "big")).digest()
        for counter in range(len(masked) // length + 1)
    )
    block = int.from_bytes(masked, "big") ^ int.from_bytes(mask[: len(masked)], "big")
    block &= (1 << (8 * len(masked) - (8 * size - bits))) - 1
    opened = block.to_bytes(len(masked), "big")
    padding = opened[: len(masked) - salt_length]
    if any(padding[:-1]) or padding[-1] != 1:
        return False
    salt = opened[len(masked) - salt_length :]
    return hashlib.new(name, bytes(8) + digest + salt).digest() == expected


def _opened(modulus: int, exponent: int, signature: bytes, size: int) -> bytes | None:
    value = int.from_bytes(signature, "big")
    if len(signature) != size or value >= modulus:
        return None
    return pow(value, exponent, modulus).to_bytes(size, "big")


# --- Ed25519 ----------------------------------------------------------------------------------------------------------

_P: Final = 2**255 - 19
_L: Final = 2**252 + 27742317777372353535851937790883648493
_D: Final = -121665 * pow(121666, -1, _P) % _P
_I: Final = pow(2, (_P - 1) // 4, _P)
_Extended = tuple[int, int, int, int]


def ed25519_holds(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether ``signature`` (64 bytes) is by ``public_key`` (32 bytes), RFC 8032 clause 5.1.7, without the cofactor."""
    if len(public_key) != 32 or len(signature) != 64:
        return False
    key = _decoded(public_key)
    s = int.from_bytes(signature[32:], "little")
    if key is None or s >= _L:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + public_key + message).digest(), "little") % _L
    negated = (-key[0] % _P, key[1], key[2], -key[3] % _P)
    return _encoded(_ed_sum(_ed_times(s, _BASE), _ed_times(h, negated))) == signature[:32]


def _decoded(data: bytes) -> _Extended | None:
    value = int.from_bytes(data, "little")
    sign, y = value >> 255, value & ((1 << 255) - 1)
    x = _root(y, sign)
    return None if x is None else (x, y % _P, 1, x * y % _P)


def _root(y: int, sign: int) -> int | None:
    u, v = (y * y - 1) % _P, (_D * y * y + 1) % _P
    x = u * pow(v, 3, _P) * pow(u * pow(v, 7, _P), (_P - 5) // 8, _P) % _P
    if v * x * x % _P == -u % _P:
        x = x * _I % _P
    elif v * x * x % _P != u:
        return None
    return (-x % _P) if x & 1 != sign else x


def _encoded(point: _Extended) -> bytes:
    inverse = pow(point[2], -1, _P)
    x, y = point[0] * inverse % _P, point[1] * inverse % _P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _ed_sum(one: _Extended, other: _Extended) -> _Extended:
    a = (one[1] - one[0]) * (other[1] - other[0]) % _P
    b = (one[1] + one[0]) * (other[1] + other[0]) % _P
    c, d = 2 * one[3] * other[3] * _D % _P, 2 * one[2] * other[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _ed_times(factor: int, point: _Extended) -> _Extended:
    total: _Extended = (0, 1, 1, 0)
    while factor:
        if factor & 1:
            total = _ed_sum(total, point)
        point = _ed_sum(point, point)
        factor >>= 1
    return total


_BASE_Y: Final = 4 * pow(5, -1, _P) % _P
_BASE_X: Final = _root(_BASE_Y, 0) or 0
_BASE: Final[_Extended] = (_BASE_X, _BASE_Y, 1, _BASE_X * _BASE_Y % _P)
