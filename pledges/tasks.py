"""Celery's doors: one line each. They take ids, and the functions they call look at the rows again."""

from celery import shared_task
from django.utils import timezone

from pledges import documents, retention


@shared_task(name="pledges.tasks.seal_document")
def seal_document(document_id: int) -> None:
    """Seals one pending document and tells its signer."""
    documents.seal(document_id=document_id, at=timezone.now())


@shared_task(name="pledges.tasks.sweep_pending")
def sweep_pending() -> None:
    """Seals whatever is pending, of any age; tells the signers whom nobody has told."""
    documents.sweep()


@shared_task(name="pledges.tasks.erase_expired_evidence")
def erase_expired_evidence() -> None:
    """Erases browsers and addresses past their retention."""
    retention.erase_expired_evidence(at=timezone.now())
