"""Files that are meant to cost: each is refused for its work, which is counted, before the work is done."""

from __future__ import annotations

import zlib

import pytest

from kolportal.pades import Report, Trust, verify
from kolportal.pades.verification import Readable, der
from kolportal.pades.verification.chains import loaded
from tests.kolportal.pades import attacks_pki as made
from tests.vectors import pki, sealing
from tests.vectors.writer import NewStream, Update, name

TRUST = Trust(seal_roots=(pki.der("root"),), timestamp_roots=(pki.der("tsa-root"),))


def look(pdf: bytes) -> Report:
    return verify(pdf, trust=TRUST, at=sealing.AT)


def behind(pdf: bytes, section: bytes) -> bytes:
    """``pdf`` with one more cross-reference section."""
    return pdf + section + b"\nstartxref\n%d\n%%%%EOF\n" % len(pdf)


@pytest.mark.parametrize(
    "section",
    [
        b"xref\n0 0\ntrailer\n" + b"%\n" * 500_000 + b"<<>>",
        b"xref\n" + b"0 0\n" * 500_000 + b"trailer\n<<>>",
        b"xref\n0 0\ntrailer\n<</" + b"#41" * 500_000 + b" 1>>",
        b"xref\n0 0\ntrailer\n<</A [" + b"1 " * 500_000 + b"]>>",
    ],
    ids=["comments", "empty subsections", "a long name", "numbers"],
)
def test_a_section_that_costs_is_refused(section: bytes) -> None:
    assert look(behind(sealing.sealed(), section)).readable == Readable.TOO_COMPLEX


def store(*items: NewStream, key: str = "Certs") -> bytes:
    update = Update(sealing.b_t())
    entries = {"Type": name("DSS"), key: [update.add(one) for one in items]}
    update.change(update.root_reference, DSS=update.add(entries))
    return update.write()


def nulls(size: int) -> bytes:
    """DER of ``size`` bytes, an even number: a row of nothing but nulls."""
    length = size.to_bytes(3, "big").lstrip(b"\x00")
    return b"0" + bytes((0x80 | len(length),)) + length + b"\x05\x00" * (size // 2)


@pytest.mark.parametrize("key", ["Certs", "CRLs", "OCSPs"])
def test_a_small_file_does_not_become_large_work(key: str) -> None:
    packed = [
        NewStream({"Filter": name("FlateDecode")}, zlib.compress(nulls(size), 9))
        for size in (30_000, 3_000_000)
    ]
    for one in packed:
        report = look(store(one, key=key))
        assert not report.whole
    rows = NewStream(
        {"Filter": name("FlateDecode"), "DecodeParms": {"Predictor": 12, "Columns": 1}},
        zlib.compress(b"\x02\x01" * 1_000_000, 9),
    )
    assert look(store(rows, key=key)).readable == Readable.TOO_COMPLEX
    assert look(store(*[packed[1]] * 30, key=key)).readable == Readable.TOO_COMPLEX


def test_reading_compressed_bytes_counts_though_nothing_comes_out() -> None:
    """Empty blocks: a megabyte in, nothing out."""
    blocks = b"\x78\x9c" + b"\x00\x00\x00\xff\xff" * 200_000 + b"\x01\x00\x00\xff\xff" + b"\x00\x00\x00\x01"
    assert zlib.decompress(blocks) == b""
    few = [NewStream({"Filter": name("FlateDecode")}, blocks) for _ in range(18)]
    assert look(store(*few)).readable == Readable.TOO_COMPLEX


def test_der_is_read_up_to_a_count() -> None:
    assert der.is_strict(nulls(2 * der.MAX_VALUES - 2))
    assert not der.is_strict(nulls(2 * der.MAX_VALUES))
    assert der.is_strict(b"0\x00")
    assert not der.is_strict(b"\x30\x03\x04\x05\x00"), "a value that ends behind the one that holds it"


def test_a_certificate_has_a_bounded_number_of_extensions() -> None:
    from cryptography import x509

    def with_extensions(count: int) -> bytes:
        extensions = [
            x509.UnrecognizedExtension(x509.ObjectIdentifier(f"1.3.6.1.4.1.99999.{number}"), b"\x05\x00")
            for number in range(count)
        ]
        return made.issued("many", made.party("root"), extensions=extensions).der

    assert loaded(with_extensions(40)).common_name == "many"
    with pytest.raises(ValueError, match="extensions"):
        loaded(with_extensions(100))


def test_contents_of_many_digits_are_refused_by_their_length() -> None:
    update = Update(sealing.b_t())
    value = update.add({"Type": name("Sig"), "Contents": bytes(1_000_000), "ByteRange": [0, 1, 2, 3]})
    field = update.add({"FT": name("Sig"), "T": b"x", "V": value})
    form = update.get(update.root_reference)["AcroForm"]
    update.change(form, Fields=[*update.get(form)["Fields"], field])
    assert not look(update.write()).whole


def test_the_name_of_a_field_is_of_bounded_length() -> None:
    """Below a long name a thousand fields: each would carry it on."""
    update = Update(sealing.base())
    value = update.add({"Type": name("Sig")})
    kids = [update.add({"FT": name("Sig"), "T": b"k%d" % number, "V": value}) for number in range(50)]
    update.change(
        update.root_reference,
        AcroForm=update.add({"Fields": [update.add({"T": b"n" * 1_000, "Kids": kids})]}),
    )
    assert look(sealing.sealed(pdf=update.write())).readable == Readable.TOO_COMPLEX
