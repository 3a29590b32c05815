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

from kolportal.audit.models import AuditEvent
from kolportal.privacy.signers import erase_signers
from pledges import exports, storage
from pledges.exports import Recipient, file_name, hand_out, stream_zip
from pledges.models import Document, Pledge, Signature
from tests import factories
from tests.pledges.sealed import file_of, seal, sealed_signature

pytestmark = [pytest.mark.django_db, pytest.mark.servers]

ME = Recipient(actor_id=7, role="official")


@pytest.fixture(autouse=True)
def _english() -> Any:
    with translation.override("en"):
        yield


def _zip(signatures: Any = None) -> zipfile.ZipFile:
    queryset = (
        Signature.objects.order_by("particulars__sort_key", "-id") if signatures is None else signatures
    )
    return zipfile.ZipFile(io.BytesIO(b"".join(stream_zip(signatures=queryset, to=ME))))


def _index(archive: zipfile.ZipFile) -> list[dict[str, str]]:
    raw = archive.read("index.csv")
    assert raw.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"))))


def _events() -> list[tuple[str, dict[str, Any]]]:
    return list(AuditEvent.objects.filter(action="document.downloaded").values_list("subject_id", "detail"))


def _damage(signature: Signature, *, remove: bool) -> None:
    sha256 = file_of(signature).sha256
    path = Path(storages["documents"].path(f"{sha256[:2]}/{sha256[2:4]}/{sha256}.pdf"))
    path.chmod(0o640)
    if remove:
        path.unlink()
    else:
        path.write_bytes(b"something else")


def test_zip_holds_each_file_as_it_was_sealed_and_an_index() -> None:
    pledge = factories.pledge()
    names = ["Nguyễn Văn Đức", "Trần Thị Ánh", "Lê Bích"]
    signatures = [sealed_signature(of=pledge, signer=factories.person(full_name=name)) for name in names]
    archive = _zip()
    assert archive.testzip() is None
    assert set(archive.namelist()) == {file_name(signature) for signature in signatures} | {"index.csv"}
    for signature in signatures:
        assert archive.read(file_name(signature)) == storage.read(file_of(signature).sha256)
    rows = _index(archive)
    assert [row["Full name"] for row in rows] == ["Trần Thị Ánh", "Lê Bích", "Nguyễn Văn Đức"]
    assert rows[2]["File"] == f"{signatures[0].reference}-nguyen-van-duc.pdf"
    assert rows[2]["SHA-256 of the file"] == file_of(signatures[0]).sha256


def test_zip_can_be_unpacked_by_another_program(tmp_path: Path) -> None:
    sealed_signature()
    path = tmp_path / "all.zip"
    path.write_bytes(b"".join(stream_zip(signatures=Signature.objects.all(), to=ME)))
    result = subprocess.run(["unzip", "-t", str(path)], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout
    assert "No errors detected" in result.stdout


def test_file_name_is_plain_ascii() -> None:
    signature = factories.signature(signer=factories.person(full_name="Đặng Thị Ngọc-Ánh O’Neil"))
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
    factories.withdraw(signature)
    archive = _zip()
    assert file_name(signature) in archive.namelist()
    assert _index(archive)[0]["State"] == "withdrawn"


def test_the_newest_file_is_handed_out() -> None:
    signature = sealed_signature(data=b"%PDF B-B")
    seal(signature, data=b"%PDF B-T", achieved_level="B-T")
    archive = _zip()
    assert archive.read(file_name(signature)) == b"%PDF B-T"
    assert _index(archive)[0]["SHA-256 of the file"] == file_of(signature).sha256
    assert hand_out(document=signature.document, to=ME, at=timezone.now()) == b"%PDF B-T"


def test_erased_signer_has_a_row_that_says_so_and_no_file() -> None:
    signer = factories.person(full_name="Nguyễn Văn Xóa", organisation="Câu lạc bộ thử")
    signature = sealed_signature(signer=signer, channel_ids=[factories.channel(person=signer).pk])
    erase_signers([signature.pk], actor_id=None, at=timezone.now())
    archive = _zip()
    assert archive.namelist() == ["index.csv"]
    row = _index(archive)[0]
    assert row["Full name"] == row["Remark"] == "erased on request or after the time of keeping"
    assert row["Reference code"] == signature.reference_grouped
    assert row["State"] == "in force"
    assert {
        row[name] for name in ("Public (stage) name", "Commune", "Organisation", "Channels covered", "File")
    } == {""}
    with pytest.raises(exports.DocumentNotSealed):
        hand_out(document=Document.objects.get(signature=signature), to=ME, at=timezone.now())
    assert _events() == []


def test_index_speaks_the_language_that_was_active_when_it_was_asked_for() -> None:
    factories.signature()
    with translation.override("vi"):
        pieces = stream_zip(signatures=Signature.objects.all(), to=ME)
    with translation.override(None):
        archive = zipfile.ZipFile(io.BytesIO(b"".join(pieces)))
    assert "Họ và tên" in _index(archive)[0]
    assert _index(archive)[0]["Ngôn ngữ"] == "Tiếng Việt"


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


def test_hostile_organisation_and_channel_stay_text_in_a_spreadsheet() -> None:
    signer = factories.person(
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


def test_queries_grow_by_five_per_batch() -> None:
    """Keys once; per fifty signatures the rows, their channels, documents and files, and the audit events."""
    counts = []
    pledge = factories.pledge()
    for _ in range(2):
        _many(60, size=10, of=pledge)
        with CaptureQueriesContext(connection) as queries:
            list(stream_zip(signatures=Signature.objects.order_by("id"), to=ME))
        counts.append(len(queries))
    assert counts == [1 + 5 * 2, 1 + 5 * 3]


def test_empty_list_is_an_archive_with_an_empty_index() -> None:
    archive = _zip(Signature.objects.none())
    assert archive.namelist() == ["index.csv"]
    assert _index(archive) == []
    assert Document.objects.count() == 0
