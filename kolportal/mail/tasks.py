"""What a worker can do for mail: importing the outbox binds its handler (Celery finds this module)."""

from kolportal.mail import outbox

__all__ = ["outbox"]
