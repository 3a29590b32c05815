"""The words for what the audit trail keeps as codes. A code without words is shown as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.utils.functional import _StrPromise

ACTIONS: Mapping[str, _StrPromise] = {
    "account.logged_out_everywhere": _("logged out everywhere"),
    "account.standing_changed": _("roles, units, access or name changed"),
    "attendee.registered": _("registered for an event"),
    "attendee.declined": _("declined to attend"),
    "attendee.cancelled": _("cancelled a registration"),
    "channel.declared": _("channel declared"),
    "channel.changed": _("channel changed"),
    "channel.removed": _("channel removed"),
    "document.sealed": _("PDF sealed"),
    "document.parked": _("sealing given up"),
    "document.retried": _("sealing tried again"),
    "document.downloaded": _("PDF downloaded"),
    "event.drafted": _("event drafted"),
    "event.changed": _("event changed"),
    "event.published": _("event published"),
    "event.closed": _("event closed"),
    "event.cancelled": _("event called off"),
    "pledge.opened": _("pledge opened for signing"),
    "pledge.closed": _("pledge closed"),
    "pledge.published": _("pledge text published"),
    "pledge.version_drafted": _("pledge text drafted"),
    "pledge.signed": _("pledge signed"),
    "pledge.declined": _("pledge declined"),
    "pledge.decline_reversed": _("decline taken back"),
    "pledge.withdrawn": _("pledge withdrawn"),
    "profile.created": _("profile filled in"),
    "profile.changed": _("profile changed"),
    "unit.changed": _("unit or its staff changed"),
}
SUBJECTS: Mapping[str, _StrPromise] = {
    "account": _("account"),
    "attendee": _("attendee"),
    "channel": _("page, group or channel"),
    "document": _("sealed PDF"),
    "event": _("event"),
    "pledge": _("pledge"),
    "pledge_version": _("pledge text"),
    "profile": _("signer"),
    "signature": _("signed pledge"),
    "unit": _("organising unit"),
}
