"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """``kolportal.accounts``."""

    name = "kolportal.accounts"
    label = "accounts"
    verbose_name = _("People and accounts")
