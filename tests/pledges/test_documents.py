"""Sealing as the worker does it: whatever fails, whoever dies, exactly one sound document comes out or staff are told."""

from __future__ import annotations

import errno
import multiprocessing
import os
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.storage import storages
from django.db import connections
from django.utils import timezone

from kolportal import pades, sealing_key
from kolportal.audit.models import AuditEvent
from pledges import announcing, documents, rendering, storage
from pledges.models import Document, DocumentState
from tests import factories
from tests.servers import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.servers


def _document() -> Document:
    return factories.signature().document


def _due_again(document: Document) -> None:
    """As if the pause and the lease were over."""
    Document.objects.filter(pk=document.pk).update(next_attempt_at=timezone.now(), lease_until=None)


@pytest.mark.django_db
def test_seals_a_pending_document() -> None:
    document = _document()
    assert documents.seal(document_id=document.pk, at=timezone.now())
    document.refresh_from_db()
    assert document.state == DocumentState.SEALED
    assert document.attempts == 1
    data = storage.read(document.sha256)
    report = pades.verify(data, at=timezone.now())
    assert report.sealed_whole
    assert report.fingerprint == sealing_key.current().fingerprint == document.seal_certificate_sha256
    assert (report.pages, len(data), True) == (document.pages, document.size, document.is_test)
    assert rendering.missing_text(data, expected=[document.signature.full_name]) == []
    assert AuditEvent.objects.about("document", document.pk).filter(action="document.sealed").count() == 1


@pytest.mark.django_db
def test_second_message_for_a_sealed_document_changes_nothing() -> None:
    document = _document()
    documents.seal(document_id=document.pk, at=timezone.now())
    before = Document.objects.values().get(pk=document.pk)
    assert not documents.seal(document_id=document.pk, at=timezone.now())
    assert Document.objects.values().get(pk=document.pk) == before


@pytest.mark.django_db
def test_a_held_document_is_left_to_its_holder() -> None:
    document = _document()
    Document.objects.filter(pk=document.pk).update(
        lease_until=timezone.now() + timedelta(minutes=1), lease_token="a" * 32
    )
    assert not documents.seal(document_id=document.pk, at=timezone.now())
    assert documents.sweep() == 0


@pytest.mark.django_db
def test_a_worker_whose_lease_ran_out_cannot_finish(monkeypatch: pytest.MonkeyPatch) -> None:
    document = _document()
    put = storage.put

    def slow_put(data: bytes) -> str:
        # Another worker takes the row over while this one is still storing.
        Document.objects.filter(pk=document.pk).update(lease_token="b" * 32)
        return put(data)

    monkeypatch.setattr(storage, "put", slow_put)
    assert not documents.seal(document_id=document.pk, at=timezone.now())
    document.refresh_from_db()
    assert (document.state, document.lease_token) == (DocumentState.PENDING, "b" * 32)


@pytest.mark.django_db
def test_sweep_takes_documents_of_any_age() -> None:
    old = _document()
    Document.objects.filter(pk=old.pk).update(
        created_at=timezone.now() - timedelta(days=400), next_attempt_at=timezone.now() - timedelta(days=400)
    )
    new = _document()
    assert documents.sweep() == 2
    assert Document.objects.filter(pk__in=[old.pk, new.pk], state=DocumentState.SEALED).count() == 2


@pytest.mark.django_db
def test_a_sweep_whose_time_is_over_leaves_the_rest_untouched_for_the_next() -> None:
    document = _document()
    assert documents.sweep(within=timedelta(0)) == 0
    document.refresh_from_db()
    assert (document.state, document.attempts, document.lease_until) == (DocumentState.PENDING, 0, None)
    assert documents.sweep() == 1


def _storage_full(*_: Any) -> Any:
    raise OSError(errno.ENOSPC, "No space left on device")


def _storage_read_only(*_: Any) -> Any:
    raise PermissionError(errno.EROFS, "Read-only file system")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("failure", "name"), [(_storage_full, "OSError"), (_storage_read_only, "PermissionError")]
)
def test_storage_that_refuses_leaves_the_row_pending_and_says_why(
    monkeypatch: pytest.MonkeyPatch, failure: Callable[..., Any], name: str
) -> None:
    document = _document()
    with monkeypatch.context() as patch:
        patch.setattr(storages["documents"], "_save", failure)
        assert not documents.seal(document_id=document.pk, at=timezone.now())
    document.refresh_from_db()
    assert (document.state, document.last_error, document.lease_until) == (DocumentState.PENDING, name, None)
    assert document.next_attempt_at > timezone.now()
    assert document.signature.is_active
    _due_again(document)
    assert documents.sweep() == 1


@pytest.mark.django_db
def test_a_read_only_folder_is_such_a_failure(settings: Any, tmp_path: Path) -> None:
    blocked = tmp_path / "documents"
    blocked.write_text("a file where the folder should be")
    settings.STORAGES = {
        **settings.STORAGES,
        "documents": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": blocked},
        },
    }
    document = _document()
    assert not documents.seal(document_id=document.pk, at=timezone.now())
    document.refresh_from_db()
    assert document.state == DocumentState.PENDING
    assert document.last_error


@pytest.mark.django_db
def test_an_expired_key_seals_nothing_and_names_itself() -> None:
    document = _document()
    after_the_key = sealing_key.current().not_after + timedelta(days=1)
    assert not documents.seal(document_id=document.pk, at=after_the_key)
    document.refresh_from_db()
    assert document.state == DocumentState.PENDING
    assert document.last_error.startswith("CertificateExpired")


@pytest.mark.django_db
def test_a_missing_key_seals_nothing_and_names_itself(settings: Any) -> None:
    document = _document()
    settings.SEAL_TEST_KEY_ALLOWED = False
    sealing_key.current.cache_clear()
    try:
        assert not documents.seal(document_id=document.pk, at=timezone.now())
    finally:
        sealing_key.current.cache_clear()
    document.refresh_from_db()
    assert document.last_error.startswith("KeyMissing")


@pytest.mark.django_db
def test_parks_after_the_last_attempt_and_comes_back_by_hand(settings: Any) -> None:
    settings.SEAL_MAX_ATTEMPTS = 2
    document = _document()
    late = sealing_key.current().not_after + timedelta(days=1)
    for number in range(2):
        assert not documents.seal(document_id=document.pk, at=late + timedelta(days=number))
    document.refresh_from_db()
    assert document.state == DocumentState.PARKED
    assert documents.sweep() == 0
    actor = factories.user()
    assert documents.retry_parked(document=document, actor_id=actor.pk, at=timezone.now())
    assert not documents.retry_parked(document=document, actor_id=actor.pk, at=timezone.now())
    assert documents.sweep() == 1


@pytest.mark.django_db
def test_a_result_that_is_not_the_document_is_never_called_sealed(monkeypatch: pytest.MonkeyPatch) -> None:
    document = _document()
    other = factories.signature(signer=factories.profile(full_name="Trần Văn Khác"))
    real = rendering.render

    def of_somebody_else(_sheet: rendering.PledgeSheet) -> bytes:
        from pledges import sheets

        return real(sheets.of_signature(other, key=sealing_key.current()))

    monkeypatch.setattr(rendering, "render", of_somebody_else)
    assert not documents.seal(document_id=document.pk, at=timezone.now())
    document.refresh_from_db()
    assert document.state == DocumentState.PENDING
    assert "missing" in document.last_error


@pytest.mark.django_db
def test_a_damaged_stored_file_is_noticed_on_reading() -> None:
    document = _document()
    documents.seal(document_id=document.pk, at=timezone.now())
    document.refresh_from_db()
    path = Path(
        storages["documents"].path(f"{document.sha256[:2]}/{document.sha256[2:4]}/{document.sha256}.pdf")
    )
    path.chmod(0o640)
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(storage.StoredFileDamaged):
        storage.read(document.sha256)


# --- A worker that dies between two steps ---------------------------------------------------------------------------

_STEPS: dict[str, tuple[Any, str]] = {
    "before rendering": (rendering, "render"),
    "before sealing": (pades, "seal"),
    "before the second look": (pades, "verify"),
    "before storing": (storage, "put"),
    "before finishing": (documents, "_finish"),
    "before telling the signer": (announcing, "announce"),
}


def _seal_and_die(document_id: int, step: str) -> None:
    """In a child process: the worker is gone (no clean-up, no exception) when it reaches the step."""
    connections.close_all()
    module, name = _STEPS[step]
    setattr(module, name, lambda *_args, **_kwargs: os._exit(9))
    documents.seal(document_id=document_id, at=timezone.now())
    os._exit(0)


@pytest.mark.usefixtures("committed_db")
@pytest.mark.parametrize("step", list(_STEPS))
def test_a_killed_worker_loses_nothing(step: str) -> None:
    document = _document()
    connections.close_all()
    child = multiprocessing.get_context("fork").Process(target=_seal_and_die, args=(document.pk, step))
    child.start()
    child.join(PATIENCE)
    assert child.exitcode == 9, "the child did not reach the step"
    document.refresh_from_db()
    if step == "before telling the signer":
        assert document.state == DocumentState.SEALED
        assert document.announced_at is None
        documents.sweep()
        assert not Document.objects.unannounced().exists()
        return
    assert document.state == DocumentState.PENDING
    assert documents.sweep() == 0, "the dead worker's lease must first run out"
    Document.objects.filter(pk=document.pk).update(lease_until=timezone.now())
    assert documents.sweep() == 1
    document.refresh_from_db()
    assert document.attempts == 2
    assert pades.verify(storage.read(document.sha256), at=timezone.now()).sealed_whole


@pytest.mark.usefixtures("committed_db")
def test_a_document_that_kills_its_worker_is_parked(settings: Any) -> None:
    settings.SEAL_MAX_ATTEMPTS = 1
    document = _document()
    Document.objects.filter(pk=document.pk).update(attempts=1, lease_until=timezone.now())
    assert documents.sweep() == 0
    document.refresh_from_db()
    assert (document.state, document.last_error) == (DocumentState.PARKED, "WorkerLost")
