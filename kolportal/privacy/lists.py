"""Erasing what the lists of meetings say of a person. Rows keep their keys, so that scans and entries stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from events import answers, invitations
from events.history import ATTENDEE, REMOVED
from events.models import Attendee
from kolportal.accounts.models import User
from kolportal.audit.history import forget_values
from kolportal.audit.models import HistoryValue
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

    from django.db.models import QuerySet

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


def forget_contacts(people: Collection[Person]) -> None:
    """In the caller's transaction: takes the addresses and numbers that these have proved, and that nobody else has, out of the
    unlinked rows that bear another name, and out of what the history remembers of such rows. The rows stay.
    """
    emails, keys = _emails(people), [each.pk for each in people]
    # An address can be one person's contact and another's account; a number is proved by one person only.
    accounts = User.objects.filter(email__in=emails).exclude(person__in=keys)
    contacts = Contact.objects.filter(value__in=emails, verified_at__isnull=False).exclude(person__in=keys)
    emails -= {*accounts.values_list("email", flat=True), *contacts.values_list("value", flat=True)}
    for column, mine in (("email", emails), ("phone", _numbers(people))):
        unlinked = Attendee.objects.filter(person=None, erased_at=None)
        unlinked.filter(**{f"{column}__in": mine}).update(**{column: ""})
        told = HistoryValue.objects.filter(
            Q(**{f"fields__{column}__0__in": list(mine)}) | Q(**{f"fields__{column}__1__in": list(mine)}),
            event__subject_type=ATTENDEE.name,
        )
        of_rows = dict(told.values_list("pk", "event__subject_id"))
        theirs = {str(key) for key in unlinked.filter(pk__in=of_rows.values()).values_list("pk", flat=True)}
        HistoryValue.objects.filter(pk__in=[pk for pk, row in of_rows.items() if row in theirs]).delete()


def _proved(people: Collection[Person]) -> Q:
    return Q(phone__in=_numbers(people)) | Q(email__in=_emails(people))


def _numbers(people: Collection[Person]) -> set[str]:
    return set(_contacts(people, ContactKind.PHONE))


def _emails(people: Collection[Person]) -> set[str]:
    accounts = User.objects.filter(person__in=people).values_list("email", flat=True)
    return {*_contacts(people, ContactKind.EMAIL), *accounts}


def _contacts(people: Collection[Person], kind: ContactKind) -> QuerySet[Contact, str]:
    proved = Contact.objects.filter(person__in=people, verified_at__isnull=False, kind=kind)
    return proved.values_list("value", flat=True)


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
