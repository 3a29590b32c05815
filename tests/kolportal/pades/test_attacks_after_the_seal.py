"""Somebody appends to a sealed file: what is not byte for byte a time-stamp or validation data is never whole."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any

import pytest

from kolportal.pades import Report, Trust, verify
from kolportal.pades.verification import After, Change, Indication, SubIndication
from kolportal.pades.verification.objects import Ref
from tests.kolportal.pades import attacks
from tests.kolportal.pades.attacks import Appended
from tests.vectors import pki, sealing
from tests.vectors.writer import NewStream, Update, name

TRUST = Trust(seal_roots=(pki.der("root"),), timestamp_roots=(pki.der("tsa-root"),))


def look(pdf: bytes) -> Report:
    return verify(pdf, trust=TRUST, at=sealing.AT)


def assert_passed(pdf: bytes, *changes: Change) -> None:
    """The control: the honest twin, whole and TOTAL-PASSED."""
    report = look(pdf)
    assert report.passed, report.fault
    assert {one.change for one in report.findings} == set(changes)


def assert_refused(pdf: bytes, *changes: Change) -> None:
    """Intact up to the seal, by a trusted certificate; and yet not whole."""
    report = look(pdf)
    assert (report.intact, report.trusted, report.certifies) == (True, True, True), report.fault
    assert not report.whole
    assert not report.passed
    assert report.after == After.OTHER
    assert set(changes) <= {one.change for one in report.findings}
    conclusion = (report.conclusion.indication, report.conclusion.sub_indication)
    assert conclusion == (Indication.TOTAL_FAILED, SubIndication.FORMAT_FAILURE)


def test_an_honest_addition_passes_in_both_forms() -> None:
    assert_passed(sealing.b_lt(), Change.VALIDATION_DATA)
    assert_passed(attacks.grown(sealing.b_lt()).write(), Change.VALIDATION_DATA)
    assert_passed(Appended(sealing.b_lt()).write(), Change.VALIDATION_DATA)
    assert_passed(Appended(sealing.b_lt(), is_table=False).write(), Change.VALIDATION_DATA)
    assert_passed(attacks.stamped(attacks.grown(sealing.b_lt())), Change.VALIDATION_DATA, Change.TIME_STAMP)


# --- one object, two roles ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "attack",
    [
        attacks.content_as_list_of_certificates,
        attacks.content_as_information,
        attacks.content_as_form,
        attacks.content_as_store,
        attacks.content_as_annotations,
    ],
)
def test_an_object_of_the_document_gets_no_second_role(attack: Callable[[bytes], bytes]) -> None:
    """The page's content, written anew as something that a later revision may write."""
    assert_refused(attack(sealing.b_lt()))


def test_a_reference_to_nothing_stays_one() -> None:
    """A number that the sealed page refers to is given to a certificate: the page would draw it."""
    pdf, number = attacks.dangling()
    assert look(pdf).sealed_whole
    assert_refused(attacks.filled(pdf, number), Change.NOT_UNDERSTOOD)
    honest = sealing.with_validation_data(pdf, certificates=["issuing"], crls=sealing.lists())
    assert look(honest.write()).passed


def test_a_list_that_is_page_content_as_well_may_not_grow() -> None:
    pdf = attacks.shared_list()
    assert look(pdf).sealed_whole
    assert_refused(attacks.with_longer_shared_list(pdf), Change.NOT_UNDERSTOOD)


def test_a_list_that_moved_is_refused() -> None:
    """A direct list becomes a new object: lawful PDF, and nothing that our sealing writes."""
    update = Update(sealing.b_lt())
    store = dict(update.get(attacks.store_of(update)))
    update.objects[attacks.store_of(update).number] = {**store, "Certs": update.add(list(store["Certs"]))}
    assert_refused(update.write(), Change.NOT_UNDERSTOOD)


# --- validation data ----------------------------------------------------------------------------------------------------


def packed(body: bytes, behind: bytes = b"") -> NewStream:
    return NewStream({"Filter": name("FlateDecode")}, zlib.compress(body) + behind)


@pytest.mark.parametrize("key", ["Certs", "CRLs", "OCSPs"])
@pytest.mark.parametrize("body", [attacks.RED, b"", b"0\x00", b"0\x02\x05\x00", pki.der("root") + b"\n"])
def test_validation_data_is_what_its_list_says(key: str, body: bytes) -> None:
    update = Update(sealing.b_lt())
    assert_refused(
        attacks.stored(update, update.add(NewStream({}, body)), key).write(), Change.NOT_UNDERSTOOD
    )


@pytest.mark.parametrize(
    "stream",
    [
        packed(pki.der("root"), behind=attacks.RED),
        NewStream({"Type": name("XObject")}, pki.der("root")),
        NewStream({"Filter": name("FlateDecode"), "DecodeParms": {"Predictor": 1}}, zlib.compress(pki.der("root"))),
    ],
)  # fmt: skip
def test_a_stream_of_validation_data_is_plain(stream: NewStream) -> None:
    update = Update(sealing.b_lt())
    assert_refused(attacks.stored(update, update.add(stream)).write(), Change.NOT_UNDERSTOOD)


def test_a_compressed_certificate_passes() -> None:
    update = Update(sealing.b_lt())
    assert_passed(attacks.stored(update, update.add(packed(pki.der("root")))).write(), Change.VALIDATION_DATA)


def test_validation_data_only_grows_at_the_end() -> None:
    update = Update(sealing.b_lt())
    store = dict(update.get(attacks.store_of(update)))
    update.objects[attacks.store_of(update).number] = {**store, "CRLs": store["CRLs"][::-1]}
    assert_refused(update.write(), Change.NOT_UNDERSTOOD)


# --- bytes --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [sealing.sealed, sealing.b_t, sealing.b_lt, sealing.b_lta])
@pytest.mark.parametrize("before_mark", [b"", b"A", b"%%", b"\n"])
def test_a_second_end_mark_covers_nothing_up(make: Callable[[], bytes], before_mark: bytes) -> None:
    """Anything behind the last revision, a whole forged one too, closed by a mark that leads back."""
    pdf = make()
    forged = attacks.forged_update(pdf)[len(pdf) :]
    for behind in (b"any bytes \x00\xff 6 0 obj (evil) endobj\n", forged, b""):
        assert_refused(attacks.closed_again(pdf, behind, before_mark=before_mark))


def test_the_number_of_a_cross_reference_stream_is_new() -> None:
    """It would erase the object that has the number: the page's content, or the font."""
    pdf = sealing.b_lt()
    content = attacks.content_of(Update(pdf)).number
    assert_refused(Appended(pdf, is_table=False, number_of_stream=content).write())


@pytest.mark.parametrize(
    "oddity",
    [
        {"size": 1}, {"size": 0}, {"size": -5}, {"size": 10_000}, {"size": name("x")}, {"size": 41.0},
        {"free": b"0000000006 00001 f \n"}, {"free": b"0000000000 00000 f \n"}, {"generation": 1},
        {"trailer": {"W": [1, 2, 3]}}, {"trailer": {"ID": [b"other", b"x"]}}, {"trailer": {"ID": []}},
        {"trailer": {"Metadata": 5}}, {"trailer": {"Info": None}}, {"trailer": {"Type": name("XRef")}},
        {"between": b"% 6 0 obj\n"}, {"between": b"6 0 obj\nnull\nendobj\n"}, {"between": b"\n\n\n"},
        {"before_trailer": b"% 6 0 obj\n"}, {"in_object": b"\n%6 0 obj null endobj\n"},
        {"mark": b"%% x\nstartxref\n%d\n%%%%EOF\n"}, {"mark": b"startxref\n%d\n%%%%EOF\n\n"}, {"mark": b"startxref\n%d\n%%%%EO"},
        {"after_mark": b"% comment\n"}, {"after_mark": b"   \n\n\n"}, {"body": pki.der("root") + b"startxref\n9\n%%EOF\n"},
    ],
    ids=str,
)  # fmt: skip
def test_nothing_in_a_table_is_left_to_choose(oddity: dict[str, Any]) -> None:
    report = look(Appended(sealing.b_lt(), **oddity).write())
    assert not report.whole
    assert not report.passed


@pytest.mark.parametrize(
    "oddity",
    [
        {"widths": (1, 8, 8)}, {"widths": (8, 8, 2)}, {"widths": (1, 4, 4)}, {"generation": 7}, {"size": 0},
        {"trailer": {"DecodeParms": {"Predictor": 1}}}, {"trailer": {"Extra": b"6 0 obj null endobj"}},
    ],
    ids=str,
)  # fmt: skip
def test_nothing_in_a_cross_reference_stream_is_left_to_choose(oddity: dict[str, Any]) -> None:
    report = look(Appended(sealing.b_lt(), is_table=False, **oddity).write())
    assert not report.whole
    assert not report.passed


# --- document time-stamps -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "entries", [{"Reason": b"I sign"}, {"M": b"D:20260910013000Z"}, {"SubFilter": name("adbe.x509.rsa_sha1")}]
)
def test_a_time_stamp_has_the_entries_of_one(entries: dict[str, Any]) -> None:
    assert_refused(attacks.stamped(attacks.grown(sealing.b_lt()), **entries), Change.BROKEN_TIME_STAMP)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"/Rect [0 0 0 0]", b"/Rect [0 0 9 9]"),
        (b"/F 132", b"/F 004"),
        (b"/Subtype /Widget /T", b"/Subtype /FreeText /T"[:20] + b"/T"),
        (b"/Type /Annot", b"/Tipe /Annot"),
    ],
)
def test_the_field_of_a_time_stamp_shows_nothing(old: bytes, new: bytes) -> None:
    def altered(update: Update) -> bytes:
        pdf = attacks.stamped(update)
        place = pdf.rindex(old)
        return pdf[:place] + new + pdf[place + len(old) :]

    assert not look(altered(attacks.grown(sealing.b_lt()))).whole


def test_two_time_stamps_in_one_revision_are_refused() -> None:
    """Both cannot cover all but themselves. Nor may a thousand fields share one value: that costs time to find out."""
    update = attacks.grown(sealing.b_lt())
    form = update.get(update.root_reference)["AcroForm"]
    value = update.next + 300
    fields = [
        update.add({"FT": name("Sig"), "T": b"f%d" % number, "V": Ref(value, 0)}) for number in range(300)
    ]
    update.change(form, Fields=[*update.get(form)["Fields"], *fields])
    assert_refused(attacks.stamped(update), Change.BROKEN_TIME_STAMP)
