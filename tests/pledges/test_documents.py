"""Sealing as the worker does it: whatever fails, whoever dies, exactly one sound document comes out or staff are told."""

from __future__ import annotations

import errno
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.core import mail
from django.core.files.storage import storages
from django.db import IntegrityError, transaction
from django.utils import timezone

from kolportal import pades, paper, sealing_key
from kolportal.audit.models import AuditEvent
from kolportal.mail.models import Message, MessageState
from kolportal.work import queue
from kolportal.work.models import Work
from pledges import documents, rendering, sheets, storage
from pledges.kinds import SEAL
from pledges.models import Document, DocumentState, SealedFile, Signature, StoredAhead
from tests import factories
from tests.dying import work_and_die
from tests.servers import PATIENCE, celery_worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

pytestmark = pytest.mark.servers


def _document() -> Document:
    return factories.signature().document


def _signature(document: Document) -> Signature:
    assert document.signature is not None
    return document.signature


def _work(document: Document) -> Work:
    return Work.objects.get(kind=SEAL.name, subject=document.pk)


def _seal(document: Document, *, at: datetime | None = None) -> bool:
    return queue.run(_work(document).pk, at=at or timezone.now())


def _state(document: Document) -> DocumentState:
    return documents.state_of(Document.objects.get(pk=document.pk))


def _file(document: Document) -> SealedFile:
    file = Document.objects.get(pk=document.pk).file
    assert file is not None
    return file


def _stored() -> set[str]:
    """Digests of all files in the storage."""
    root = Path(storages["documents"].path("."))
    return {path.stem for path in root.rglob("*.pdf")}


@pytest.fixture(autouse=True)
def _own_folder(request: pytest.FixtureRequest, settings: Any, tmp_path: Path) -> None:
    """For files of this test only; where other processes work too, theirs."""
    if "worker_environment" in request.fixturenames:
        return
    backend = settings.STORAGES["documents"]
    options = {**backend["OPTIONS"], "location": tmp_path / "documents"}
    settings.STORAGES = {**settings.STORAGES, "documents": {**backend, "OPTIONS": options}}


# --- One document -------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_seals_a_pending_document() -> None:
    document = _document()
    at = timezone.now()
    assert _state(document) == DocumentState.PENDING
    assert _seal(document, at=at)
    assert _state(document) == DocumentState.SEALED
    file = _file(document)
    data = storage.read(file.sha256)
    report = pades.verify(data, at=timezone.now())
    assert report.sealed_whole
    assert report.fingerprint == sealing_key.current().fingerprint == file.certificate_sha256
    assert (file.generation, file.pages, file.size, file.is_test) == (1, report.pages, len(data), True)
    assert (file.intended_level, file.achieved_level, file.obstacles) == ("B-B", "B-B", [])
    assert (file.sealed_at, file.renew_before) == (at, None)
    assert paper.missing_text(data, expected=[_signature(document).particulars.full_name]) == []
    assert AuditEvent.objects.about("document", document.pk).filter(action="document.sealed").count() == 1
    assert not StoredAhead.objects.exists()


@pytest.mark.django_db
def test_the_page_before_sealing_can_be_made_again_by_its_recipe() -> None:
    document = _document()
    _seal(document)
    file = _file(document)
    sheet = sheets.of_signature(_signature(document), key=sealing_key.current())
    again = rendering.render(sheet)
    assert storage.digest(again) == file.unsealed_sha256
    assert storage.read(file.sha256).startswith(again), "the seal only appends"
    assert file.recipe == rendering.recipe()


@pytest.mark.django_db
def test_a_document_that_has_a_file_is_only_finished() -> None:
    document = _document()
    _seal(document)
    before = SealedFile.objects.values().get()
    queue.put(SEAL, document.pk, at=timezone.now())
    assert _seal(document)
    assert SealedFile.objects.values().get() == before
    assert AuditEvent.objects.filter(action="document.sealed").count() == 1
    assert not Work.objects.filter(kind=SEAL.name).exists()


@pytest.mark.django_db
def test_signer_is_told_once_in_the_transaction_of_the_file() -> None:
    signature = factories.signature()
    assert queue.sweep() == 2
    queue.sweep()
    (message,) = mail.outbox
    assert message.to == [signature.person.email]
    assert Message.objects.get().occasion == f"pledge_sealed:{signature.reference}"


@pytest.mark.django_db
def test_a_worker_whose_lease_ran_out_keeps_neither_row_nor_file(monkeypatch: pytest.MonkeyPatch) -> None:
    document = _document()
    put = storage.put

    def slow_put(data: bytes) -> str:
        # Another worker takes the row over while this one is still storing.
        Work.objects.filter(subject=document.pk).update(token="b" * 32)
        return put(data)

    monkeypatch.setattr(storage, "put", slow_put)
    assert not _seal(document)
    assert _state(document) == DocumentState.PENDING
    assert _work(document).token == "b" * 32
    assert (_stored(), StoredAhead.objects.count()) == (set(), 0)


# --- What fails -----------------------------------------------------------------------------------------------------------------


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
        assert not _seal(document)
    work = _work(document)
    assert (_state(document), work.error, work.lease_until) == (DocumentState.PENDING, name, None)
    assert work.due_at > timezone.now()
    assert Signature.objects.get(document=document).is_active
    assert _seal(document, at=work.due_at)


@pytest.mark.django_db
def test_a_read_only_folder_is_such_a_failure(settings: Any, tmp_path: Path) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where the folder should be")
    backend = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": blocked}}
    settings.STORAGES = {**settings.STORAGES, "documents": backend}
    document = _document()
    assert not _seal(document)
    assert _state(document) == DocumentState.PENDING
    assert _work(document).error


@pytest.mark.django_db
def test_an_expired_key_seals_nothing_and_names_itself() -> None:
    document = _document()
    assert not _seal(document, at=sealing_key.current().not_after + timedelta(days=1))
    assert _state(document) == DocumentState.PENDING
    assert _work(document).error.startswith("CertificateExpired:")


@pytest.mark.django_db
def test_a_missing_key_seals_nothing_and_names_itself(settings: Any) -> None:
    document = _document()
    settings.SEAL_TEST_KEY_ALLOWED = False
    sealing_key.current.cache_clear()
    try:
        assert not _seal(document)
    finally:
        sealing_key.current.cache_clear()
    assert _work(document).error.startswith("KeyMissing:")


@pytest.mark.django_db
def test_parks_after_the_last_attempt_and_comes_back_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SEAL, "tries", 2)
    document = _document()
    late = sealing_key.current().not_after + timedelta(days=1)
    for number in range(2):
        assert not _seal(document, at=late + timedelta(days=number))
    assert _state(document) == DocumentState.PARKED
    (told,) = AuditEvent.objects.about("document", document.pk)
    assert (told.action, told.detail) == ("document.parked", {"error": "CertificateExpired"})
    assert queue.sweep() == 0
    actor = factories.user()
    assert documents.retry_parked(document, actor_id=actor.pk, at=timezone.now())
    assert not documents.retry_parked(document, actor_id=actor.pk, at=timezone.now())
    assert AuditEvent.objects.filter(action="document.retried", actor_id=str(actor.pk)).count() == 1
    assert _seal(document)


@pytest.mark.django_db
def test_a_result_that_is_not_the_document_is_never_called_sealed(monkeypatch: pytest.MonkeyPatch) -> None:
    document = _document()
    other = factories.signature(signer=factories.person(full_name="Trần Văn Khác"))
    real = rendering.render

    def of_somebody_else(_sheet: rendering.PledgeSheet) -> bytes:
        return real(sheets.of_signature(other, key=sealing_key.current()))

    monkeypatch.setattr(rendering, "render", of_somebody_else)
    assert not _seal(document)
    assert _state(document) == DocumentState.PENDING
    assert "missing" in _work(document).error


@pytest.mark.django_db
def test_a_damaged_stored_file_is_noticed_on_reading() -> None:
    document = _document()
    _seal(document)
    sha256 = _file(document).sha256
    path = Path(storages["documents"].path(f"{sha256[:2]}/{sha256[2:4]}/{sha256}.pdf"))
    path.chmod(0o640)
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(storage.StoredFileDamaged):
        storage.read(sha256)


# --- What became of it, in lists ------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_list_reads_the_states_in_as_many_queries_for_one_as_for_many(
    django_assert_num_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = {state: _document() for state in DocumentState}
    factories.sealed_file(_signature(made[DocumentState.SEALED]))
    factories.sealed_file(_signature(made[DocumentState.DESTROYED]))
    documents.destroy([made[DocumentState.DESTROYED].pk], at=timezone.now())
    Work.objects.filter(subject=made[DocumentState.PARKED].pk).update(parked_at=timezone.now(), error="x")
    with django_assert_num_queries(2):  # the documents with their state; their files
        listed = {row.pk: documents.state_of(row) for row in documents.with_state(Document.objects.all())}
    assert listed == {document.pk: state for state, document in made.items()}
    for state, document in made.items():
        assert _state(document) == state
        assert list(Document.objects.filter(documents.in_state(state))) == [document]
        signatures = Signature.objects.filter(documents.in_state(state, "document"))
        assert list(signatures) == [document.signature]
    (parked,) = documents.with_work(Document.objects.filter(pk=made[DocumentState.PARKED].pk))
    assert (parked.attempts, parked.last_error) == (0, "x")  # type: ignore[attr-defined]  # annotated


# --- Generations ----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def authorities() -> Iterator[Any]:
    """A key whose seals can be raised, with the services that it takes; the site seals with it meanwhile."""
    from tests.pki import running

    with running() as pki:
        yield pki


def _raised(document: Document, pki: Any) -> pades.Sealed:
    return pades.upgrade(
        storage.read(_file(document).sha256),
        level=pades.Level.B_LTA,
        timestampers=[pades.HttpTimestamper(pki.tsa_url())],
        validation=pades.HttpValidationSource(),
        at=pki.clock,
    )


@pytest.mark.django_db
def test_a_sealed_file_is_followed_by_one_of_a_higher_level(
    authorities: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pledges import sealing

    monkeypatch.setattr(sealing_key, "current", authorities.seal_key)
    document = factories.signature(at=authorities.clock).document
    assert _seal(document, at=authorities.clock)
    first = SealedFile.objects.values().get()
    raised = _raised(document, authorities)
    loaded = Document.objects.get(pk=document.pk)
    second = sealing.add_generation(document=loaded, sealed=raised, at=authorities.clock)
    assert (second.generation, second.achieved_level, second.intended_level) == (2, "B-LTA", "B-LTA")
    assert second.renew_before == raised.renew_before
    assert _file(document) == second
    assert SealedFile.objects.values().get(generation=1) == first
    assert storage.read(second.sha256).startswith(storage.read(str(first["sha256"])))
    with pytest.raises(sealing.NoBetter):
        sealing.add_generation(
            document=Document.objects.get(pk=document.pk), sealed=raised, at=authorities.clock
        )
    with pytest.raises(sealing.NoBetter):
        other = factories.signature(at=authorities.clock).document
        assert _seal(other, at=authorities.clock)
        sealing.add_generation(
            document=Document.objects.get(pk=other.pk), sealed=raised, at=authorities.clock
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        SealedFile.objects.create(**{**first, "id": None, "generation": 2})


# --- Destroying -----------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_destroying_marks_the_row_keeps_its_digest_and_removes_the_bytes() -> None:
    document = _document()
    _seal(document)
    file = _file(document)
    assert _stored() == {file.sha256}
    documents.destroy([document.pk], at=timezone.now())
    assert _state(document) == DocumentState.DESTROYED
    queue.sweep()
    assert _stored() == set()
    assert _file(document).sha256 == file.sha256


@pytest.mark.django_db
def test_destroying_before_the_sealing_ends_the_sealing() -> None:
    document = _document()
    documents.destroy([document.pk], at=timezone.now())
    queue.sweep()
    assert not SealedFile.objects.exists()
    assert _stored() == set()


@pytest.mark.django_db
def test_destroying_while_a_worker_seals_leaves_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    document = _document()
    put = storage.put

    def put_then_destroyed(data: bytes) -> str:
        sha256 = put(data)
        documents.destroy([document.pk], at=timezone.now())
        return sha256

    monkeypatch.setattr(storage, "put", put_then_destroyed)
    assert not _seal(document)
    queue.sweep()
    assert not SealedFile.objects.exists()
    assert (_stored(), StoredAhead.objects.count()) == (set(), 0)


# --- A worker that dies between two steps -----------------------------------------------------------------------------------------

_STEPS = {
    "before rendering": "pledges.rendering:render:before",
    "before sealing": "kolportal.pades:seal:before",
    "before the second look": "kolportal.pades:verify:before",
    "before storing": "pledges.storage:put:before",
    "after storing": "pledges.storage:put:after",
    "before the history": "pledges.history:sealed:before",
    "before the commit": "kolportal.work.queue:Claim.finish:after",
    "before a worker hears of the mail": "kolportal.work.queue:wake:before",
}


@pytest.mark.parametrize("step", list(_STEPS))
def test_a_killed_worker_loses_nothing_and_leaves_nobody_untold(
    worker_environment: dict[str, str], step: str
) -> None:
    stored_before = _stored()
    signature = factories.signature()
    document = signature.document
    work_and_die(_work(document).pk, _STEPS[step], environment=worker_environment)
    if step == "before a worker hears of the mail":
        assert _state(document) == DocumentState.SEALED
        assert queue.sweep() == 1, "the mail"
    else:
        assert _state(document) == DocumentState.PENDING
        assert queue.sweep() == 0, "the dead worker's lease must first run out"
        Work.objects.update(lease_until=timezone.now())
        assert queue.sweep() == 2, "the document and the mail"
    file = _file(document)
    assert SealedFile.objects.count() == 1
    assert pades.verify(storage.read(file.sha256), at=timezone.now()).sealed_whole
    assert [message.to for message in mail.outbox] == [[signature.person.email]]
    assert documents.remove_stored_ahead(at=timezone.now()) == 0, "somebody may still be storing"
    documents.remove_stored_ahead(at=timezone.now() + timedelta(hours=2))
    assert (_stored() - stored_before, StoredAhead.objects.count()) == ({file.sha256}, 0)


def test_a_real_worker_killed_in_the_middle_leaves_the_rest_to_the_next(
    worker_environment: dict[str, str], tmp_path: Path
) -> None:
    signatures = [factories.signature() for _ in range(6)]
    environment = {**worker_environment, "SEAL_LEASE_SECONDS": "1"}
    with celery_worker(folder=tmp_path, environment=environment) as worker:
        deadline = time.monotonic() + PATIENCE
        while not SealedFile.objects.exists():
            assert worker.process.poll() is None, worker.log()
            assert time.monotonic() < deadline, worker.log()
            time.sleep(0.02)
        worker.kill()
    Work.objects.exclude(lease_until=None).update(lease_until=timezone.now())
    queue.sweep(within=timedelta(minutes=5))
    assert not Work.objects.exists()
    for signature in signatures:
        assert _state(signature.document) == DocumentState.SEALED
    assert SealedFile.objects.count() == 6
    assert Message.objects.filter(state=MessageState.SENT).count() == 6


@pytest.mark.usefixtures("committed_db")
def test_a_document_that_kills_its_worker_is_parked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SEAL, "tries", 1)
    document = _document()
    Work.objects.update(attempts=1, lease_until=timezone.now())
    assert queue.sweep() == 0
    assert (_state(document), _work(document).error) == (DocumentState.PARKED, "WorkerLost")
