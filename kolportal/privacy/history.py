"""What the audit trail tells of people's rights over their data."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from kolportal.audit.history import Event
from kolportal.people.history import PERSON

ERASED = Event("profile.erased", _("data of a person erased"), PERSON)
