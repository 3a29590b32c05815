"""Meetings in the administration. Importing registers the pages."""

from events.admin import attendees, meetings

__all__ = ["attendees", "meetings"]
