"""The forms in which people say who they are and which channels they run; ``kolportal.people.details`` writes it."""

from __future__ import annotations

import unicodedata
from typing import Any, cast

import phonenumbers
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from kolportal.people import channels, communes, details
from kolportal.people.models import MOST_CHANNELS, Channel, ChannelRole, Person, SignerKind
from kolportal.vietnamese import UnsafeText, clean_text, is_person_name

MAX_FOLLOWERS = 2_000_000_000
_PICTURES = {"So", "Sk"}
_VARIATION_SELECTORS = {"\ufe0e", "\ufe0f", "\u20e3"}


class PlainTextField(forms.CharField):
    """One line of text as it can stand on paper: NFC, white space folded, nothing invisible, no pictures."""

    def to_python(self, value: Any) -> str:
        """Raises ``ValidationError`` in words for what ``clean_text`` refuses and for emoji."""
        try:
            text = clean_text(super().to_python(value) or "")
        except UnsafeText as error:
            raise ValidationError(
                _(
                    "There are invisible or control characters in it. Please type it by hand instead of pasting it."
                ),
                code="unsafe",
            ) from error
        if any(
            unicodedata.category(character) in _PICTURES or character in _VARIATION_SELECTORS
            for character in text
        ):
            raise ValidationError(
                _("Please use letters, digits and punctuation only, without emoji."), code="emoji"
            )
        return text

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """No ``maxlength``: a browser would cut a long text off in silence; the server says what is too long."""
        return {}


class PersonNameField(PlainTextField):
    """A person's full name."""

    def to_python(self, value: Any) -> str:
        """Raises ``ValidationError`` for what is no name of a person."""
        text = super().to_python(value)
        if text and not is_person_name(text):
            raise ValidationError(
                _("Please write the name with letters only, as in your papers."), code="not_a_name"
            )
        return text


class MobilePhoneField(forms.CharField):
    """A mobile phone number, Vietnamese unless it begins with + and a country; cleaned to E.164."""

    widget = forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"})

    def to_python(self, value: Any) -> str:
        """Raises ``ValidationError`` for what is no number, and for numbers that are no mobile phone."""
        text = unicodedata.normalize("NFKC", super().to_python(value) or "")
        if not text:
            return ""
        try:
            number = phonenumbers.parse(text[:40], "VN")
        except phonenumbers.NumberParseException as error:
            raise self._not_a_number() from error
        if len(text) > 40 or not phonenumbers.is_valid_number(number):
            raise self._not_a_number()
        if phonenumbers.number_type(number) != phonenumbers.PhoneNumberType.MOBILE:
            raise ValidationError(
                _("This is no mobile number (a landline or a service number). Please give a mobile number."),
                code="not_mobile",
            )
        return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))

    def prepare_value(self, value: Any) -> Any:
        """A stored number is shown as people write it; what was typed stays as it was typed."""
        if not isinstance(value, str) or not value.startswith("+84"):
            return value
        try:
            return phonenumbers.format_number(
                phonenumbers.parse(value), phonenumbers.PhoneNumberFormat.NATIONAL
            )
        except phonenumbers.NumberParseException:
            return value

    @staticmethod
    def _not_a_number() -> ValidationError:
        return ValidationError(_("This is no phone number. For example: 0912 345 678."), code="not_a_number")


class PersonForm(forms.Form):
    """What somebody says of himself or herself. Only the name, the kind and the commune must be given."""

    full_name = PersonNameField(
        label=_("Full name"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        help_text=_("As in your papers; it stands on the pledge."),
    )
    stage_name = PlainTextField(
        label=_("Public (stage) name"),
        max_length=120,
        required=False,
        help_text=_("The name that your followers know, if it is another one."),
    )
    kind = forms.ChoiceField(label=_("You are"), choices=SignerKind.choices, widget=forms.RadioSelect)
    commune_code = forms.ChoiceField(label=_("Commune or ward"))
    phone = MobilePhoneField(
        label=_("Mobile phone"),
        required=False,
        help_text=_("Only for news about the meeting. For example: 0912 345 678."),
    )
    organisation = PlainTextField(
        label=_("Organisation"),
        max_length=200,
        required=False,
        help_text=_("If you speak for a company, a school or another body."),
    )

    def __init__(self, *args: Any, person: Person | None, **kwargs: Any) -> None:
        if person is not None:
            own = ("full_name", "stage_name", "kind", "commune_code", "phone", "organisation")
            kwargs["initial"] = {field: getattr(person, field) for field in own}
        super().__init__(*args, **kwargs)
        commune = cast(forms.ChoiceField, self.fields["commune_code"])
        commune.choices = [("", _("Choose a commune or ward")), *communes.choices()]
        # A native list by itself; static/js/combobox.js turns it into one that is searched without accents.
        commune.widget.attrs |= {
            "data-combobox": "",
            "data-none": _("No commune or ward matches. Please check the spelling."),
            "data-found": _("matches"),
            "data-hint": _("Type a part of the name, with or without accents."),
        }


class ChannelForm(forms.Form):
    """A page, group or channel, as its person declares it."""

    url = forms.CharField(
        label=_("Link"),
        widget=forms.TextInput(
            attrs={"inputmode": "url", "autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
        help_text=_(
            "Copy the address of the page, group or channel: Facebook, TikTok, YouTube, Instagram, Threads or Zalo. We never open it."
        ),
    )
    name = PlainTextField(label=_("Name of the page, group or channel"), max_length=200)
    role = forms.ChoiceField(
        label=_("Your role in it"),
        choices=ChannelRole.choices,
        widget=forms.RadioSelect,
        initial=ChannelRole.OWNER,
    )
    followers = forms.IntegerField(
        label=_("Followers or members, about"),
        required=False,
        min_value=0,
        max_value=MAX_FOLLOWERS,
        localize=True,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        help_text=_("As you say it; it is kept with today's date."),
    )

    def __init__(self, *args: Any, channel: Channel | None, **kwargs: Any) -> None:
        if channel is not None:
            kwargs["initial"] = {
                field: getattr(channel, field) for field in ("url", "name", "role", "followers")
            }
        super().__init__(*args, **kwargs)
        # Errors of this field alone would hide what the person can do about it.
        self.fields["followers"].error_messages["invalid"] = _(
            "Please give a whole number, for example 12500."
        )

    def clean_url(self) -> str:
        """The one form of the link; the platform goes with it."""
        try:
            self.cleaned_data["platform"], url = channels.normalise(self.cleaned_data["url"])
        except channels.NotAChannel as error:
            raise ValidationError(
                _(
                    "This link leads to a post, a video, or is a short link as an app's “Share” makes them. Please open the page,"
                    " group or channel in a browser and copy the address from there, or type the site and the user name, for example"
                    " facebook.com/user.name."
                ),
                code="not_a_channel",
            ) from error
        except channels.UnknownPlatform as error:
            raise ValidationError(
                _(
                    "This site is not among those known here: Facebook, TikTok, YouTube, Instagram, Threads, Zalo."
                ),
                code="unknown_platform",
            ) from error
        except channels.ChannelLinkError as error:
            raise ValidationError(
                _("This is no link. For example: https://www.facebook.com/ten-trang."), code="not_a_link"
            ) from error
        return url

    def refuse(self, refusal: details.ChannelRefused) -> None:
        """Says at the link why the channel was not written."""
        if isinstance(refusal, details.TooManyChannels):
            words = _(
                "Your list has %(count)s pages, groups and channels, which is the most it can hold. Please remove one first."
            )
            self.add_error("url", ValidationError(words, code="too_many", params={"count": MOST_CHANNELS}))
        else:
            words = _("You have declared this page, group or channel already.")
            self.add_error("url", ValidationError(words, code="twice"))
