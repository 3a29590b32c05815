"""The kolportal project. The Celery application is loaded with Django, so that ``.delay()`` finds its broker."""

from kolportal.celery import app as celery_app

__all__ = ("celery_app",)
