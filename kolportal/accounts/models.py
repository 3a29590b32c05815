"""The login account, and the codes that confirm an act. Who the person behind it is: ``kolportal.people``."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, ClassVar, cast

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

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
    """A login. The person behind it, where there is one, is ``kolportal.people.models.Person``."""

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
        """The name shown to colleagues, else the e-mail address."""
        return self.name or self.email

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


TRIES = 5
"""How many wrong codes are read; the database refuses one more."""


class ConfirmationCode(models.Model):
    """A code sent by e-mail that confirms one act. Only its keyed hash is stored.

    ``act``: the digest (64 hexadecimal digits) of what is confirmed; a code for one act confirms no other. An older code
    stays as ``replaced_at``, so that whoever types it is told that a newer one was sent.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    purpose = models.CharField(max_length=40)
    act = models.CharField(max_length=64)
    code_hash = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True)
    replaced_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (models.Index(fields=("user", "purpose", "-created_at"), name="confirmation_code_latest"),)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(attempts__lte=TRIES), name="confirmation_code_five_tries"
            ),
            models.UniqueConstraint(
                fields=("user", "purpose"),
                condition=models.Q(used_at=None, replaced_at=None),
                name="confirmation_code_one_open",
            ),
        )

    def __str__(self) -> str:
        return f"{self.purpose} #{self.pk}"

    def is_open(self, *, at: datetime) -> bool:
        """Whether the code may still be tried."""
        is_last = self.used_at is None and self.replaced_at is None
        return is_last and at < self.expires_at and self.attempts < TRIES
