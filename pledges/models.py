"""Pledges, their frozen texts, the signatures on them split by how long their parts live, and the sealed documents.

Triggers (``pledges.frozen``) stand behind the code: a published text never changes; of a signature only its one end is
written after it was made; particulars vanish only as a whole; sealed files are only added to.
"""

from __future__ import annotations

import secrets
from functools import cached_property
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from events.models import Attendee, Event
from kolportal import codes
from kolportal.accounts.models import User
from kolportal.people.models import ChannelRole, Person, Platform, SignerKind
from kolportal.units.models import OrganisingUnit
from pledges.text import Binds, LegalReferenceText, PledgeText, UndertakingText

if TYPE_CHECKING:
    from datetime import datetime

_SHA256 = r"^[0-9a-f]{64}$"


# --- Pledges and their texts --------------------------------------------------------------------------------------------


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
                condition=Q(canonical="", digest="") | (Q(digest__regex=_SHA256) & ~Q(canonical="")),
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


# --- A signature, split by how long its parts live ------------------------------------------------------------------------


class Standing(models.TextChoices):
    """What became of a signature. The one enum that says so."""

    VALID = "valid", _("in force")
    WITHDRAWN = "withdrawn", _("withdrawn")
    SUPERSEDED = "superseded", _("replaced")


class SignatureMethod(models.TextChoices):
    """How the person signed; both count alike."""

    DRAWN = "drawn", _("drawn signature")
    TYPED = "typed", _("typed name")


class SignatureQuerySet(models.QuerySet["Signature"]):
    """Reads of signatures."""

    def active(self) -> SignatureQuerySet:
        """Neither withdrawn nor superseded."""
        return self.filter(withdrawn_at=None, superseded_at=None)

    def of_staff(self, user: User) -> SignatureQuerySet:
        """Signatures on pledges that the person's units keep."""
        return self.filter(pledge__in=Pledge.objects.of_staff(user))


def new_salt() -> str:
    """32 random bytes as 64 hexadecimal digits."""
    return secrets.token_hex(32)


class Signature(models.Model):
    """The act: who signed which text, when, ticking what. For ever, and frozen but for its one end.

    ``ticked``: positions of the undertakings from 1, all that bind this kind. ``place`` and ``province`` as they are printed.
    ``commitment``: salted commitment to the frozen facts and the proofs; ``particulars_commitment``: to the particulars.
    """

    reference = models.CharField(
        _("reference code"), max_length=codes.LENGTH, unique=True, default=codes.new, editable=False
    )
    pledge = models.ForeignKey(Pledge, models.PROTECT, related_name="signatures", verbose_name=_("pledge"))
    text = models.ForeignKey(Text, models.PROTECT, related_name="signatures", verbose_name=_("text signed"))
    digest = models.CharField(_("digest of the text"), max_length=64)
    person = models.ForeignKey(Person, models.PROTECT, related_name="signatures", verbose_name=_("person"))
    kind = models.CharField(_("kind"), max_length=12, choices=SignerKind.choices)
    ticked = models.JSONField(_("undertakings ticked"))
    event = models.ForeignKey(
        Event, models.PROTECT, null=True, blank=True, related_name="signatures", verbose_name=_("event")
    )
    unit_name = models.CharField(_("organising unit"), max_length=200)
    place = models.CharField(_("place"), max_length=120)
    province = models.CharField(_("province"), max_length=120)
    signed_at = models.DateTimeField(_("signed at"), db_index=True)
    salt = models.CharField(max_length=64, default=new_salt, editable=False)
    commitment = models.CharField(max_length=64, unique=True, editable=False)
    particulars_commitment = models.CharField(max_length=64, unique=True, editable=False)
    # What became of it: one end, written once.
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

    class Meta:
        verbose_name = _("signed pledge")
        verbose_name_plural = _("signed pledges")
        ordering = ("-signed_at", "-id")
        permissions = (("download_document", "Downloads signed-pledge PDFs"),)
        constraints = (
            models.UniqueConstraint(
                fields=("pledge", "person"),
                condition=Q(withdrawn_at=None, superseded_at=None),
                name="signature_one_active_per_pledge_and_person",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None) | Q(superseded_at=None),
                name="signature_withdrawn_or_superseded",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None) | Q(withdrawn_at__gte=F("signed_at")),
                name="signature_withdrawn_after_signing",
            ),
            models.CheckConstraint(
                condition=Q(digest__regex=_SHA256, commitment__regex=_SHA256, salt__regex=_SHA256)
                & Q(particulars_commitment__regex=_SHA256),
                name="signature_digests_sha256",
            ),
            models.CheckConstraint(condition=Q(kind__in=SignerKind.values), name="signature_kind_known"),
        )
        indexes = (models.Index(fields=("pledge", "-signed_at"), name="signature_by_pledge"),)

    def __str__(self) -> str:
        return codes.grouped(self.reference)

    @property
    def reference_grouped(self) -> str:
        """The code in groups of four."""
        return codes.grouped(self.reference)

    @property
    def standing(self) -> Standing:
        """What became of it."""
        if self.withdrawn_at:
            return Standing.WITHDRAWN
        return Standing.SUPERSEDED if self.superseded_at else Standing.VALID

    @property
    def is_active(self) -> bool:
        """Neither withdrawn nor superseded."""
        return self.standing == Standing.VALID


# Emptied together by an erasure; the database takes nothing less.
PARTICULARS = (
    "full_name", "stage_name", "commune_code", "commune_label", "organisation", "email", "method", "typed_name",
    "consent_text", "salt", "search_key", "sort_key",
)  # fmt: skip


class Particulars(models.Model):
    """Who signed, as he or she stood, and the mark: until ``keep_until``, or an earlier erasure, and then gone as a whole."""

    signature = models.OneToOneField(
        Signature, models.PROTECT, related_name="particulars", verbose_name=_("signed pledge")
    )
    full_name = models.CharField(_("full name"), max_length=120, blank=True)
    stage_name = models.CharField(_("public (stage) name"), max_length=120, blank=True)
    commune_code = models.CharField(_("commune"), max_length=5, blank=True)
    commune_label = models.CharField(_("name of the commune"), max_length=80, blank=True)
    organisation = models.CharField(_("organisation"), max_length=200, blank=True)
    email = models.EmailField(_("e-mail address"), blank=True)
    method = models.CharField(_("method"), max_length=5, choices=SignatureMethod.choices, blank=True)
    strokes = models.JSONField(_("strokes"), null=True, blank=True)
    typed_name = models.CharField(_("name typed"), max_length=120, blank=True)
    consent_text = models.TextField(_("consent to the processing of personal data, as shown"), blank=True)
    consented_at = models.DateTimeField(_("consented at"))
    salt = models.CharField(max_length=64, blank=True, default=new_salt, editable=False)
    keep_until = models.DateField(_("kept until"))
    search_key = models.CharField(max_length=700, blank=True, editable=False, db_index=True)
    sort_key = models.CharField(max_length=600, blank=True, editable=False, db_index=True)
    erased_at = models.DateTimeField(_("erased at"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("particulars of a signature")
        verbose_name_plural = _("particulars of signatures")
        constraints = (
            models.CheckConstraint(
                condition=(Q(erased_at=None) & ~Q(full_name="") & Q(salt__regex=_SHA256))
                | Q(erased_at__isnull=False, strokes=None, **dict.fromkeys(PARTICULARS, "")),
                name="particulars_whole_or_erased",
            ),
            models.CheckConstraint(
                condition=Q(erased_at__isnull=False)
                | Q(method=SignatureMethod.DRAWN, strokes__isnull=False, typed_name="")
                | (Q(method=SignatureMethod.TYPED, strokes=None) & ~Q(typed_name="")),
                name="particulars_drawn_or_typed",
            ),
        )
        indexes = (
            models.Index(fields=("keep_until",), condition=Q(erased_at=None), name="particulars_to_erase"),
        )

    def __str__(self) -> str:
        return self.full_name or f"#{self.signature_id}"


class SignedChannel(models.Model):
    """A channel that a signature covers, as it stood; a part of the particulars, removed when those are erased."""

    signature = models.ForeignKey(Signature, models.PROTECT, related_name="channels")
    platform = models.CharField(_("platform"), max_length=12, choices=Platform.choices, db_index=True)
    url = models.URLField(_("link"), max_length=300)
    name = models.CharField(_("name"), max_length=200)
    role = models.CharField(_("role"), max_length=14, choices=ChannelRole.choices)
    followers = models.PositiveIntegerField(_("followers (as declared)"), null=True, blank=True)
    followers_declared_at = models.DateTimeField(_("followers declared at"), null=True, blank=True)

    class Meta:
        verbose_name = _("channel covered")
        verbose_name_plural = _("channels covered")
        ordering = ("platform", "name")
        constraints = (models.UniqueConstraint(fields=("signature", "url"), name="signed_channel_once"),)

    def __str__(self) -> str:
        return f"{self.name} ({self.get_platform_display()})"


class Circumstances(models.Model):
    """Browser and network address of a signing, for the term of evidence (``settings.EVIDENCE_RETENTION_DAYS``)."""

    signature = models.OneToOneField(Signature, models.PROTECT, related_name="circumstances")
    user_agent = models.CharField(_("browser"), max_length=300, blank=True)
    ip_address = models.GenericIPAddressField(_("network address"), null=True, blank=True)
    keep_until = models.DateField(_("kept until"))
    erased_at = models.DateTimeField(_("browser and address erased at"), null=True, blank=True)

    class Meta:
        verbose_name = _("circumstances of a signing")
        verbose_name_plural = _("circumstances of signings")
        constraints = (
            models.CheckConstraint(
                condition=Q(erased_at=None) | Q(user_agent="", ip_address=None),
                name="circumstances_whole_or_erased",
            ),
        )
        indexes = (
            models.Index(fields=("keep_until",), condition=Q(erased_at=None), name="circumstances_to_erase"),
        )

    def __str__(self) -> str:
        return f"#{self.signature_id}"


class Factor(models.TextChoices):
    """How it is known who signed (cách xác thực người ký). ``pledges.factors`` has a class for each that can be used."""

    EMAIL_CODE = "email_code", _("code sent to the e-mail address")
    RECENT_LOGIN = "recent_login", _("logged in within the last 5 minutes")
    IN_PERSON = "in_person", _("seen in person")
    PASSKEY = "passkey", _("passkey")
    OWN_SIGNATURE = "own_signature", _("the signer's own digital signature")


class Proof(models.Model):
    """One factor that proved an attempt; kept with the act. ``steward`` and ``gate`` for somebody seen in person."""

    signature = models.ForeignKey(Signature, models.PROTECT, related_name="proofs")
    factor = models.CharField(_("confirmed by"), max_length=14, choices=Factor.choices)
    proved_at = models.DateTimeField(_("confirmed at"))
    steward = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    gate = models.CharField(_("gate"), max_length=40, blank=True)

    class Meta:
        verbose_name = _("proof")
        verbose_name_plural = _("proofs")
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=("signature", "factor"), name="proof_factor_once"),
            models.CheckConstraint(condition=Q(factor__in=Factor.values), name="proof_factor_known"),
            models.CheckConstraint(
                condition=Q(factor=Factor.IN_PERSON, steward__isnull=False)
                | (~Q(factor=Factor.IN_PERSON) & Q(steward=None, gate="")),
                name="proof_in_person_names_steward",
            ),
        )

    def __str__(self) -> str:
        return f"{self.factor} #{self.signature_id}"


class ProofEvidence(models.Model):
    """What a proof rests on: the masked contact, an assertion, a certificate with its signature. Lives with the particulars."""

    proof = models.OneToOneField(Proof, models.PROTECT, related_name="evidence")
    contact = models.CharField(_("masked contact"), max_length=254, blank=True)
    assertion = models.JSONField(null=True, blank=True)
    certificate = models.BinaryField(null=True, blank=True)
    detached_signature = models.BinaryField(null=True, blank=True)
    erased_at = models.DateTimeField(_("erased at"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("evidence of a proof")
        verbose_name_plural = _("evidence of proofs")
        constraints = (
            models.CheckConstraint(
                condition=Q(erased_at=None)
                | Q(contact="", assertion=None, certificate=None, detached_signature=None),
                name="proof_evidence_whole_or_erased",
            ),
        )

    def __str__(self) -> str:
        return f"#{self.proof_id}"


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

    ``act`` (what was ticked, chosen, drawn and consented to; ``pledges.signing.Act``) is emptied when the attempt ends.
    """

    key = models.CharField(max_length=32, unique=True, default=new_attempt_key, editable=False)
    person = models.ForeignKey(Person, models.CASCADE, related_name="attempts")
    text = models.ForeignKey(Text, models.PROTECT, related_name="+")
    event = models.ForeignKey(Event, models.PROTECT, null=True, blank=True, related_name="+")
    act = models.JSONField()
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
            models.CheckConstraint(condition=Q(digest__regex=_SHA256), name="attempt_digest_sha256"),
            models.CheckConstraint(
                condition=Q(ended_at=None, end="") | Q(ended_at__isnull=False), name="attempt_end_dated"
            ),
            models.CheckConstraint(
                condition=Q(signature=None) | Q(ended_at__isnull=False, end=""),
                name="attempt_signed_has_no_other_end",
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


# --- Sealed documents -------------------------------------------------------------------------------------------------------


class DocumentKind(models.TextChoices):
    """What is sealed."""

    PLEDGE = "pledge", _("signed pledge")
    ATTENDANCE = "attendance", _("certificate of attendance")


class DocumentState(models.TextChoices):
    """Life of a document, read from its files and its work."""

    PENDING = "pending", _("being sealed")
    SEALED = "sealed", _("sealed")
    PARKED = "parked", _("needs attention")
    DESTROYED = "destroyed", _("destroyed")


class DocumentQuerySet(models.QuerySet["Document"]):
    """Reads of documents."""

    def unsealed(self) -> DocumentQuerySet:
        """Those without any file yet."""
        return self.filter(files=None)

    def sealed(self) -> DocumentQuerySet:
        """Those with a file that was not destroyed."""
        return self.filter(
            models.Exists(SealedFile.objects.filter(document=models.OuterRef("pk"), destroyed_at=None))
        )


class Document(models.Model):
    """What is to be sealed, or was: its sealed files are its generations. A pledge's carries the code of its signature."""

    reference = models.CharField(_("reference code"), max_length=codes.LENGTH, unique=True, editable=False)
    kind = models.CharField(_("kind of document"), max_length=10, choices=DocumentKind.choices)
    signature = models.OneToOneField(
        Signature,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="document",
        verbose_name=_("signed pledge"),
    )
    attendee = models.ForeignKey(
        Attendee, models.PROTECT, null=True, blank=True, related_name="documents", verbose_name=_("attendee")
    )
    created_at = models.DateTimeField(_("created at"))

    objects = DocumentQuerySet.as_manager()

    class Meta:
        verbose_name = _("sealed document")
        verbose_name_plural = _("sealed documents")
        constraints = (
            models.CheckConstraint(
                condition=Q(kind=DocumentKind.PLEDGE, signature__isnull=False, attendee=None)
                | Q(kind=DocumentKind.ATTENDANCE, signature=None, attendee__isnull=False),
                name="document_has_its_subject",
            ),
        )

    def __str__(self) -> str:
        return codes.grouped(self.reference)

    @property
    def file(self) -> SealedFile | None:
        """The newest generation, or ``None``; reads ``files`` once, so prefetch them for a list."""
        return max(self.files.all(), key=lambda file: file.generation, default=None)


class SealedFile(models.Model):
    """One generation of a document's sealed PDF. Append-only; ``destroyed_at`` alone is set once.

    ``obstacles``: what stood between the intended and the achieved level, in the words of ``kolportal.pades``. ``recipe``: way
    of drawing, libraries, fonts, templates, catalogue, by name and version or digest; with it ``unsealed_sha256`` can be made
    again.
    """

    document = models.ForeignKey(Document, models.PROTECT, related_name="files", verbose_name=_("document"))
    generation = models.PositiveSmallIntegerField(_("generation"), default=1)
    sha256 = models.CharField(_("SHA-256 of the file"), max_length=64)
    size = models.PositiveIntegerField(_("size in bytes"))
    pages = models.PositiveSmallIntegerField(_("pages"))
    sealed_at = models.DateTimeField(_("sealed at"), db_index=True)
    intended_level = models.CharField(_("level intended"), max_length=8)
    achieved_level = models.CharField(_("level of the seal"), max_length=8)
    obstacles = models.JSONField(_("obstacles"), default=list)
    certificate_sha256 = models.CharField(_("certificate of the seal (SHA-256)"), max_length=64)
    renew_before = models.DateTimeField(_("to be renewed before"), null=True, blank=True)
    unsealed_sha256 = models.CharField(_("SHA-256 before sealing"), max_length=64)
    recipe = models.JSONField(_("how it was drawn"), default=dict)
    is_test = models.BooleanField(_("sealed with a test key"), default=False)
    destroyed_at = models.DateTimeField(_("destroyed at"), null=True, blank=True)

    class Meta:
        verbose_name = _("sealed file")
        verbose_name_plural = _("sealed files")
        ordering = ("document", "generation")
        constraints = (
            models.UniqueConstraint(fields=("document", "generation"), name="sealed_file_generation_once"),
            models.CheckConstraint(
                condition=Q(
                    sha256__regex=_SHA256,
                    unsealed_sha256__regex=_SHA256,
                    certificate_sha256__regex=_SHA256,
                    size__gt=0,
                    generation__gt=0,
                ),
                name="sealed_file_whole",
            ),
        )
        indexes = (
            models.Index(
                fields=("renew_before",), condition=Q(destroyed_at=None), name="sealed_file_renewal"
            ),
        )

    def __str__(self) -> str:
        return f"{self.document}/{self.generation}"


class StoredAhead(models.Model):
    """A file that is being stored before the row that will name it is written; taken away in the end. One that stays belongs to
    a worker that died in between: its bytes are removed (``pledges.documents.remove_stored_ahead``), or an erasure would
    miss them.
    """

    document = models.ForeignKey(Document, models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64)
    stored_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("file under way")
        verbose_name_plural = _("files under way")

    def __str__(self) -> str:
        return self.sha256
