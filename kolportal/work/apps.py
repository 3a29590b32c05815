"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WorkConfig(AppConfig):
    """``kolportal.work``."""

    name = "kolportal.work"
    label = "work"
    verbose_name = _("Work queue")
