"""App configuration of the project package itself: its system checks and management commands."""

from django.apps import AppConfig
from django.contrib.staticfiles.apps import StaticFilesConfig


class KolportalConfig(AppConfig):
    """``kolportal``."""

    name = "kolportal"
    default = True

    def ready(self) -> None:
        """Registers the system checks."""
        from kolportal import checks  # noqa: F401  (importing registers)


class StaticFiles(StaticFilesConfig):
    """Django's ``staticfiles`` without what no page uses: collecting and compressing all of it takes most of a minute."""

    ignore_patterns = [
        *StaticFilesConfig.ignore_patterns,
        "css/bootstrap-*",
        "css/bootstrap.css*",
        "css/bootstrap.rtl*",
        "js/bootstrap*",
        "signature_pad.umd*",
        "types",
        "be-vietnam-pro-*-[1235789]00-*",
        "be-vietnam-pro-*-italic.*",
        "be-vietnam-pro-*.woff",
    ]
