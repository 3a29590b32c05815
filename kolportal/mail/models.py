"""Messages as rows: queued, sent, failed with the reason. A message is sent at least once under one Message-ID.

The words of a message are kept until it is sent and for a while after (``settings.MAIL_KEPT_DAYS``), then emptied; so are
those of somebody whose data is erased. A code is never among them: such messages are sent while the person waits, and
their row holds no words.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class MessageState(models.TextChoices):
    """Life of a message."""

    QUEUED = "queued", _("queued")
    SENT = "sent", _("sent")
    FAILED = "failed", _("failed")


class Message(models.Model):
    """One e-mail to one address. ``occasion`` makes a second click or a second worker write the same row."""

    message_id = models.CharField(max_length=120, unique=True, editable=False)
    occasion = models.CharField(_("occasion"), max_length=120, unique=True, editable=False)
    purpose = models.CharField(_("purpose"), max_length=60)
    to_address = models.EmailField(_("to"), blank=True, db_index=True)
    language = models.CharField(_("language"), max_length=2)
    subject = models.CharField(_("subject"), max_length=300, blank=True)
    text = models.TextField(_("text"), blank=True)
    html = models.TextField(blank=True)
    headers = models.JSONField(default=dict, blank=True)
    state = models.CharField(
        _("state"), max_length=6, choices=MessageState.choices, default=MessageState.QUEUED
    )
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("created at"))
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    emptied_at = models.DateTimeField(_("words removed at"), null=True, blank=True)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(condition=Q(state__in=MessageState.values), name="message_state_known"),
            models.CheckConstraint(
                condition=Q(state=MessageState.SENT, sent_at__isnull=False)
                | (~Q(state=MessageState.SENT) & Q(sent_at=None)),
                name="message_sent_dated",
            ),
            models.CheckConstraint(
                condition=~Q(state=MessageState.FAILED) | ~Q(reason=""), name="message_failed_has_reason"
            ),
        )

    def __str__(self) -> str:
        return f"{self.purpose} #{self.pk}"
