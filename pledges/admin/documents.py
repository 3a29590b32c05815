"""Sealed documents as rows of work: what is pending, what failed, and trying again what was parked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from kolportal.frame.site import is_pressed, moment
from pledges import documents
from pledges.admin.base import ReadOnlyAdmin, chip, page_action, staff
from pledges.models import Document, DocumentState, Pledge

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse
    from django.urls import URLPattern
    from django.utils.safestring import SafeString

RETRY = "pledges.change_document"


@admin.register(Document)
class DocumentAdmin(ReadOnlyAdmin):
    """No names here: this list is about machines, and whoever mends them needs none."""

    list_display = ("code", "state_chip", "attempts", "last_error", "created", "sealed")
    list_display_links = ("code",)
    list_filter = ("state", "is_test")
    list_filter_submit = False
    list_select_related = ("signature",)
    search_fields = ("signature__reference",)
    ordering = ("-id",)
    fields = (
        "code", "state_chip", "attempts", "last_error", "created", "next_attempt", "sealed", "sha256", "size", "pages",
        "seal_level", "seal_certificate_sha256", "is_test",
    )  # fmt: skip
    readonly_fields = fields
    actions_detail = ("retry",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Document]:
        """Documents of the pledges that the person's units keep."""
        pledges = Pledge.objects.of_staff(staff(request))
        return (
            Document.objects.filter(signature__pledge__in=pledges)
            .select_related("signature")
            .defer("signature__strokes")
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """A reference code, however it is typed, or a part of one."""
        typed = search_term.upper().replace("-", "").replace(" ", "")
        return queryset.filter(signature__reference__contains=typed), False

    def get_urls(self) -> list[URLPattern]:
        """Trying again all that is parked."""
        retry_all = self.admin_site.admin_view(self.retry_all)
        return [path("retry/", retry_all, name="pledges_document_retry_all"), *super().get_urls()]

    @admin.display(description=gettext_lazy("reference code"))
    def code(self, document: Document) -> str:
        """In groups of four."""
        return document.signature.reference_grouped

    @admin.display(description=gettext_lazy("state"), ordering="state")
    def state_chip(self, document: Document) -> SafeString:
        """As a chip."""
        return chip(str(document.state))

    @admin.display(description=gettext_lazy("created at"), ordering="created_at")
    def created(self, document: Document) -> str:
        """With the offset."""
        return moment(document.created_at)

    @admin.display(description=gettext_lazy("next attempt at"))
    def next_attempt(self, document: Document) -> str:
        """While there is one."""
        return moment(document.next_attempt_at) if document.state == DocumentState.PENDING else "–"

    @admin.display(description=gettext_lazy("sealed at"), ordering="sealed_at")
    def sealed(self, document: Document) -> str:
        """With the offset."""
        return moment(document.sealed_at)

    def has_retry_permission(self, request: HttpRequest, object_id: str) -> bool:
        """Whether the button is shown and works; a POST that comes too late changes nothing and says so."""
        fits = is_pressed(request) or self.own_object(request, object_id).state == DocumentState.PARKED
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
        parked = list(self.get_queryset(request).filter(state=DocumentState.PARKED).order_by("id")[:1000])
        return self._retry(
            request, parked, back=reverse("admin:pledges_document_changelist") + "?state__exact=parked"
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
        done = sum(documents.retry_parked(document=document, actor_id=actor, at=now) for document in parked)
        words = ngettext(
            "%(count)s document will be tried again.", "%(count)s documents will be tried again.", done
        )
        self.message_user(request, words % {"count": done}, messages.SUCCESS if done else messages.INFO)
        return redirect(back)
