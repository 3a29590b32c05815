"""The list of signed pledges for officials and organisers: find, look, download; nobody changes anything."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import F, Prefetch, Q
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from kolportal import codes
from kolportal.accounts.models import User
from kolportal.accounts.roles import Role
from kolportal.vietnamese import fold
from pledges import columns, documents, exports, storage
from pledges.admin.base import ReadOnlyAdmin, staff
from pledges.admin.filters import (
    CommuneFilter,
    EventFilter,
    PeriodFilter,
    PlatformFilter,
    PledgeFilter,
    StandingFilter,
    VersionFilter,
)
from pledges.admin.signature_columns import SignatureColumns
from pledges.models import DocumentState, Proof, Signature

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.urls import URLPattern

DOWNLOAD = "pledges.download_document"


def recipient(user: User) -> exports.Recipient:
    """The account with the role in which it may download."""
    names = set(user.groups.values_list("name", flat=True))
    role = next((role for role in (Role.OFFICIAL, Role.ADMINISTRATOR, Role.ORGANISER) if role in names), None)
    return exports.Recipient(actor_id=user.pk, role=role.value if role else "staff")


@admin.register(Signature)
class SignatureAdmin(SignatureColumns, ReadOnlyAdmin):
    """Signed pledges of the person's units, by given name."""

    list_display = (
        "name",
        "code",
        "place_and_kind",
        "text_signed",
        "signed",
        "state_chip",
        "file",
    )
    list_filter = (
        EventFilter,
        PledgeFilter,
        VersionFilter,
        StandingFilter,
        ("kind", ChoicesDropdownFilter),
        CommuneFilter,
        PlatformFilter,
        ("signed_at", PeriodFilter),
    )
    search_fields = ("particulars__search_key",)
    search_help_text = gettext_lazy("Name, with or without accents, or reference code")
    # By given name; whose name was erased comes last.
    ordering = (F("particulars__erased_at").asc(nulls_first=True), "particulars__sort_key", "-id")
    list_before_template = "admin/pledges/signature_tools.html"
    change_form_outer_before_template = "admin/pledges/signature_download.html"

    LOOKUPS = frozenset(
        {
            "event",
            "pledge",
            "version",
            "standing",
            "kind__exact",
            "commune",
            "platform",
            "signed_at_from",
            "signed_at_to",
        }
    )
    PERSON = (
        "name",
        "stage_name",
        "kind",
        "commune",
        "organisation",
        "email",
        "channels_covered",
        "kept_until",
    )
    ERASED = ("name", "erased", "kind")
    ACT = (
        "state_chip",
        "code",
        "text_signed",
        "digest",
        "language",
        "meeting",
        "signed",
        "ended",
        "replaces",
    )
    EVIDENCE = ("picture", "method", "confirmed", "consented", "consent", "browser", "address")
    FILE = ("document_state", "sealed", "sha256", "seal", "downloads")

    def get_fieldsets(self, request: HttpRequest, obj: Signature | None = None) -> Any:
        """How it was signed (browser, address, drawing) is evidence, for those who may also have the document."""
        erased = obj is not None and obj.particulars.erased_at is not None
        parts: list[tuple[str, tuple[str, ...]]] = [
            (_("Signer"), self.ERASED if erased else self.PERSON),
            (_("What was signed"), self.ACT),
        ]
        if staff(request).has_perm(DOWNLOAD):
            parts.append((_("How it was signed"), ("confirmed",) if erased else self.EVIDENCE))
        parts.append((_("Sealed document"), self.FILE))
        return [(title, {"fields": fields}) for title, fields in parts]

    def get_readonly_fields(self, request: HttpRequest, obj: Signature | None = None) -> tuple[str, ...]:
        """All of them."""
        return (*self.PERSON, "erased", *self.ACT, *self.EVIDENCE, *self.FILE)

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """The download column is for those who may download."""
        return self.list_display if staff(request).has_perm(DOWNLOAD) else self.list_display[:-1]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Signature]:
        """Of the person's units, with what a list shows, or with all that the page of one does."""
        own = (
            super()
            .get_queryset(request)
            .select_related("particulars", "pledge", "text__edition", "event")
            .prefetch_related(Prefetch("document", queryset=documents.for_list()))
        )
        if not (request.resolver_match and "object_id" in request.resolver_match.kwargs):
            return own.defer(*exports.BIG_COLUMNS)
        proofs = Proof.objects.select_related("evidence", "steward")
        return own.select_related("circumstances", "supersedes").prefetch_related(
            "channels", Prefetch("proofs", queryset=proofs)
        )

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Only what the filters use. Django would take any column, so that an organiser could probe for addresses."""
        return lookup in self.LOOKUPS

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Every word somewhere in the name, accents apart; or the whole term as a reference code."""
        condition = Q()
        for word in fold(search_term).split():
            condition &= Q(particulars__search_key__contains=word)
        with suppress(codes.MistypedReference):
            condition |= Q(reference=codes.normalise(search_term))
        return queryset.filter(condition), False

    def get_urls(self) -> list[URLPattern]:
        """Downloads: all that a filter shows, and one."""
        wrap = self.admin_site.admin_view
        return [
            path("download/", wrap(self.download_all), name="pledges_signature_download_all"),
            path(
                "<int:object_id>/download/",
                wrap(require_POST(self.download)),
                name="pledges_signature_download",
            ),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Whether to offer "download all"."""
        return super().changelist_view(
            request, {**(extra_context or {}), "may_download": staff(request).has_perm(DOWNLOAD)}
        )

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Whether to offer the download."""
        more = {"may_download": staff(request).has_perm(DOWNLOAD)}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **more})

    # --- Downloads ------------------------------------------------------------------------------------------------------

    def download(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """One sealed PDF, by POST: it writes an audit event that the signer sees."""
        self.require(request, DOWNLOAD)
        signature = self.own_object(request, str(object_id))
        try:
            data = exports.hand_out(
                document=signature.document, to=recipient(staff(request)), at=timezone.now()
            )
        except exports.DocumentNotSealed:
            erased = signature.particulars.erased_at is not None
            words = columns.ERASED if erased else _("The document is not sealed yet, so there is no file.")
            self.message_user(request, words, messages.WARNING)
        except (storage.StoredFileDamaged, OSError):
            self.message_user(
                request,
                _("The stored file is missing or damaged. Please tell the administrator."),
                messages.ERROR,
            )
        else:
            name = exports.file_name(signature)
            headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
            return HttpResponse(data, content_type="application/pdf", headers=headers)
        return redirect("admin:pledges_signature_change", signature.pk)

    def download_all(self, request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
        """GET says what will be handed out and asks; POST streams the ZIP of what the filter in the address shows."""
        self.require(request, DOWNLOAD)
        back = f"{reverse('admin:pledges_signature_changelist')}?{request.GET.urlencode()}"
        try:
            shown: QuerySet[Signature] = self.get_changelist_instance(request).queryset
        except IncorrectLookupParameters:
            return redirect("admin:pledges_signature_changelist")
        if request.method == "POST":
            pieces = exports.stream_zip(signatures=shown, to=recipient(staff(request)))  # type: ignore[arg-type]  # Unfold's list
            name = f"cam-ket-{timezone.localtime():%Y%m%d-%H%M}.zip"
            return StreamingHttpResponse(
                pieces,
                content_type="application/zip",
                headers={
                    "Content-Disposition": f'attachment; filename="{name}"',
                    "Cache-Control": "no-store",
                },
            )
        total = shown.count()
        sealed = shown.filter(documents.in_state(DocumentState.SEALED, "document")).count()
        return self.confirm(
            request,
            title=_("Download all that this list shows"),
            texts=[
                ngettext(
                    "The list shows %(total)s signed pledge; %(sealed)s of them sealed.",
                    "The list shows %(total)s signed pledges; %(sealed)s of them sealed.",
                    total,
                )
                % {"total": total, "sealed": sealed},
                _(
                    "The ZIP file holds every sealed PDF and a table (index.csv). Every download is recorded with your account; "
                    "the signer sees when it was, and your name, role and unit."
                ),
                _("The files hold personal data. Please keep them where only authorised people reach them."),
            ],
            button=_("Download ZIP"),
            back=back,
            errors=[] if sealed else [_("There is no sealed document in this list.")],
        )
