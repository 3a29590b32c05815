"""The list of signed pledges for officials and organisers: find, look, download; nobody changes anything."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import Q
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from kolportal.accounts.models import User
from kolportal.accounts.roles import Role
from kolportal.admin_site import moment
from kolportal.audit.models import AuditEvent
from kolportal.vietnamese import fold
from pledges import exports, reference, storage, strokes
from pledges.admin.base import ReadOnlyAdmin, chip, staff
from pledges.admin.filters import (
    CommuneFilter,
    EventFilter,
    PeriodFilter,
    PlatformFilter,
    PledgeFilter,
    StandingFilter,
    VersionFilter,
)
from pledges.models import Document, DocumentState, Signature

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.urls import URLPattern

DOWNLOAD = "pledges.download_document"
BIG_COLUMNS = (
    "strokes",
    "consent_text",
    "version__canonical",
    "version__preamble",
    "version__closing",
    "event__summary",
)


def standing(signature: Signature) -> str:
    """The state that the chip shows: the end of the signature, else what its document is."""
    if signature.withdrawn_at:
        return "withdrawn"
    if signature.superseded_at:
        return "superseded"
    return str(signature.document.state)


def recipient(user: User) -> exports.Recipient:
    """The account with the role in which it may download."""
    names = set(user.groups.values_list("name", flat=True))
    role = next((role for role in (Role.OFFICIAL, Role.ADMINISTRATOR, Role.ORGANISER) if role in names), None)
    return exports.Recipient(actor_id=user.pk, role=role.value if role else "staff")


@admin.register(Signature)
class SignatureAdmin(ReadOnlyAdmin):
    """Signed pledges of the person's units, by given name."""

    list_display = (
        "person",
        "code",
        "place_and_kind",
        "text_signed",
        "signed",
        "state_chip",
        "file",
    )
    list_select_related = ("document", "version", "pledge", "event")
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
    search_fields = ("search_key",)
    search_help_text = gettext_lazy("Name, with or without accents, or reference code")
    ordering = ("sort_key", "-id")
    list_before_template = "admin/pledges/signature_tools.html"
    change_form_outer_before_template = "admin/pledges/signature_download.html"

    PERSON = ("full_name", "stage_name", "kind", "commune_label", "organisation", "email", "channels_covered")
    ACT = ("state_chip", "code", "text_signed", "digest", "meeting", "signed", "ended", "replaces")
    EVIDENCE = (
        "picture",
        "method",
        "confirmed",
        "language",
        "consented",
        "consent_text",
        "browser",
        "address",
    )
    FILE = ("document_state", "sealed", "sha256", "seal", "downloads")

    def get_fieldsets(self, request: HttpRequest, obj: Signature | None = None) -> Any:
        """How it was signed (browser, address, drawing) is evidence, for those who may also have the document."""
        parts = [(_("Signer"), self.PERSON), (_("What was signed"), self.ACT)]
        if staff(request).has_perm(DOWNLOAD):
            parts.append((_("How it was signed"), self.EVIDENCE))
        parts.append((_("Sealed document"), self.FILE))
        return [(title, {"fields": fields}) for title, fields in parts]

    def get_readonly_fields(self, request: HttpRequest, obj: Signature | None = None) -> tuple[str, ...]:
        """All of them."""
        return (*self.PERSON, *self.ACT, *self.EVIDENCE, *self.FILE)

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """The download column is for those who may download."""
        return self.list_display if staff(request).has_perm(DOWNLOAD) else self.list_display[:-1]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Signature]:
        """Of the person's units; a list needs none of the big columns."""
        found = super().get_queryset(request)
        return (
            found
            if request.resolver_match and "object_id" in request.resolver_match.kwargs
            else found.defer(*BIG_COLUMNS)
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Every word somewhere in the name, accents apart; or the whole term as a reference code."""
        condition = Q()
        for word in fold(search_term).split():
            condition &= Q(search_key__contains=word)
        with suppress(reference.MistypedReference):
            condition |= Q(reference=reference.normalise(search_term))
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
            self.message_user(
                request, _("The document is not sealed yet, so there is no file."), messages.WARNING
            )
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
        sealed = shown.filter(document__state=DocumentState.SEALED).count()
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
                    "The ZIP file holds every sealed PDF and a table (index.csv). Every document handed out is recorded with your "
                    "account, and its signer sees that an official downloaded it."
                ),
                _("The files hold personal data. Please keep them where only authorised people reach them."),
            ],
            button=_("Download ZIP"),
            back=back,
            errors=[] if sealed else [_("There is no sealed document in this list.")],
        )

    # --- What is shown --------------------------------------------------------------------------------------------------

    @admin.display(description=gettext_lazy("full name"), ordering="sort_key")
    def person(self, signature: Signature) -> str:
        """Name, and the public name under it."""
        if signature.stage_name:
            return format_html(
                '{}<br><span class="kp-quiet">{}</span>', signature.full_name, signature.stage_name
            )
        return signature.full_name

    @admin.display(description=gettext_lazy("commune and kind"), ordering="commune_label")
    def place_and_kind(self, signature: Signature) -> SafeString:
        """As they stood at signing."""
        kind = signature.get_kind_display()
        return format_html(
            '<span>{}<br><span class="kp-quiet">{}</span></span>', signature.commune_label, kind
        )

    @admin.display(description=gettext_lazy("reference code"))
    def code(self, signature: Signature) -> SafeString:
        """In groups of four."""
        return format_html('<code class="kp-code">{}</code>', signature.reference_grouped)

    @admin.display(description=gettext_lazy("text signed"), ordering="version")
    def text_signed(self, signature: Signature) -> str:
        """Pledge, number and language."""
        version = signature.version
        return format_html(
            '<span class="kp-wide">{} – {} ({})</span>',
            signature.pledge.name,
            version.number,
            version.language,
        )

    @admin.display(description=gettext_lazy("event"))
    def meeting(self, signature: Signature) -> str:
        """Its title; not everybody who sees this may open the event's own page."""
        return signature.event.title if signature.event else "–"

    @admin.display(description=gettext_lazy("signed at"), ordering="signed_at")
    def signed(self, signature: Signature) -> str:
        """With the offset."""
        return moment(signature.signed_at)

    @admin.display(description=gettext_lazy("state"))
    def state_chip(self, signature: Signature) -> SafeString:
        """One chip for signature and document."""
        return chip(standing(signature))

    @admin.display(description="PDF")
    def file(self, signature: Signature) -> str:
        """A button of the list's own form (it carries the token), sent to the download."""
        if signature.document.state != DocumentState.SEALED:
            return "–"
        url = reverse("admin:pledges_signature_download", args=[signature.pk])
        label = _("Download the PDF of %(name)s") % {"name": signature.full_name}
        return format_html(
            '<button type="submit" class="kp-button kp-button-small" formaction="{}" formmethod="post" aria-label="{}">{}</button>',
            url, label, _("Download"),
        )  # fmt: skip

    @admin.display(description=gettext_lazy("channels covered"))
    def channels_covered(self, signature: Signature) -> SafeString | str:
        """As they stood at signing; the links are text, because nobody here should follow them by accident."""
        rows = [
            (each.name, each.get_platform_display(), each.get_role_display(), each.url)
            for each in signature.channels.all()
        ]
        items = format_html_join("", "<li>{} ({}, {})<br><span class='kp-quiet'>{}</span></li>", rows)
        return format_html("<ul>{}</ul>", items) if rows else _("none; the pledge covers the person")

    @admin.display(description=gettext_lazy("withdrawn or replaced at"))
    def ended(self, signature: Signature) -> str:
        """The end of the signature, if it has one."""
        return moment(signature.withdrawn_at or signature.superseded_at)

    @admin.display(description=gettext_lazy("replaces"))
    def replaces(self, signature: Signature) -> str:
        """The older signature, as a link."""
        older = signature.supersedes
        if older is None:
            return "–"
        return format_html(
            '<a href="{}">{}</a>',
            reverse("admin:pledges_signature_change", args=[older.pk]),
            older.reference_grouped,
        )

    @admin.display(description=gettext_lazy("signature"))
    def picture(self, signature: Signature) -> SafeString | str:
        """The strokes as the PDF shows them, or the name typed."""
        if not signature.strokes:
            return signature.typed_name
        svg = strokes.to_svg(strokes.from_lists(signature.strokes))
        return format_html('<div class="kp-ink">{}</div>', mark_safe(svg))  # noqa: S308  (drawn by us from checked numbers)

    @admin.display(description=gettext_lazy("identity confirmed by"))
    def confirmed(self, signature: Signature) -> str:
        """How and when."""
        return f"{signature.get_confirmation_display()}, {moment(signature.confirmed_at)}"

    @admin.display(description=gettext_lazy("consented at"))
    def consented(self, signature: Signature) -> str:
        """With the offset."""
        return moment(signature.consented_at)

    @admin.display(description=gettext_lazy("browser"))
    def browser(self, signature: Signature) -> str:
        """Until its retention is over."""
        return (
            _("erased after its retention") if signature.evidence_erased_at else signature.user_agent or "–"
        )

    @admin.display(description=gettext_lazy("network address"))
    def address(self, signature: Signature) -> str:
        """Until its retention is over."""
        if signature.evidence_erased_at:
            return _("erased after its retention")
        days = settings.EVIDENCE_RETENTION_DAYS
        kept = ngettext("kept for %(days)s day", "kept for %(days)s days", days) % {"days": days}
        return f"{signature.ip_address or '–'} ({kept})"

    @admin.display(description=gettext_lazy("state of the document"))
    def document_state(self, signature: Signature) -> SafeString:
        """Whatever became of the signature."""
        return chip(str(signature.document.state))

    @admin.display(description=gettext_lazy("sealed at"))
    def sealed(self, signature: Signature) -> str:
        """With the offset."""
        return moment(signature.document.sealed_at)

    @admin.display(description=gettext_lazy("SHA-256 of the file"))
    def sha256(self, signature: Signature) -> SafeString | str:
        """Whole."""
        return (
            format_html('<code class="kp-code">{}</code>', signature.document.sha256)
            if signature.document.sha256
            else "–"
        )

    @admin.display(description=gettext_lazy("seal"))
    def seal(self, signature: Signature) -> str:
        """Level, pages, size; a test key is said in words."""
        document: Document = signature.document
        if not document.sealed_at:
            return "–"
        pages = ngettext("%(count)s page", "%(count)s pages", document.pages or 0) % {"count": document.pages}
        words = f"PAdES {document.seal_level}, {pages}, {(document.size or 0) // 1000} kB"
        return (
            f"{words}. {_('TEST – sealed with a test key, not to be used as a record.')}"
            if document.is_test
            else words
        )

    @admin.display(description=gettext_lazy("downloads"))
    def downloads(self, signature: Signature) -> SafeString | str:
        """Who has had the file and when; the signer sees the same list."""
        events = list(
            AuditEvent.objects.about("document", signature.document.pk).filter(action=exports.DOWNLOADED)[:50]
        )
        keys = {int(event.actor_id) for event in events if event.actor_id.isdigit()}
        names = {str(user.pk): str(user) for user in User.objects.filter(pk__in=keys)}
        own = _("the signer")
        rows = [
            (
                moment(event.at),
                own if event.detail.get("role") == "signer" else names.get(event.actor_id, event.actor_id),
            )
            for event in events
        ]
        return (
            format_html("<ul>{}</ul>", format_html_join("", "<li>{}: {}</li>", rows))
            if rows
            else _("nobody so far")
        )
