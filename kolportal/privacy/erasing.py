"""Erasing a person: everything that says who somebody is goes, what the programme did stands. Knows no request.

What goes and what stays, column by column: ``kolportal.privacy.register``. In short, what stays is the act of each signature
(text, time, ticks, unit, salt and commitments, proofs), the entries of the audit trail and of the public log, the digests of
files, and the keys of emptied rows. An active pledge stays active: a withdrawal is the signer's own act, proved by a factor
and told in the public log (``pledges.signing.withdraw``), and an erasure proves nothing of the kind. Whoever withdraws
consent withdraws first and is erased then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.account.models import EmailAddress
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Q

from events.history import ATTENDEE
from events.models import Answer, Attendee, Invitation
from kolportal import mailbox
from kolportal.accounts.history import ACCOUNT
from kolportal.accounts.models import ConfirmationCode, User
from kolportal.audit.history import forget_values
from kolportal.mail import outbox
from kolportal.mail.models import Message
from kolportal.people.history import CHANNEL, PERSON
from kolportal.people.models import Channel, Contact, ContactKind, Person
from kolportal.privacy import history
from kolportal.privacy.register import emptied
from kolportal.privacy.sessions import END_SESSIONS
from kolportal.privacy.signers import erase_signers
from kolportal.vietnamese import fold
from kolportal.work import queue
from pledges import documents
from pledges.models import Attempt, AttemptEnd, Document, Signature

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from django.db.models import Model

_NO_DIGEST = "0" * 64


class ErasureRefused(Exception):
    """Nothing was erased. The subclasses say why."""


class StillStaff(ErasureRefused):
    """The account has a role, a unit or the administration: it has to lose these first, by whoever gave them."""


def erase(*, person: Person, actor_id: int | None, at: datetime) -> bool:
    """Erases a person with everybody merged into him or her; ``False`` when that was done before.

    ``actor_id``: the account that does it, ``None`` for the system. One transaction; the bytes of sealed files and what the
    person's sessions hold follow the commit as work. Raises ``StillStaff``.
    """
    with transaction.atomic():
        people = _held(person)
        if all(each.erased_at for each in people):
            return False
        accounts = [each.user for each in people if each.user is not None]
        for account in accounts:
            _check_is_no_staff(account)
        addresses = _addresses(people)
        _end_attempts(people, at=at)
        attendees = _erase_attendees(people, at=at)
        signatures = list(Signature.objects.filter(person__in=people).values_list("pk", flat=True))
        erase_signers(signatures, actor_id=actor_id, at=at)
        _erase_messages(addresses, at=at)
        _erase_people(people, at=at)
        for account in accounts:
            _close(account, at=at)
        detail = {"signatures": len(signatures), "attendees": len(attendees)}
        history.ERASED.record(people[0].pk, actor_id=actor_id, at=at, detail=detail)
        mailbox.remove_to(addresses)
    return True


# --- Who ------------------------------------------------------------------------------------------------------------------


def _held(person: Person) -> list[Person]:
    """The person that all were merged into, first, and those others; held until the transaction ends, as signing holds them."""
    root = person.pk
    while into := Person.objects.filter(pk=root).values_list("merged_into", flat=True).get():
        root = into
    keys = {root}
    while more := set(Person.objects.filter(merged_into__in=keys).values_list("pk", flat=True)) - keys:
        keys |= more
    held = Person.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=keys).order_by("pk")
    return sorted(held.select_related("user"), key=lambda each: each.pk != root)


def _check_is_no_staff(account: User) -> None:
    if (
        account.is_staff
        or account.is_superuser
        or account.groups.exists()
        or account.organising_units.exists()
    ):
        raise StillStaff


def _addresses(people: list[Person]) -> set[str]:
    """Every address that the person gave, in lower case, but those that are proven to be somebody else's."""
    known = set(
        Contact.objects.filter(person__in=people, kind=ContactKind.EMAIL).values_list("value", flat=True)
    )
    known |= _of_accounts(people)
    known |= set(Attendee.objects.filter(person__in=people).values_list("email", flat=True))
    known |= set(Signature.objects.filter(person__in=people).values_list("particulars__email", flat=True))
    mine = {address.lower() for address in known if address}
    others = User.objects.filter(email__in=mine).exclude(person__in=people).values_list("email", flat=True)
    return mine - set(others)


def _of_accounts(people: list[Person]) -> set[str]:
    accounts = [each.user_id for each in people if each.user_id]
    given = EmailAddress.objects.filter(user__in=accounts).values_list("email", flat=True)
    return {*given, *User.objects.filter(pk__in=accounts).values_list("email", flat=True)}


# --- What goes --------------------------------------------------------------------------------------------------------------


def _end_attempts(people: list[Person], *, at: datetime) -> None:
    """A signing under way ends; its row, empty, goes with other old ones (``signing.forget_old_attempts``)."""
    mine = Attempt.objects.filter(person__in=people)
    mine.filter(ended_at=None).update(ended_at=at, end=AttemptEnd.OUTDATED)
    mine.update(act={}, digest=_NO_DIGEST)


def _erase_attendees(people: list[Person], *, at: datetime) -> list[int]:
    """Empties what lists say of the person, and gives back seats at meetings that have not ended; returns the rows' keys.

    The person's are the rows that his or her own act linked, those merged into them, and unlinked ones that bear the name
    together with an address or number that the person has proved: an address alone may be a family's.
    """
    keys = set(Attendee.objects.filter(person__in=people).values_list("pk", flat=True))
    names = {fold(each.full_name) for each in people if each.full_name}
    for row in Attendee.objects.filter(_proven(people), person=None, erased_at=None).only("full_name"):
        if fold(row.full_name) in names:
            keys.add(row.pk)
    while more := set(Attendee.objects.filter(merged_into__in=keys).values_list("pk", flat=True)) - keys:
        keys |= more
    mine = Attendee.objects.filter(pk__in=keys, erased_at=None)
    coming = mine.filter(event__ends_at__gt=at).exclude(answer__in=(Answer.NOT_COMING, Answer.CANCELLED))
    coming.update(answer=Answer.CANCELLED, answered_at=at)
    mine.update(erased_at=at, **emptied(Attendee))
    Invitation.objects.filter(attendee__in=keys, revoked_at=None).update(revoked_at=at)
    forget_values(ATTENDEE, keys)
    _forget_log(Attendee, keys)
    documents.destroy(Document.objects.filter(attendee__in=keys).values_list("pk", flat=True), at=at)
    return sorted(keys)


def _proven(people: list[Person]) -> Q:
    """The condition on an attendee's row that its address or number is proved to be the person's."""
    proved = Contact.objects.filter(person__in=people, verified_at__isnull=False)
    numbers = proved.filter(kind=ContactKind.PHONE).values_list("value", flat=True)
    emails = proved.filter(kind=ContactKind.EMAIL).values_list("value", flat=True)
    accounts = User.objects.filter(person__in=people).values_list("email", flat=True)
    return Q(phone__in=[*numbers]) | Q(email__in=[*emails, *accounts])


def _erase_messages(addresses: set[str], *, at: datetime) -> None:
    outbox.empty(Message.objects.filter(to_address__in=addresses), at=at, with_address=True)


def _erase_people(people: list[Person], *, at: datetime) -> None:
    keys = [each.pk for each in people]
    channels = Channel.objects.filter(person__in=keys)
    forget_values(CHANNEL, channels.values_list("pk", flat=True))
    forget_values(PERSON, keys)
    channels.delete()
    Contact.objects.filter(person__in=keys).delete()
    Person.objects.filter(pk__in=keys, erased_at=None).update(erased_at=at, **emptied(Person))


def _close(account: User, *, at: datetime) -> None:
    """Switches the login off for good: no address, no password, no session, no code. The row stays, for acts name its key."""
    EmailAddress.objects.filter(user=account).delete()
    ConfirmationCode.objects.filter(user=account).delete()
    account.email = f"erased-{account.pk}@erased.invalid"  # RFC 2606: no such host, ever
    account.name = ""
    account.is_active = False
    account.last_login = None
    account.set_unusable_password()
    account.save()
    account.log_out_everywhere()
    forget_values(ACCOUNT, [account.pk])
    _forget_log(User, [account.pk])
    queue.put(END_SESSIONS, account.pk, at=at)


def _forget_log(model: type[Model], keys: Iterable[int]) -> None:
    """Empties what the administration's own log says of these rows: Django writes the name of each into it."""
    entries = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(model), object_id__in=[str(key) for key in keys]
    )
    entries.update(**emptied(LogEntry))
