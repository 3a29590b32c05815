"""What the list and the page of one signed pledge show: every column and field, read-only."""

from __future__ import annotations

from django.conf import settings
from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from kolportal.accounts.models import User
from kolportal.frame.site import moment
from kolportal.audit.models import AuditEvent
from pledges import exports, strokes
from pledges.admin.base import chip
from pledges.models import Document, DocumentState, Signature


def standing(signature: Signature) -> str:
    """The state that the chip shows: the end of the signature, else what its document is."""
    if signature.withdrawn_at:
        return "withdrawn"
    if signature.superseded_at:
        return "superseded"
    return str(signature.document.state)


class SignatureColumns:
    """Mixed into ``SignatureAdmin``."""

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
