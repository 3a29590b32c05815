"""Who may do what: one table from role to permissions. A role is a Django group, made and kept by ``sync``.

Least rights: what is not in the table is not allowed. Which *rows* a person sees is another question, answered by the
``of_staff`` querysets. Nobody may change or remove a signature, a document or an entry of the audit trail.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import Group, Permission
from django.db.models import Q, TextChoices
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from kolportal.accounts.models import User


class Role(TextChoices):
    """The groups; the value is the group's name, the label what people read."""

    ORGANISER = "organiser", _("organiser")
    STEWARD = "steward", _("door steward")
    OFFICIAL = "official", _("official")
    ADMINISTRATOR = "administrator", _("administrator")


PERMISSIONS: dict[Role, tuple[str, ...]] = {
    Role.ORGANISER: (
        "events.view_event",
        "events.add_event",
        "events.change_event",
        *(
            f"events.{verb}_{part}"
            for part in ("eventunit", "agendaitem", "material")
            for verb in ("view", "add", "change", "delete")
        ),
        *(f"pledges.{verb}_eventpledge" for verb in ("view", "add", "change", "delete")),
        "units.view_organisingunit",
        "events.view_attendee",
        "events.add_attendee",
        "events.change_attendee",
        "pledges.view_pledge",
        "pledges.view_edition",
        "pledges.view_text",
        "pledges.view_undertaking",
        # Who signed and how far it is; the document itself and the evidence are for officials.
        "pledges.view_signature",
        "pledges.view_decline",
    ),
    # Check-in at the door has pages of its own and asks for the role, not for a permission of the admin.
    Role.STEWARD: (),
    Role.OFFICIAL: (
        "pledges.view_signature",
        "pledges.view_signedchannel",
        "pledges.view_document",
        "pledges.download_document",
        "pledges.view_decline",
    ),
    Role.ADMINISTRATOR: (
        "units.see_all_units",
        *(f"units.{verb}_organisingunit" for verb in ("view", "add", "change", "delete")),
        "events.view_event",
        "accounts.view_user",
        "accounts.add_user",
        "accounts.change_user",
        *(
            f"pledges.{verb}_{what}"
            for what in ("pledge", "edition", "text", "legalreference")
            for verb in ("view", "add", "change")
        ),
        *(f"pledges.{verb}_undertaking" for verb in ("view", "add", "change", "delete")),
        "pledges.delete_edition",
        "pledges.delete_text",  # drafts; a published text is frozen by a trigger
        "pledges.publish_edition",
        "pledges.view_document",
        "work.change_work",  # gives parked work its attempts back; nothing else
        "audit.view_auditevent",
        "mail.view_message",  # who was told what, and what failed; never the words
    ),
}


def sync() -> None:
    """Makes the groups and gives each exactly the permissions of the table. Repeatable.

    Raises ``LookupError`` for a permission that does not exist (in a migration: call ``create_permissions`` first).
    """
    for role, names in PERMISSIONS.items():
        group, _created = Group.objects.get_or_create(name=role.value)
        group.permissions.set(_permissions(names))


def _permissions(names: tuple[str, ...]) -> list[Permission]:
    wanted = Q(pk__in=())
    for name in names:
        app, codename = name.split(".")
        wanted |= Q(content_type__app_label=app, codename=codename)
    found = list(Permission.objects.filter(wanted).select_related("content_type"))
    missing = set(names) - {f"{each.content_type.app_label}.{each.codename}" for each in found}
    if missing:
        raise LookupError(f"No such permissions: {', '.join(sorted(missing))}.")
    return found


def grant(user: User, *roles: Role) -> User:
    """Gives an account these roles besides what it has; returns it."""
    user.groups.add(*Group.objects.filter(name__in=[role.value for role in roles]))
    return user


def display_name(group: Group) -> str:
    """What people read for a group."""
    return str(Role(group.name).label) if group.name in Role.values else group.name
