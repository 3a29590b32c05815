"""The shape of the signing form: what the browser sent, cleaned or refused with words at the field.

Whether the signing is allowed (own channels, text in force, name of the profile…) is ``pledges.signing``'s to say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kolportal.vietnamese import UnsafeText, clean_text, is_person_name
from pledges import strokes as drawing
from pledges.models import SignatureMethod
from pledges.signing import Act

if TYPE_CHECKING:
    from datetime import datetime

    from pledges.consent import ConsentText
    from pledges.models import Confirmation

LONGEST_NAME = 120
MOST_CHANNELS = 200


class NumbersField(forms.Field):
    """Ticked boxes whose values are positive whole numbers; cleans to a sorted list without repeats."""

    widget = forms.CheckboxSelectMultiple

    def clean(self, value: Any) -> list[int]:
        """``value``: the list of strings that were sent."""
        numbers = {str(item) for item in value or []}
        if len(numbers) > MOST_CHANNELS or not all(
            item.isascii() and item.isdigit() and len(item) < 19 for item in numbers
        ):
            raise ValidationError(_("This choice is not one of those offered. Please choose again."))
        return sorted(map(int, numbers))


class SignForm(forms.Form):
    """Everything the person did on the page. Hidden: ``digest``, ``language``, ``basis``, ``strokes``."""

    ticked = NumbersField(label=_("Undertakings"), required=False)
    channels = NumbersField(label=_("Channels"), required=False)
    consent = forms.CharField(label=_("Consent"), required=False)
    method = forms.ChoiceField(
        label=_("Signature"), choices=SignatureMethod.choices, widget=forms.RadioSelect
    )
    typed_name = forms.CharField(label=_("Full name"), required=False)
    digest = forms.CharField(widget=forms.HiddenInput, required=False)
    basis = forms.CharField(widget=forms.HiddenInput, required=False)
    strokes = forms.CharField(widget=forms.HiddenInput, required=False, strip=False)

    def __init__(self, *args: Any, undertakings: int, consent: ConsentText, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.undertakings = undertakings
        self.consent_text = consent

    def clean_ticked(self) -> list[int]:
        """Every undertaking, each by itself."""
        ticked: list[int] = self.cleaned_data["ticked"]
        if self.missing(ticked):
            raise ValidationError(_("Please read and tick every undertaking that you commit to."))
        return ticked

    def clean_consent(self) -> str:
        """The words that were ticked. The box carries their digest, so that consent to other words is none."""
        value: str = self.cleaned_data["consent"]
        if value and value != self.consent_text.digest:
            raise ValidationError(
                _("The words of the consent have changed. Please read them again and tick the box.")
            )
        if not value:
            raise ValidationError(
                _(
                    "Without your consent to the processing of personal data the pledge cannot be kept. Please tick the box if you agree."
                )
            )
        return self.consent_text.as_shown

    def clean_typed_name(self) -> str:
        """A name, or nothing: ``clean`` says whether it is needed."""
        try:
            name = clean_text(self.cleaned_data["typed_name"])
        except UnsafeText as error:
            raise ValidationError(
                _("The name holds characters that are not visible. Please type it again.")
            ) from error
        if len(name) > LONGEST_NAME:
            raise ValidationError(_("This name is too long: at most 120 characters."))
        if name and not is_person_name(name):
            raise ValidationError(_("A name has letters, spaces, hyphens and apostrophes only."))
        return name

    def clean(self) -> dict[str, Any]:
        """A drawing or a name, as chosen; the other one is left behind."""
        data = self.cleaned_data
        if data.get("method") == SignatureMethod.TYPED:
            data["drawn"] = None
            if "typed_name" in data and not data["typed_name"]:
                self.add_error("typed_name", _("Please type your full name as your signature."))
        elif data.get("method") == SignatureMethod.DRAWN:
            data["typed_name"] = ""
            self.errors.pop("typed_name", None)
            try:
                data["drawn"] = drawing.parse(data.get("strokes") or "[]").as_lists()
            except drawing.StrokesError as error:
                self.add_error("method", stroke_words(error))
        return data

    def missing(self, ticked: list[int]) -> list[int]:
        """Positions that are not ticked."""
        return [position for position in range(1, self.undertakings + 1) if position not in ticked]

    def act(
        self, *, confirmation: Confirmation, confirmed_at: datetime, user_agent: str, ip_address: str | None
    ) -> Act:
        """What the domain is told. Only for a valid form."""
        data = self.cleaned_data
        return Act(
            shown_digest=data["digest"],
            basis=data["basis"],
            ticked=data["ticked"],
            channel_ids=data["channels"],
            strokes=data["drawn"],
            typed_name=data["typed_name"],
            consent_text=data["consent"],
            confirmation=confirmation,
            confirmed_at=confirmed_at,
            user_agent=user_agent,
            ip_address=ip_address,
        )


def stroke_words(error: drawing.StrokesError) -> str:
    """Why a drawing is no signature, for the person who drew it."""
    match error:
        case drawing.StrokesEmpty():
            return gettext("Please draw your signature in the box, or choose to type your name.")
        case drawing.StrokesTooSmall():
            return gettext(
                "The drawing is too small to be a signature. Please draw it larger, or choose to type your name."
            )
        case drawing.StrokesTooLarge():
            return gettext(
                "The drawing has too many strokes. Please clear it and draw it more simply, or choose to type your name."
            )
        case _:
            return gettext(
                "The drawing could not be read. Please clear it and draw it again, or choose to type your name."
            )
