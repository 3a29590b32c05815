"""Versions of pledges: number and validity, the texts in each language, publishing, the next version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import TabularInline

from kolportal.frame.site import is_pressed, moment
from pledges import publishing
from pledges.admin import publication
from pledges.admin.base import PUBLISH, StaffAdmin, chip, page_action, staff
from pledges.models import Edition, Language, Pledge, Text

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    _EditionForm = forms.ModelForm[Edition]
else:
    _EditionForm = forms.ModelForm  # generic for the type checker only


class EditionForm(_EditionForm):
    """A draft; the number is given by ``publishing.next_number``."""

    class Meta:
        model = Edition
        fields = ("pledge", "valid_from", "valid_until")
        help_texts: ClassVar[dict[str, Any]] = {
            "valid_from": gettext_lazy("Empty: from the publication on. It counts for every language alike."),
            "valid_until": gettext_lazy(
                "Empty: until the pledge is closed. It counts for every language alike."
            ),
        }

    def clean(self) -> dict[str, Any]:
        """Held from here on, so that nobody publishes between check and save."""
        if self.instance.pk:
            publication.hold_draft(self.instance)
        return super().clean() or {}


class TextInline(TabularInline):  # type: ignore[misc]  # Unfold has no types
    """The texts of a version, each with a link to its own page; they are edited there."""

    model = Text
    fields = ("text_link", "undertaking_count", "digest")
    readonly_fields = fields
    extra = 0
    max_num = 0
    can_delete = False
    hide_title = True
    verbose_name_plural = gettext_lazy("Texts of this version")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Text]:
        """With the count of undertakings."""
        rows: QuerySet[Text] = super().get_queryset(request)
        return rows.select_related("edition").annotate(count=Count("undertakings"))

    def has_change_permission(self, request: HttpRequest, obj: Edition | None = None) -> bool:
        """Not here: the title leads to the page of the text."""
        return False

    @admin.display(description=gettext_lazy("text"))
    def text_link(self, text: Text) -> str:
        """Language and title, as a link."""
        return format_html(
            '<a class="kp-page-link" href="{}">{}: <span lang="{}">{}</span></a>',
            reverse("admin:pledges_text_change", args=[text.pk]),
            text.get_language_display(),
            text.language,
            text.title,
        )

    @admin.display(description=gettext_lazy("undertakings"))
    def undertaking_count(self, text: Any) -> int:
        """How many there are to tick."""
        count: int = text.count
        return count


@admin.register(Edition)
class EditionAdmin(StaffAdmin):
    """Versions: drafts are edited, published ones only looked at."""

    form = EditionForm
    list_display = ("label", "pledge", "languages", "state_chip", "validity", "published")
    list_select_related = ("pledge",)
    # Django's own filter would name the pledges of every unit, drafts too.
    list_filter = (("pledge", admin.RelatedOnlyFieldListFilter), ("published_at", admin.EmptyFieldListFilter))
    list_filter_submit = False
    search_fields = ("pledge__name", "texts__title")
    inlines = (TextInline,)
    actions_detail = ("publish", "add_vietnamese", "add_english", "copy_as_next")
    actions = None
    SHOWN = ("number", "state_chip", "published")

    get_search_results = admin.ModelAdmin.get_search_results  # as typed: there is no folded column

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Of the pledges that the person's units keep."""
        own: QuerySet[Any] = super().get_queryset(request)
        return own.select_related("pledge__unit").prefetch_related("texts")

    def get_fields(self, request: HttpRequest, obj: Edition | None = None) -> tuple[str, ...]:
        """Beside what is edited: number and state; of a published one the time."""
        shown = self.SHOWN if obj and obj.is_published else self.SHOWN[:2] if obj else ()
        return (*shown, *EditionForm.Meta.fields)

    def get_readonly_fields(self, request: HttpRequest, obj: Edition | None = None) -> tuple[str, ...]:
        """The pledge stays once chosen."""
        return (*self.SHOWN, "pledge") if obj else self.SHOWN

    def get_inlines(self, request: HttpRequest, obj: Edition | None) -> Any:
        """Texts are added once the version is there."""
        return self.inlines if obj else ()

    def has_change_permission(self, request: HttpRequest, obj: Edition | None = None) -> bool:
        """A published version is frozen, for superusers too."""
        return not (isinstance(obj, Edition) and obj.is_published) and bool(
            super().has_change_permission(request, obj)
        )

    def has_delete_permission(self, request: HttpRequest, obj: Edition | None = None) -> bool:
        """Only drafts."""
        return not (isinstance(obj, Edition) and obj.is_published) and bool(
            super().has_delete_permission(request, obj)
        )

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Only pledges of the person's units."""
        if db_field.name == "pledge":
            kwargs["queryset"] = Pledge.objects.of_staff(staff(request))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """The page is called by pledge and version: "… – Phiên bản 2"."""
        title = {"title": str(self.own_object(request, object_id)), "subtitle": None} if object_id else {}
        return super().changeform_view(request, object_id, form_url, {**(extra_context or {}), **title})

    def save_model(self, request: HttpRequest, obj: Edition, form: Any, change: bool) -> None:
        """A new version gets its number."""
        if not change:
            Pledge.objects.select_for_update().get(pk=obj.pledge_id)
            obj.number = publishing.next_number(obj.pledge)
        super().save_model(request, obj, form, change)

    def response_add(self, request: HttpRequest, obj: Edition, post_url_continue: str | None = None) -> Any:
        """Goes on with its first text."""
        return redirect("admin:pledges_edition_change", obj.pk)

    @admin.display(description=gettext_lazy("version"), ordering="number")
    def label(self, edition: Edition) -> str:
        """``Phiên bản 2``."""
        return edition.label

    @admin.display(description=gettext_lazy("languages"))
    def languages(self, edition: Edition) -> str:
        """Those that it has a text in."""
        return ", ".join(text.get_language_display() for text in edition.texts.all()) or "–"

    @admin.display(description=gettext_lazy("state"), ordering="published_at")
    def state_chip(self, edition: Edition) -> str:
        """Draft or published."""
        return chip("published" if edition.is_published else "draft")

    @admin.display(description=gettext_lazy("valid"), ordering="valid_until")
    def validity(self, edition: Edition) -> str:
        """From when until when; open ends as dots."""
        return publication.validity(edition)

    @admin.display(description=gettext_lazy("published at"), ordering="published_at")
    def published(self, edition: Edition) -> str:
        """When it was frozen."""
        return moment(edition.published_at)

    # Unfold asks these before it shows a button and before it runs one.

    def has_publish_permission(self, request: HttpRequest, object_id: str) -> bool:
        """Whether the button is shown and works; a POST that comes too late is answered in words."""
        fits = is_pressed(request) or not self.own_object(request, object_id).is_published
        return fits and staff(request).has_perm(PUBLISH)

    def has_copy_permission(self, request: HttpRequest, object_id: str) -> bool:
        """Whether a next version may be drafted."""
        return staff(request).has_perm("pledges.add_edition")

    def has_add_vietnamese_permission(self, request: HttpRequest, object_id: str) -> bool:
        """While it is a draft without one."""
        return self._lacks(request, object_id, Language.VI)

    def has_add_english_permission(self, request: HttpRequest, object_id: str) -> bool:
        """While it is a draft without one, and there is a Vietnamese text to stand beside."""
        return self._lacks(request, object_id, Language.EN) and not self._lacks(
            request, object_id, Language.VI
        )

    def _lacks(self, request: HttpRequest, object_id: str, language: Language) -> bool:
        edition = self.own_object(request, object_id)
        missing = language not in {text.language for text in edition.texts.all()}
        return missing and not edition.is_published and staff(request).has_perm("pledges.add_text")

    @page_action(description=gettext_lazy("Add the Vietnamese text"), icon="add", permission="add_vietnamese")
    def add_vietnamese(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Leads to the form of a new text."""
        return self._to_new_text(object_id, Language.VI)

    @page_action(description=gettext_lazy("Add the English text"), icon="add", permission="add_english")
    def add_english(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Leads to the form of a new text."""
        return self._to_new_text(object_id, Language.EN)

    def _to_new_text(self, object_id: str, language: Language) -> HttpResponse:
        return redirect(f"{reverse('admin:pledges_text_add')}?edition={object_id}&language={language.value}")

    @page_action(description=gettext_lazy("Publish"), icon="publish", permission="publish")
    def publish(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Shows what will be frozen and asks; then freezes exactly that."""
        edition = self.own_object(request, object_id)
        back = reverse("admin:pledges_edition_change", args=[edition.pk])
        title = _("Publish version %(number)s of “%(pledge)s”") % {
            "number": edition.number,
            "pledge": edition.pledge.name,
        }
        now = timezone.now()
        try:
            if request.method == "POST":
                confirmed = {
                    key.removeprefix("digest-"): str(value)
                    for key, value in request.POST.items()
                    if key.startswith("digest-")
                }
                publishing.publish(edition=edition, publisher=staff(request), at=now, shown=confirmed)
                words = _("%(version)s is published.") % {"version": edition.label}
                self.message_user(request, words, messages.SUCCESS)
                return redirect(back)
            texts = publishing.check(edition=edition, at=now)
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
                    "Once published, this version can never be changed or removed, and no language can be added to it: people "
                    "sign exactly these words."
                ),
                _(
                    "The PDF of each text was made and checked (PDF/A). The digest below will be shown publicly beside it."
                ),
            ],
            remarks=publication.remarks(edition, at=now),
            rows=publication.rows(edition, texts),
            hidden=[(f"digest-{language}", text.digest) for language, text in texts.items()],
            button=_("Publish for good"),
            back=back,
        )

    @page_action(
        description=gettext_lazy("New version from this one"), icon="content_copy", permission="copy"
    )
    def copy_as_next(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Copies number, validity and every text as drafts of the next."""
        edition = self.own_object(request, object_id)
        if request.method == "POST":
            copy = publishing.draft_next(edition=edition, author=staff(request), at=timezone.now())
            self.message_user(
                request,
                _("This is a draft of version %(number)s.") % {"number": copy.number},
                messages.SUCCESS,
            )
            return redirect("admin:pledges_edition_change", copy.pk)
        return self.confirm(
            request,
            title=_("New version from version %(number)s") % {"number": edition.number},
            texts=[
                _(
                    "A draft with the next number is made, with the same words in every language. Nothing changes for signers "
                    "until the draft is published."
                )
            ],
            button=_("Make the draft"),
            back=reverse("admin:pledges_edition_change", args=[edition.pk]),
        )

    def delete_model(self, request: HttpRequest, obj: Edition) -> None:
        """Never one that has been published since the page was opened."""
        try:
            publishing.hold(obj)
        except publishing.AlreadyPublished as error:
            raise PermissionDenied from error
        super().delete_model(request, obj)
