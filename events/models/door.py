"""The door: what was scanned, and who is in."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from events.models.meetings import Event
from kolportal.accounts.models import User


class ScanResult(models.TextChoices):
    """What the door was told."""

    WELCOME = "welcome", _("welcome")
    ALREADY_IN = "already_in", _("already in")
    NOT_LISTED = "not_listed", _("not on the list")
    OTHER_EVENT = "other_event", _("another event")
    CANCELLED = "cancelled", _("cancelled")
    WAITING = "waiting", _("on the waiting list")
    OUTSIDE_WINDOW = "outside_window", _("outside the event's time")


class ScanWay(models.TextChoices):
    """How the steward found the row."""

    CODE = "code", _("code")
    SEARCH = "search", _("search")


class Scan(models.Model):
    """One question at the door and its answer: append-only. ``nonce`` is the device's name of it; a repeat under it is the same
    scan. ``scanned_at`` is the device's time, ``received_at`` ours. Another event's attendee is not named here."""

    event = models.ForeignKey(Event, models.PROTECT, related_name="scans")
    attendee = models.ForeignKey(
        "events.Attendee", models.PROTECT, null=True, blank=True, related_name="scans"
    )
    nonce = models.CharField(max_length=40)
    way = models.CharField(_("way"), max_length=6, choices=ScanWay.choices, default=ScanWay.CODE)
    result = models.CharField(_("result"), max_length=14, choices=ScanResult.choices)
    steward = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("steward"))
    gate = models.CharField(_("gate"), max_length=40, blank=True)
    device = models.CharField(_("device"), max_length=40, blank=True)
    scanned_at = models.DateTimeField(_("scanned at"))
    received_at = models.DateTimeField(_("received at"))

    class Meta:
        verbose_name = _("scan")
        verbose_name_plural = _("scans")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=("event", "nonce"), name="scan_nonce_once_per_event"),
            models.CheckConstraint(
                condition=Q(result__in=ScanResult.values, way__in=ScanWay.values),
                name="scan_result_and_way_known",
            ),
            models.CheckConstraint(
                condition=~Q(result__in=[ScanResult.WELCOME, ScanResult.ALREADY_IN])
                | Q(attendee__isnull=False),
                name="scan_that_lets_in_names_attendee",
            ),
        )

    def __str__(self) -> str:
        return f"#{self.pk} ({self.result})"


class EntryQuerySet(models.QuerySet["Entry"]):
    """Reads of entries."""

    def open(self) -> EntryQuerySet:
        """Those that were not undone."""
        return self.filter(undone_at=None)


class Entry(models.Model):
    """Somebody is in. One open entry per attendee, by the database; undone once, with the reason."""

    attendee = models.ForeignKey("events.Attendee", models.PROTECT, related_name="entries")
    scan = models.OneToOneField(Scan, models.PROTECT, null=True, blank=True, related_name="entry")
    entered_at = models.DateTimeField(_("entered at"))
    steward = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("steward"))
    gate = models.CharField(_("gate"), max_length=40, blank=True)
    undone_at = models.DateTimeField(_("undone at"), null=True, blank=True)
    undone_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    undone_reason = models.CharField(_("reason"), max_length=200, blank=True)

    objects = EntryQuerySet.as_manager()

    class Meta:
        verbose_name = pgettext_lazy("through a gate", "entry")
        verbose_name_plural = pgettext_lazy("through a gate", "entries")
        constraints = (
            models.UniqueConstraint(
                fields=("attendee",), condition=Q(undone_at=None), name="entry_one_open_per_attendee"
            ),
            models.CheckConstraint(
                condition=Q(undone_at=None, undone_by=None, undone_reason="")
                | (Q(undone_at__isnull=False, undone_by__isnull=False) & ~Q(undone_reason="")),
                name="entry_undone_with_reason",
            ),
        )

    def __str__(self) -> str:
        return f"#{self.pk}"
