"""Pledges, their frozen texts, the signatures on them and the sealed documents.

Two database triggers (migration 0002) stand behind the code: a published text never changes, and of a signature only
its withdrawal, its replacement and the erasure of short-lived evidence can be written after it was made.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from events.models import Event, OrganisingUnit
from kolportal.accounts.models import ChannelRole, Platform, SignerKind, User
from pledges import reference
from pledges.text import LegalReferenceText, PledgeText, UndertakingText

if TYPE_CHECKING:
    from datetime import datetime


class PledgeState(models.TextChoices):
    """Whether a pledge can be signed."""

    DRAFT = "draft", _("draft")
    OPEN = "open", _("open for signing")
    CLOSED = "closed", _("closed")


class PledgeQuerySet(models.QuerySet["Pledge"]):
    """Reads of pledges."""

    def public(self) -> PledgeQuerySet:
        """Not drafts, and with a published Vietnamese text."""
        published = PledgeVersion.objects.published().filter(pledge=models.OuterRef("pk"), language="vi")
        return self.exclude(state=PledgeState.DRAFT).filter(models.Exists(published))

    def of_staff(self, user: User) -> PledgeQuerySet:
        """Those that the person's units keep."""
        return self.filter(unit__in=OrganisingUnit.objects.of_staff(user))


class Pledge(models.Model):
    """A commitment that people are asked to sign (bản cam kết); its texts are its versions."""

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

    def current_version(self, language: str = "vi") -> PledgeVersion | None:
        """The text in force, see ``PledgeVersionQuerySet.in_force``."""
        return self.versions.in_force(language)


class EventPledge(models.Model):
    """The pledge that an event asks its attendees for."""

    event = models.OneToOneField(Event, models.CASCADE, related_name="asks_for", verbose_name=_("event"))
    pledge = models.ForeignKey(Pledge, models.PROTECT, related_name="asked_at", verbose_name=_("pledge"))

    class Meta:
        verbose_name = _("pledge asked for")
        verbose_name_plural = _("pledges asked for")

    def __str__(self) -> str:
        return f"{self.event} – {self.pledge}"


class LegalReference(models.Model):
    """A law, decree or decision that an undertaking rests on. Published texts keep their own copy."""

    title = models.CharField(_("title"), max_length=300)
    number = models.CharField(_("number"), max_length=60)
    issued_date = models.DateField(_("issued on"))
    in_force_date = models.DateField(_("in force from"), null=True, blank=True)

    class Meta:
        verbose_name = _("legal reference")
        verbose_name_plural = _("legal references")
        ordering = ("-issued_date", "number")
        constraints = (models.UniqueConstraint(fields=("number", "title"), name="legal_reference_once"),)

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


class PledgeVersionQuerySet(models.QuerySet["PledgeVersion"]):
    """Reads of texts."""

    def published(self) -> PledgeVersionQuerySet:
        """Frozen ones."""
        return self.filter(published_at__isnull=False)

    def in_force(self, language: str = "vi") -> PledgeVersion | None:
        """Of one pledge's texts: the newest published number that has Vietnamese, in this language, else in Vietnamese."""
        newest = self.published().filter(language="vi").order_by("-number").first()
        if newest is None or language == "vi":
            return newest
        return self.published().filter(number=newest.number, language=language).first() or newest

    def drafts(self) -> PledgeVersionQuerySet:
        """Those that can still be edited."""
        return self.filter(published_at=None)


class Language(models.TextChoices):
    """Languages of a text."""

    VI = "vi", _("Vietnamese")
    EN = "en", _("English")


class PledgeVersion(models.Model):
    """One numbered text in one language. Frozen when published: the canonical form below is then the text."""

    pledge = models.ForeignKey(Pledge, models.PROTECT, related_name="versions", verbose_name=_("pledge"))
    number = models.PositiveSmallIntegerField(_("version number"))
    language = models.CharField(_("language"), max_length=2, choices=Language.choices, default=Language.VI)
    title = models.CharField(_("title"), max_length=300)
    preamble = models.TextField(_("preamble"), blank=True)
    closing = models.TextField(_("closing"), blank=True)
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    canonical = models.TextField(_("canonical form"), blank=True, editable=False)
    digest = models.CharField(_("digest (SHA-256)"), max_length=64, blank=True, editable=False)
    specimen_sha256 = models.CharField(max_length=64, blank=True, editable=False)
    published_at = models.DateTimeField(_("published at"), null=True, editable=False)
    published_by = models.ForeignKey(User, models.PROTECT, null=True, editable=False, related_name="+")

    objects = PledgeVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("pledge text")
        verbose_name_plural = _("pledge texts")
        ordering = ("pledge", "-number", "-language")
        permissions = (("publish_pledgeversion", "Publishes pledge texts"),)
        constraints = (
            models.UniqueConstraint(fields=("pledge", "number", "language"), name="pledge_version_once"),
            models.CheckConstraint(
                condition=Q(language__in=Language.values), name="pledge_version_language_known"
            ),
            models.CheckConstraint(
                condition=Q(valid_from=None)
                | Q(valid_until=None)
                | Q(valid_until__gte=models.F("valid_from")),
                name="pledge_version_validity_ordered",
            ),
            models.CheckConstraint(
                condition=Q(published_at=None, canonical="", digest="")
                | (Q(published_at__isnull=False, digest__regex=r"^[0-9a-f]{64}$") & ~Q(canonical="")),
                name="pledge_version_published_has_digest",
            ),
        )

    def __str__(self) -> str:
        return f"{self.title} ({self.number}, {self.language})"

    @property
    def is_published(self) -> bool:
        """Whether the text is frozen."""
        return self.published_at is not None

    @cached_property
    def text(self) -> PledgeText:
        """The frozen text, or for a draft what its rows say now."""
        if self.canonical:
            return PledgeText.from_canonical(self.canonical)
        return PledgeText(
            pledge_slug=self.pledge.slug,
            number=self.number,
            language=self.language,
            title=self.title,
            preamble=self.preamble,
            undertakings=tuple(
                UndertakingText(
                    text=row.text,
                    legal_reference=row.legal_reference.as_text() if row.legal_reference else None,
                )
                for row in self.undertakings.select_related("legal_reference")
            ),
            closing=self.closing,
            valid_from=self.valid_from,
            valid_until=self.valid_until,
        )

    def is_valid(self, *, at: datetime) -> bool:
        """Whether the day of ``at`` (in the site's time zone) lies in the validity."""
        day = timezone.localdate(at)
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_until is None or day <= self.valid_until
        )


class Undertaking(models.Model):
    """One sentence or short paragraph of a text, ticked by itself."""

    version = models.ForeignKey(PledgeVersion, models.CASCADE, related_name="undertakings")
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    text = models.TextField(_("text"))
    legal_reference = models.ForeignKey(
        LegalReference,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("legal reference"),
    )

    class Meta:
        verbose_name = _("undertaking")
        verbose_name_plural = _("undertakings")
        ordering = ("position", "id")

    def __str__(self) -> str:
        return self.text[:60]


class SignatureMethod(models.TextChoices):
    """How the person signed; both count alike."""

    DRAWN = "drawn", _("drawn signature")
    TYPED = "typed", _("typed name")


class Confirmation(models.TextChoices):
    """How the person was confirmed at signing."""

    EMAIL_CODE = "email_code", _("code sent to the e-mail address")
    RECENT_LOGIN = "recent_login", _("logged in within the last 5 minutes")


class SignatureQuerySet(models.QuerySet["Signature"]):
    """Reads of signatures."""

    def active(self) -> SignatureQuerySet:
        """Neither withdrawn nor superseded."""
        return self.filter(withdrawn_at=None, superseded_at=None)

    def of_staff(self, user: User) -> SignatureQuerySet:
        """Signatures on pledges that the person's units keep."""
        return self.filter(pledge__in=Pledge.objects.of_staff(user))


class Signature(models.Model):
    """One act of signing, with what was shown and who signed as they stood then."""

    reference = models.CharField(
        _("reference code"), max_length=reference.LENGTH, unique=True, default=reference.new, editable=False
    )
    pledge = models.ForeignKey(Pledge, models.PROTECT, related_name="signatures", verbose_name=_("pledge"))
    version = models.ForeignKey(
        PledgeVersion, models.PROTECT, related_name="signatures", verbose_name=_("text signed")
    )
    digest = models.CharField(_("digest of the text"), max_length=64)
    event = models.ForeignKey(
        Event, models.PROTECT, null=True, blank=True, related_name="signatures", verbose_name=_("event")
    )
    signer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="signatures", verbose_name=_("account")
    )
    # The signer as he or she stood.
    full_name = models.CharField(_("full name"), max_length=120)
    stage_name = models.CharField(_("public (stage) name"), max_length=120, blank=True)
    kind = models.CharField(_("kind"), max_length=12, choices=SignerKind.choices)
    commune_code = models.CharField(_("commune"), max_length=5)
    commune_label = models.CharField(_("name of the commune"), max_length=80)
    organisation = models.CharField(_("organisation"), max_length=200, blank=True)
    email = models.EmailField(_("e-mail address"))
    # The unit that asked, as it was called.
    unit_name = models.CharField(_("organising unit"), max_length=200)
    search_key = models.CharField(max_length=700, editable=False, db_index=True)
    sort_key = models.CharField(max_length=600, editable=False, db_index=True)
    # The act.
    signed_at = models.DateTimeField(_("signed at"), db_index=True)
    language = models.CharField(_("language"), max_length=2, choices=Language.choices)
    method = models.CharField(_("method"), max_length=5, choices=SignatureMethod.choices)
    strokes = models.JSONField(_("strokes"), null=True, blank=True)
    typed_name = models.CharField(_("name typed"), max_length=120, blank=True)
    confirmation = models.CharField(_("confirmed by"), max_length=14, choices=Confirmation.choices)
    confirmed_at = models.DateTimeField(_("confirmed at"))
    consent_text = models.TextField(_("consent to the processing of personal data, as shown"))
    consented_at = models.DateTimeField(_("consented at"))
    user_agent = models.CharField(_("browser"), max_length=300, blank=True)
    ip_address = models.GenericIPAddressField(_("network address"), null=True, blank=True)
    evidence_erased_at = models.DateTimeField(_("browser and address erased at"), null=True, blank=True)
    # What became of it.
    supersedes = models.OneToOneField(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="superseded_by",
        verbose_name=_("replaces"),
    )
    superseded_at = models.DateTimeField(_("replaced at"), null=True, blank=True)
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)

    objects = SignatureQuerySet.as_manager()

    # Columns that may change after the signing; the trigger refuses every other.
    MUTABLE = ("superseded_at", "withdrawn_at", "user_agent", "ip_address", "evidence_erased_at")

    class Meta:
        verbose_name = _("signed pledge")
        verbose_name_plural = _("signed pledges")
        ordering = ("-signed_at", "-id")
        permissions = (("download_document", "Downloads signed-pledge PDFs"),)
        constraints = (
            models.UniqueConstraint(
                fields=("pledge", "signer"),
                condition=Q(withdrawn_at=None, superseded_at=None),
                name="signature_one_active_per_pledge_and_signer",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None) | Q(superseded_at=None),
                name="signature_withdrawn_or_superseded",
            ),
            models.CheckConstraint(
                condition=Q(method=SignatureMethod.DRAWN, strokes__isnull=False, typed_name="")
                | (Q(method=SignatureMethod.TYPED, strokes=None) & ~Q(typed_name="")),
                name="signature_drawn_or_typed",
            ),
            models.CheckConstraint(
                condition=Q(digest__regex=r"^[0-9a-f]{64}$"), name="signature_digest_sha256"
            ),
        )
        indexes = (models.Index(fields=("pledge", "-signed_at"), name="signature_by_pledge"),)

    def __str__(self) -> str:
        return f"{reference.grouped(self.reference)} – {self.full_name}"

    @property
    def reference_grouped(self) -> str:
        """The code in groups of four."""
        return reference.grouped(self.reference)

    @property
    def is_active(self) -> bool:
        """Neither withdrawn nor superseded."""
        return self.withdrawn_at is None and self.superseded_at is None


class SignedChannel(models.Model):
    """A channel that a signature covers, as it stood."""

    signature = models.ForeignKey(Signature, models.PROTECT, related_name="channels")
    platform = models.CharField(_("platform"), max_length=12, choices=Platform.choices, db_index=True)
    url = models.URLField(_("link"), max_length=300)
    name = models.CharField(_("name"), max_length=200)
    role = models.CharField(_("role"), max_length=14, choices=ChannelRole.choices)
    followers = models.PositiveIntegerField(_("followers (as declared)"), null=True)
    followers_declared_at = models.DateTimeField(_("followers declared at"), null=True)

    class Meta:
        verbose_name = _("channel covered")
        verbose_name_plural = _("channels covered")
        ordering = ("platform", "name")
        constraints = (models.UniqueConstraint(fields=("signature", "url"), name="signed_channel_once"),)

    def __str__(self) -> str:
        return f"{self.name} ({self.get_platform_display()})"


class Decline(models.Model):
    """Somebody said no. Reversible: signing later, or undoing it, sets ``reversed_at``."""

    pledge = models.ForeignKey(Pledge, models.PROTECT, related_name="declines", verbose_name=_("pledge"))
    version = models.ForeignKey(PledgeVersion, models.PROTECT, related_name="+", verbose_name=_("text shown"))
    signer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="declines", verbose_name=_("account")
    )
    declined_at = models.DateTimeField(_("declined at"))
    reversed_at = models.DateTimeField(_("reversed at"), null=True, blank=True)

    class Meta:
        verbose_name = _("declined pledge")
        verbose_name_plural = _("declined pledges")
        ordering = ("-declined_at",)
        constraints = (
            models.UniqueConstraint(
                fields=("pledge", "signer"),
                condition=Q(reversed_at=None),
                name="decline_one_active_per_pledge_and_signer",
            ),
        )

    def __str__(self) -> str:
        return f"{self.pledge} #{self.pk}"


class DocumentState(models.TextChoices):
    """Life of a sealed PDF. A pending row under a lease is being sealed right now."""

    PENDING = "pending", _("being sealed")
    SEALED = "sealed", _("sealed")
    PARKED = "parked", _("needs attention")


class DocumentQuerySet(models.QuerySet["Document"]):
    """Reads of documents."""

    def due(self, *, at: datetime) -> DocumentQuerySet:
        """Pending ones of any age that nobody holds and whose pause after a failure is over."""
        return self.filter(
            Q(lease_until=None) | Q(lease_until__lte=at), state=DocumentState.PENDING, next_attempt_at__lte=at
        )

    def unannounced(self) -> DocumentQuerySet:
        """Sealed ones whose signer has not been told by e-mail."""
        return self.filter(state=DocumentState.SEALED, announced_at=None)


class Document(models.Model):
    """The sealed PDF of one signature (bản PDF đã đóng dấu). The row is the truth; messages only wake the worker."""

    signature = models.OneToOneField(
        Signature, models.PROTECT, related_name="document", verbose_name=_("signed pledge")
    )
    state = models.CharField(
        _("state"), max_length=7, choices=DocumentState.choices, default=DocumentState.PENDING
    )
    created_at = models.DateTimeField(_("created at"))
    next_attempt_at = models.DateTimeField(_("next attempt at"))
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    lease_until = models.DateTimeField(_("held until"), null=True, blank=True)
    # Names the one claim that may finish the row: a worker whose lease ran out cannot.
    lease_token = models.CharField(max_length=32, blank=True)
    last_error = models.CharField(_("last error"), max_length=200, blank=True)
    sha256 = models.CharField(_("SHA-256 of the file"), max_length=64, blank=True)
    size = models.PositiveIntegerField(_("size in bytes"), null=True, blank=True)
    pages = models.PositiveSmallIntegerField(_("pages"), null=True, blank=True)
    sealed_at = models.DateTimeField(_("sealed at"), null=True, blank=True)
    seal_certificate_sha256 = models.CharField(
        _("certificate of the seal (SHA-256)"), max_length=64, blank=True
    )
    seal_level = models.CharField(_("level of the seal"), max_length=8, blank=True)
    is_test = models.BooleanField(_("sealed with a test key"), default=False)
    announced_at = models.DateTimeField(_("signer told at"), null=True, blank=True)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        verbose_name = _("sealed document")
        verbose_name_plural = _("sealed documents")
        constraints = (
            models.CheckConstraint(condition=Q(state__in=DocumentState.values), name="document_state_known"),
            models.CheckConstraint(
                condition=Q(
                    state=DocumentState.SEALED,
                    sha256__regex=r"^[0-9a-f]{64}$",
                    sealed_at__isnull=False,
                    size__gt=0,
                )
                | (~Q(state=DocumentState.SEALED) & Q(sha256="", sealed_at=None)),
                name="document_sealed_has_file",
            ),
        )
        indexes = (
            models.Index(fields=("next_attempt_at",), condition=Q(state="pending"), name="document_pending"),
            models.Index(
                fields=("sealed_at",),
                condition=Q(state="sealed", announced_at=None),
                name="document_unannounced",
            ),
        )

    def __str__(self) -> str:
        return f"{reference.grouped(self.signature.reference)} ({self.get_state_display()})"
