"""What the audit trail tells of meetings and of their lists, each event once with its words.

Everything about a row of a list, its entry at the door and its invitation too, stands under the attendee. Scans need no
entry: they are rows that nobody can change.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from kolportal.audit.history import Event, Subject

ATTENDEE = Subject("attendee", _("attendee"))
EVENT = Subject("event", _("event"))

ADDED = Event("attendee.added", _("added to an event's list"), ATTENDEE)
LINKED = Event("attendee.linked", _("joined to an entry of the list by the person's own act"), ATTENDEE)
REGISTERED = Event("attendee.registered", _("registered for an event"), ATTENDEE)
DECLINED = Event("attendee.declined", _("declined to attend"), ATTENDEE)
CANCELLED = Event("attendee.cancelled", _("cancelled a registration"), ATTENDEE)
WAITING = Event("attendee.waiting", _("put on the waiting list"), ATTENDEE)
CORRECTED = Event("attendee.corrected", _("entry of the list corrected"), ATTENDEE)
REMOVED = Event("attendee.removed", _("taken off the list"), ATTENDEE)
MERGED = Event("attendee.merged", _("merged into another entry of the list"), ATTENDEE)

ENTRY_UNDONE = Event("door.undone", _("check-in undone"), ATTENDEE)
DOOR_CODE_REVOKED = Event("door.code_revoked", _("code for the door replaced"), ATTENDEE)
INVITATION_ISSUED = Event("invitation.issued", _("invitation issued"), ATTENDEE)
INVITATION_REVOKED = Event("invitation.revoked", _("invitation revoked"), ATTENDEE)

DRAFTED = Event("event.drafted", _("event drafted"), EVENT)
CHANGED = Event("event.changed", _("event changed"), EVENT)
PUBLISHED = Event("event.published", _("event published"), EVENT)
CLOSED = Event("event.closed", _("event closed"), EVENT)
CALLED_OFF = Event("event.cancelled", _("event called off"), EVENT)
