"""Vietnamese text: names as people write them, search without accents, the order of a Vietnamese list."""

from __future__ import annotations

import itertools
import unicodedata

import psycopg2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kolportal.vietnamese import UnsafeText, clean_text, fold, is_person_name, sort_key
from tests.servers import postgres

NAMES = [
    "Nguyễn Văn An", "Nguyễn Thị Ánh", "Trần Thị Ánh", "Lê Văn Ân", "Phạm Thị Bích", "Đỗ Minh Bình", "Hoàng Văn Cường",
    "Đặng Thị Dung", "Bùi Văn Dũng", "Ngô Văn Đạt", "Lý Minh Đức", "Nguyễn Đức", "Vũ Thị Hà", "Vũ Thị Hạ", "Vũ Văn Hải",
    "Nguyễn Thị Hoa", "Nguyễn Thị Hoà", "Nguyễn Thị Hòa", "Trần Thị Huệ", "Trần Thị Hương", "Lê Thị Oanh", "Lê Văn Ổn",
    "Lê Thị Ơn", "Phan Thị Uyên", "Phan Thị Ước", "Hà Thị Yến", "Hà Thị Ý", "Quách Ỷ", "Dương Jack", "Dương Wendy",
]  # fmt: skip


def test_given_name_comes_first_then_middle_then_family() -> None:
    shuffled = ["Trần Văn Bình", "Nguyễn Thị An", "Lê Văn Bình", "Lê Thị An", "Lê Anh Bình"]
    assert sorted(shuffled, key=sort_key) == [
        "Lê Thị An", "Nguyễn Thị An", "Lê Anh Bình", "Lê Văn Bình", "Trần Văn Bình"
    ]  # fmt: skip


def test_letters_and_tones_are_ordered_as_icu_orders_them() -> None:
    words = sorted({name.split()[-1] for name in NAMES} | set("aăâeêioôơuưydđàảãáạ"))
    with postgres() as url, psycopg2.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute('SELECT w FROM unnest(%s) AS w ORDER BY lower(w) COLLATE "vi-x-icu"', (words,))
        expected = [row[0] for row in cursor.fetchall()]
    assert sorted(words, key=sort_key) == expected


def test_sort_key_orders_alike_in_every_collation() -> None:
    assert all(set(sort_key(name)) <= set("0123456789") for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_composed_and_decomposed_names_are_one(name: str) -> None:
    decomposed = unicodedata.normalize("NFD", name)
    assert clean_text(decomposed) == name
    assert fold(decomposed) == fold(name)
    assert sort_key(decomposed) == sort_key(name)


def test_search_finds_without_accents() -> None:
    assert "nguyen duc" in fold("Nguyễn Đức Thử")
    assert fold("ĐẶNG  Thị\tÊ") == "dang thi e"


@pytest.mark.parametrize(
    "hostile",
    ["An\u202eb", "An\u200bb", "An\ufeff", "A\x00n", "An\ue000", "An\ud800", "A\u2066n", "An\u00adb"],
)
def test_invisible_and_bidi_characters_are_refused(hostile: str) -> None:
    with pytest.raises(UnsafeText):
        clean_text(hostile)


@pytest.mark.parametrize("text", ["An 🎤", "An <b>", "1234", "", "An@x", "An_b", "An/b"])
def test_not_a_person_name(text: str) -> None:
    assert not is_person_name(text)


@pytest.mark.parametrize("text", [*NAMES, "H'Hen Niê", "Y Ngông Niê Kđăm", "Jean-Pierre", "Nguyễn V. An"])
def test_a_person_name(text: str) -> None:
    assert is_person_name(clean_text(text))


@given(st.text(max_size=60))
def test_cleaning_is_idempotent_or_refuses(text: str) -> None:
    try:
        once = clean_text(text)
    except UnsafeText:
        return
    assert clean_text(once) == once


@given(st.lists(st.sampled_from(NAMES), min_size=2, max_size=2))
def test_fold_is_stable_under_case(pair: list[str]) -> None:
    assert all(fold(name.upper()) == fold(name.lower()) for name in itertools.chain(pair))
