"""The shape of the signing form: what the browser sent, cleaned or refused with words at the field.

Whether the signing is allowed (own channels, text in force, the person's own name…) is ``pledges.signing``'s to say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from kolportal.vietnamese import UnsafeText, clean_text, is_person_name
from pledges import strokes as drawing
from pledges.models import SignatureMethod
from pledges.signing import MOST_CHANNELS, Act

if TYPE_CHECKING:
    from pledges.consent import ConsentText

LONGEST_NAME = 120
_MOST_BOXES = 200
YES, NO = "yes", "no"


class NumbersField(forms.Field):
    """Ticked boxes whose values are positive whole numbers; cleans to a sorted list without repeats."""

    widget = forms.CheckboxSelectMultiple

    def clean(self, value: Any) -> list[int]:
        """``value``: the list of strings that were sent."""
        numbers = {str(item) for item in value or []}
        if len(numbers) > _MOST_BOXES or not all(
            item.isascii() and item.isdigit() and len(item) < 19 for item in numbers
        ):
            raise ValidationError(_("This choice is not one of those offered. Please choose again."))
        return sorted(map(int, numbers))


class SignForm(forms.Form):
    """Everything the person did on the page, in the order of its steps.

    ``asked``: positions of the undertakings that this person is asked to tick. Hidden: ``digest`` and ``language`` of the text,
    ``basis`` (the person's standing when the form was shown), ``event`` (from whose page the person came), ``strokes``.
    """

    of_age = forms.ChoiceField(
        label=_("Your age"),
        choices=((YES, _("18 or older")), (NO, _("not yet 18"))),
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Please say whether you are 18 or older."),
            "invalid_choice": _("Please say whether you are 18 or older."),
        },
    )
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

    def __init__(self, *args: Any, asked: tuple[int, ...], consent: ConsentText, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asked = asked
        self.consent_text = consent

    @property
    def says_too_young(self) -> bool:
        """Whether the person says to be under 18: then nothing else on the form matters."""
        return str(self.data.get("of_age")) == NO

    def clean_ticked(self) -> list[int]:
        """Every undertaking that binds this person, each by itself."""
        ticked: list[int] = self.cleaned_data["ticked"]
        self.missing = [position for position in self.asked if position not in ticked]
        if self.missing:
            raise ValidationError(
                ngettext(
                    "To sign, %(count)s undertaking has to be ticked. If you agree, please tick it.",
                    "To sign, all %(count)s undertakings have to be ticked. If you agree, please tick those that are left: %(left)s.",
                    len(self.asked),
                )
                % {"count": len(self.asked), "left": ", ".join(map(str, self.missing))}
            )
        return ticked

    def clean_channels(self) -> list[int]:
        """At most ``MOST_CHANNELS``."""
        channels: list[int] = self.cleaned_data["channels"]
        if len(channels) > MOST_CHANNELS:
            raise ValidationError(too_many_channels())
        return channels

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

    def act(self, *, user_agent: str, ip_address: str | None) -> Act:
        """What the domain is told. Only for a valid form."""
        data = self.cleaned_data
        return Act(
            shown_digest=data["digest"],
            basis=data["basis"],
            ticked=data["ticked"],
            channel_ids=data["channels"],
            of_age=data["of_age"] == YES,
            strokes=data["drawn"],
            typed_name=data["typed_name"],
            consent_text=data["consent"],
            user_agent=user_agent,
            ip_address=ip_address,
        )


def too_many_channels() -> str:
    """What to tell somebody who chose more channels than one signature covers."""
    return gettext("A pledge covers at most %(most)s channels. Please choose fewer.") % {
        "most": MOST_CHANNELS
    }


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
