"""People as they speak of themselves: names, what they take part as, contacts, and the channels that they run.

What an organiser's list says of somebody is another statement and another table (``events.models.Attendee``); staff never
see a row of this app.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kolportal.people import communes
from kolportal.vietnamese import fold, sort_key

if TYPE_CHECKING:
    from kolportal.accounts.models import User


class SignerKind(models.TextChoices):
    """What somebody takes part as, in the words of the meeting's sheet."""

    KOL = "kol", _("KOL")
    PAGE_ADMIN = "page_admin", _("Page, group or channel administrator")
    BOTH = "both", _("KOL and administrator")


class PersonQuerySet(models.QuerySet["Person"]):
    """Reads of people."""

    def of_account(self, user: User) -> Person | None:
        """The person behind this account, if he or she has said who that is."""
        return self.filter(user=user).first()

    def one_with(self, person: Person) -> PersonQuerySet:
        """The person, and everybody who turned out to be him or her."""
        return self.filter(Q(pk=person.pk) | Q(merged_into=person.pk))


class Person(models.Model):
    """What somebody says of himself or herself. ``user`` is empty only for one who signed at a shared tablet.

    ``merged_into`` is set once (``pledges.merging``), when such a person turns out to have an account; ``erased_at`` once, by
    ``kolportal.privacy``: the row then keeps its key and nothing else.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="person",
        verbose_name=_("account"),
    )
    full_name = models.CharField(_("full name"), max_length=120, blank=True)
    stage_name = models.CharField(_("public (stage) name"), max_length=120, blank=True)
    kind = models.CharField(_("kind"), max_length=12, choices=SignerKind.choices, blank=True)
    commune_code = models.CharField(_("commune"), max_length=5, blank=True)
    organisation = models.CharField(_("organisation"), max_length=200, blank=True)
    # Derived by save(); see kolportal.vietnamese.
    search_key = models.CharField(max_length=600, blank=True, editable=False, db_index=True)
    sort_key = models.CharField(max_length=600, blank=True, editable=False, db_index=True)
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, editable=False, related_name="merged"
    )
    merged_at = models.DateTimeField(null=True, blank=True, editable=False)
    erased_at = models.DateTimeField(_("erased at"), null=True, blank=True, editable=False)

    objects = PersonQuerySet.as_manager()

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering = ("sort_key", "id")
        constraints = (
            models.CheckConstraint(
                condition=(
                    Q(erased_at=None, kind__in=SignerKind.values) & ~Q(full_name="") & ~Q(commune_code="")
                )
                | Q(
                    erased_at__isnull=False,
                    full_name="",
                    stage_name="",
                    kind="",
                    commune_code="",
                    organisation="",
                    search_key="",
                    sort_key="",
                ),
                name="person_whole_or_erased",
            ),
            models.CheckConstraint(
                condition=Q(merged_into=None, merged_at=None)
                | (Q(merged_into__isnull=False, merged_at__isnull=False) & ~Q(merged_into=F("id"))),
                name="person_merged_dated",
            ),
        )

    def __str__(self) -> str:
        return self.full_name or f"#{self.pk}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keeps the derived keys in step, also under ``update_fields``."""
        self.search_key = fold(f"{self.full_name} {self.stage_name}")[:600]
        self.sort_key = sort_key(self.full_name)[:600] if self.full_name else ""
        if (fields := kwargs.get("update_fields")) is not None:
            kwargs["update_fields"] = {*fields, "search_key", "sort_key"}
        super().save(*args, **kwargs)

    @property
    def commune_label(self) -> str:
        """Kind and name of the commune."""
        return communes.label(self.commune_code)

    @property
    def account_id(self) -> int | None:
        """The key of the account; of somebody merged, that of who he or she turned out to be."""
        return self.merged_into.user_id if self.merged_into is not None else self.user_id

    @property
    def email(self) -> str:
        """Where messages go: the account's address (of somebody merged, that of who he or she turned out to be), else a verified
        contact's, else ``""``; nobody erased gets any."""
        if self.erased_at is not None:
            return ""
        if self.merged_into is not None:
            return self.merged_into.email
        if self.user is not None:
            return self.user.email
        return self.contacts.verified_value(ContactKind.EMAIL)

    @property
    def phone(self) -> str:
        """The newest mobile number in E.164, verified or not, or ``""``."""
        numbers = self.contacts.filter(kind=ContactKind.PHONE).order_by("-id")
        return numbers.values_list("value", flat=True).first() or ""


class ContactKind(models.TextChoices):
    """How somebody can be reached beside the account's own address."""

    EMAIL = "email", _("e-mail address")
    PHONE = "phone", _("mobile phone")


class ContactQuerySet(models.QuerySet["Contact"]):
    """Reads of contacts."""

    def verified_value(self, kind: ContactKind) -> str:
        """The newest verified value of this kind, or ``""``."""
        known = self.filter(kind=kind, verified_at__isnull=False).order_by("-verified_at")
        return known.values_list("value", flat=True).first() or ""


class Contact(models.Model):
    """An address or number that a person gave beside the account's. An unverified one proves and blocks nothing.

    ``value``: e-mail in lower case, phone in E.164. The address of an account is the account's (``User.email``).
    """

    person = models.ForeignKey(Person, models.CASCADE, related_name="contacts")
    kind = models.CharField(_("kind"), max_length=5, choices=ContactKind.choices)
    value = models.CharField(_("address or number"), max_length=254)
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)
    verified_at = models.DateTimeField(_("verified at"), null=True, blank=True)

    objects = ContactQuerySet.as_manager()

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        constraints = (
            models.UniqueConstraint(fields=("person", "kind", "value"), name="contact_once_per_person"),
            models.UniqueConstraint(
                fields=("kind", "value"),
                condition=Q(verified_at__isnull=False),
                name="contact_verified_by_one_person",
            ),
            models.CheckConstraint(
                condition=Q(kind=ContactKind.PHONE, value__regex=r"^\+[1-9][0-9]{6,14}$")
                | Q(kind=ContactKind.EMAIL, value__contains="@"),
                name="contact_value_fits_kind",
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} #{self.pk}"


MOST_CHANNELS = 30
"""Of one person: what a page, a signature's rows and a printed pledge can bear."""


class Platform(models.TextChoices):
    """The platforms whose links are recognised."""

    FACEBOOK = "facebook", "Facebook"
    TIKTOK = "tiktok", "TikTok"
    YOUTUBE = "youtube", "YouTube"
    INSTAGRAM = "instagram", "Instagram"
    THREADS = "threads", "Threads"
    ZALO = "zalo", "Zalo"


class ChannelRole(models.TextChoices):
    """What the person is to the channel."""

    OWNER = "owner", _("owner")
    ADMINISTRATOR = "administrator", _("administrator")
    MODERATOR = "moderator", _("moderator")


class ChannelQuerySet(models.QuerySet["Channel"]):
    """Reads of channels."""

    def current(self) -> ChannelQuerySet:
        """Those that their person has not removed."""
        return self.filter(removed_at=None)


class Channel(models.Model):
    """A page, group or channel as its person declared it. The link is normalised and never fetched."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="channels", verbose_name=_("person"))
    platform = models.CharField(_("platform"), max_length=12, choices=Platform.choices)
    url = models.URLField(_("link"), max_length=300, db_index=True)
    name = models.CharField(_("name of the page, group or channel"), max_length=200)
    followers = models.PositiveIntegerField(_("followers (as declared)"), null=True, blank=True)
    followers_declared_at = models.DateTimeField(_("followers declared at"), null=True, blank=True)
    role = models.CharField(_("role"), max_length=14, choices=ChannelRole.choices, default=ChannelRole.OWNER)
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)
    removed_at = models.DateTimeField(_("removed at"), null=True, blank=True, editable=False)

    objects = ChannelQuerySet.as_manager()

    class Meta:
        verbose_name = _("page, group or channel")
        verbose_name_plural = _("pages, groups and channels")
        ordering = ("platform", "name")
        constraints = (
            models.UniqueConstraint(
                fields=("person", "url"), condition=Q(removed_at=None), name="channel_once_per_person"
            ),
            models.CheckConstraint(condition=Q(url__startswith="https://"), name="channel_url_https"),
            models.CheckConstraint(
                condition=Q(followers=None, followers_declared_at=None)
                | Q(followers__isnull=False, followers_declared_at__isnull=False),
                name="channel_followers_dated",
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} ({self.get_platform_display()})"
