"""Sealed documents as rows of work: what is pending, what failed, and trying again what was parked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin import DropdownFilter

from kolportal.frame.site import is_pressed, moment
from pledges import documents
from pledges.admin.base import ReadOnlyAdmin, chip, page_action, staff
from pledges.models import Document, DocumentState, Pledge

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse
    from django.urls import URLPattern
    from django.utils.functional import _StrPromise
    from django.utils.safestring import SafeString

RETRY = "work.change_work"


class StateFilter(DropdownFilter):  # type: ignore[misc]  # Unfold ships no types
    """By what became of the document."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, _StrPromise | str]]:
        return [(state.value, state.label) for state in DocumentState]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Document]) -> QuerySet[Document]:
        value = self.value()
        if value not in DocumentState.values:
            return queryset
        return queryset.filter(documents.in_state(DocumentState(value)))


def _or_dash(value: object) -> str:
    return "–" if value in {None, ""} else str(value)


@admin.register(Document)
class DocumentAdmin(ReadOnlyAdmin):
    """No names here: this list is about machines, and whoever mends them needs none."""

    list_display = ("code", "state_chip", "attempts", "last_error", "created", "sealed")
    list_display_links = ("code",)
    list_filter = (StateFilter,)
    list_filter_submit = False
    search_fields = ("reference",)
    ordering = ("-id",)
    fields = (
        "code", "state_chip", "attempts", "last_error", "created", "next_attempt", "sealed", "sha256", "size", "pages",
        "level", "obstacles", "certificate", "is_test", "generation", "renewal",
    )  # fmt: skip
    readonly_fields = fields
    actions_detail = ("retry",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Document]:
        """Documents of the pledges that the person's units keep, with state and open work."""
        pledges = Pledge.objects.of_staff(staff(request))
        own = Document.objects.filter(signature__pledge__in=pledges)
        return documents.with_work(documents.with_state(own))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """A reference code, however it is typed, or a part of one."""
        typed = search_term.upper().replace("-", "").replace(" ", "")
        return queryset.filter(reference__contains=typed), False

    def get_urls(self) -> list[URLPattern]:
        """Trying again all that is parked."""
        retry_all = self.admin_site.admin_view(self.retry_all)
        return [path("retry/", retry_all, name="pledges_document_retry_all"), *super().get_urls()]

    @admin.display(description=gettext_lazy("reference code"))
    def code(self, document: Document) -> str:
        """In groups of four."""
        return str(document)

    @admin.display(description=gettext_lazy("state"))
    def state_chip(self, document: Document) -> SafeString:
        """As a chip."""
        return chip(str(documents.state_of(document)))

    @admin.display(description=gettext_lazy("attempts"))
    def attempts(self, document: Document) -> str:
        """While there is work."""
        return _or_dash(getattr(document, "attempts", None))

    @admin.display(description=gettext_lazy("last error"))
    def last_error(self, document: Document) -> str:
        """Of the open work."""
        return _or_dash(getattr(document, "last_error", None))

    @admin.display(description=gettext_lazy("created at"), ordering="created_at")
    def created(self, document: Document) -> str:
        """With the offset."""
        return moment(document.created_at)

    @admin.display(description=gettext_lazy("next attempt at"))
    def next_attempt(self, document: Document) -> str:
        """While there is one."""
        due_at = getattr(document, "due_at", None)
        pending = documents.state_of(document) == DocumentState.PENDING
        return moment(due_at) if due_at and pending else "–"

    @admin.display(description=gettext_lazy("sealed at"))
    def sealed(self, document: Document) -> str:
        """With the offset."""
        return moment(document.file.sealed_at) if document.file else "–"

    @admin.display(description=gettext_lazy("SHA-256 of the file"))
    def sha256(self, document: Document) -> str:
        """Of the newest generation, like all below."""
        return document.file.sha256 if document.file else "–"

    @admin.display(description=gettext_lazy("size in bytes"))
    def size(self, document: Document) -> str:
        """As a number."""
        return _or_dash(document.file and document.file.size)

    @admin.display(description=gettext_lazy("pages"))
    def pages(self, document: Document) -> str:
        """As a number."""
        return _or_dash(document.file and document.file.pages)

    @admin.display(description=gettext_lazy("level of the seal"))
    def level(self, document: Document) -> str:
        """The level that was reached, and the one that was asked for where that is another."""
        file = document.file
        if file is None:
            return "–"
        if file.achieved_level == file.intended_level:
            return file.achieved_level
        return _("%(achieved)s (intended: %(intended)s)") % {
            "achieved": file.achieved_level,
            "intended": file.intended_level,
        }

    @admin.display(description=gettext_lazy("obstacles"))
    def obstacles(self, document: Document) -> str:
        """What stood between the two, for an engineer."""
        found = document.file.obstacles if document.file else []
        return "; ".join(f"{one['level']}: {one['cause']} {one['source']}".strip() for one in found) or "–"

    @admin.display(description=gettext_lazy("certificate of the seal (SHA-256)"))
    def certificate(self, document: Document) -> str:
        """As digits."""
        return document.file.certificate_sha256 if document.file else "–"

    @admin.display(description=gettext_lazy("sealed with a test key"), boolean=True)
    def is_test(self, document: Document) -> bool | None:
        """``None`` while there is no file."""
        return document.file.is_test if document.file else None

    @admin.display(description=gettext_lazy("generation"))
    def generation(self, document: Document) -> str:
        """As a number."""
        return _or_dash(document.file and document.file.generation)

    @admin.display(description=gettext_lazy("to be renewed before"))
    def renewal(self, document: Document) -> str:
        """The end of the certificate behind the last time-stamp."""
        return moment(document.file.renew_before) if document.file and document.file.renew_before else "–"

    def has_retry_permission(self, request: HttpRequest, object_id: str) -> bool:
        """Whether the button is shown and works; a POST that comes too late changes nothing and says so."""
        fits = (
            is_pressed(request)
            or documents.state_of(self.own_object(request, object_id)) == DocumentState.PARKED
        )
        return fits and staff(request).has_perm(RETRY)

    @page_action(description=gettext_lazy("Try again"), icon="refresh", permission="retry")
    def retry(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Gives one parked document its attempts back."""
        document = self.own_object(request, object_id)
        return self._retry(
            request, [document], back=reverse("admin:pledges_document_change", args=[document.pk])
        )

    def retry_all(self, request: HttpRequest) -> HttpResponse:
        """Gives every parked document its attempts back."""
        self.require(request, RETRY)
        waiting = self.get_queryset(request).filter(documents.in_state(DocumentState.PARKED))
        parked = list(waiting.order_by("id")[:1000])
        return self._retry(
            request, parked, back=reverse("admin:pledges_document_changelist") + "?state=parked"
        )

    def _retry(self, request: HttpRequest, parked: list[Any], *, back: str) -> HttpResponse:
        if request.method != "POST":
            texts = [
                ngettext(
                    "%(count)s document could not be sealed.",
                    "%(count)s documents could not be sealed.",
                    len(parked),
                )
                % {"count": len(parked)},
                _(
                    "Please remove the cause first (sealing key, storage, fonts). The worker then tries again within a minute."
                ),
            ]
            causes = sorted({document.last_error for document in parked if document.last_error})
            rows = [(_("Last error"), cause) for cause in causes[:10]]
            return self.confirm(
                request,
                title=_("Try sealing again"),
                texts=texts,
                rows=rows,
                button=_("Try again"),
                back=back,
            )
        now, actor = timezone.now(), staff(request).pk
        done = sum(documents.retry_parked(document, actor_id=actor, at=now) for document in parked)
        words = ngettext(
            "%(count)s document will be tried again.", "%(count)s documents will be tried again.", done
        )
        self.message_user(request, words % {"count": done}, messages.SUCCESS if done else messages.INFO)
        return redirect(back)
