"""Meetings: who organises them, what happens there, who takes part."""

from events.models.attendees import (
    ATTENDEE_PERSONAL,
    Answer,
    Attendee,
    AttendeeQuerySet,
    AttendeeSource,
    Change,
    Invitation,
    Notice,
)
from events.models.door import Entry, EntryQuerySet, Scan, ScanResult, ScanWay
from events.models.meetings import AgendaItem, Event, EventQuerySet, EventState, EventUnit, Material

__all__ = [
    "ATTENDEE_PERSONAL",
    "AgendaItem",
    "Answer",
    "Attendee",
    "AttendeeQuerySet",
    "AttendeeSource",
    "Change",
    "Entry",
    "EntryQuerySet",
    "Event",
    "EventQuerySet",
    "EventState",
    "EventUnit",
    "Invitation",
    "Material",
    "Notice",
    "Scan",
    "ScanResult",
    "ScanWay",
]
