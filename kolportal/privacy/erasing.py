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

from events.history import ATTENDEE
from events.models import Attendee
from kolportal import mailbox
from kolportal.accounts.history import ACCOUNT
from kolportal.accounts.models import ConfirmationCode, User
from kolportal.audit.history import forget_values
from kolportal.audit.models import HistoryValue
from kolportal.mail import outbox
from kolportal.mail.models import Message
from kolportal.people.history import CHANNEL, PERSON
from kolportal.people.models import Channel, Contact, ContactKind, Person
from kolportal.privacy import history, lists
from kolportal.privacy.register import emptied
from kolportal.privacy.sessions import END_SESSIONS
from kolportal.privacy.signers import erase_signers
from kolportal.work import queue
from pledges.models import Attempt, AttemptEnd, Particulars, Signature

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from django.db.models import Model

    from kolportal.audit.history import Subject

_NO_DIGEST = "0" * 64


class ErasureRefused(Exception):
    """Nothing was erased. The subclasses say why."""


class StillStaff(ErasureRefused):
    """The account has a role, a unit or the administration: whoever gave them has to take them back first."""


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
        rows = lists.rows_of(people)
        addresses = _addresses(people, accounts, rows)
        _end_attempts(people, at=at)
        lists.erase_rows(rows, actor_id=actor_id, at=at)
        lists.forget_contacts(people)
        lists.forget_who_registered(accounts, at=at)
        signatures = list(Signature.objects.filter(person__in=people).values_list("pk", flat=True))
        erase_signers(signatures, actor_id=actor_id, at=at)
        outbox.empty(Message.objects.filter(to_address__in=addresses), at=at, with_address=True)
        _erase_people(people, at=at)
        for account in accounts:
            _close(account, at=at)
        _forget_log(Attendee, rows)
        detail = {"signatures": len(signatures), "attendees": len(rows)}
        history.ERASED.record(people[0].pk, actor_id=actor_id, at=at, detail=detail)
        mailbox.remove_to(addresses)
    return True


# --- Who ------------------------------------------------------------------------------------------------------------------


def _held(person: Person) -> list[Person]:
    """The person that all were merged into, first, and those others; held until the transaction ends, as signing holds them."""
    root = person.pk
    while into := Person.objects.values_list("merged_into", flat=True).get(pk=root):
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


def _addresses(people: list[Person], accounts: list[User], rows: Collection[int]) -> set[str]:
    """Every e-mail address that the person has or had, but those that are another account's now."""
    contacts = Contact.objects.filter(person__in=people, kind=ContactKind.EMAIL)
    keys = [account.pk for account in accounts]
    known = {
        *(account.email for account in accounts),
        *EmailAddress.objects.filter(user__in=accounts).values_list("email", flat=True),
        *contacts.values_list("value", flat=True),
        *Attendee.objects.filter(pk__in=rows).values_list("email", flat=True),
        *Particulars.objects.filter(signature__person__in=people).values_list("email", flat=True),
        *_earlier(ACCOUNT, keys),
        *_earlier(ATTENDEE, rows),
    }
    mine = {address.lower() for address in known if address}
    others = User.objects.filter(email__in=mine).exclude(pk__in=keys)
    return mine - set(others.values_list("email", flat=True))


def _earlier(subject: Subject, keys: Collection[int]) -> set[str]:
    """Addresses that the history remembers of these."""
    told = HistoryValue.objects.filter(
        event__subject_type=subject.name, event__subject_id__in=[str(key) for key in keys]
    )
    return {
        address for fields in told.values_list("fields", flat=True) for address in fields.get("email", ())
    }


# --- What goes --------------------------------------------------------------------------------------------------------------


def _end_attempts(people: list[Person], *, at: datetime) -> None:
    """A signing under way ends; its row, empty, goes with other old ones (``signing.forget_old_attempts``)."""
    mine = Attempt.objects.filter(person__in=people)
    mine.filter(ended_at=None).update(ended_at=at, end=AttemptEnd.OUTDATED, preview=None)
    mine.update(act={}, digest=_NO_DIGEST)


def _erase_people(people: list[Person], *, at: datetime) -> None:
    keys = [each.pk for each in people]
    channels = Channel.objects.filter(person__in=keys)
    forget_values(CHANNEL, list(channels.values_list("pk", flat=True)))
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
