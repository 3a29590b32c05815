"""What a person fills in when answering to an event."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from kolportal.people.forms import PlainTextField


class DeclineForm(forms.Form):
    """A reason, if the person wants to give one."""

    reason = PlainTextField(
        label=_("Reason"),
        max_length=300,
        required=False,
        help_text=_("Only if you want to tell the organisers."),
    )
