"""The one work queue: rows that are work to do. The row is the truth; a Celery message only wakes a worker.

A row names a kind (``kolportal.work.kinds``) and the key of what it is about. A claim is one conditional UPDATE that takes a
lease; whoever holds it, and only while the row still carries its token, may finish it. Finished rows are deleted: whether
something was done is said by the table that it was done to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from datetime import datetime


class WorkQuerySet(models.QuerySet["Work"]):
    """Reads of work."""

    def due(self, *, at: datetime) -> WorkQuerySet:
        """Rows of any age that nobody holds, that are not parked, and whose time or pause is over."""
        return self.filter(Q(lease_until=None) | Q(lease_until__lte=at), parked_at=None, due_at__lte=at)

    def overdue(self, *, before: datetime) -> WorkQuerySet:
        """Not parked, and due already at ``before``, whoever holds them: a worker should have done them."""
        return self.filter(parked_at=None, due_at__lte=before)

    def parked(self) -> WorkQuerySet:
        """Given up; staff may give them their attempts back."""
        return self.filter(parked_at__isnull=False)


class Work(models.Model):
    """One thing to do. At most one open row per kind and subject."""

    kind = models.CharField(_("kind"), max_length=40)
    subject = models.PositiveBigIntegerField(_("subject"))
    created_at = models.DateTimeField(_("created at"))
    due_at = models.DateTimeField(_("due at"))
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    lease_until = models.DateTimeField(_("held until"), null=True, blank=True)
    # Names the one claim that may finish the row: a worker whose lease ran out cannot.
    token = models.CharField(max_length=32, blank=True)
    # Asked for again after the claim: what the holder has read may be out of date, so finishing leaves the row to do.
    again = models.BooleanField(default=False)
    parked_at = models.DateTimeField(_("given up at"), null=True, blank=True)
    error = models.CharField(_("last error"), max_length=200, blank=True)

    objects = WorkQuerySet.as_manager()

    class Meta:
        verbose_name = _("work to do")
        verbose_name_plural = _("work to do")
        constraints = (models.UniqueConstraint(fields=("kind", "subject"), name="work_once_per_subject"),)
        indexes = (
            # By kind: a sweep takes the kinds in turn, and one kind's thousands must not be read over for another's one.
            models.Index(fields=("kind", "due_at", "id"), condition=Q(parked_at=None), name="work_open"),
            models.Index(fields=("kind", "parked_at"), condition=~Q(parked_at=None), name="work_parked"),
        )

    def __str__(self) -> str:
        return f"{self.kind} #{self.subject}"
