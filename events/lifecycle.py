"""How an event lives: draft → published → closed or cancelled. The only writer of ``Event.state``.

A change is one conditional update: of two people who press two buttons at once, one is told that he came second.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from django.db import transaction

from events import history, notices
from events.models import Change, Event, EventState
from kolportal.audit.history import Event as Told

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from events.models import Notice


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
    """Calls the event off and tells everybody concerned; its page stays and says so. Raises ``TransitionRefused``."""
    with transaction.atomic():
        _change(event, TRANSITIONS["cancel"], actor_id=actor_id, at=at)
        notices.write(event=event, what=Change.CALLED_OFF, actor_id=actor_id, at=at)


def changed(
    *, event: Event, before: Event, fields: Sequence[str], tell: bool, actor_id: int | None, at: datetime
) -> Notice | None:
    """Notes what of an event was changed, in the transaction that wrote it; ``before`` is the event as it stood.

    ``fields``: names of columns and of related parts. ``tell``: of a published event, another place or time is told to
    everybody concerned; the notice is returned.
    """
    columns = {field.name for field in Event._meta.concrete_fields}
    values = {
        name: (str(getattr(before, name)), str(getattr(event, name))) for name in fields if name in columns
    }
    history.CHANGED.record(event.pk, actor_id=actor_id, at=at, detail={"fields": list(fields)}, values=values)
    moved = {
        name: (getattr(before, name), getattr(event, name)) for name in notices.TOLD_OF if name in fields
    }
    if not (tell and moved and before.state == EventState.PUBLISHED):
        return None
    return notices.write(event=event, what=Change.MOVED, actor_id=actor_id, at=at, changes=moved)


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
