"""Kinds of work: each is declared once, beside the app that it belongs to, and given its handler where the work is done.

A web process needs the declaration only; the handlers, and what they import, are loaded by workers (each app's ``tasks``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from kolportal.work.queue import Claim

    Handler = Callable[[Claim, datetime], None]
    ParkedHandler = Callable[[int, str, datetime], None]


class Hopeless(Exception):
    """Trying again would fail again: raised by a handler, it parks the work at once. The text is for staff."""


class Away(Exception):
    """A service that all work of this kind needs does not answer: the rest of the kind is left alone for ``RESTING``, so that
    waiting for the service does not keep the workers from other work. The text is for staff."""


RESTING = timedelta(seconds=30)


@dataclass(slots=True, eq=False)
class Kind:
    """``name``: at most 40 characters, kept in the rows. ``tries``: claims before the work is parked. ``lease``: how long a
    claim holds. The pause after the n-th failure is ``first_pause`` doubled n-1 times, at most ``longest_pause``.

    ``priority``: of the message that wakes a worker, where the broker knows priorities (Redis: 0 goes first, 9 last).
    """

    name: str
    tries: int = 8
    lease: timedelta = timedelta(minutes=3)
    first_pause: timedelta = timedelta(seconds=10)
    longest_pause: timedelta = timedelta(minutes=30)
    priority: int = 6
    handler: Handler | None = field(default=None, init=False)
    on_parked: ParkedHandler | None = field(default=None, init=False)

    known: ClassVar[dict[str, Kind]] = {}

    def __post_init__(self) -> None:
        if self.name in self.known:
            raise ValueError(f"two kinds of work are called {self.name}")
        self.known[self.name] = self

    def handles(self, handler: Handler) -> Handler:
        """Decorator: ``handler(claim, at)`` does the work, and calls ``claim.finish()`` in the transaction of its result."""
        self.handler = handler
        return handler

    def when_parked(self, handler: ParkedHandler) -> ParkedHandler:
        """Decorator: ``handler(subject, error, at)`` is called, in the transaction that parks, when the tries are used up."""
        self.on_parked = handler
        return handler

    def pause_after(self, attempts: int) -> timedelta:
        """How long to wait after so many failed attempts."""
        doubled: int = 2 ** min(attempts - 1, 20)
        return min(self.first_pause * doubled, self.longest_pause)
