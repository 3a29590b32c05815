"""How an event lives: draft → published → closed or cancelled. The only writer of ``Event.state``.

A change is one conditional update: of two people who press two buttons at once, one is told that he came second.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from django.db import transaction

from events import history
from events.models import Event, EventState
from kolportal.audit.history import Event as Told

if TYPE_CHECKING:
    from datetime import datetime


class Transition(NamedTuple):
    """What a verb does to an event's state, and what the audit trail tells of it."""

    source: EventState
    target: EventState
    told_as: Told


TRANSITIONS: dict[str, Transition] = {
    "publish": Transition(EventState.DRAFT, EventState.PUBLISHED, history.PUBLISHED),
    "close": Transition(EventState.PUBLISHED, EventState.CLOSED, history.CLOSED),
    "cancel": Transition(EventState.PUBLISHED, EventState.CANCELLED, history.CALLED_OFF),
}


class TransitionRefused(Exception):
    """The event is not in the state that this change starts from; ``state`` is the one it is in."""

    def __init__(self, state: EventState) -> None:
        super().__init__(f"the event is {state.value}")
        self.state = state


class NotReady(Exception):
    """The event cannot be published yet; ``missing`` holds any of ``units``, ``over``, ``cover_description``."""

    def __init__(self, missing: tuple[str, ...]) -> None:
        super().__init__(", ".join(missing))
        self.missing = missing


def publish(*, event: Event, actor_id: int | None, at: datetime) -> None:
    """Shows a draft to everybody. Raises ``NotReady`` or ``TransitionRefused``."""
    if missing := _missing(event, at=at):
        raise NotReady(missing)
    _change(event, TRANSITIONS["publish"], actor_id=actor_id, at=at)


def close(*, event: Event, actor_id: int | None, at: datetime) -> None:
    """Ends registration for good and marks the event as held. Raises ``TransitionRefused``."""
    _change(event, TRANSITIONS["close"], actor_id=actor_id, at=at)


def cancel(*, event: Event, actor_id: int | None, at: datetime) -> None:
    """Calls the event off; its page stays and says so. Raises ``TransitionRefused``."""
    _change(event, TRANSITIONS["cancel"], actor_id=actor_id, at=at)


def _missing(event: Event, *, at: datetime) -> tuple[str, ...]:
    lacks = {
        "units": not event.parts.exists(),
        "over": event.ends_at <= at,
        "cover_description": bool(event.cover) and not event.cover_description,
    }
    return tuple(name for name, lacking in lacks.items() if lacking)


def _change(event: Event, transition: Transition, *, actor_id: int | None, at: datetime) -> None:
    with transaction.atomic():
        changed = Event.objects.filter(pk=event.pk, state=transition.source).update(
            state=transition.target, updated_at=at
        )
        event.refresh_from_db(fields=["state", "updated_at"])
        if not changed:
            raise TransitionRefused(EventState(event.state))
        transition.told_as.record(event.pk, actor_id=actor_id, at=at)
