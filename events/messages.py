"""What a meeting's people are told by mail, each written in the transaction of what it tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings

from events.models import Answer
from kolportal.mail import outbox

if TYPE_CHECKING:
    from datetime import datetime

    from events.models import Attendee, Notice
    from kolportal.audit.models import AuditEvent
    from kolportal.people.models import Person

_OF_ANSWER = {
    Answer.COMING: "event_registered",
    Answer.NOT_COMING: "event_declined",
    Answer.WAITING: "event_waiting",
    Answer.CANCELLED: "event_registration_cancelled",
}


def answered(attendee: Attendee, entry: AuditEvent, *, at: datetime) -> None:
    """The row's answer, to whoever it is about; ``entry`` of the audit trail names the occasion."""
    own_act = attendee.person is not None and entry.actor_id == str(attendee.person.user_id)
    _put(
        _OF_ANSWER[Answer(attendee.answer)],
        attendee,
        occasion=f"attendee:{entry.pk}",
        to=attendee.address,
        at=at,
        by_staff=bool(entry.actor_id) and not own_act,
    )


def registered_by_other(attendee: Attendee, *, to: str, by: Person, at: datetime) -> None:
    """Somebody was registered by somebody else, who is named."""
    _put(
        "event_registered_by_other",
        attendee,
        occasion=f"registered-by-other:{attendee.pk}",
        to=to,
        at=at,
        by_name=by.full_name,
    )


def told(attendee: Attendee, notice: Notice, *, at: datetime, **more: Any) -> None:
    """A change of the event."""
    _put(
        f"event_{notice.what}",
        attendee,
        occasion=f"notice:{notice.pk}:{attendee.pk}",
        to=attendee.address,
        at=at,
        notice=notice,
        **more,
    )


def _put(template: str, attendee: Attendee, *, occasion: str, to: str, at: datetime, **more: Any) -> None:
    if not to:
        return
    event = attendee.event
    outbox.put(
        template=template,
        occasion=occasion,
        to=to,
        language=attendee.language,
        at=at,
        context={
            "attendee": attendee,
            "event": event,
            "event_url": settings.SITE_URL + event.get_absolute_url(),
            **more,
        },
    )
