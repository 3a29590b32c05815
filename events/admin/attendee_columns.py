"""The columns of the list of attendees, each with its words."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.template.defaultfilters import linebreaksbr
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from events.models import Answer, Attendee
from kolportal.frame.site import moment


class AttendeeColumns:
    """What the list and the page of an attendee show."""

    @admin.display(description=_("full name"), ordering="sort_key")
    def name(self, attendee: Attendee) -> str:
        """Full name; the column sorts by given name."""
        return attendee.full_name or str(_("erased"))

    @admin.display(description=_("event"), ordering="event__starts_at")
    def event_title(self, attendee: Attendee) -> str:
        """The event's title, in a column wide enough for it."""
        return format_html('<span class="long-cell">{}</span>', attendee.event.title)

    @display(
        description=_("answer"),
        ordering="answer",
        label={
            Answer.INVITED.label: "info",
            Answer.COMING.label: "success",
            Answer.NOT_COMING.label: "warning",
            Answer.WAITING.label: "warning",
            Answer.CANCELLED.label: "danger",
        },
    )
    def answer_label(self, attendee: Attendee) -> str:
        """The answer in words and colour."""
        return attendee.get_answer_display()

    @admin.display(description=_("came at"), ordering="entered_at")
    def came(self, attendee: Any) -> str:
        """When the door let the person in, with the offset."""
        return moment(attendee.entered_at)

    @admin.display(description=_("kind"), ordering="kind")
    def kind_label(self, attendee: Attendee) -> str:
        """What the person takes part as; guests are told as such."""
        return attendee.kind_label

    @admin.display(description=_("commune"), ordering="commune_code")
    def commune_label(self, attendee: Attendee) -> str:
        """Kind and name of the commune."""
        return attendee.commune_label or "–"

    @admin.display(description=_("answered at"), ordering="answered_at")
    def answered(self, attendee: Attendee) -> str:
        """When, with the offset."""
        return moment(attendee.answered_at)

    @admin.display(description=_("source"), ordering="source")
    def source_label(self, attendee: Attendee) -> str:
        """How the row came onto the list."""
        by_another = attendee.registered_by_id is not None
        return str(_("registered by somebody else")) if by_another else attendee.get_source_display()

    @admin.display(description=_("pages, groups and channels"))
    def channel_lines(self, attendee: Attendee) -> str:
        """One a line."""
        return linebreaksbr(attendee.channels) or "–"

    @admin.display(description=_("note for staff"))
    def note_lines(self, attendee: Attendee) -> str:
        """As it was written."""
        return linebreaksbr(attendee.note) or "–"
