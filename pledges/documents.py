"""What became of a document, read from its files and its work; trying again what was given up; destroying files.

A document has no state of its own. It is sealed while it has a file (the newest generation counts), destroyed when that
was destroyed or the signer's particulars are erased, parked while its work is given up, and pending otherwise.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Case, Exists, OuterRef, Q, Subquery, Value, When

from kolportal.work import queue
from kolportal.work.models import Work
from pledges import history, storage
from pledges.kinds import DESTROY, SEAL
from pledges.models import Document, DocumentState, Particulars, SealedFile, Standing, StoredAhead

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from django.db.models import QuerySet

    from kolportal.work.queue import Claim
    from pledges.models import Signature

# Longer than any worker may still be storing what it wrote ahead (CELERY_TASK_TIME_LIMIT, SEAL_LEASE_SECONDS).
AHEAD_FOR = timedelta(hours=1)


# --- What became of it ------------------------------------------------------------------------------------------------------


def state_of(document: Document) -> DocumentState:
    """The state of one document: from ``with_state`` if the caller loaded it so, else by a few small queries."""
    loaded = getattr(document, "state_now", None)
    if loaded is not None:
        return DocumentState(loaded)
    if (file := document.file) is not None:
        return DocumentState.DESTROYED if file.destroyed_at else DocumentState.SEALED
    if is_erased(document):
        return DocumentState.DESTROYED
    parked = Work.objects.parked().filter(kind=SEAL.name, subject=document.pk).exists()
    return DocumentState.PARKED if parked else DocumentState.PENDING


def shown_state(signature: Signature) -> str:
    """The one word of a signature for staff and signer (``templates/components/state_chip.html``): its end, else what its document
    is."""
    if signature.standing != Standing.VALID:
        return signature.standing.value
    return state_of(signature.document).value


def with_state(queryset: QuerySet[Document]) -> QuerySet[Document]:
    """With ``state_now``, which ``state_of`` reads, and the newest file ready for ``Document.file``; two queries for a list."""
    return queryset.annotate(state_now=state_expression("pk")).prefetch_related("files")


def for_list() -> QuerySet[Document]:
    """For ``Prefetch("document", queryset=documents.for_list())`` of a list of signatures."""
    return with_state(Document.objects.all())


def state_expression(document: str = "pk") -> Case:
    """The state, in SQL; ``document`` is the path from the queryset's model to the document's key, such as ``document``."""
    files = SealedFile.objects.filter(document=OuterRef(document))
    parked = Work.objects.parked().filter(kind=SEAL.name, subject=OuterRef(document))
    return Case(
        When(Exists(files.filter(destroyed_at=None)), then=Value(DocumentState.SEALED.value)),
        When(Exists(files) | Exists(_erased(document)), then=Value(DocumentState.DESTROYED.value)),
        When(Exists(parked), then=Value(DocumentState.PARKED.value)),
        default=Value(DocumentState.PENDING.value),
    )


def in_state(state: DocumentState, document: str = "pk") -> Q:
    """The condition that a document is in this state, written so that the few open ones are found by their work.

    ``document`` as in ``state_expression``: ``Signature.objects.filter(in_state(PARKED, "document"))``.
    """
    files = Exists(SealedFile.objects.filter(document=OuterRef(document)))
    living = Exists(SealedFile.objects.filter(document=OuterRef(document), destroyed_at=None))
    if state == DocumentState.SEALED:
        return Q(living)
    if state == DocumentState.DESTROYED:
        return ~Q(living) & (Q(files) | Q(Exists(_erased(document))))
    work = Work.objects.filter(kind=SEAL.name, parked_at__isnull=state == DocumentState.PENDING)
    return Q(**{f"{document}__in": work.values("subject")}) & ~Q(files) & ~Q(Exists(_erased(document)))


def with_work(queryset: QuerySet[Document]) -> QuerySet[Document]:
    """With ``attempts``, ``last_error`` and ``due_at`` of the open work, ``None`` where there is none."""
    work = Work.objects.filter(kind=SEAL.name, subject=OuterRef("pk"))
    return queryset.annotate(
        attempts=Subquery(work.values("attempts")),
        last_error=Subquery(work.values("error")),
        due_at=Subquery(work.values("due_at")),
    )


def is_erased(document: Document) -> bool:
    """Whether the particulars that the document would show are gone."""
    signature = document.signature
    return signature is not None and signature.particulars.erased_at is not None


def _erased(document: str) -> QuerySet[Particulars]:
    return Particulars.objects.filter(signature__document=OuterRef(document), erased_at__isnull=False)


def retry_parked(document: Document, *, actor_id: int, at: datetime) -> bool:
    """Gives a parked document its attempts back; ``False`` when it is not parked."""
    with transaction.atomic():
        work = Work.objects.parked().filter(kind=SEAL.name, subject=document.pk).first()
        changed = work is not None and queue.retry(work, at=at)
        if changed:
            history.RETRIED.record(document.pk, actor_id=actor_id, at=at)
    return changed


# --- Bytes --------------------------------------------------------------------------------------------------------------------


@contextmanager
def stored(data: bytes, *, document: Document, at: datetime) -> Iterator[str]:
    """Stores ``data`` for the transaction inside, which writes the row that names it; gives its SHA-256.

    The digest is noted first: whatever happens between storing and the commit, the bytes are found again and removed
    (``remove_stored_ahead``). A PDF holds names, and no row would lead to it.
    """
    sha256 = storage.digest(data)
    ahead = StoredAhead.objects.create(document=document, sha256=sha256, stored_at=at)
    try:
        storage.put(data)
        yield sha256
    except BaseException:
        # What went wrong may be the database or the storage itself; then the note stays for ``remove_stored_ahead``.
        with suppress(Exception):
            _remove_ahead(ahead)
        raise
    ahead.delete()


def remove_stored_ahead(*, at: datetime) -> int:
    """Removes files that no row came to name, whose worker died before its commit; returns how many notes were settled."""
    old = list(StoredAhead.objects.filter(stored_at__lte=at - AHEAD_FOR)[:1000])
    for ahead in old:
        _remove_ahead(ahead)
    return len(old)


def _remove_ahead(ahead: StoredAhead) -> None:
    _remove_unnamed(ahead.sha256)
    ahead.delete()


def _remove_unnamed(sha256: str) -> None:
    if not SealedFile.objects.filter(sha256=sha256, destroyed_at=None).exists():
        storage.remove(sha256)


def destroy(documents: Iterable[int], *, at: datetime) -> None:
    """Marks every file of these documents (keys) destroyed and ends what would make one, in the caller's transaction; the bytes
    go right after the commit, as work that survives a worker."""
    keys = list(documents)
    # The work first: a worker about to finish waits for this row or is waited for, and its file is then seen below.
    Work.objects.filter(kind=SEAL.name, subject__in=keys).delete()
    SealedFile.objects.filter(document__in=keys, destroyed_at=None).update(destroyed_at=at)
    for key in keys:
        queue.put(DESTROY, key, at=at)


@DESTROY.handles
def remove_bytes(claim: Claim, at: datetime) -> None:
    """Removes the stored bytes of a document whose files were destroyed; the same bytes of another document stay."""
    files = SealedFile.objects.filter(document=claim.subject, destroyed_at__isnull=False)
    for sha256 in files.values_list("sha256", flat=True):
        _remove_unnamed(sha256)
    for ahead in StoredAhead.objects.filter(document=claim.subject, stored_at__lte=at - AHEAD_FOR):
        _remove_ahead(ahead)
    claim.finish()
