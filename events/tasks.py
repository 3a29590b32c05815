"""What a worker can do for meetings: importing the handlers binds them to their kinds of work (Celery finds this module)."""

from events import notices

__all__ = ["notices"]
