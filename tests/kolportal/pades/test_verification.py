"""Reports on good, changed, foreign and hostile files."""

import json
import zlib
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from hypothesis import given, settings
from hypothesis import strategies as st

from kolportal import pades
from kolportal.pades.verification import (
    After,
    Change,
    Conclusion,
    Indication,
    Readable,
    Revocation,
    SubIndication,
)
from tests.kolportal.pades.conftest import SEALED_AT, small_pdf


def trusting(*roots: x509.Certificate) -> pades.Trust:
    return pades.Trust.of(seal_roots=roots)


def look(pdf: bytes, *roots: x509.Certificate) -> pades.Report:
    return pades.verify(pdf, trust=trusting(*roots), at=SEALED_AT)


def test_a_fresh_seal_is_whole_and_trusted_under_its_root(pki: pades.PkiFiles, sealed: pades.Sealed) -> None:
    report = look(sealed.data, pki.root)
    assert report.sealed_whole
    assert (report.readable, report.intact, report.certifies) == (Readable.YES, True, True)
    assert (report.after, report.findings, report.errors) == (After.NOTHING, (), ())
    assert (report.signatures, report.pages, report.field_name) == (1, 2, "Seal")
    assert report.sealer is not None
    assert (report.fingerprint, report.subject) == (pki.key.fingerprint, pki.key.subject)
    assert (report.sealer.not_before, report.sealer.not_after) == (pki.key.not_before, pki.key.not_after)
    assert report.is_test
    assert report.trusted
    assert report.chain.root_fingerprint == pki.root.fingerprint(hashes.SHA256()).hex()
    assert (report.time.claimed, report.time.proven, report.level) == (SEALED_AT, None, pades.Level.B_B)
    assert report.revocation.state == Revocation.UNKNOWN
    assert report.conclusion == Conclusion(Indication.INDETERMINATE, SubIndication.TRY_LATER), (
        "no list says that it is not revoked"
    )


def test_trust_is_a_fact_apart(tmp_path: Path, sealed: pades.Sealed) -> None:
    stranger = pades.make_test_pki(tmp_path, at=SEALED_AT)
    for roots in ([], [stranger.root]):
        report = look(sealed.data, *roots)
        assert report.sealed_whole
        assert not report.trusted
        assert report.conclusion.sub_indication == SubIndication.NO_CERTIFICATE_CHAIN_FOUND


def test_the_report_is_json(pki: pades.PkiFiles, sealed: pades.Sealed) -> None:
    said = json.loads(json.dumps(look(sealed.data, pki.root).as_dict()))
    assert said["whole"] is True
    assert said["passed"] is False
    assert said["time"]["claimed"] == SEALED_AT.isoformat()
    assert said["conclusion"] == {"indication": "INDETERMINATE", "sub_indication": "TRY_LATER"}


def test_the_time_of_validation_must_be_aware(sealed: pades.Sealed) -> None:
    with pytest.raises(ValueError, match="aware"):
        pades.verify(sealed.data, at=SEALED_AT.replace(tzinfo=None))


def test_every_flipped_byte_is_noticed(pki: pades.PkiFiles, sealed: pades.Sealed) -> None:
    for position in range(0, len(sealed.data), 23):
        changed = bytearray(sealed.data)
        changed[position] ^= 0x01
        assert not look(bytes(changed), pki.root).sealed_whole, position


def test_what_is_appended_stands_outside_the_seal(sealed: pades.Sealed) -> None:
    report = look(sealed.data + b"\n%% added\n")
    assert report.intact
    assert not report.whole
    assert [finding.change for finding in report.findings] == [Change.TRAILING_BYTES]


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
    report = look(out.getvalue())
    assert report.intact
    assert not report.whole
    assert report.after == After.OTHER
    changes = {finding.change for finding in report.findings}
    assert changes == {Change.PAGE_SIZE, Change.METADATA}, "it left its name in the information as well"


def test_a_file_without_a_seal_says_so(plain: bytes) -> None:
    report = look(plain)
    assert report.readable == Readable.NO_SEAL
    assert report.errors == ("the file carries no seal",)


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
    report = look(junk)
    assert report.errors
    assert not report.sealed_whole


def test_encrypted_file_is_named() -> None:
    locked = small_pdf(encryption=pikepdf.Encryption(owner="chu", user=""))
    assert look(locked).readable == Readable.ENCRYPTED


def test_a_zip_bomb_in_metadata_is_not_inflated() -> None:
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
    assert look(buffer.getvalue()).readable == Readable.NO_SEAL


def test_a_gigantic_file_is_refused_unread() -> None:
    report = look(b"%PDF-" + bytes(64 * 1024 * 1024))
    assert report.readable == Readable.TOO_LARGE


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_mutation_raises_or_passes(pki: pades.PkiFiles, sealed: pades.Sealed, data: st.DataObject) -> None:
    raw = bytearray(sealed.data)
    start = data.draw(st.integers(0, len(raw) - 1))
    end = data.draw(st.integers(start, min(len(raw), start + 400)))
    raw[start:end] = data.draw(st.binary(max_size=200))
    if bytes(raw) != sealed.data:
        report = look(bytes(raw), pki.root)
        assert not report.sealed_whole
