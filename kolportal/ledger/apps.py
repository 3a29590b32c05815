"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LedgerConfig(AppConfig):
    """``kolportal.ledger``."""

    name = "kolportal.ledger"
    label = "ledger"
    verbose_name = _("Public log")
