"""App configuration."""

from django.apps import AppConfig


class PrivacyConfig(AppConfig):
    """``kolportal.privacy``: no tables of its own yet."""

    name = "kolportal.privacy"
    label = "privacy"
