"""People: the login account, what a signer says of himself or herself, and the channels that he or she runs."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, ClassVar, cast

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kolportal.accounts import communes
from kolportal.vietnamese import fold, sort_key

if TYPE_CHECKING:
    from datetime import datetime


class UserManager(BaseUserManager["User"]):
    """Creates accounts; an e-mail address is kept in lower case, so that it names one person."""

    def get_by_natural_key(self, username: str | None) -> User:
        """The account of this e-mail address, in any case."""
        return self.get(email__iexact=username)

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A new account; without a password only e-mail codes open it."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """An account that may do everything (``manage.py createsuperuser``)."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


def _new_session_epoch() -> str:
    return secrets.token_hex(8)


class User(AbstractBaseUser, PermissionsMixin):
    """A login. The person behind it, where it is a signer, is its ``SignerProfile``."""

    email = models.EmailField(_("e-mail address"), unique=True)
    name = models.CharField(
        _("name shown to colleagues"), max_length=120, blank=True, help_text=_("For staff accounts.")
    )
    is_staff = models.BooleanField(_("may open the administration"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    date_joined = models.DateTimeField(_("registered at"), default=timezone.now)
    # Part of every session's hash: a new value logs the account out everywhere.
    session_epoch = models.CharField(max_length=16, default=_new_session_epoch, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        constraints = (models.UniqueConstraint(Lower("email"), name="user_email_any_case_unique"),)

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        """The staff name, else the signer's full name, else the e-mail address."""
        if self.name:
            return self.name
        profile = SignerProfile.objects.filter(user=self).first() if self.pk else None
        return profile.full_name if profile else self.email

    def get_short_name(self) -> str:
        """The same as the full name: a Vietnamese given name alone is no polite address."""
        return self.get_full_name()

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        parent = cast("Any", super())
        return f"{parent._get_session_auth_hash(secret)}{self.session_epoch}"

    def log_out_everywhere(self) -> None:
        """Ends every session of this account, the present one too."""
        self.session_epoch = _new_session_epoch()
        self.save(update_fields=["session_epoch"])


class SignerKind(models.TextChoices):
    """What a signer is, in the words of the meeting's sheet."""

    KOL = "kol", _("KOL")
    PAGE_ADMIN = "page_admin", _("Page, group or channel administrator")
    BOTH = "both", _("KOL and administrator")


class SignerProfile(models.Model):
    """A person who attends or signs. ``user`` is empty for somebody whom staff know only from a list."""

    user = models.OneToOneField(
        User, models.PROTECT, null=True, blank=True, related_name="profile", verbose_name=_("account")
    )
    full_name = models.CharField(_("full name"), max_length=120)
    stage_name = models.CharField(_("public (stage) name"), max_length=120, blank=True)
    kind = models.CharField(_("kind"), max_length=12, choices=SignerKind.choices)
    commune_code = models.CharField(_("commune"), max_length=5, db_index=True)
    phone = models.CharField(_("mobile phone"), max_length=16, blank=True)
    organisation = models.CharField(_("organisation"), max_length=200, blank=True)
    # Derived by save(); see kolportal.vietnamese.
    search_key = models.CharField(max_length=600, editable=False, db_index=True)
    sort_key = models.CharField(max_length=600, editable=False, db_index=True)
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        verbose_name = _("signer")
        verbose_name_plural = _("signers")
        ordering = ("sort_key",)
        constraints = (
            models.CheckConstraint(condition=~models.Q(full_name=""), name="signer_profile_full_name_given"),
            models.CheckConstraint(
                condition=models.Q(kind__in=SignerKind.values), name="signer_profile_kind_known"
            ),
            models.CheckConstraint(
                condition=models.Q(phone="") | models.Q(phone__regex=r"^\+[1-9][0-9]{6,14}$"),
                name="signer_profile_phone_e164",
            ),
        )

    def __str__(self) -> str:
        return self.full_name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keeps the derived keys in step, also under ``update_fields``."""
        self.search_key = fold(f"{self.full_name} {self.stage_name}")[:600]
        self.sort_key = sort_key(self.full_name)[:600]
        if (fields := kwargs.get("update_fields")) is not None:
            kwargs["update_fields"] = {*fields, "search_key", "sort_key"}
        super().save(*args, **kwargs)

    @property
    def commune_label(self) -> str:
        """Kind and name of the commune."""
        return communes.label(self.commune_code)


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

    def claimed_by_several(self) -> ChannelQuerySet:
        """Current ones whose link another person claims too."""
        other = Channel.objects.filter(url=models.OuterRef("url"), removed_at=None).exclude(
            profile=models.OuterRef("profile")
        )
        return self.current().filter(models.Exists(other))


class Channel(models.Model):
    """A page, group or channel as its person declared it. The link is normalised and never fetched."""

    profile = models.ForeignKey(
        SignerProfile, models.CASCADE, related_name="channels", verbose_name=_("signer")
    )
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
                fields=("profile", "url"), condition=models.Q(removed_at=None), name="channel_once_per_person"
            ),
            models.CheckConstraint(condition=models.Q(url__startswith="https://"), name="channel_url_https"),
            models.CheckConstraint(
                condition=models.Q(followers=None, followers_declared_at=None)
                | models.Q(followers__isnull=False, followers_declared_at__isnull=False),
                name="channel_followers_dated",
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} ({self.get_platform_display()})"


class ConfirmationCode(models.Model):
    """A short code sent by e-mail to confirm one act. Only its keyed hash is stored."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    purpose = models.CharField(max_length=40)
    code_hash = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (models.Index(fields=("user", "purpose", "-created_at"), name="confirmation_code_latest"),)
        constraints = (
            models.CheckConstraint(condition=models.Q(attempts__lte=5), name="confirmation_code_five_tries"),
        )

    def __str__(self) -> str:
        return f"{self.purpose} #{self.pk}"

    def is_open(self, *, at: datetime) -> bool:
        """Whether the code may still be tried."""
        return self.used_at is None and at < self.expires_at and self.attempts < 5
