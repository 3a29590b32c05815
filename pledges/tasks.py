"""What a worker can do for pledges: importing the handlers binds them to their kinds of work (Celery finds this module)."""

from pledges import documents, previews, sealing

__all__ = ["documents", "previews", "sealing"]
