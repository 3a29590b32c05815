"""App configuration of the project package itself: its system checks and management commands."""

from django.apps import AppConfig


class KolportalConfig(AppConfig):
    """``kolportal``."""

    name = "kolportal"

    def ready(self) -> None:
        """Registers the system checks."""
        from kolportal import checks  # noqa: F401  (importing registers)
