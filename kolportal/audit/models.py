"""Who did what, when. Private and append-only: a database trigger refuses change and removal. No foreign keys, so that
an entry outlives what it speaks of; no names and no addresses, only keys, field names and a salted commitment.

What a field held before and after lies apart in ``HistoryValue``, which can be removed as a whole; the entry stands.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class AuditEventQuerySet(models.QuerySet["AuditEvent"]):
    """Reads of the audit trail."""

    def about(self, subject_type: str, subject_id: object) -> AuditEventQuerySet:
        """Events on one subject, newest first."""
        return self.filter(subject_type=subject_type, subject_id=str(subject_id)).order_by("-id")


class AuditEvent(models.Model):
    """One act. Written only by ``kolportal.audit.history``.

    ``commitment``: SHA-256 commitment (64 hexadecimal digits) to the values in ``HistoryValue``, or ``""`` without values.
    """

    at = models.DateTimeField(_("at"), db_index=True)
    action = models.CharField(_("action"), max_length=60, db_index=True)
    actor_id = models.CharField(_("account number"), max_length=40, blank=True)
    subject_type = models.CharField(_("kind of subject"), max_length=40)
    subject_id = models.CharField(_("subject"), max_length=60)
    detail = models.JSONField(_("detail"), default=dict)
    commitment = models.CharField(max_length=64, blank=True)
    request_id = models.CharField(_("request"), max_length=40, blank=True)
    # By the database's own clock, whatever ``at`` says: an entry that is put in later under an earlier time shows.
    written_at = models.DateTimeField(_("written at"), db_default=Now(), editable=False)

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("audit event")
        verbose_name_plural = _("audit events")
        ordering = ("-id",)
        indexes = (models.Index(fields=("subject_type", "subject_id", "-id"), name="audit_event_subject"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(commitment="") | Q(commitment__regex=r"^[0-9a-f]{64}$"),
                name="audit_event_commitment_sha256",
            ),
        )

    def __str__(self) -> str:
        return f"{self.action} {self.subject_type}:{self.subject_id}"


class HistoryValue(models.Model):
    """What fields held before and after one event: ``{"full_name": ["old", "new"]}``. Deleted as a whole or not at all."""

    event = models.OneToOneField(AuditEvent, models.PROTECT, related_name="values")
    salt = models.CharField(max_length=64)
    fields = models.JSONField(_("old and new values"))

    class Meta:
        verbose_name = _("old and new values")
        verbose_name_plural = _("old and new values")

    def __str__(self) -> str:
        return f"#{self.event_id}"
