"""Celery's doors to the queue. They take ids, and the queue looks at the rows again."""

from celery import shared_task
from django.utils import timezone

from kolportal.work import queue


@shared_task(name="kolportal.work.run")
def run(work_id: int) -> None:
    """Does one row's work."""
    queue.run(work_id, at=timezone.now())


@shared_task(name="kolportal.work.sweep")
def sweep() -> None:
    """Does whatever is due, of any age."""
    queue.sweep()
