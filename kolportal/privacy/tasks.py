"""Celery's door, and what a worker can do for people's privacy: importing a handler binds it to its kind of work."""

from celery import shared_task
from django.utils import timezone

from kolportal.privacy import expiring, sessions

__all__ = ["sessions"]


@shared_task(name="kolportal.privacy.remove_what_is_over")
def remove_what_is_over() -> None:
    """Removes what is over."""
    expiring.remove_what_is_over(at=timezone.now())
