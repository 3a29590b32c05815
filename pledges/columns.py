"""What a table of signed pledges says of each, once for the list of the administration and for ``index.csv``.

A signature whose particulars were erased says so in place of the name, and nothing of the person.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kolportal.people.models import Platform
from kolportal.tables import Column
from pledges.models import Signature

if TYPE_CHECKING:
    from datetime import datetime

ERASED = _("erased on request or after the time of keeping")


def name_of(signature: Signature) -> str:
    """The signer's full name, or that it was erased."""
    return signature.particulars.full_name or str(ERASED)


def local(at: datetime | None) -> datetime | None:
    """The same moment in the site's zone."""
    return timezone.localtime(at) if at else None


def _channels(signature: Signature) -> str:
    return "; ".join(f"{Platform(each.platform).label}: {each.url}" for each in signature.channels.all())


def _sealed_at(signature: Signature) -> datetime | None:
    file = signature.document.file
    return local(file.sealed_at) if file else None


REFERENCE = Column[Signature](_("Reference code"), lambda row: row.reference_grouped)
NAME = Column[Signature](_("Full name"), name_of)
STAGE_NAME = Column[Signature](_("Public (stage) name"), lambda row: row.particulars.stage_name)
KIND = Column[Signature](_("Kind"), lambda row: row.get_kind_display())
COMMUNE = Column[Signature](_("Commune"), lambda row: row.particulars.commune_label)
ORGANISATION = Column[Signature](_("Organisation"), lambda row: row.particulars.organisation)
CHANNELS = Column[Signature](_("Channels covered"), _channels)
EVENT = Column[Signature](_("Event"), lambda row: row.event.title if row.event else "")
PLEDGE = Column[Signature](_("Pledge"), lambda row: row.pledge.name)
VERSION = Column[Signature](_("Version"), lambda row: row.text.edition.number)
LANGUAGE = Column[Signature](_("Language"), lambda row: row.text.get_language_display())
SIGNED_AT = Column[Signature](_("Signed at"), lambda row: local(row.signed_at))
STANDING = Column[Signature](_("State"), lambda row: str(row.standing.label))
SEALED_AT = Column[Signature](_("Sealed at"), _sealed_at)

INDEX = (
    REFERENCE, NAME, STAGE_NAME, KIND, COMMUNE, ORGANISATION, CHANNELS, EVENT, PLEDGE, VERSION, LANGUAGE, SIGNED_AT, STANDING,
    SEALED_AT,
)  # fmt: skip
