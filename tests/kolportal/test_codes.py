"""Reference codes: what a person types over the phone finds its signature, and slips are noticed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kolportal import codes


def test_known_answer_of_the_check_character() -> None:
    # 1234 (decimal) is "16J" in Crockford base32; 1234 mod 37 = 13, "D". Padding zeros do not change the number.
    assert codes._check_character("16J") == "D"
    assert codes.normalise("0000000016JD") == "0000000016JD"


@given(st.integers(0, 1_000))
def test_new_codes_read_back(_: int) -> None:
    code = codes.new()
    assert codes.normalise(codes.grouped(code).lower()) == code
    assert set(code) <= set(codes.ALPHABET)


@given(st.integers(0, 11), st.sampled_from(codes.ALPHABET))
def test_every_single_slip_is_noticed(position: int, other: str) -> None:
    code = codes.new()
    wrong = code[:position] + other + code[position + 1 :]
    if wrong == code:
        return
    with pytest.raises(codes.MistypedReference):
        codes.normalise(wrong)


@given(st.integers(0, 10))
def test_every_swap_of_neighbours_is_noticed(position: int) -> None:
    code = codes.new()
    swapped = code[:position] + code[position + 1] + code[position] + code[position + 2 :]
    if swapped == code:
        return
    with pytest.raises(codes.MistypedReference):
        codes.normalise(swapped)


def test_look_alike_letters_are_read_as_digits() -> None:
    assert codes.normalise("oooo-oooo-i6jd".replace("i", "L")) == "0000000016JD"


@pytest.mark.parametrize(
    "typed", ["", "-", "U" * 12, "0000000016J", "0000000016JDD", "0000-0000-16J*", "đ" * 12, "0" * 10_000]
)
def test_anything_else_is_mistyped(typed: str) -> None:
    with pytest.raises(codes.MistypedReference):
        codes.normalise(typed)


@given(st.binary(min_size=10, max_size=32))
def test_a_spelled_secret_is_read_back_as_people_type_it(secret: bytes) -> None:
    code = codes.spelled(secret, length=16)
    assert int.from_bytes(secret[:10], "big") == sum(
        codes.ALPHABET.index(letter) << (5 * place) for place, letter in enumerate(reversed(code))
    )
    typed = codes.grouped(code).lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert codes.read(typed, length=16) == code


@pytest.mark.parametrize("typed", ["", "0" * 15, "0" * 17, "U" * 16, "đ" * 16, "0" * 10_000])
def test_what_is_no_spelled_secret_is_mistyped(typed: str) -> None:
    with pytest.raises(codes.Mistyped):
        codes.read(typed, length=16)
