"""A signature, split by how long its parts live: the act, who signed, the circumstances, how it was known who signed."""

from __future__ import annotations

import secrets

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from events.models import Event
from kolportal import codes
from kolportal.accounts.models import User
from kolportal.people.models import ChannelRole, Person, Platform, SignerKind
from pledges.models.texts import SHA256, Pledge, Text


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

    def of_person(self, person: Person) -> SignatureQuerySet:
        """Those that this person made, also at a tablet before it turned out who that was."""
        return self.filter(person__in=Person.objects.one_with(person))

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
                condition=Q(digest__regex=SHA256, commitment__regex=SHA256, salt__regex=SHA256)
                & Q(particulars_commitment__regex=SHA256),
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
                condition=(Q(erased_at=None) & ~Q(full_name="") & Q(salt__regex=SHA256))
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
