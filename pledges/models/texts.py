"""Pledges, their editions and texts, the undertakings in them and the laws that those rest on."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from events.models import Event
from kolportal.accounts.models import User
from kolportal.units.models import OrganisingUnit
from pledges.text import Binds, LegalReferenceText, PledgeText, UndertakingText

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

SHA256 = r"^[0-9a-f]{64}$"


class PledgeState(models.TextChoices):
    """Whether a pledge can be signed."""

    DRAFT = "draft", _("draft")
    OPEN = "open", _("open for signing")
    CLOSED = "closed", _("no longer open for signing")


class PledgeQuerySet(models.QuerySet["Pledge"]):
    """Reads of pledges."""

    def public(self) -> PledgeQuerySet:
        """Not drafts, and with a published text."""
        published = Edition.objects.published().filter(pledge=models.OuterRef("pk"))
        return self.exclude(state=PledgeState.DRAFT).filter(models.Exists(published))

    def signable(self, *, at: datetime) -> PledgeQuerySet:
        """Those that can be signed now: open, and the edition in force is valid on this day. The one place that says so."""
        valid = Edition.objects.in_force_each().valid_on(timezone.localdate(at))
        return self.filter(state=PledgeState.OPEN).filter(
            models.Exists(valid.filter(pledge=models.OuterRef("pk")))
        )

    def citing_ended_laws(self, *, at: datetime) -> PledgeQuerySet:
        """Open ones whose edition in force cites a law that is no longer in force on this day: their keepers should know."""
        current = Edition.objects.in_force_each().filter(pledge=models.OuterRef("pk"))
        return self.filter(state=PledgeState.OPEN).filter(
            models.Exists(
                current.filter(texts__undertakings__legal_references__in=LegalReference.objects.ended(at=at))
            )
        )

    def of_staff(self, user: User) -> PledgeQuerySet:
        """Those that the person's units keep."""
        return self.filter(unit__in=OrganisingUnit.objects.of_staff(user))


class Pledge(models.Model):
    """A commitment that people are asked to sign (bản cam kết); its texts are those of its editions.

    ``slug`` and ``unit`` never change once a text is published.
    """

    slug = models.SlugField(_("address on the site"), max_length=80, unique=True)
    name = models.CharField(_("name for staff"), max_length=200)
    unit = models.ForeignKey(
        OrganisingUnit, models.PROTECT, related_name="pledges", verbose_name=_("organising unit")
    )
    state = models.CharField(_("state"), max_length=6, choices=PledgeState.choices, default=PledgeState.DRAFT)
    events = models.ManyToManyField(
        Event, through="EventPledge", related_name="pledges", verbose_name=_("asked for at")
    )
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)

    objects = PledgeQuerySet.as_manager()

    class Meta:
        verbose_name = _("pledge")
        verbose_name_plural = _("pledges")
        ordering = ("name",)
        constraints = (
            models.CheckConstraint(condition=Q(state__in=PledgeState.values), name="pledge_state_known"),
        )

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The public page of the text."""
        return reverse("pledges:detail", args=[self.slug])

    def current_text(self, language: str = "vi") -> Text | None:
        """The text in force, see ``TextQuerySet.in_force``."""
        return Text.objects.filter(edition__pledge=self).in_force(language)


class EventPledge(models.Model):
    """The pledge that an event asks its attendees for."""

    event = models.OneToOneField(Event, models.CASCADE, related_name="asks_for", verbose_name=_("event"))
    pledge = models.ForeignKey(Pledge, models.PROTECT, related_name="asked_at", verbose_name=_("pledge"))

    class Meta:
        verbose_name = _("pledge asked for")
        verbose_name_plural = _("pledges asked for")

    def __str__(self) -> str:
        return f"{self.event} – {self.pledge}"


class LegalReferenceQuerySet(models.QuerySet["LegalReference"]):
    """Reads of legal references."""

    def ended(self, *, at: datetime) -> LegalReferenceQuerySet:
        """Laws that are no longer in force on this day."""
        return self.filter(ended_date__lte=timezone.localdate(at))


class LegalReference(models.Model):
    """A law, decree or decision that an undertaking rests on. Published texts keep their own copy."""

    title = models.CharField(_("title"), max_length=300)
    number = models.CharField(_("number"), max_length=60)
    issued_date = models.DateField(_("issued on"))
    in_force_date = models.DateField(_("in force from"), null=True, blank=True)
    ended_date = models.DateField(
        _("no longer in force from"),
        null=True,
        blank=True,
        help_text=_("The first day on which it no longer applies."),
    )

    objects = LegalReferenceQuerySet.as_manager()

    class Meta:
        verbose_name = _("legal reference")
        verbose_name_plural = _("legal references")
        ordering = ("-issued_date", "number")
        constraints = (
            models.UniqueConstraint(fields=("number", "title"), name="legal_reference_once"),
            models.CheckConstraint(
                condition=Q(ended_date=None) | Q(in_force_date=None) | Q(ended_date__gt=F("in_force_date")),
                name="legal_reference_ends_after_start",
                violation_error_message=_("A law ends after it came into force."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.number} – {self.title}"

    def as_text(self) -> LegalReferenceText:
        """The copy that goes into a text."""
        return LegalReferenceText(
            title=self.title,
            number=self.number,
            issued_date=self.issued_date,
            in_force_date=self.in_force_date,
        )


class EditionQuerySet(models.QuerySet["Edition"]):
    """Reads of editions."""

    def published(self) -> EditionQuerySet:
        """Frozen ones."""
        return self.filter(published_at__isnull=False)

    def drafts(self) -> EditionQuerySet:
        """Those that can still be edited."""
        return self.filter(published_at=None)

    def valid_on(self, day: object) -> EditionQuerySet:
        """Published, and this day (in the site's time zone) lies in the validity."""
        return self.published().filter(
            Q(valid_from=None) | Q(valid_from__lte=day), Q(valid_until=None) | Q(valid_until__gte=day)
        )

    def in_force(self) -> Edition | None:
        """Of one pledge's editions: the newest published one."""
        return self.published().order_by("-number").first()

    def in_force_each(self) -> EditionQuerySet:
        """Of every pledge: the newest published one, valid today or not."""
        newer = Edition.objects.published().filter(
            pledge=models.OuterRef("pledge"), number__gt=models.OuterRef("number")
        )
        return self.published().filter(~models.Exists(newer))

    def of_staff(self, user: User) -> EditionQuerySet:
        """Those of the pledges that the person's units keep."""
        return self.filter(pledge__in=Pledge.objects.of_staff(user))


class Edition(models.Model):
    """One numbered version of a pledge, in one or two languages that are valid alike. Frozen when published."""

    pledge = models.ForeignKey(Pledge, models.PROTECT, related_name="editions", verbose_name=_("pledge"))
    number = models.PositiveSmallIntegerField(_("version number"))
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    published_at = models.DateTimeField(_("published at"), null=True, editable=False)
    published_by = models.ForeignKey(User, models.PROTECT, null=True, editable=False, related_name="+")

    objects = EditionQuerySet.as_manager()

    class Meta:
        verbose_name = _("version of a pledge")
        verbose_name_plural = _("versions of pledges")
        ordering = ("pledge", "-number")
        permissions = (("publish_edition", "Publishes pledge texts"),)
        constraints = (
            models.UniqueConstraint(fields=("pledge", "number"), name="edition_number_once"),
            models.CheckConstraint(
                condition=Q(valid_from=None) | Q(valid_until=None) | Q(valid_until__gte=F("valid_from")),
                name="edition_validity_ordered",
                violation_error_message=_("The validity ends before it begins."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.pledge} – {self.label}"

    @property
    def label(self) -> str:
        """``Phiên bản 2``."""
        return gettext("Version %(number)s") % {"number": self.number}

    @property
    def is_published(self) -> bool:
        """Whether its texts are frozen."""
        return self.published_at is not None

    def is_valid(self, *, at: datetime) -> bool:
        """Whether the day of ``at`` (in the site's time zone) lies in the validity."""
        day = timezone.localdate(at)
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_until is None or day <= self.valid_until
        )

    def is_signable(self, *, at: datetime) -> bool:
        """``Pledge.objects.signable``, asked of a row in hand, with its pledge, that is known to be the edition in force."""
        return self.pledge.state == PledgeState.OPEN and self.is_published and self.is_valid(at=at)


class Language(models.TextChoices):
    """Languages of a text."""

    VI = "vi", _("Vietnamese")
    EN = "en", _("English")

    @property
    def in_sentence(self) -> str:
        """The label within a sentence, where Vietnamese writes "tiếng Việt"."""
        if self is Language.VI:
            return pgettext("in a sentence", "Vietnamese")
        return pgettext("in a sentence", "English")


class TextQuerySet(models.QuerySet["Text"]):
    """Reads of texts."""

    def published(self) -> TextQuerySet:
        """Frozen ones."""
        return self.filter(edition__published_at__isnull=False)

    def drafts(self) -> TextQuerySet:
        """Those that can still be edited."""
        return self.filter(edition__published_at=None)

    def in_force(self, language: str = "vi") -> Text | None:
        """Of one pledge's texts: that of the newest published edition in this language, else in Vietnamese."""
        newest = list(self.published().order_by("-edition__number")[: len(Language)])
        current = {text.language: text for text in newest if text.edition_id == newest[0].edition_id}
        return current.get(language) or current.get(Language.VI)

    def in_force_of(self, pledges: Collection[Pledge], *, language: str = "vi") -> dict[int, Text]:
        """Of each of these pledges the text in force, as ``in_force``, by the pledge's key; one query, none for no pledge."""
        if not pledges:
            return {}
        newest = Edition.objects.in_force_each().filter(pledge__in=pledges)
        texts = self.filter(edition__in=newest, language__in={Language.VI, language}).select_related(
            "edition"
        )
        # Vietnamese first, so that the language that is asked for takes its place.
        ordered = sorted(texts, key=lambda text: text.language == language)
        return {text.edition.pledge_id: text for text in ordered}

    def of_staff(self, user: User) -> TextQuerySet:
        """Those of the pledges that the person's units keep."""
        return self.filter(edition__pledge__in=Pledge.objects.of_staff(user))


class Text(models.Model):
    """A pledge in one language. When its edition is published, the canonical form below is the text."""

    edition = models.ForeignKey(Edition, models.CASCADE, related_name="texts", verbose_name=_("version"))
    language = models.CharField(_("language"), max_length=2, choices=Language.choices, default=Language.VI)
    title = models.CharField(_("title"), max_length=300)
    preamble = models.TextField(_("preamble"), blank=True)
    closing = models.TextField(_("closing"), blank=True)
    canonical = models.TextField(_("canonical form"), blank=True, editable=False)
    digest = models.CharField(_("digest (SHA-256)"), max_length=64, blank=True, editable=False)
    specimen_sha256 = models.CharField(max_length=64, blank=True, editable=False)

    objects = TextQuerySet.as_manager()

    class Meta:
        verbose_name = _("pledge text")
        verbose_name_plural = _("pledge texts")
        ordering = ("edition__pledge", "-edition__number", "-language")
        constraints = (
            models.UniqueConstraint(
                fields=("edition", "language"),
                name="text_language_once",
                violation_error_message=_("This version has a text in this language already."),
            ),
            models.CheckConstraint(condition=Q(language__in=Language.values), name="text_language_known"),
            models.CheckConstraint(
                condition=Q(canonical="", digest="") | (Q(digest__regex=SHA256) & ~Q(canonical="")),
                name="text_frozen_has_digest",
            ),
        )

    def __str__(self) -> str:
        return f"{self.edition.pledge} – {self.label}"

    @property
    def label(self) -> str:
        """``Phiên bản 2, tiếng Việt``: how a text is named wherever it is spoken of."""
        return gettext("Version %(number)s, %(language)s") % {
            "number": self.edition.number,
            "language": Language(self.language).in_sentence,
        }

    @property
    def is_published(self) -> bool:
        """Whether the text is frozen."""
        return bool(self.digest)

    @cached_property
    def content(self) -> PledgeText:
        """The frozen text, or for a draft what would be frozen of its rows now."""
        if self.canonical:
            return PledgeText.from_canonical(self.canonical)
        draft = PledgeText(
            pledge_slug=self.edition.pledge.slug,
            number=self.edition.number,
            language=self.language,
            title=self.title,
            preamble=self.preamble,
            undertakings=tuple(
                UndertakingText(
                    text=row.body,
                    binds=Binds(row.binds),
                    legal_references=tuple(reference.as_text() for reference in row.legal_references.all()),
                )
                for row in self.undertakings.prefetch_related("legal_references")
            ),
            closing=self.closing,
            valid_from=self.edition.valid_from,
            valid_until=self.edition.valid_until,
        )
        # Spelt as it will be: a browser sends other line ends than those that are digested.
        return PledgeText.from_canonical(draft.canonical())


class Undertaking(models.Model):
    """One sentence or short paragraph of a text, ticked by itself by whom it binds."""

    text = models.ForeignKey(Text, models.CASCADE, related_name="undertakings")
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    body = models.TextField(_("undertaking"))
    binds = models.CharField(_("binds"), max_length=10, choices=Binds.choices, default=Binds.EVERYONE)
    legal_references = models.ManyToManyField(
        LegalReference, blank=True, related_name="undertakings", verbose_name=_("legal references")
    )

    class Meta:
        verbose_name = _("undertaking")
        verbose_name_plural = _("undertakings")
        ordering = ("position", "id")
        constraints = (
            models.CheckConstraint(condition=Q(binds__in=Binds.values), name="undertaking_binds_known"),
        )

    def __str__(self) -> str:
        return self.body[:60]
