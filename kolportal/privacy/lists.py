"""Erasing what the lists of meetings say of a person. Rows keep their keys, so that scans and entries stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from events import answers, invitations
from events.history import ATTENDEE, REMOVED
from events.models import Attendee
from kolportal.accounts.models import User
from kolportal.audit.history import forget_values
from kolportal.mail import outbox
from kolportal.mail.models import Message
from kolportal.people.models import Contact, ContactKind
from kolportal.privacy.register import emptied
from kolportal.vietnamese import fold
from pledges import documents
from pledges.models import Document

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from kolportal.people.models import Person


def rows_of(people: Collection[Person]) -> set[int]:
    """Keys of the rows that are the person's: those that his or her own act linked, unlinked ones that bear the name together
    with an address or number that the person has proved (an address alone may be a family's), and all merged into those.
    """
    names = {fold(each.full_name) for each in people if each.full_name}
    unlinked = Attendee.objects.filter(_proved(people), person=None, erased_at=None).only("full_name")
    keys = set(Attendee.objects.filter(person__in=people).values_list("pk", flat=True))
    keys |= {row.pk for row in unlinked if fold(row.full_name) in names}
    while more := set(Attendee.objects.filter(merged_into__in=keys).values_list("pk", flat=True)) - keys:
        keys |= more
    return keys


def _proved(people: Collection[Person]) -> Q:
    proved = Contact.objects.filter(person__in=people, verified_at__isnull=False)
    numbers = proved.filter(kind=ContactKind.PHONE).values_list("value", flat=True)
    emails = proved.filter(kind=ContactKind.EMAIL).values_list("value", flat=True)
    accounts = User.objects.filter(person__in=people).values_list("email", flat=True)
    return Q(phone__in=[*numbers]) | Q(email__in=[*emails, *accounts])


def erase_rows(keys: Collection[int], *, actor_id: int | None, at: datetime) -> None:
    """Empties these rows in the caller's transaction; certificates go, links end, and from lists of meetings to come the rows
    are taken off, so that nobody's seat stays held."""
    held = Attendee.objects.filter(pk__in=keys, erased_at=None).select_related("event").order_by("pk")
    for row in held.select_for_update(of=("self",), no_key=True):
        invitations.revoke(attendee=row, actor_id=actor_id, at=at)
        if row.removed_at is None and row.merged_into_id is None and row.event.starts_at > at:
            answers.give_back(row)
            Attendee.objects.filter(pk=row.pk).update(removed_at=at)
            REMOVED.record(row.pk, actor_id=actor_id, at=at, detail={"event": row.event_id})
    Attendee.objects.filter(pk__in=keys, erased_at=None).update(erased_at=at, **emptied(Attendee))
    forget_values(ATTENDEE, keys)
    documents.destroy(Document.objects.filter(attendee__in=keys).values_list("pk", flat=True), at=at)


def forget_who_registered(accounts: Collection[User], *, at: datetime) -> None:
    """Removes the words of messages that name somebody as the one who registered another."""
    rows = Attendee.objects.filter(registered_by__in=accounts).values_list("pk", flat=True)
    occasions = [f"registered-by-other:{key}" for key in rows]
    outbox.empty(Message.objects.filter(occasion__in=occasions), at=at)
