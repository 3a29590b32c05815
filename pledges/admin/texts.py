"""Texts of pledges: editing drafts, preview as page and as PDF, publishing, drafting the next version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.admin import TabularInline

from kolportal.frame.site import is_pressed, moment
from kolportal.vietnamese import UnsafeText, clean_text
from pledges import publishing, rendering, storage
from pledges.admin import publication
from pledges.admin.base import StaffAdmin, chip, page_action, staff
from pledges.models import (
    Pledge,
    PledgeVersion,
    Undertaking,
)
from pledges.views.showing import shown

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

    _VersionForm = forms.ModelForm[PledgeVersion]
else:
    _VersionForm = forms.ModelForm  # generic for the type checker only

PUBLISH = "pledges.publish_pledgeversion"
MARKDOWN_HINT = gettext_lazy(
    "An empty line begins a new paragraph. **bold**, *italic*, lists with “- ” or “1. ”, links as [words](https://…). "
    "Everything else stays as it is typed."
)


class UndertakingInline(TabularInline):  # type: ignore[misc]  # Unfold has no types
    """The undertakings of a text in their order; frozen with it."""

    model = Undertaking
    fields = ("position", "text", "legal_reference")
    extra = 0
    ordering_field = "position"
    hide_title = True
    verbose_name_plural = gettext_lazy("Undertakings, ticked one by one")

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Named for screen readers, which Unfold's tables forget; a short paragraph needs four lines, not ten."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None:
            field.widget.attrs["aria-label"] = field.label
        if db_field.name == "text":
            field.widget.attrs["rows"] = 4
        return field

    def _frozen(self, obj: PledgeVersion | None) -> bool:
        return obj is not None and obj.is_published

    def has_add_permission(self, request: HttpRequest, obj: PledgeVersion | None = None) -> bool:
        """Only to drafts."""
        return not self._frozen(obj) and bool(super().has_add_permission(request, obj))

    def has_change_permission(self, request: HttpRequest, obj: PledgeVersion | None = None) -> bool:
        """Only of drafts."""
        return not self._frozen(obj) and bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: PledgeVersion | None = None) -> bool:
        """Only from drafts."""
        return not self._frozen(obj) and bool(super().has_delete_permission(request, obj))


class PledgeVersionForm(_VersionForm):
    """A draft; the number is given by ``publishing.next_number``."""

    class Meta:
        model = PledgeVersion
        fields = ("pledge", "language", "title", "preamble", "closing", "valid_from", "valid_until")
        help_texts: ClassVar[dict[str, Any]] = {
            "preamble": MARKDOWN_HINT,
            "closing": MARKDOWN_HINT,
            "valid_from": gettext_lazy("Empty: from the publication on."),
            "valid_until": gettext_lazy("Empty: until the pledge is closed."),
        }

    def clean_title(self) -> str:
        """One line without invisible characters."""
        try:
            return clean_text(self.cleaned_data["title"])
        except UnsafeText as error:
            raise ValidationError(
                _("The title holds invisible or control characters."), code="unsafe"
            ) from error


@admin.register(PledgeVersion)
class PledgeVersionAdmin(StaffAdmin):
    """Texts: drafts are edited, published ones only looked at."""

    form = PledgeVersionForm
    list_display = ("long_title", "pledge", "edition", "state_chip", "published")
    list_select_related = ("pledge",)
    list_filter = ("pledge", "language", ("published_at", admin.EmptyFieldListFilter))
    list_filter_submit = False
    search_fields = ("title",)
    inlines = (UndertakingInline,)
    actions_detail = (
        "publish",
        "copy_as_next",
        {"title": gettext_lazy("Preview"), "icon": "visibility", "items": ("preview", "specimen")},
    )
    actions = None
    SHOWN_WHEN_PUBLISHED = ("number", "state_chip", "published", "digest")

    def get_queryset(self, request: HttpRequest) -> QuerySet[PledgeVersion]:
        """Texts of the pledges that the person's units keep."""
        return PledgeVersion.objects.filter(
            pledge__in=Pledge.objects.of_staff(staff(request))
        ).select_related("pledge")

    get_search_results = admin.ModelAdmin.get_search_results  # as typed: there is no folded column

    def get_fields(self, request: HttpRequest, obj: PledgeVersion | None = None) -> tuple[str, ...]:
        """Beside what is edited: number and state; of a published text the digest."""
        shown = (
            self.SHOWN_WHEN_PUBLISHED if obj and obj.is_published else ("number", "state_chip") if obj else ()
        )
        return (*shown, *PledgeVersionForm.Meta.fields)

    def get_readonly_fields(self, request: HttpRequest, obj: PledgeVersion | None = None) -> tuple[str, ...]:
        """Pledge and language stay once chosen."""
        return (*self.SHOWN_WHEN_PUBLISHED, "pledge", "language") if obj else self.SHOWN_WHEN_PUBLISHED

    def has_change_permission(self, request: HttpRequest, obj: PledgeVersion | None = None) -> bool:
        """A published text is frozen, for superusers too."""
        if isinstance(obj, PledgeVersion) and obj.is_published:
            return False
        return bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: PledgeVersion | None = None) -> bool:
        """Only drafts."""
        if isinstance(obj, PledgeVersion) and obj.is_published:
            return False
        return bool(super().has_delete_permission(request, obj))

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Only pledges of the person's units."""
        if db_field.name == "pledge":
            kwargs["queryset"] = Pledge.objects.of_staff(staff(request))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: PledgeVersion, form: Any, change: bool) -> None:
        """A new text gets its number."""
        if not change:
            obj.number = publishing.next_number(pledge=obj.pledge, language=obj.language)
        super().save_model(request, obj, form, change)

    @admin.display(description=gettext_lazy("title"), ordering="title")
    def long_title(self, version: PledgeVersion) -> str:
        """The title, in the language it is in."""
        return format_html('<span class="long-cell" lang="{}">{}</span>', version.language, version.title)

    @admin.display(description=gettext_lazy("version"), ordering="number")
    def edition(self, version: PledgeVersion) -> str:
        """Number and language."""
        return f"{version.number} – {version.get_language_display()}"

    @admin.display(description=gettext_lazy("state"), ordering="published_at")
    def state_chip(self, version: PledgeVersion) -> str:
        """Draft or published."""
        return chip("published" if version.is_published else "draft")

    @admin.display(description=gettext_lazy("published at"), ordering="published_at")
    def published(self, version: PledgeVersion) -> str:
        """When it was frozen."""
        return moment(version.published_at)

    def has_publish_permission(self, request: HttpRequest, object_id: str) -> bool:
        """Whether the button is shown and works; a POST that comes too late is answered in words."""
        fits = is_pressed(request) or not self.own_object(request, object_id).is_published
        return fits and staff(request).has_perm(PUBLISH)

    def has_copy_permission(self, request: HttpRequest, object_id: str) -> bool:
        """Whether a next version may be drafted."""
        return staff(request).has_perm("pledges.add_pledgeversion")

    @page_action(description=gettext_lazy("Preview as page"), icon="visibility", permission="view")
    def preview(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The text as signers will read it."""
        version = self.own_object(request, object_id)
        return render(
            request, "admin/pledges/preview.html", {"version": version, "text": shown(version.text)}
        )

    @page_action(description=gettext_lazy("Preview as PDF"), icon="picture_as_pdf", permission="view")
    def specimen(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The specimen: the stored one of a published text, a fresh one of a draft."""
        version = self.own_object(request, object_id)
        if version.specimen_sha256:
            pdf = storage.read(version.specimen_sha256)
        elif unfit := ", ".join(publishing.unprintable(version.text)):
            words = _("No PDF: the font on paper lacks %(characters)s.") % {"characters": unfit}
            self.message_user(request, words, messages.ERROR)
            return redirect("admin:pledges_pledgeversion_change", version.pk)
        else:
            pdf = rendering.render_specimen(version.text, unit=version.pledge.unit.name, at=timezone.now())
        name = f"{version.pledge.slug}-{version.number}-{version.language}.pdf"
        return HttpResponse(
            pdf, content_type="application/pdf", headers={"Content-Disposition": f'inline; filename="{name}"'}
        )

    @page_action(description=gettext_lazy("Publish"), icon="publish", permission="publish")
    def publish(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Shows what will be frozen and asks; then freezes exactly that."""
        version = self.own_object(request, object_id)
        back = reverse("admin:pledges_pledgeversion_change", args=[version.pk])
        title = _("Publish version %(number)s of “%(pledge)s”") % {
            "number": version.number,
            "pledge": version.pledge.name,
        }
        try:
            if request.method == "POST":
                confirmed = {
                    key.removeprefix("digest-"): str(value)
                    for key, value in request.POST.items()
                    if key.startswith("digest-")
                }
                done = publishing.publish(
                    pledge=version.pledge,
                    number=version.number,
                    publisher=staff(request),
                    at=timezone.now(),
                    shown=confirmed,
                )
                words = ngettext(
                    "%(count)s text was published.", "%(count)s texts were published.", len(done)
                )
                self.message_user(request, words % {"count": len(done)}, messages.SUCCESS)
                return redirect(back)
            texts = publishing.check(pledge=version.pledge, number=version.number, at=timezone.now())
        except publishing.PublishingRefused as refusal:
            errors = publication.refusal_in_words(refusal)
            return self.confirm(
                request, title=title, texts=[], button="", back=back, errors=errors, status=409
            )
        return self.confirm(
            request,
            title=title,
            texts=[
                _(
                    "Once published, this text can never be changed or removed, by anybody: people sign exactly these words."
                ),
                _(
                    "The PDF of the text was made and checked (PDF/A). The digest below will be shown publicly beside it."
                ),
            ],
            rows=publication.rows(texts),
            hidden=[(f"digest-{language}", text.digest) for language, text in texts.items()],
            button=_("Publish for good"),
            back=back,
        )

    @page_action(
        description=gettext_lazy("New version from this one"), icon="content_copy", permission="copy"
    )
    def copy_as_next(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Copies the texts of this number as drafts of the next."""
        version = self.own_object(request, object_id)
        if request.method == "POST":
            copy = publishing.draft_next(version=version, author=staff(request), at=timezone.now())
            self.message_user(
                request,
                _("This is a draft of version %(number)s.") % {"number": copy.number},
                messages.SUCCESS,
            )
            return redirect("admin:pledges_pledgeversion_change", copy.pk)
        return self.confirm(
            request,
            title=_("New version from version %(number)s") % {"number": version.number},
            texts=[
                _(
                    "A draft with the next number is made, with the same words in every language. Nothing changes for signers "
                    "until the draft is published."
                )
            ],
            button=_("Make the draft"),
            back=reverse("admin:pledges_pledgeversion_change", args=[version.pk]),
        )
