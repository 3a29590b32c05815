"""The Celery application: ``celery -A kolportal worker`` and ``celery -A kolportal beat``."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kolportal.settings")

app = Celery("kolportal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
