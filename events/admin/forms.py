"""What staff fill in about an attendee."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminEmailInputWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from events.details import ListDetails
from events.models import Answer, Attendee, Event
from kolportal.people import communes
from kolportal.people.forms import MobilePhoneField, PersonNameField, PlainTextField
from kolportal.people.models import SignerKind
from kolportal.vietnamese import UnsafeText, clean_text

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.utils.functional import _StrPromise

    _EventField = forms.ModelChoiceField[Event]
else:
    _EventField = forms.ModelChoiceField  # generic for the type checker only

TAKEN: dict[str, _StrPromise] = {
    "email": _("Another entry of this list has this address."),
    "phone": _("Another entry of this list has this number."),
}


class LinesField(forms.CharField):
    """Several lines, each cleaned as ``clean_text`` does; empty ones are dropped."""

    widget = UnfoldAdminTextareaWidget(attrs={"rows": 3})

    def to_python(self, value: Any) -> str:
        """Raises ``ValidationError`` for invisible and control characters."""
        try:
            lines = [clean_text(line) for line in (super().to_python(value) or "").splitlines()]
        except UnsafeText as error:
            raise ValidationError(
                _(
                    "There are invisible or control characters in it. Please type it by hand instead of pasting it."
                ),
                code="unsafe",
            ) from error
        return "\n".join(filter(None, lines))


class DetailsForm(forms.Form):
    """What the list says of somebody. Only the name must be given."""

    full_name = PersonNameField(label=_("full name"), max_length=120, widget=UnfoldAdminTextInputWidget)
    stage_name = PlainTextField(
        label=_("public (stage) name"), max_length=120, required=False, widget=UnfoldAdminTextInputWidget
    )
    kind = forms.ChoiceField(
        label=_("kind"),
        choices=[("", _("Guest")), *SignerKind.choices],
        required=False,
        widget=UnfoldAdminSelectWidget,
    )
    commune_code = forms.ChoiceField(label=_("commune"), required=False, widget=UnfoldAdminSelectWidget)
    organisation = PlainTextField(
        label=_("organisation"), max_length=200, required=False, widget=UnfoldAdminTextInputWidget
    )
    email = forms.EmailField(label=_("e-mail address"), required=False, widget=UnfoldAdminEmailInputWidget)
    phone = MobilePhoneField(label=_("mobile phone"), required=False, widget=UnfoldAdminTextInputWidget)
    channels = LinesField(
        label=_("pages, groups and channels"), max_length=2000, required=False, help_text=_("One a line.")
    )
    group = PlainTextField(
        label=_("group"),
        max_length=80,
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("For example a table or a delegation."),
    )
    note = LinesField(label=_("note for staff"), max_length=2000, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["commune_code"]).choices = [("", "–"), *communes.choices()]

    def clean_email(self) -> str:
        """In lower case, as every address is kept."""
        return str(self.cleaned_data["email"]).lower()

    def details(self) -> ListDetails:
        """What was filled in."""
        return ListDetails(**{field.name: self.cleaned_data[field.name] for field in fields(ListDetails)})

    def refuse(self, columns: list[str]) -> None:
        """Says at the fields that another entry of the list carries the same."""
        for column in columns:
            self.add_error(column, str(TAKEN[column]))


class AddForm(DetailsForm):
    """Somebody new on the list of one of the person's own events."""

    event = _EventField(Event.objects.none(), label=_("event"), widget=UnfoldAdminSelectWidget)
    answer = forms.ChoiceField(
        label=_("answer"),
        choices=[
            (Answer.INVITED.value, _("not answered yet")),
            (Answer.COMING.value, _("will come, and takes a seat")),
        ],
        widget=UnfoldAdminSelectWidget,
    )

    field_order = ("event", "answer")

    def __init__(self, *args: Any, events: QuerySet[Event], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(_EventField, self.fields["event"]).queryset = events


class CorrectForm(DetailsForm):
    """What the list says of somebody, corrected."""

    def __init__(self, *args: Any, attendee: Attendee, **kwargs: Any) -> None:
        initial = {field.name: getattr(attendee, field.name) for field in fields(ListDetails)}
        super().__init__(*args, initial=initial, **kwargs)


class RemoveForm(forms.Form):
    """Why somebody is taken off the list."""

    reason = PlainTextField(label=_("reason"), max_length=300, widget=UnfoldAdminTextInputWidget)
