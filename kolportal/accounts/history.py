"""What the audit trail tells of accounts."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from kolportal.audit.history import Event, Subject

ACCOUNT = Subject("account", _("account"))

STANDING_CHANGED = Event("account.standing_changed", _("roles, units, access or name changed"), ACCOUNT)
LOGGED_OUT_EVERYWHERE = Event("account.logged_out_everywhere", _("logged out everywhere"), ACCOUNT)
PASSWORD_CHANGED = Event("account.password_changed", _("password set or changed"), ACCOUNT)
ADDRESS_CHANGED = Event("account.address_changed", _("e-mail address changed"), ACCOUNT)
