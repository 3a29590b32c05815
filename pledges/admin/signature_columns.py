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
from pledges import columns, documents, history, strokes
from pledges.admin.base import chip
from pledges.models import DocumentState, Proof, Signature


class SignatureColumns:
    """Mixed into ``SignatureAdmin``. Names and the like are the signature's particulars, as they stood at signing."""

    @admin.display(description=columns.NAME.title, ordering="particulars__sort_key")
    def name(self, signature: Signature) -> str:
        """Name, and the public name under it; or that both were erased."""
        if signature.particulars.stage_name:
            return format_html(
                '{}<br><span class="kp-quiet">{}</span>',
                columns.NAME.text(signature),
                columns.STAGE_NAME.text(signature),
            )
        return columns.NAME.text(signature)

    @admin.display(description=gettext_lazy("commune and kind"), ordering="particulars__commune_label")
    def place_and_kind(self, signature: Signature) -> SafeString:
        """As they stood at signing."""
        return format_html(
            '<span>{}<br><span class="kp-quiet">{}</span></span>',
            columns.COMMUNE.text(signature) or "–",
            columns.KIND.text(signature),
        )

    @admin.display(description=columns.REFERENCE.title)
    def code(self, signature: Signature) -> SafeString:
        """In groups of four."""
        return format_html('<code class="kp-code">{}</code>', columns.REFERENCE.text(signature))

    @admin.display(description=gettext_lazy("text signed"), ordering="text")
    def text_signed(self, signature: Signature) -> str:
        """Pledge, number and language."""
        return format_html(
            '<span class="kp-wide">{} – {}</span>', columns.PLEDGE.text(signature), signature.text.label
        )

    @admin.display(description=columns.EVENT.title)
    def meeting(self, signature: Signature) -> str:
        """Its title; not everybody who sees this may open the event's own page."""
        return columns.EVENT.text(signature) or "–"

    @admin.display(description=columns.SIGNED_AT.title, ordering="signed_at")
    def signed(self, signature: Signature) -> str:
        """With the offset."""
        return moment(signature.signed_at)

    @admin.display(description=columns.STANDING.title)
    def state_chip(self, signature: Signature) -> SafeString:
        """One chip for signature and document."""
        return chip(documents.shown_state(signature))

    @admin.display(description="PDF")
    def file(self, signature: Signature) -> str:
        """A button of the list's own form (it carries the token), sent to the download."""
        if documents.state_of(signature.document) != DocumentState.SEALED:
            return "–"
        url = reverse("admin:pledges_signature_download", args=[signature.pk])
        label = _("Download the PDF of %(name)s") % {"name": columns.name_of(signature)}
        return format_html(
            '<button type="submit" class="kp-button kp-button-small" formaction="{}" formmethod="post" aria-label="{}">{}</button>',
            url, label, _("Download"),
        )  # fmt: skip

    # --- The page of one ------------------------------------------------------------------------------------------------

    @admin.display(description=columns.STAGE_NAME.title)
    def stage_name(self, signature: Signature) -> str:
        """Or a dash."""
        return columns.STAGE_NAME.text(signature) or "–"

    @admin.display(description=columns.COMMUNE.title)
    def commune(self, signature: Signature) -> str:
        """Kind and name."""
        return columns.COMMUNE.text(signature)

    @admin.display(description=columns.ORGANISATION.title)
    def organisation(self, signature: Signature) -> str:
        """Or a dash."""
        return columns.ORGANISATION.text(signature) or "–"

    @admin.display(description=gettext_lazy("e-mail address"))
    def email(self, signature: Signature) -> str:
        """Or a dash for somebody without one."""
        return signature.particulars.email or "–"

    @admin.display(description=columns.CHANNELS.title)
    def channels_covered(self, signature: Signature) -> SafeString | str:
        """As they stood at signing; the links are text, because nobody here should follow them by accident."""
        rows = [
            (each.name, each.get_platform_display(), each.get_role_display(), each.url)
            for each in signature.channels.all()
        ]
        items = format_html_join("", "<li>{} ({}, {})<br><span class='kp-quiet'>{}</span></li>", rows)
        return format_html("<ul>{}</ul>", items) if rows else _("none; the pledge covers the person")

    @admin.display(description=gettext_lazy("erased at"))
    def erased(self, signature: Signature) -> str:
        """When everything about the person went."""
        return moment(signature.particulars.erased_at)

    @admin.display(description=gettext_lazy("kept until"))
    def kept_until(self, signature: Signature) -> str:
        """The last day, fixed at signing."""
        return f"{signature.particulars.keep_until:%d/%m/%Y}"

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
        particulars = signature.particulars
        if not particulars.strokes:
            return particulars.typed_name
        svg = strokes.to_svg(strokes.from_lists(particulars.strokes))
        return format_html('<div class="kp-ink">{}</div>', mark_safe(svg))  # noqa: S308  (drawn by us from checked numbers)

    @admin.display(description=gettext_lazy("method"))
    def method(self, signature: Signature) -> str:
        """Drawn or typed."""
        return signature.particulars.get_method_display()

    @admin.display(description=gettext_lazy("identity confirmed by"))
    def confirmed(self, signature: Signature) -> SafeString:
        """Each proof: how and when; the contact as far as it is shown; who saw the person, at which gate."""
        lines = ((_confirmation(proof),) for proof in signature.proofs.all())
        return format_html_join(mark_safe("<br>"), "{}", lines)

    @admin.display(description=columns.LANGUAGE.title)
    def language(self, signature: Signature) -> str:
        """Of the text that was signed."""
        return columns.LANGUAGE.text(signature)

    @admin.display(description=gettext_lazy("consented at"))
    def consented(self, signature: Signature) -> str:
        """With the offset."""
        return moment(signature.particulars.consented_at)

    @admin.display(description=gettext_lazy("consent to the processing of personal data, as shown"))
    def consent(self, signature: Signature) -> str:
        """The words that were ticked."""
        return signature.particulars.consent_text

    @admin.display(description=gettext_lazy("browser"))
    def browser(self, signature: Signature) -> str:
        """Until its retention is over."""
        kept = signature.circumstances
        return _("erased after its retention") if kept.erased_at else kept.user_agent or "–"

    @admin.display(description=gettext_lazy("network address"))
    def address(self, signature: Signature) -> str:
        """Until its retention is over."""
        kept = signature.circumstances
        if kept.erased_at:
            return _("erased after its retention")
        days = settings.EVIDENCE_RETENTION_DAYS
        words = ngettext("kept for %(days)s day", "kept for %(days)s days", days) % {"days": days}
        return f"{kept.ip_address or '–'} ({words})"

    @admin.display(description=gettext_lazy("state of the document"))
    def document_state(self, signature: Signature) -> SafeString:
        """Whatever became of the signature."""
        return chip(documents.state_of(signature.document).value)

    @admin.display(description=columns.SEALED_AT.title)
    def sealed(self, signature: Signature) -> str:
        """With the offset."""
        file = signature.document.file
        return moment(file.sealed_at if file else None)

    @admin.display(description=gettext_lazy("SHA-256 of the file"))
    def sha256(self, signature: Signature) -> SafeString | str:
        """Whole."""
        file = signature.document.file
        return format_html('<code class="kp-code">{}</code>', file.sha256) if file else "–"

    @admin.display(description=gettext_lazy("seal"))
    def seal(self, signature: Signature) -> str:
        """Level, pages, size; a test key is said in words."""
        file = signature.document.file
        if file is None:
            return "–"
        pages = ngettext("%(count)s page", "%(count)s pages", file.pages) % {"count": file.pages}
        words = f"PAdES {file.achieved_level}, {pages}, {file.size // 1000} kB"
        test = _("TEST – sealed with a test key, not to be used as a record.")
        return f"{words}. {test}" if file.is_test else words

    @admin.display(description=gettext_lazy("downloads"))
    def downloads(self, signature: Signature) -> SafeString | str:
        """Who has had the file and when; the signer sees the same list."""
        # Unfold's page asks for each field several times.
        kept = signature.__dict__
        if "shown_downloads" not in kept:
            kept["shown_downloads"] = _downloads(signature)
        shown: SafeString | str = kept["shown_downloads"]
        return shown


def _downloads(signature: Signature) -> SafeString | str:
    events = list(history.DOWNLOADED.about(signature.document.pk)[:50])
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
    lines = format_html_join("", "<li>{}: {}</li>", rows)
    return format_html("<ul>{}</ul>", lines) if rows else _("nobody so far")


def _confirmation(proof: Proof) -> str:
    words = [str(proof.get_factor_display())]
    evidence = getattr(proof, "evidence", None)
    if evidence and evidence.contact:
        words.append(evidence.contact)
    if proof.steward:
        words.append(str(proof.steward))
    if proof.gate:
        words.append(proof.gate)
    return ", ".join([*words, moment(proof.proved_at)])
