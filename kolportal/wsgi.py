"""The WSGI application for gunicorn. A half-configured production does not start."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kolportal.settings")
application = get_wsgi_application()

from kolportal.checks import refuse_half_production  # noqa: E402  (needs the loaded apps)

refuse_half_production()
