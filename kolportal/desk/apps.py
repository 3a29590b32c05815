"""App configuration."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    """``kolportal.desk``: no tables of its own yet."""

    name = "kolportal.desk"
    label = "desk"
