"""The undertakings on the page of a text: the Vietnamese ones in their order, translations beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import TabularInline
from unfold.widgets import UnfoldAdminIntegerFieldWidget

from pledges.models import Language, Text, Undertaking

if TYPE_CHECKING:
    from django.http import HttpRequest

    _UndertakingForm = forms.ModelForm[Undertaking]
    _Rows = forms.BaseInlineFormSet[Undertaking, Text, _UndertakingForm]
else:
    _UndertakingForm = forms.ModelForm  # generic for the type checker only
    _Rows = forms.BaseInlineFormSet

LAST = 32_767
"""The place of an undertaking that is given none; the places are counted anew when the text is saved."""


class UndertakingForm(_UndertakingForm):
    """One undertaking; without a place it comes last."""

    position = forms.IntegerField(
        label=gettext_lazy("position"), required=False, max_value=LAST, widget=UnfoldAdminIntegerFieldWidget
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance._state.adding:
            self.initial["position"] = None

    def clean_position(self) -> int:
        """Counted from 1."""
        return self.cleaned_data["position"] or LAST


class UndertakingInline(TabularInline):  # type: ignore[misc]  # Unfold has no types
    """The undertakings of a text in their order; frozen with it."""

    model = Undertaking
    form: type[_UndertakingForm] = UndertakingForm
    fields: tuple[str, ...] = ("position", "body", "binds", "legal_references")
    autocomplete_fields: tuple[str, ...] = ("legal_references",)
    extra = 0
    ordering_field: str | None = "position"
    hide_title = True
    verbose_name_plural = gettext_lazy("Undertakings, ticked one by one")

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Named for screen readers, which Unfold's tables forget; a short paragraph needs five lines, not ten."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None:
            field.widget.attrs["aria-label"] = field.label
        if db_field.name == "body":
            field.widget.attrs["rows"] = 5
        return field

    def _frozen(self, obj: Text | None) -> bool:
        return obj is not None and obj.is_published

    def has_add_permission(self, request: HttpRequest, obj: Text | None = None) -> bool:
        """Only to drafts."""
        return not self._frozen(obj) and bool(super().has_add_permission(request, obj))

    def has_change_permission(self, request: HttpRequest, obj: Text | None = None) -> bool:
        """Only of drafts."""
        return not self._frozen(obj) and bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Text | None = None) -> bool:
        """Only from drafts."""
        return not self._frozen(obj) and bool(super().has_delete_permission(request, obj))


class TranslationForm(_UndertakingForm):
    """One undertaking in another language. Its place is that of the Vietnamese one and goes with it."""

    class Meta:
        model = Undertaking
        fields = ("position", "body")
        widgets: ClassVar[dict[str, Any]] = {"position": forms.HiddenInput}

    def clean_position(self) -> int:
        """A form that was open while the Vietnamese undertakings were moved puts nothing back."""
        place: int = self.instance.position if self.instance.pk else self.cleaned_data["position"]
        return place


class TranslationFormSet(_Rows):
    """Puts beside each row the Vietnamese undertaking of the same place, and an empty row beside each that has none yet."""

    def __init__(self, *args: Any, leading: dict[int, Undertaking], **kwargs: Any) -> None:
        self.leading = leading
        super().__init__(*args, **kwargs)
        rows = list(self.get_queryset())
        self.missing = sorted(leading.keys() - {row.position for row in rows})
        if self.max_num:  # 0 where nothing may be added
            self.extra = len(self.missing)
            self.max_num = len(rows) + self.extra

    def _construct_form(self, i: int, **kwargs: Any) -> Any:
        form: Any = super()._construct_form(i, **kwargs)  # type: ignore[misc]  # Django's, which the stubs leave out
        place = form.instance.position if form.instance.pk else self._place_of_new(form, i)
        form.initial["position"] = place
        form.instance.leading = self.leading.get(place)
        return form

    def _place_of_new(self, form: Any, i: int) -> int:
        """As it was sent, for the Vietnamese text may have changed since the form was made."""
        sent = form.data.get(form.add_prefix("position"), "") if form.is_bound else ""
        if sent.isascii() and sent.isdigit():
            return int(sent)
        number = i - self.initial_form_count()
        return self.missing[number] if number < len(self.missing) else 0


class TranslationInline(UndertakingInline):
    """Undertakings in another language beside the Vietnamese ones, where it is said whom they bind and what they rest on."""

    form = TranslationForm
    formset = TranslationFormSet
    fields = ("position", "vietnamese", "body")
    readonly_fields = ("vietnamese",)
    autocomplete_fields = ()
    ordering_field = None

    @admin.display(description=gettext_lazy("in Vietnamese"))
    def vietnamese(self, row: Any) -> str:
        """The undertaking to translate, with whom it binds and what it rests on."""
        lead: Undertaking | None = getattr(row, "leading", None)
        if lead is None:
            return _("There is no Vietnamese undertaking at this place.")
        laws = "; ".join(law.number for law in lead.legal_references.all())
        return format_html(
            '<div>{}. <span lang="vi">{}</span><br><span class="kp-quiet">{}</span></div>',
            lead.position,
            lead.body,
            " · ".join(filter(None, (str(lead.get_binds_display()), laws))),
        )


def vietnamese_of(text: Text) -> dict[int, Undertaking]:
    """The undertakings that a text in another language stands beside, by position."""
    if not text.edition_id:
        return {}
    rows = Undertaking.objects.filter(text__edition=text.edition_id, text__language=Language.VI)
    return {row.position: row for row in rows.prefetch_related("legal_references")}
