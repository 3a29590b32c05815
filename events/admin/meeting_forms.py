"""The form of an event, and the forms of its units, agenda and materials."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import TabularInline
from unfold.widgets import UnfoldBooleanWidget

from events.admin.base import staff
from events.models import AgendaItem, Attendee, Event, EventState, EventUnit, Material
from kolportal import files
from kolportal.units.models import OrganisingUnit

if TYPE_CHECKING:
    from django.http import HttpRequest

    _EventModelForm = forms.ModelForm[Event]
    _MaterialModelForm = forms.ModelForm[Material]
    _PartFormSet = forms.BaseInlineFormSet[EventUnit, Event, forms.ModelForm[EventUnit]]
else:
    _EventModelForm = _MaterialModelForm = forms.ModelForm  # generic for the type checker only
    _PartFormSet = forms.BaseInlineFormSet


class EventForm(_EventModelForm):
    """Checks what the database would refuse, in words and at the field; offers to tell people of another place or time."""

    before: Event
    tell = forms.BooleanField(required=False, initial=True, widget=UnfoldBooleanWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.state != EventState.PUBLISHED:
            del self.fields["tell"]
            return
        concerned = Attendee.objects.concerned().filter(event=self.instance).count()
        self.fields["tell"].label = ngettext(
            "If place or time changes, write to the %(count)d person concerned",
            "If place or time changes, write to the %(count)d people concerned",
            concerned,
        ) % {"count": concerned}
        self.fields["tell"].help_text = _(
            "Those who come, wait or are invited, and whose address is on the list."
        )

    def clean_cover(self) -> Any:
        """A real picture, or what was there."""
        cover = self.cleaned_data["cover"]
        if cover and "cover" in self.changed_data:
            files.check_picture(cover)
        return cover

    def clean_capacity(self) -> int:
        """Never below the seats that are taken. Locks the row, so that nobody registers between check and save."""
        capacity: int = self.cleaned_data["capacity"]
        if self.instance.pk:
            self.before = Event.objects.select_for_update(no_key=True).get(pk=self.instance.pk)
            taken = self.before.seats_taken
            if capacity < taken:
                raise forms.ValidationError(
                    _("%(taken)s seats are taken already; the number cannot be lower."),
                    params={"taken": taken},
                )
        return capacity

    def clean(self) -> dict[str, Any] | None:
        """Times in order; a picture needs its description."""
        data = super().clean()
        if data is None:
            return None
        if data.get("starts_at") and data.get("ends_at") and data["ends_at"] <= data["starts_at"]:
            self.add_error("ends_at", _("The event must end after it begins."))
        opens, closes = data.get("registration_opens_at"), data.get("registration_closes_at")
        if opens and closes and closes <= opens:
            self.add_error("registration_closes_at", _("Registration must end after it opens."))
        if data.get("cover") and not data.get("cover_description"):
            self.add_error(
                "cover_description",
                _("Please say in one sentence what the picture shows, for those who cannot see it."),
            )
        return data


class MaterialForm(_MaterialModelForm):
    """Checks that a file is what its name says."""

    def clean_file(self) -> Any:
        """The file, or what was there."""
        file = self.cleaned_data["file"]
        if file and "file" in self.changed_data:
            files.check_material(file)
        return file


class PartFormSet(_PartFormSet):
    """Who may take a unit's part out of an event: that unit's own staff, and never the last of one's own units.

    Without its part a unit no longer finds the event, nor those who attend it.
    """

    request: HttpRequest

    def clean(self) -> None:
        """Raises ``ValidationError``."""
        super().clean()
        rows = [form.cleaned_data for form in self.forms if getattr(form, "cleaned_data", None)]
        units = {row["unit"].pk for row in rows if row.get("unit") and not row.get("DELETE")}
        own = OrganisingUnit.objects.of_staff(staff(self.request)).filter(pk__in=units)
        if not own.exists():
            raise forms.ValidationError(_("At least one of your own units must have a part in the event."))
        if not self.instance.pk:
            return
        others = OrganisingUnit.objects.filter(parts__event=self.instance.pk).exclude(pk__in=units)
        foreign = others.exclude(pk__in=OrganisingUnit.objects.of_staff(staff(self.request)).values("pk"))
        if names := ", ".join(foreign.order_by("name").values_list("name", flat=True)):
            raise forms.ValidationError(
                _("Only its own staff can take a unit's part out of the event: %(units)s."),
                params={"units": names},
            )


class PartInline(TabularInline):  # type: ignore[misc]  # Unfold ships no types
    """Units with their part."""

    model = EventUnit
    formset = PartFormSet
    extra = 0
    min_num = 1
    fields = ("unit", "part", "position")

    def get_formset(self, request: HttpRequest, obj: Event | None = None, **kwargs: Any) -> Any:
        """The formset must know who saves."""
        formset = super().get_formset(request, obj, **kwargs)
        formset.request = request
        return formset


class AgendaInline(TabularInline):  # type: ignore[misc]  # Unfold ships no types
    """Points of the agenda with speakers' roles."""

    model = AgendaItem
    extra = 0
    fields = ("starts_at", "title", "speaker", "speaker_role")


class MaterialInline(TabularInline):  # type: ignore[misc]  # Unfold ships no types
    """Files to download."""

    model = Material
    form = MaterialForm
    extra = 0
    fields = ("title", "file", "position")
