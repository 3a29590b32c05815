"""Who has fetched a sealed PDF, as its signer is told: staff by name, role and unit. Read from the history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from kolportal.accounts.models import User
from kolportal.accounts.roles import Role
from kolportal.audit.models import AuditEvent
from kolportal.units.models import OrganisingUnit
from pledges import history

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from django.utils.functional import _StrPromise

SIGNER = "signer"
"""The role in the history of a signer who fetched the own PDF; the others are roles of staff."""


@dataclass(frozen=True, slots=True)
class Download:
    """One time that somebody fetched the PDF: when, who (staff by name), in which role and for which unit."""

    at: datetime
    who: str | _StrPromise
    role: str | _StrPromise
    unit: str


def by_document(document_ids: Iterable[int], *, reader: User) -> dict[int, list[Download]]:
    """Who fetched which PDF, newest first, by the document's key; three queries whatever their number. ``reader`` is "you"."""
    entries = list(
        AuditEvent.objects.filter(
            action=history.DOWNLOADED.name,
            subject_type=history.DOCUMENT.name,
            subject_id__in=[str(key) for key in document_ids],
        ).order_by("-id")
    )
    actors = User.objects.in_bulk({int(entry.actor_id) for entry in entries if entry.actor_id.isdigit()})
    units = OrganisingUnit.objects.in_bulk(
        {entry.detail["unit"] for entry in entries if "unit" in entry.detail}
    )
    found: dict[int, list[Download]] = {}
    for entry in entries:
        is_reader = entry.actor_id == str(reader.pk)
        actor = actors.get(int(entry.actor_id)) if entry.actor_id.isdigit() else None
        role = str(entry.detail.get("role", ""))
        download = Download(
            at=entry.at,
            who=_("you") if is_reader else (actor.name if actor and actor.name else _("a member of staff")),
            role="" if role == SIGNER else _role_words(role),
            unit="" if role == SIGNER else str(units.get(entry.detail.get("unit"), "")),
        )
        found.setdefault(int(entry.subject_id), []).append(download)
    return found


def _role_words(role: str) -> str | _StrPromise:
    return Role(role).label if role in Role.values else role
