"""Reports on good, changed, foreign and hostile files."""

import time
import zlib
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kolportal import pades
from tests.kolportal.pades.conftest import SEALED_AT, small_pdf


def test_a_fresh_seal_is_whole_and_trusted_under_its_root(pki: pades.PkiFiles, sealed: pades.Sealed) -> None:
    report = pades.verify(sealed.data, trust_roots=[pki.root])
    assert report == pades.Report(
        signatures=1,
        pages=2,
        intact=True,
        covers_whole_file=True,
        trusted=True,
        fingerprint=pki.key.fingerprint,
        subject=pki.key.subject,
        is_test=True,
        field_name="Seal",
        claimed_at=SEALED_AT,
    )
    assert report.sealed_whole


def test_trust_is_a_fact_apart(tmp_path: Path, sealed: pades.Sealed) -> None:
    stranger = pades.make_test_pki(tmp_path, at=SEALED_AT)
    for roots in ([], [stranger.root]):
        report = pades.verify(sealed.data, trust_roots=roots)
        assert report.sealed_whole
        assert not report.trusted


def test_every_flipped_byte_is_noticed(pki: pades.PkiFiles, sealed: pades.Sealed) -> None:
    for position in range(0, len(sealed.data), 23):
        changed = bytearray(sealed.data)
        changed[position] ^= 0x01
        assert not pades.verify(bytes(changed), trust_roots=[pki.root]).sealed_whole, position


def test_what_is_appended_stands_outside_the_seal(sealed: pades.Sealed) -> None:
    report = pades.verify(sealed.data + b"\n%% added\n")
    assert not report.covers_whole_file
    assert "something stands outside the seal" in report.errors


def test_a_changed_page_size_is_noticed(sealed: pades.Sealed) -> None:
    """The case that ``pdfsig`` calls valid: an incremental update with another MediaBox."""
    from pyhanko.pdf_utils import generic
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    writer = IncrementalPdfFileWriter(BytesIO(sealed.data))
    page = writer.root["/Pages"]["/Kids"][0]
    page["/MediaBox"] = generic.ArrayObject([generic.NumberObject(n) for n in (0, 0, 100, 100)])
    writer.update_container(page)
    out = BytesIO()
    writer.write(out)
    report = pades.verify(out.getvalue())
    assert report.intact
    assert not report.covers_whole_file
    assert not report.sealed_whole


def test_a_file_without_a_seal_says_so(plain: bytes) -> None:
    report = pades.verify(plain)
    assert report.errors == ("the file carries no seal",)
    assert (report.pages, report.signatures) == (2, 0)


@pytest.mark.parametrize(
    "junk",
    [
        b"",
        b"%PDF-",
        b"%PDF-1.7\n%%EOF",
        b"\xff\xd8\xff\xe0JFIF",
        b"%PDF-1.7\n" + b"[" * 200_000,
        b"%PDF-1.7\n" + b"<<" * 200_000 + b"\nstartxref\n9\n%%EOF\n",
    ],
)
def test_hostile_bytes_give_a_report(junk: bytes) -> None:
    report = pades.verify(junk)
    assert report.errors
    assert not report.sealed_whole


def test_encrypted_file_is_named() -> None:
    locked = small_pdf(encryption=pikepdf.Encryption(owner="chu", user=""))
    assert pades.verify(locked).errors == ("the file is encrypted",)


def test_a_zip_bomb_is_answered_in_time() -> None:
    with pikepdf.new() as document:
        document.add_blank_page()
        bomb = pikepdf.Stream(document, b"")
        bomb.write(
            zlib.compress(zlib.compress(bytes(100_000_000), 9), 9),
            filter=pikepdf.Array([pikepdf.Name.FlateDecode] * 2),
        )
        document.Root.Metadata = document.make_indirect(bomb)
        buffer = BytesIO()
        document.save(buffer)
    begun = time.process_time()
    assert not pades.verify(buffer.getvalue()).sealed_whole
    assert time.process_time() - begun < 5


def test_a_gigantic_file_is_refused_unread() -> None:
    report = pades.verify(b"%PDF-" + bytes(64 * 1024 * 1024))
    assert report.errors
    assert "larger" in report.errors[0]


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_mutation_raises_or_passes(sealed: pades.Sealed, data: st.DataObject) -> None:
    raw = bytearray(sealed.data)
    start = data.draw(st.integers(0, len(raw) - 1))
    end = data.draw(st.integers(start, min(len(raw), start + 400)))
    raw[start:end] = data.draw(st.binary(max_size=200))
    if bytes(raw) != sealed.data:
        report = pades.verify(bytes(raw))
        assert not report.sealed_whole
