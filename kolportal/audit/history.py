"""How an app declares what its audit trail can tell, and the only writer of it.

Each app says in its ``history`` module, once for every event: the name, its words, what it is about. The event's own function
there writes the entry, and the public log's leaf where there is one, in the caller's transaction.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

import structlog

from kolportal.audit.models import AuditEvent, HistoryValue
from kolportal.transparency.commitment import Domain, commit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from django.utils.functional import _StrPromise

    Values = Mapping[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Subject:
    """What events are about: the name kept in the rows, and its words."""

    name: str
    words: _StrPromise

    known: ClassVar[dict[str, Subject]] = {}

    def __post_init__(self) -> None:
        self.known[self.name] = self


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that can happen: ``name`` (``pledge.signed``), its words for the viewer, and what it is about."""

    name: str
    words: _StrPromise
    subject: Subject

    known: ClassVar[dict[str, Event]] = {}

    def __post_init__(self) -> None:
        if self.name in self.known:
            raise ValueError(f"two events are called {self.name}")
        self.known[self.name] = self

    def record(
        self,
        subject_id: object,
        *,
        actor_id: int | None,
        at: datetime,
        detail: dict[str, Any] | None = None,
        values: Values | None = None,
    ) -> AuditEvent:
        """Writes one entry in the caller's transaction.

        ``detail``: keys, codes, field names and counts, never personal data. ``values``: field → (old, new), kept apart from
        the entry, which holds a salted commitment to them.
        """
        salt = secrets.token_bytes(32)
        facts: dict[str, Any] = {field: list(pair) for field, pair in (values or {}).items()}
        entry = self._entry(subject_id, actor_id=actor_id, at=at, detail=detail)
        if facts:
            entry.commitment = commit(domain=Domain.HISTORY, salt=salt, facts=facts)
        entry.save(force_insert=True)
        if facts:
            HistoryValue.objects.create(event=entry, salt=salt.hex(), fields=facts)
        return entry

    def record_many(
        self,
        subject_ids: Iterable[object],
        *,
        actor_id: int | None,
        at: datetime,
        detail: dict[str, Any] | None = None,
    ) -> list[AuditEvent]:
        """One entry per subject, in one statement per thousand."""
        return AuditEvent.objects.bulk_create(
            [self._entry(subject_id, actor_id=actor_id, at=at, detail=detail) for subject_id in subject_ids],
            batch_size=1000,
        )

    def _entry(
        self, subject_id: object, *, actor_id: int | None, at: datetime, detail: dict[str, Any] | None
    ) -> AuditEvent:
        return AuditEvent(
            at=at,
            action=self.name,
            actor_id="" if actor_id is None else str(actor_id),
            subject_type=self.subject.name,
            subject_id=str(subject_id),
            detail=detail or {},
            request_id=str(structlog.contextvars.get_contextvars().get("request_id", "")),
        )

    def about(self, subject_id: object) -> Any:
        """The entries of this event on one subject, newest first."""
        return AuditEvent.objects.about(self.subject.name, subject_id).filter(action=self.name)


def forget_values(subject: Subject, subject_ids: Iterable[object]) -> int:
    """Removes old and new values of every entry on these subjects; the entries stand. For ``kolportal.privacy``."""
    entries = AuditEvent.objects.filter(
        subject_type=subject.name, subject_id__in=[str(key) for key in subject_ids]
    )
    return HistoryValue.objects.filter(event__in=entries).delete()[0]
