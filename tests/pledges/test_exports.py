"""All PDFs of a list as one ZIP: what is in it, that it cannot hurt a spreadsheet, and that it grows nothing."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.files.storage import storages
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as st

from kolportal.audit.models import AuditEvent
from pledges import exports, signing, storage
from pledges.exports import Recipient, file_name, hand_out, safe_cell, stream_zip
from pledges.models import Document, Pledge, Signature
from tests import factories
from tests.pledges.sealed import sealed_signature

pytestmark = [pytest.mark.django_db, pytest.mark.servers]

ME = Recipient(actor_id=7, role="official")


@pytest.fixture(autouse=True)
def _english() -> Any:
    with translation.override("en"):
        yield


def _zip(signatures: Any = None) -> zipfile.ZipFile:
    queryset = Signature.objects.order_by("sort_key", "-id") if signatures is None else signatures
    return zipfile.ZipFile(io.BytesIO(b"".join(stream_zip(signatures=queryset, to=ME))))


def _index(archive: zipfile.ZipFile) -> list[dict[str, str]]:
    raw = archive.read("index.csv")
    assert raw.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"))))


def _events() -> list[tuple[str, dict[str, Any]]]:
    return list(AuditEvent.objects.filter(action="document.downloaded").values_list("subject_id", "detail"))


def _damage(signature: Signature, *, remove: bool) -> None:
    sha256 = signature.document.sha256
    path = Path(storages["documents"].path(f"{sha256[:2]}/{sha256[2:4]}/{sha256}.pdf"))
    path.chmod(0o640)
    if remove:
        path.unlink()
    else:
        path.write_bytes(b"something else")


def test_zip_holds_each_file_as_it_was_sealed_and_an_index() -> None:
    pledge = factories.pledge()
    names = ["Nguyễn Văn Đức", "Trần Thị Ánh", "Lê Bích"]
    signatures = [sealed_signature(of=pledge, signer=factories.profile(full_name=name)) for name in names]
    archive = _zip()
    assert archive.testzip() is None
    assert set(archive.namelist()) == {file_name(signature) for signature in signatures} | {"index.csv"}
    for signature in signatures:
        assert archive.read(file_name(signature)) == storage.read(signature.document.sha256)
    rows = _index(archive)
    assert [row["Full name"] for row in rows] == ["Trần Thị Ánh", "Lê Bích", "Nguyễn Văn Đức"]
    assert rows[2]["File"] == f"{signatures[0].reference}-nguyen-van-duc.pdf"
    assert rows[2]["SHA-256 of the file"] == signatures[0].document.sha256


def test_zip_can_be_unpacked_by_another_program(tmp_path: Path) -> None:
    sealed_signature()
    path = tmp_path / "all.zip"
    path.write_bytes(b"".join(stream_zip(signatures=Signature.objects.all(), to=ME)))
    result = subprocess.run(["unzip", "-t", str(path)], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout
    assert "No errors detected" in result.stdout


def test_file_name_is_plain_ascii() -> None:
    signature = factories.signature(signer=factories.profile(full_name="Đặng Thị Ngọc-Ánh O’Neil"))
    assert file_name(signature) == f"{signature.reference}-dang-thi-ngoc-anh-o-neil.pdf"


def test_damaged_and_missing_files_are_named_in_the_index_and_the_rest_is_sent() -> None:
    whole, damaged, missing, pending = (
        sealed_signature(),
        sealed_signature(),
        sealed_signature(),
        factories.signature(),
    )
    _damage(damaged, remove=False)
    _damage(missing, remove=True)
    archive = _zip()
    assert set(archive.namelist()) == {file_name(whole), "index.csv"}
    remarks = {row["Reference code"]: row["Remark"] for row in _index(archive)}
    assert remarks[whole.reference_grouped] == ""
    assert "missing or damaged" in remarks[damaged.reference_grouped]
    assert "missing or damaged" in remarks[missing.reference_grouped]
    assert "not sealed yet" in remarks[pending.reference_grouped]
    # Only what was handed out is recorded.
    assert [subject for subject, _ in _events()] == [str(whole.document.pk)]


def test_withdrawn_document_is_still_there_and_the_index_says_so() -> None:
    signature = sealed_signature()
    signing.withdraw(signature=signature, at=timezone.now())
    archive = _zip()
    assert file_name(signature) in archive.namelist()
    assert _index(archive)[0]["State"] == "withdrawn"


def test_each_document_is_recorded_before_its_bytes_leave() -> None:
    signatures = [sealed_signature() for _ in range(3)]
    pieces = stream_zip(signatures=Signature.objects.order_by("id"), to=ME)
    next(pieces)
    # The first file has left; its whole batch is recorded.
    assert {subject for subject, _ in _events()} == {str(signature.document.pk) for signature in signatures}
    assert _events()[0][1] == {"role": "official", "unit": signatures[-1].pledge.unit_id, "bulk": True}
    pieces.close()


def test_one_document_is_handed_out_with_its_event() -> None:
    signature = sealed_signature(data=b"%PDF one")
    assert hand_out(document=signature.document, to=ME, at=timezone.now()) == b"%PDF one"
    assert _events() == [
        (str(signature.document.pk), {"role": "official", "unit": signature.pledge.unit_id, "bulk": False})
    ]


def test_pending_or_damaged_document_is_refused_and_not_recorded() -> None:
    pending, damaged = factories.signature(), sealed_signature()
    _damage(damaged, remove=False)
    with pytest.raises(exports.DocumentNotSealed):
        hand_out(document=pending.document, to=ME, at=timezone.now())
    with pytest.raises(storage.StoredFileDamaged):
        hand_out(document=damaged.document, to=ME, at=timezone.now())
    assert _events() == []


HOSTILE = ["=1+1", "+84", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1+1", ' =HYPERLINK("https://example.com")']


@pytest.mark.parametrize("text", HOSTILE)
def test_cell_that_looks_like_a_formula_is_made_text(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


@given(st.text())
def test_safe_cell_keeps_the_text_and_never_starts_a_formula(text: str) -> None:
    safe = safe_cell(text)
    assert safe.removeprefix("'") == text.removeprefix("'") or safe == f"'{text}"
    assert not safe.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r"))


def test_hostile_organisation_and_channel_stay_text_in_a_spreadsheet() -> None:
    signer = factories.profile(
        organisation='=HYPERLINK("https://example.com";"x")', stage_name="@SUM(1+1)*cmd"
    )
    sealed_signature(signer=signer)
    raw = _zip().read("index.csv").decode("utf-8-sig")
    sheet = openpyxl.Workbook().active
    assert sheet is not None
    for row in csv.reader(io.StringIO(raw)):
        sheet.append(row)
    assert {cell.data_type for cells in sheet.iter_rows() for cell in cells} <= {"s", "n"}
    assert "f" not in {cell.data_type for cells in sheet.iter_rows() for cell in cells}


def _many(count: int, *, size: int, of: Pledge | None = None) -> None:
    pledge = of or factories.pledge()
    for _ in range(count):
        sealed_signature(of=pledge, data=os.urandom(size))


def test_memory_stays_flat_over_sixty_megabytes() -> None:
    """300 documents of 200 kB: the peak is that of one batch (8 MB and its piece), not of the archive (60 MB)."""
    _many(300, size=200_000)
    total = 0
    tracemalloc.start()
    try:
        for piece in stream_zip(signatures=Signature.objects.order_by("id"), to=ME):
            total += len(piece)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert total > 60_000_000
    assert peak < 16_000_000


def test_queries_grow_by_three_per_batch() -> None:
    """Keys once; per fifty signatures the rows, their channels and the audit events."""
    counts = []
    pledge = factories.pledge()
    for _ in range(2):
        _many(60, size=10, of=pledge)
        with CaptureQueriesContext(connection) as queries:
            list(stream_zip(signatures=Signature.objects.order_by("id"), to=ME))
        counts.append(len(queries))
    assert counts == [1 + 3 * 2, 1 + 3 * 3]


def test_empty_list_is_an_archive_with_an_empty_index() -> None:
    archive = _zip(Signature.objects.none())
    assert archive.namelist() == ["index.csv"]
    assert _index(archive) == []
    assert Document.objects.count() == 0
