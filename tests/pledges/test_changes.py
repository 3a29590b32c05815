"""Comparing two texts word by word."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from pledges.changes import Kind, Part, PartChange, Piece, compare, words
from pledges.text import Binds, LegalReferenceText, PledgeText, UndertakingText

A, B, C = (
    "Kiểm tra thông tin trước khi chia sẻ.",
    "Phối hợp với cơ quan có thẩm quyền.",
    "Tuyên truyền pháp luật cho mọi người.",
)


def _text(*undertakings: str, preamble: str = "", closing: str = "") -> PledgeText:
    return PledgeText(
        "cam-ket",
        1,
        "vi",
        "Cam kết",
        preamble,
        tuple(UndertakingText(item) for item in undertakings),
        closing,
    )


def _undertakings(old: PledgeText, new: PledgeText) -> list[PartChange]:
    return [change for change in compare(old, new) if change.part is Part.UNDERTAKING]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", ""),
        ("", "a b"),
        ("a b", ""),
        ("a b c", "a x c"),
        ("a  b\nc", "a b c"),
        ("một hai ba", "ba hai một"),
    ],
)
def test_leaving_out_the_added_or_the_removed_words_gives_the_texts_back(old: str, new: str) -> None:
    pieces = words(old, new)
    assert "".join(piece.text for piece in pieces if piece.kind is not Kind.ADDED) == old
    assert "".join(piece.text for piece in pieces if piece.kind is not Kind.REMOVED) == new


def test_one_changed_word_is_one_change() -> None:
    assert words("không chia sẻ tin giả", "không phát tán tin giả") == (
        Piece(Kind.SAME, "không "),
        Piece(Kind.REMOVED, "chia sẻ"),
        Piece(Kind.ADDED, "phát tán"),
        Piece(Kind.SAME, " tin giả"),
    )


def test_another_law_is_shown_as_one_law_for_another() -> None:
    pieces = words(
        "Tôi tuân thủ (Luật An ninh mạng 24/2018/QH14, 12/06/2018) khi đăng tin.",
        "Tôi tuân thủ (Nghị định về bảo vệ dữ liệu 13/2023/NĐ-CP, 17/04/2023) khi đăng tin.",
    )
    assert [piece.kind for piece in pieces] == [Kind.SAME, Kind.REMOVED, Kind.ADDED, Kind.SAME]
    assert pieces[1].text == "(Luật An ninh mạng 24/2018/QH14, 12/06/2018)"
    assert pieces[2].text == "(Nghị định về bảo vệ dữ liệu 13/2023/NĐ-CP, 17/04/2023)"


def test_same_text_has_no_change() -> None:
    assert not any(change.changed for change in compare(_text(A, B), _text(A, B)))


def test_undertaking_put_in_between_leaves_the_others_unchanged() -> None:
    found = [
        (change.old, change.new, change.changed) for change in _undertakings(_text(A, B), _text(A, C, B))
    ]
    assert found == [(1, 1, False), (None, 2, True), (2, 3, False)]


def test_undertaking_removed() -> None:
    found = [
        (change.old, change.new, change.changed) for change in _undertakings(_text(A, C, B), _text(A, B))
    ]
    assert found == [(1, 1, False), (2, None, True), (3, 2, False)]


def test_changed_undertaking_is_paired_with_its_old_form() -> None:
    changed = A.replace("chia sẻ", "đăng tải")
    found = [(change.old, change.new) for change in _undertakings(_text(A, B), _text(C, changed, B))]
    assert found == [(None, 1), (1, 2), (2, 3)]


def test_every_undertaking_of_both_texts_appears_once() -> None:
    old, new = _text(A, B, C, A + " x", B + " y"), _text(C, B, A, C + " z", "khác hẳn", A)
    found = _undertakings(old, new)
    assert sorted(change.old for change in found if change.old) == [1, 2, 3, 4, 5]
    assert sorted(change.new for change in found if change.new) == [1, 2, 3, 4, 5, 6]


def test_markdown_is_shown_only_where_nothing_else_differs() -> None:
    (plain,) = _undertakings(_text("**không** chia sẻ tin giả"), _text("**không** đăng tải tin giả"))
    assert "*" not in "".join(piece.text for piece in plain.pieces)
    (marked,) = _undertakings(_text("không chia sẻ"), _text("**không** chia sẻ"))
    assert marked.changed


def _law(number: str) -> LegalReferenceText:
    return LegalReferenceText("Luật", number, date(2023, 6, 22), None)


def _cites(*numbers: str, binds: Binds = Binds.EVERYONE) -> PledgeText:
    item = UndertakingText(A, binds, tuple(_law(number) for number in numbers))
    return replace(_text(A), undertakings=(item,))


def test_legal_reference_and_validity_count_as_changes() -> None:
    new = replace(_cites("20/2023/QH15"), valid_from=date(2026, 1, 1))
    assert [change.part for change in compare(_text(A), new) if change.changed] == [
        Part.UNDERTAKING,
        Part.VALIDITY,
    ]


def test_one_law_more_leaves_the_others_as_they_are() -> None:
    (change,) = _undertakings(_cites("20/2023/QH15"), _cites("20/2023/QH15", "116/2025/QH15"))
    added = [piece.text.strip() for piece in change.pieces if piece.kind is Kind.ADDED]
    assert added == ["(Luật 116/2025/QH15, 22/06/2023)"]
    assert not any(piece.kind is Kind.REMOVED for piece in change.pieces)


def test_laws_are_compared_as_wholes() -> None:
    (change,) = _undertakings(_cites("24/2018/QH14", "1/2020"), _cites("116/2025/QH15", "1/2020"))
    assert [(piece.kind, piece.text) for piece in change.pieces if piece.text != " "] == [
        (Kind.SAME, A),
        (Kind.REMOVED, "(Luật 24/2018/QH14, 22/06/2023)"),
        (Kind.ADDED, "(Luật 116/2025/QH15, 22/06/2023)"),
        (Kind.SAME, "(Luật 1/2020, 22/06/2023)"),
    ]


def test_binding_others_is_a_change_of_itself() -> None:
    (change,) = _undertakings(_cites(), _cites(binds=Binds.KOL))
    assert change.changed
    assert (change.bound, change.binds) == (Binds.EVERYONE, Binds.KOL)
    assert all(piece.kind is Kind.SAME for piece in change.pieces)
    (same,) = _undertakings(_cites(binds=Binds.KOL), _cites(binds=Binds.KOL))
    assert not same.changed
