"""The WSGI application for gunicorn. A half-configured production does not start."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kolportal.settings")
application = get_wsgi_application()

from kolportal.checks import refuse_half_production  # noqa: E402  (needs the loaded apps)

refuse_half_production()

# What is loaded now lives as long as the process, and a request makes tens of thousands of short-lived objects: looking
# for cycles among them every 700 cost a signing a tenth of its processor time.
gc.collect()
gc.freeze()
gc.set_threshold(100_000, 20, 20)
