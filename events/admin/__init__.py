"""Meetings in the administration. Importing registers the pages."""

from events.admin import attendees, meetings, units

__all__ = ["attendees", "meetings", "units"]
