"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PledgesConfig(AppConfig):
    """``pledges``."""

    name = "pledges"
    verbose_name = _("Pledges")
