"""What a list says of somebody: the columns of ``Attendee`` that a person, or staff, fills in."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from events.models import Attendee
    from kolportal.people.models import Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """``kind``: of ``SignerKind``, empty for a guest. ``email``: in lower case. ``phone``: E.164. ``channels``: one a line.

    Of what is not known the text is empty.
    """

    full_name: str
    stage_name: str = ""
    kind: str = ""
    commune_code: str = ""
    organisation: str = ""
    email: str = ""
    phone: str = ""
    channels: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListDetails(Details):
    """What staff write of somebody: ``note`` is for staff alone, ``group`` such as a table or a delegation."""

    note: str = ""
    group: str = ""


def of_person(person: Person) -> Details:
    """What the person says of himself or herself now; three queries at most."""
    channels = person.channels.current().order_by("platform", "name")
    return Details(
        full_name=person.full_name,
        stage_name=person.stage_name,
        kind=person.kind,
        commune_code=person.commune_code,
        organisation=person.organisation,
        email=person.email.lower(),
        phone=person.phone,
        channels="\n".join(
            f"{channel.get_platform_display()}: {channel.name} – {channel.url}" for channel in channels
        ),
    )


def write(details: Details, attendee: Attendee) -> dict[str, tuple[str, str]]:
    """Puts the details into the row, unsaved; returns what differs: column → (old, new)."""
    changed: dict[str, tuple[str, str]] = {}
    for column, new in asdict(details).items():
        if (old := getattr(attendee, column)) != new:
            changed[column] = (old, new)
            setattr(attendee, column, new)
    return changed
