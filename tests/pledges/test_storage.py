"""Files under their SHA-256: once, whole, in a folder or in S3 (a stand-in server on this machine)."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from django.core.files.storage import storages
from moto.server import ThreadedMotoServer

from pledges import storage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.servers

DATA = b"%PDF-1.7 nothing more"
BUCKET = "documents"
DIGEST = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    """The local form: a folder of this test's own."""
    backend = {**settings.STORAGES["documents"]}
    backend["OPTIONS"] = {**backend["OPTIONS"], "location": tmp_path}
    settings.STORAGES = {**settings.STORAGES, "documents": backend}
    return tmp_path


@pytest.fixture
def bucket(settings: Any) -> Iterator[Any]:
    """The S3 form, with the options of settings.py."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    access = {"endpoint_url": f"http://{host}:{port}", "region_name": "us-east-1"}
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    client = boto3.client("s3", **access, **keys)
    client.create_bucket(Bucket=BUCKET)
    settings.STORAGES = {
        **settings.STORAGES,
        "documents": {
            "BACKEND": "storages.backends.s3.S3Storage",
            "OPTIONS": {
                "bucket_name": BUCKET,
                "access_key": "test",
                "secret_key": "test",
                "file_overwrite": True,
                "default_acl": None,
                **access,
            },
        },
    }
    yield client
    # The stand-in keeps its buckets for the life of this process.
    for item in client.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        client.delete_object(Bucket=BUCKET, Key=item["Key"])
    client.delete_bucket(Bucket=BUCKET)
    server.stop()


def test_folder_files_once_and_read_only(folder: Path) -> None:
    assert storage.put(DATA) == storage.put(DATA) == DIGEST
    (path,) = (path for path in folder.rglob("*") if path.is_file())
    assert path.name == f"{DIGEST}.pdf"
    assert path.stat().st_mode & 0o777 == 0o440
    assert storage.read(DIGEST) == DATA


def test_a_second_writer_of_the_same_bytes_leaves_one_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage.put(DATA)
    # This writer asked "is it there?" just before the other one wrote.
    real = storages["documents"].exists
    answers = iter([False])
    monkeypatch.setattr(
        storages["documents"], "exists", lambda name: next(answers, None) is not False and real(name)
    )
    assert storage.put(DATA) == DIGEST
    assert len([path for path in folder.rglob("*") if path.is_file()]) == 1


def test_damaged_file_is_neither_read_nor_overwritten(folder: Path) -> None:
    storage.put(DATA)
    path = next(path for path in folder.rglob("*.pdf"))
    path.chmod(0o640)
    path.write_bytes(b"something else")
    with pytest.raises(storage.StoredFileDamaged):
        storage.read(DIGEST)
    with pytest.raises(storage.StoredFileDamaged):
        storage.put(DATA)
    assert path.read_bytes() == b"something else"


def test_removed_file_is_gone_and_may_be_removed_again(folder: Path) -> None:
    storage.put(DATA)
    storage.remove(DIGEST)
    storage.remove(DIGEST)
    assert [path for path in folder.rglob("*") if path.is_file()] == []


def test_missing_file_is_said_to_be_damaged(folder: Path) -> None:
    with pytest.raises(storage.StoredFileDamaged):
        storage.read(DIGEST)


def test_s3_files_once_and_reads_back(bucket: Any) -> None:
    assert storage.put(DATA) == storage.put(DATA) == DIGEST
    assert [item["Key"] for item in bucket.list_objects_v2(Bucket=BUCKET)["Contents"]] == [
        f"{DIGEST[:2]}/{DIGEST[2:4]}/{DIGEST}.pdf"
    ]
    assert storage.read(DIGEST) == DATA


def test_s3_removes(bucket: Any) -> None:
    storage.put(DATA)
    storage.remove(DIGEST)
    storage.remove(DIGEST)
    assert "Contents" not in bucket.list_objects_v2(Bucket=BUCKET)


def test_s3_damage_and_absence_are_noticed(bucket: Any) -> None:
    with pytest.raises(storage.StoredFileDamaged):
        storage.read(DIGEST)
    storage.put(DATA)
    bucket.put_object(Bucket=BUCKET, Key=f"{DIGEST[:2]}/{DIGEST[2:4]}/{DIGEST}.pdf", Body=b"x")
    with pytest.raises(storage.StoredFileDamaged):
        storage.read(DIGEST)
