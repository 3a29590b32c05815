"""Meetings: who organises them, what happens there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.validators import FileExtensionValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kolportal.accounts.models import User
from kolportal.units.models import OrganisingUnit, sees_all_units
from kolportal.vietnamese import fold

if TYPE_CHECKING:
    from datetime import datetime

    from django.contrib.auth.models import AnonymousUser


class EventState(models.TextChoices):
    """Life of an event; the allowed changes are ``events.lifecycle.TRANSITIONS``."""

    DRAFT = "draft", _("draft")
    PUBLISHED = "published", _("published")
    CLOSED = "closed", _("closed")
    CANCELLED = "cancelled", _("cancelled")


class EventQuerySet(models.QuerySet["Event"]):
    """Reads of events."""

    def public(self) -> EventQuerySet:
        """Those that anybody may see: everything but drafts."""
        return self.exclude(state=EventState.DRAFT)

    def upcoming(self, *, at: datetime) -> EventQuerySet:
        """Published ones that have not ended, the next one first."""
        return self.filter(state=EventState.PUBLISHED, ends_at__gt=at).order_by("starts_at")

    def of_staff(self, user: User) -> EventQuerySet:
        """Those that one of the person's units has a part in."""
        if sees_all_units(user):
            return self
        return self.filter(Q(pk__in=EventUnit.objects.filter(unit__members=user).values("event")))

    def visible_to(self, user: User | AnonymousUser) -> EventQuerySet:
        """The public ones, and the drafts that this person prepares."""
        if isinstance(user, User) and user.is_staff and user.has_perm("events.view_event"):
            return self.filter(~Q(state=EventState.DRAFT) | Q(pk__in=Event.objects.of_staff(user)))
        return self.public()


class Event(models.Model):
    """A meeting (hội nghị, sự kiện)."""

    slug = models.SlugField(_("address on the site"), max_length=80, unique=True)
    title = models.CharField(_("title"), max_length=200)
    programme = models.CharField(_("programme"), max_length=200, blank=True)
    summary = models.TextField(_("summary"), blank=True)
    units = models.ManyToManyField(
        OrganisingUnit, through="EventUnit", related_name="events", verbose_name=_("organising units")
    )
    venue = models.CharField(_("venue"), max_length=200)
    address = models.CharField(_("address"), max_length=300)
    starts_at = models.DateTimeField(_("starts at"), db_index=True)
    ends_at = models.DateTimeField(_("ends at"))
    capacity = models.PositiveIntegerField(_("seats"))
    # Counted by events.answers alone; the constraint below makes overselling impossible, whoever writes.
    seats_taken = models.PositiveIntegerField(_("seats taken"), default=0, editable=False)
    registration_opens_at = models.DateTimeField(_("registration opens at"))
    registration_closes_at = models.DateTimeField(_("registration closes at"))
    state = models.CharField(
        _("state"), max_length=10, choices=EventState.choices, default=EventState.DRAFT, db_index=True
    )
    cover = models.ImageField(
        _("cover picture"),
        upload_to="covers/",
        blank=True,
        validators=(FileExtensionValidator(["jpg", "jpeg", "png", "webp"]),),
    )
    cover_description = models.CharField(_("what the cover picture shows"), max_length=200, blank=True)
    search_key = models.CharField(max_length=900, editable=False, db_index=True)
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    objects = EventQuerySet.as_manager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ("-starts_at",)
        constraints = (
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="event_ends_after_start"),
            models.CheckConstraint(condition=Q(seats_taken__lte=F("capacity")), name="event_never_oversold"),
            models.CheckConstraint(
                condition=Q(registration_closes_at__gt=F("registration_opens_at")),
                name="event_registration_window",
            ),
            models.CheckConstraint(condition=Q(state__in=EventState.values), name="event_state_known"),
        )

    def __str__(self) -> str:
        return self.title

    def save(self, *args: object, **kwargs: object) -> None:
        """Keeps the search key in step."""
        self.search_key = fold(f"{self.title} {self.programme} {self.venue} {self.address}")[:900]
        super().save(*args, **kwargs)  # type: ignore[arg-type]  # the parent's signature, handed through

    def get_absolute_url(self) -> str:
        """The public page; a draft's is seen by its staff alone."""
        return reverse("events:detail", args=[self.slug])

    @property
    def seats_left(self) -> int:
        """Free seats."""
        return self.capacity - self.seats_taken

    def registration_is_open(self, *, at: datetime) -> bool:
        """Whether somebody may register at this time, seats apart."""
        return (
            self.state == EventState.PUBLISHED
            and self.registration_opens_at <= at < self.registration_closes_at
        )


class EventUnit(models.Model):
    """A unit's part in an event, such as host or co-ordinating unit."""

    event = models.ForeignKey(Event, models.CASCADE, related_name="parts")
    unit = models.ForeignKey(
        OrganisingUnit, models.PROTECT, related_name="parts", verbose_name=_("organising unit")
    )
    part = models.CharField(_("part"), max_length=120, help_text=_("For example: host, co-ordinating unit."))
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("unit's part")
        verbose_name_plural = _("units and their part")
        ordering = ("position", "id")
        constraints = (models.UniqueConstraint(fields=("event", "unit"), name="event_unit_once"),)

    def __str__(self) -> str:
        return f"{self.unit} ({self.part})"


class AgendaItem(models.Model):
    """One point of the agenda."""

    event = models.ForeignKey(Event, models.CASCADE, related_name="agenda")
    starts_at = models.DateTimeField(_("starts at"))
    title = models.CharField(_("title"), max_length=300)
    speaker = models.CharField(_("speaker"), max_length=120, blank=True)
    speaker_role = models.CharField(_("speaker's role"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("agenda item")
        verbose_name_plural = _("agenda")
        ordering = ("starts_at", "id")

    def __str__(self) -> str:
        return self.title


class Material(models.Model):
    """A file that everybody may download from the event's page."""

    event = models.ForeignKey(Event, models.CASCADE, related_name="materials")
    title = models.CharField(_("title"), max_length=200)
    file = models.FileField(
        _("file"),
        upload_to="materials/",
        validators=(FileExtensionValidator(["pdf", "docx", "xlsx", "pptx", "odt", "jpg", "jpeg", "png"]),),
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("material")
        verbose_name_plural = _("materials")
        ordering = ("position", "id")

    def __str__(self) -> str:
        return self.title
