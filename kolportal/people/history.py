"""What the audit trail tells of people's own details and of the channels that they declare."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from kolportal.audit.history import Event, Subject

PERSON = Subject("profile", _("signer"))
CHANNEL = Subject("channel", _("page, group or channel"))

CREATED = Event("profile.created", _("profile filled in"), PERSON)
CHANGED = Event("profile.changed", _("profile changed"), PERSON)
MERGED = Event("profile.merged", _("what was signed at a tablet joined to the account"), PERSON)
CHANNEL_DECLARED = Event("channel.declared", _("channel declared"), CHANNEL)
CHANNEL_CHANGED = Event("channel.changed", _("channel changed"), CHANNEL)
CHANNEL_REMOVED = Event("channel.removed", _("channel removed"), CHANNEL)
