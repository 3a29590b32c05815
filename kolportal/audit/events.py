"""The only writer of audit events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog

from kolportal.audit.models import AuditEvent

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime


def record(
    *,
    action: str,
    actor_id: int | None,
    subject_type: str,
    subject_id: object,
    at: datetime,
    detail: dict[str, Any] | None = None,
) -> AuditEvent:
    """Writes one event in the caller's transaction. ``detail`` holds keys, codes and counts, never personal data."""
    (event,) = record_many(
        action=action,
        actor_id=actor_id,
        subject_type=subject_type,
        subject_ids=[subject_id],
        at=at,
        detail=detail,
    )
    return event


def record_many(
    *,
    action: str,
    actor_id: int | None,
    subject_type: str,
    subject_ids: Iterable[object],
    at: datetime,
    detail: dict[str, Any] | None = None,
) -> list[AuditEvent]:
    """One event per subject, in one statement per thousand."""
    request_id = str(structlog.contextvars.get_contextvars().get("request_id", ""))
    return AuditEvent.objects.bulk_create(
        [
            AuditEvent(
                at=at,
                action=action,
                actor_id="" if actor_id is None else str(actor_id),
                subject_type=subject_type,
                subject_id=str(subject_id),
                detail=detail or {},
                request_id=request_id,
            )
            for subject_id in subject_ids
        ],
        batch_size=1000,
    )
