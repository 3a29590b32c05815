"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class UnitsConfig(AppConfig):
    """``kolportal.units``."""

    name = "kolportal.units"
    label = "units"
    verbose_name = _("Organising units")
