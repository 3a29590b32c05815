"""What is sealed, and its sealed files."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from events.models import Attendee
from kolportal import codes
from pledges.models.signatures import Signature
from pledges.models.texts import SHA256


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
                    sha256__regex=SHA256,
                    unsealed_sha256__regex=SHA256,
                    certificate_sha256__regex=SHA256,
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
