"""What the audit trail tells of organising units."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from kolportal.audit.history import Event, Subject

UNIT = Subject("unit", _("organising unit"))

CHANGED = Event("unit.changed", _("unit or its staff changed"), UNIT)
