"""Celery's door to the log."""

from celery import shared_task

from kolportal.ledger import leaves


@shared_task(name="kolportal.ledger.sequence")
def sequence() -> None:
    """Gives waiting leaves their indices."""
    leaves.sequence()
