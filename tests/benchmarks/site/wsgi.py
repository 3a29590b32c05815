"""The site as gunicorn runs it, with the bench's one address more."""

import os

from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kolportal.settings")
settings.ROOT_URLCONF = "tests.benchmarks.site.urls"

from kolportal.wsgi import application  # noqa: E402  (reads the setting above)

__all__ = ["application"]
