"""Attendees of the person's own events: the list, and adding or cancelling on somebody's behalf."""

from __future__ import annotations

from django.contrib import admin

from events.models import Attendee
from kolportal.frame.site import StaffAdmin


@admin.register(Attendee)
class AttendeeAdmin(StaffAdmin):
    """Who is on the list."""
