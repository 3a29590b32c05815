"""Sealing: the result stands before other judges; what cannot be sealed is named."""

import asyncio
import hashlib
import subprocess
import sys
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from asn1crypto import cms
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader

from kolportal import pades
from kolportal.pades.cms import bytes_needed, sign
from tests.kolportal.pades.conftest import SEALED_AT, small_pdf
from tests.kolportal.pades.test_keys import certificate, key_pem


def test_the_seal_is_a_pades_b_b_certification_over_the_whole_file(
    pki: pades.PkiFiles, plain: bytes, sealed: pades.Sealed
) -> None:
    assert sealed.data.startswith(plain), "earlier bytes stay a prefix"
    assert sealed.sha256 == hashlib.sha256(sealed.data).hexdigest()
    assert (sealed.achieved, sealed.key_fingerprint) == (pades.Level.B_B, pki.key.fingerprint)
    signature = PdfFileReader(BytesIO(sealed.data)).embedded_signatures[0]
    assert signature.sig_object["/SubFilter"] == "/ETSI.CAdES.detached"
    assert signature.sig_object["/Reason"] == "Cam kết"
    assert signature.docmdp_level is not None
    assert signature.docmdp_level.name == "FILL_FORMS"
    assert [int(edge) for edge in signature.sig_field["/Rect"]] == [0, 0, 0, 0]
    attributes = {attribute["type"].native for attribute in signature.signer_info["signed_attrs"]}
    assert attributes == {"content_type", "message_digest", "signing_certificate_v2"}


def test_signed_attributes_are_in_der_order(sealed: pades.Sealed) -> None:
    info = PdfFileReader(BytesIO(sealed.data)).embedded_signatures[0].signer_info
    members = [attribute.dump() for attribute in cms.CMSAttributes.load(info["signed_attrs"].untag().dump())]
    assert members == sorted(members)


def test_pdfsig_and_qpdf_agree(tmp_path: Path, sealed: pades.Sealed) -> None:
    path = tmp_path / "sealed.pdf"
    path.write_bytes(sealed.data)
    said = subprocess.run(["pdfsig", str(path)], capture_output=True, text=True, check=False).stdout
    assert "Signature is Valid." in said
    assert "Total document signed" in said
    assert "ETSI.CAdES.detached" in said
    subprocess.run(["qpdf", "--check", str(path)], check=True, capture_output=True)


def test_openssl_agrees_with_the_cms(tmp_path: Path, pki: pades.PkiFiles, sealed: pades.Sealed) -> None:
    signature = PdfFileReader(BytesIO(sealed.data)).embedded_signatures[0]
    start, length, second, rest = (int(number) for number in signature.byte_range)
    content = sealed.data[start : start + length] + sealed.data[second : second + rest]
    (tmp_path / "content").write_bytes(content)
    (tmp_path / "cms").write_bytes(cms.ContentInfo.load(signature.pkcs7_content).dump())
    command = [
        "openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", "cms", "-content", "content",
        "-CAfile", str(pki.root_path), "-purpose", "any", "-attime", str(int(SEALED_AT.timestamp())), "-out", "out",
    ]  # fmt: skip
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_sealing_works_inside_an_event_loop(pki: pades.PkiFiles, plain: bytes) -> None:
    async def inside() -> pades.Report:
        return pades.verify(
            pades.seal(plain, key=pki.key, at=SEALED_AT).data,
            trust=pades.Trust.of(seal_roots=[pki.root]),
            at=SEALED_AT,
        )

    report = asyncio.run(inside())
    assert report.sealed_whole
    assert report.trusted


@pytest.mark.parametrize(
    "options", [{"object_stream_mode": pikepdf.ObjectStreamMode.generate}, {"linearize": True}]
)
def test_other_shapes_of_pdf_are_sealed_too(pki: pades.PkiFiles, options: dict[str, Any]) -> None:
    report = pades.verify(
        pades.seal(small_pdf(**options), key=pki.key, at=SEALED_AT).data,
        trust=pades.Trust.of(seal_roots=[pki.root]),
        at=SEALED_AT,
    )
    assert report.sealed_whole


@pytest.mark.parametrize("kind", ["rsa", "p384"])
def test_rsa_and_p384_keys_seal_too(plain: bytes, kind: str) -> None:
    private = (
        rsa.generate_private_key(65537, 2048) if kind == "rsa" else ec.generate_private_key(ec.SECP384R1())
    )
    key = pades.load_pem(key_pem=key_pem(private), certificate_pem=certificate(private))
    report = pades.verify(
        pades.seal(plain, key=key, at=SEALED_AT).data,
        trust=pades.Trust.of(seal_roots=[key.certificate]),
        at=SEALED_AT,
    )
    assert report.sealed_whole


def test_a_thousand_signatures_fit_the_measured_reserve(pki: pades.PkiFiles) -> None:
    room = bytes_needed(pki.key) // 2
    assert all(
        len(sign(pki.key, hashlib.sha256(bytes([n % 256])).digest()).message()) <= room for n in range(1000)
    )


def test_certificate_dates_are_judged_at_the_time_of_sealing(plain: bytes) -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    begin, end = SEALED_AT - timedelta(days=2), SEALED_AT - timedelta(days=1)
    key = pades.load_pem(key_pem=key_pem(private), certificate_pem=certificate(private, begin=begin, end=end))
    with pytest.raises(pades.CertificateExpired):
        pades.seal(plain, key=key, at=SEALED_AT)
    with pytest.raises(pades.CertificateNotYetValid):
        pades.seal(plain, key=key, at=begin - timedelta(seconds=1))
    assert pades.seal(plain, key=key, at=end).sha256


def test_too_small_a_reserve_is_named(pki: pades.PkiFiles, plain: bytes) -> None:
    with pytest.raises(pades.ReserveTooSmall):
        pades.seal(plain, key=pki.key, at=SEALED_AT, bytes_reserved=256)


def test_a_sealed_file_is_not_sealed_again(pki: pades.PkiFiles, sealed: pades.Sealed) -> None:
    with pytest.raises(pades.AlreadySealed):
        pades.seal(sealed.data, key=pki.key, at=SEALED_AT, field_name="Second")


def test_encrypted_files_are_refused(pki: pades.PkiFiles) -> None:
    locked = small_pdf(encryption=pikepdf.Encryption(owner="chu", user=""))
    with pytest.raises(pades.EncryptedPdf):
        pades.seal(locked, key=pki.key, at=SEALED_AT)


@pytest.mark.parametrize("junk", [b"", b"%PDF-1.7", b"\xff\xd8\xff\xe0JFIF", b"%PDF-1.7\n" + b"\0" * 4096])
def test_what_is_no_pdf_is_refused(pki: pades.PkiFiles, junk: bytes) -> None:
    with pytest.raises(pades.NotAPdf):
        pades.seal(junk, key=pki.key, at=SEALED_AT)


def test_every_truncation_is_refused_or_named(pki: pades.PkiFiles, plain: bytes) -> None:
    for length in range(0, len(plain) - 8, 23):
        with pytest.raises((pades.SealingError, PdfError)) as caught:
            pades.seal(plain[:length], key=pki.key, at=SEALED_AT)
        assert isinstance(caught.value, pades.SealingError), length


def test_a_naive_time_is_refused(pki: pades.PkiFiles, plain: bytes) -> None:
    with pytest.raises(ValueError, match="aware"):
        pades.seal(plain, key=pki.key, at=SEALED_AT.replace(tzinfo=None))


def test_pades_needs_nothing_of_the_site() -> None:
    """As a stand-alone verifier will load it: the package alone, its parent a bare folder."""
    code = (
        "import sys, types; bare = types.ModuleType('kolportal'); bare.__path__ = [sys.argv[1]];"
        "sys.modules['kolportal'] = bare; import kolportal.pades;"
        "sys.exit(any(name in sys.modules for name in ('django', 'celery', 'weasyprint')))"
    )
    folder = Path(pades.__file__).parents[1]
    assert subprocess.run([sys.executable, "-c", code, str(folder)], check=False).returncode == 0
