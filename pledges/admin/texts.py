"""Texts of versions, one in each language: editing, preview as page and as PDF, what changed since the version before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kolportal.vietnamese import UnsafeText, clean_text
from pledges import changes as comparing
from pledges import publishing, rendering, storage
from pledges.admin import publication
from pledges.admin.base import StaffAdmin, chip, page_action, staff
from pledges.admin.undertakings import TranslationInline, UndertakingInline, vietnamese_of
from pledges.models import Edition, Language, Text
from pledges.views.showing import shown

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

    _TextForm = forms.ModelForm[Text]
else:
    _TextForm = forms.ModelForm  # generic for the type checker only

MARKDOWN_HINT = gettext_lazy(
    "An empty line begins a new paragraph. **bold**, *italic*, lists with “- ” or “1. ”, links as [words](https://…). "
    "Everything else stays as it is typed."
)


def _new_text(request: HttpRequest) -> Text:
    """The text that the form of a new one is about: language, and edition if it is a draft of the person's units, as the page was
    asked for, or as posted."""
    given = request.POST if request.method == "POST" else request.GET
    edition = given.get("edition", "")
    language = given.get("language", "")
    text = Text(language=language if language in Language.values else Language.VI)
    if edition.isascii() and edition.isdigit():
        text.edition = _own_drafts(request).filter(pk=int(edition)).first()  # type: ignore[assignment]  # a form's, not saved
    return text


def _own_drafts(request: HttpRequest) -> QuerySet[Edition]:
    return Edition.objects.drafts().of_staff(staff(request)).select_related("pledge")


class TextForm(_TextForm):
    """A draft. Held from its check on, so that nobody publishes between check and save."""

    class Meta:
        model = Text
        fields = ("edition", "language", "title", "preamble", "closing")
        help_texts: ClassVar[dict[str, Any]] = {"preamble": MARKDOWN_HINT, "closing": MARKDOWN_HINT}

    def clean_title(self) -> str:
        """One line without invisible characters."""
        try:
            return clean_text(self.cleaned_data["title"])
        except UnsafeText as error:
            raise ValidationError(
                _("The title holds invisible or control characters."), code="unsafe"
            ) from error

    def clean(self) -> dict[str, Any]:
        """Refused in words if somebody has published it meanwhile."""
        edition = self.instance.edition if self.instance.pk else self.cleaned_data.get("edition")
        if edition:
            publication.hold_draft(edition)
        return super().clean() or {}


@admin.register(Text)
class TextAdmin(StaffAdmin):
    """Texts: drafts are edited, published ones only looked at. Their list is that of the versions."""

    form = TextForm
    search_fields = ("title",)
    actions_detail = (
        "to_edition",
        "compare",
        {"title": gettext_lazy("Preview"), "icon": "visibility", "items": ("preview", "specimen")},
    )
    actions = None
    SHOWN = ("state_chip", "digest")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Of the pledges that the person's units keep."""
        own: QuerySet[Any] = super().get_queryset(request)
        return own.select_related("edition__pledge__unit")

    def get_fields(self, request: HttpRequest, obj: Text | None = None) -> tuple[str, ...]:
        """Beside what is edited: the state; of a published text the digest."""
        if obj is None:
            return tuple(TextForm.Meta.fields)
        shown = self.SHOWN if obj.is_published else self.SHOWN[:1]
        return ("edition", *shown, *TextForm.Meta.fields[2:])

    def get_readonly_fields(self, request: HttpRequest, obj: Text | None = None) -> tuple[str, ...]:
        """Version and language stay once chosen."""
        return (*self.SHOWN, "edition", "language") if obj else self.SHOWN

    def get_inlines(self, request: HttpRequest, obj: Text | None) -> Any:
        """By the language of the text."""
        text = obj or _new_text(request)
        return (UndertakingInline,) if text.language == Language.VI else (TranslationInline,)

    def get_formset_kwargs(self, request: HttpRequest, obj: Text, inline: Any, prefix: str) -> dict[str, Any]:
        """The rows of a translation stand beside the Vietnamese ones, also while it is new."""
        kwargs: dict[str, Any] = super().get_formset_kwargs(request, obj, inline, prefix)
        if isinstance(inline, TranslationInline):
            kwargs["leading"] = vietnamese_of(obj if obj.pk else _new_text(request))
        return kwargs

    def has_change_permission(self, request: HttpRequest, obj: Text | None = None) -> bool:
        """A published text is frozen, for superusers too."""
        return not (isinstance(obj, Text) and obj.is_published) and bool(
            super().has_change_permission(request, obj)
        )

    def has_delete_permission(self, request: HttpRequest, obj: Text | None = None) -> bool:
        """Only drafts."""
        return not (isinstance(obj, Text) and obj.is_published) and bool(
            super().has_delete_permission(request, obj)
        )

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Only drafts of the person's units."""
        if db_field.name == "edition":
            kwargs["queryset"] = _own_drafts(request)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The versions, each with its texts, are the one list."""
        return redirect("admin:pledges_edition_changelist")

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """The page is called by pledge, version and language: "… – Phiên bản 2, tiếng Việt"."""
        title = {"title": str(self.own_object(request, object_id)), "subtitle": None} if object_id else {}
        return super().changeform_view(request, object_id, form_url, {**(extra_context or {}), **title})

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """What the Vietnamese text says, and in which order, reaches the others."""
        edition = form.instance.edition
        before = publishing.undertaking_order(edition)
        super().save_related(request, form, formsets, change)
        publishing.follow_vietnamese(edition, before=before)

    def response_post_save_change(self, request: HttpRequest, obj: Text) -> HttpResponse:
        """Back to the version."""
        return redirect("admin:pledges_edition_change", obj.edition_id)

    response_post_save_add = response_post_save_change

    def delete_model(self, request: HttpRequest, obj: Text) -> None:
        """Never one that has been published since the page was opened."""
        try:
            publishing.hold(obj.edition)
        except publishing.AlreadyPublished as error:
            raise PermissionDenied from error
        super().delete_model(request, obj)

    @admin.display(description=gettext_lazy("state"))
    def state_chip(self, text: Text) -> str:
        """Draft or published."""
        return chip("published" if text.is_published else "draft")

    def has_compare_permission(self, request: HttpRequest, object_id: str) -> bool:
        """Whether there is a version before, in this language."""
        text = self.own_object(request, object_id)
        return self.has_view_permission(request, text) and _before(text) is not None

    @page_action(description=gettext_lazy("Back to the version"), icon="arrow_back", permission="view")
    def to_edition(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The page of its version, where it is published."""
        return redirect("admin:pledges_edition_change", self.own_object(request, object_id).edition_id)

    @page_action(description=gettext_lazy("What changed"), icon="difference", permission="compare")
    def compare(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What differs from the version before, word by word."""
        text = self.own_object(request, object_id)
        before = _before(text)
        parts = comparing.compare(before.content, text.content) if before else []
        context = {"text": text, "before": before, "language": text.language, "parts": parts}
        return render(request, "admin/pledges/changes.html", context)

    @page_action(description=gettext_lazy("Preview as page"), icon="visibility", permission="view")
    def preview(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The text as signers will read it."""
        text = self.own_object(request, object_id)
        return render(request, "admin/pledges/preview.html", {"row": text, "text": shown(text.content)})

    @page_action(description=gettext_lazy("Preview as PDF"), icon="picture_as_pdf", permission="view")
    def specimen(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The specimen: the stored one of a published text, a fresh one of a draft."""
        text = self.own_object(request, object_id)
        edition = text.edition
        if text.specimen_sha256:
            try:
                pdf = storage.read(text.specimen_sha256)
            except (storage.StoredFileDamaged, OSError):
                words = _("The stored file is missing or damaged. Please tell the administrator.")
                self.message_user(request, words, messages.ERROR)
                return redirect("admin:pledges_text_change", text.pk)
        elif unfit := ", ".join(publishing.unprintable(text.content)):
            words = _("No PDF: the font on paper lacks %(characters)s.") % {"characters": unfit}
            self.message_user(request, words, messages.ERROR)
            return redirect("admin:pledges_text_change", text.pk)
        else:
            pdf = rendering.render_specimen(text.content, unit=edition.pledge.unit.name, at=timezone.now())
        name = f"{edition.pledge.slug}-{edition.number}-{text.language}.pdf"
        return HttpResponse(
            pdf, content_type="application/pdf", headers={"Content-Disposition": f'inline; filename="{name}"'}
        )


def _before(text: Text) -> Text | None:
    """The same language of the newest published version below this one."""
    earlier = Text.objects.published().filter(
        edition__pledge=text.edition.pledge_id,
        edition__number__lt=text.edition.number,
        language=text.language,
    )
    return earlier.select_related("edition").order_by("-edition__number").first()
