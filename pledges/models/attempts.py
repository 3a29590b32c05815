"""Signings under way, and refusals."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from events.models import Event
from kolportal.people.models import Person
from pledges.models.signatures import Signature
from pledges.models.texts import SHA256, Pledge, Text

if TYPE_CHECKING:
    from datetime import datetime


class AttemptEnd(models.TextChoices):
    """How an attempt ended without a signature."""

    DECLINED = "declined", _("declined")
    REPLACED = "replaced", _("another attempt was begun")
    OUTDATED = "outdated", _("the text or the person's own standing changed")


def new_attempt_key() -> str:
    """128 random bits; all that the browser carries of an attempt."""
    return secrets.token_hex(16)


class AttemptQuerySet(models.QuerySet["Attempt"]):
    """Reads of attempts."""

    def open(self, *, at: datetime) -> AttemptQuerySet:
        """Those that can still be completed."""
        return self.filter(signature=None, ended_at=None, expires_at__gt=at)


class Attempt(models.Model):
    """A signing between its form and its proof, kept for minutes. A factor proves ``digest``, which covers all of ``act``.

    ``act`` (what was ticked, chosen, drawn and consented to; ``pledges.acts.facts``) and ``preview`` (the pages as they would be
    printed, where they were asked for) are emptied when the attempt ends.
    """

    key = models.CharField(max_length=32, unique=True, default=new_attempt_key, editable=False)
    person = models.ForeignKey(Person, models.CASCADE, related_name="attempts")
    text = models.ForeignKey(Text, models.PROTECT, related_name="+")
    event = models.ForeignKey(Event, models.PROTECT, null=True, blank=True, related_name="+")
    act = models.JSONField()
    preview = models.BinaryField(null=True, blank=True)
    digest = models.CharField(max_length=64)
    prepared_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    signature = models.OneToOneField(Signature, models.PROTECT, null=True, blank=True, related_name="attempt")
    ended_at = models.DateTimeField(null=True, blank=True)
    end = models.CharField(max_length=8, choices=AttemptEnd.choices, blank=True)

    objects = AttemptQuerySet.as_manager()

    class Meta:
        verbose_name = _("signing under way")
        verbose_name_plural = _("signings under way")
        constraints = (
            models.CheckConstraint(condition=Q(digest__regex=SHA256), name="attempt_digest_sha256"),
            models.CheckConstraint(
                condition=Q(ended_at=None, end="") | Q(ended_at__isnull=False), name="attempt_end_dated"
            ),
            models.CheckConstraint(
                condition=Q(signature=None) | Q(ended_at__isnull=False, end=""),
                name="attempt_signed_has_no_other_end",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(preview=None), name="attempt_preview_ends_with_it"
            ),
        )
        indexes = (models.Index(fields=("expires_at",), name="attempt_expiry"),)

    def __str__(self) -> str:
        return f"#{self.pk}"


class DeclineQuerySet(models.QuerySet["Decline"]):
    """Reads of refusals."""

    def active(self) -> DeclineQuerySet:
        """Not taken back."""
        return self.filter(reversed_at=None)

    def of_person(self, person: Person) -> DeclineQuerySet:
        """Those of this person, and of everybody who turned out to be him or her."""
        return self.filter(person__in=Person.objects.one_with(person))


class Decline(models.Model):
    """Somebody said no. Reversible: signing later, or undoing it, sets ``reversed_at``, once."""

    pledge = models.ForeignKey(Pledge, models.PROTECT, related_name="declines", verbose_name=_("pledge"))
    text = models.ForeignKey(Text, models.PROTECT, related_name="+", verbose_name=_("text shown"))
    person = models.ForeignKey(Person, models.PROTECT, related_name="declines", verbose_name=_("person"))
    declined_at = models.DateTimeField(_("declined at"))
    reversed_at = models.DateTimeField(_("reversed at"), null=True, blank=True)

    objects = DeclineQuerySet.as_manager()

    class Meta:
        verbose_name = _("declined pledge")
        verbose_name_plural = _("declined pledges")
        ordering = ("-declined_at",)
        constraints = (
            models.UniqueConstraint(
                fields=("pledge", "person"),
                condition=Q(reversed_at=None),
                name="decline_one_active_per_pledge_and_person",
            ),
        )

    def __str__(self) -> str:
        return f"{self.pledge} #{self.pk}"
