"""Messages in the administration: what was told when, and what could not be told. Never the words, never a whole address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display

from kolportal.frame.site import ReadOnlyAdmin, moment
from kolportal.mail import words
from kolportal.mail.models import Message, MessageState

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.utils.functional import _StrPromise

PURPOSES: dict[str, _StrPromise] = {
    "account_address_changed": _("address of the account changed"),
    "account_already_exists": _("sign-up with an address that has an account"),
    "account_email_confirmation": _("code to confirm an address"),
    "account_email_confirmation_signup": _("code to create an account"),
    "account_login_code": _("code to log in"),
    "account_password_changed": _("password set or changed"),
    "account_password_reset_code": _("code to set a new password"),
    "account_unknown_account": _("log-in with an address that has no account"),
    "confirmation_code": _("code to confirm an act"),
    "event_called_off": _("event called off"),
    "event_declined": _("declined to attend"),
    "event_moved": _("event at another place or time"),
    "event_registered": _("registered for an event"),
    "event_registered_by_other": _("registered by somebody else"),
    "event_registration_cancelled": _("cancelled a registration"),
    "event_waiting": _("put on the waiting list"),
    "pledge_replaced": _("pledge replaced by a newer signing"),
    "pledge_sealed": _("PDF sealed"),
    "pledge_withdrawn": _("pledge withdrawn"),
}
"""Every template of ``templates/emails`` → what its messages tell."""


class PurposeFilter(DropdownFilter):  # type: ignore[misc]  # Unfold ships no types
    """By what is told."""

    title = _("purpose")
    parameter_name = "purpose"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, _StrPromise]]:
        return [*PURPOSES.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Message]) -> QuerySet[Message]:
        return queryset.filter(purpose=self.value()) if self.value() else queryset


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    """What was told, and what failed with which answer of the mail server; nothing can be changed here."""

    list_display = ("created", "told", "recipient", "state_label", "why", "sent")
    list_filter = ("state", PurposeFilter)
    ordering = ("-id",)
    fields = ("told", "recipient", "language", "state_label", "why", "created", "sent", "emptied")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        """Without the words, which no page shows."""
        queryset: QuerySet[Message] = super().get_queryset(request)
        return queryset.defer("subject", "text", "html", "headers")

    @admin.display(description=_("created at"), ordering="id")
    def created(self, message: Message) -> str:
        """When, with the offset."""
        return moment(message.created_at)

    @admin.display(description=_("purpose"), ordering="purpose")
    def told(self, message: Message) -> str:
        """What the message tells; a template that is gone is named as it was."""
        return str(PURPOSES.get(message.purpose, message.purpose))

    @admin.display(description=_("to"))
    def recipient(self, message: Message) -> str:
        """The masked address; a dash after an erasure."""
        return words.masked(message.to_address) or "–"

    @display(
        description=_("state"),
        ordering="state",
        label={
            MessageState.QUEUED.label: "info",
            MessageState.SENT.label: "success",
            MessageState.FAILED.label: "danger",
        },
    )
    def state_label(self, message: Message) -> Any:
        """The state in words and colour."""
        return message.get_state_display()

    @admin.display(description=_("reason"))
    def why(self, message: Message) -> str:
        """The mail server's reply code, or what else stood in the way."""
        return message.reason or "–"

    @admin.display(description=_("sent at"), ordering="sent_at")
    def sent(self, message: Message) -> str:
        """When the server took it, with the offset."""
        return moment(message.sent_at)

    @admin.display(description=_("words removed at"))
    def emptied(self, message: Message) -> str:
        """When, with the offset."""
        return moment(message.emptied_at)
