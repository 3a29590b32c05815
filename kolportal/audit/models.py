"""Who did what, when. Private and append-only: a database trigger refuses change and removal. No foreign keys, so that
an entry outlives what it speaks of; no names and no addresses, only keys."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class AuditEventQuerySet(models.QuerySet["AuditEvent"]):
    """Reads of the audit trail."""

    def about(self, subject_type: str, subject_id: object) -> AuditEventQuerySet:
        """Events on one subject, newest first."""
        return self.filter(subject_type=subject_type, subject_id=str(subject_id)).order_by("-id")


class AuditEvent(models.Model):
    """One act. Written only by ``kolportal.audit.events.record``."""

    at = models.DateTimeField(_("at"), db_index=True)
    action = models.CharField(_("action"), max_length=60, db_index=True)
    actor_id = models.CharField(_("account number"), max_length=40, blank=True)
    subject_type = models.CharField(_("kind of subject"), max_length=40)
    subject_id = models.CharField(_("subject"), max_length=60)
    detail = models.JSONField(_("detail"), default=dict)
    request_id = models.CharField(_("request"), max_length=40, blank=True)

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("audit event")
        verbose_name_plural = _("audit events")
        ordering = ("-id",)
        indexes = (models.Index(fields=("subject_type", "subject_id", "-id"), name="audit_event_subject"),)

    def __str__(self) -> str:
        return f"{self.action} {self.subject_type}:{self.subject_id}"
