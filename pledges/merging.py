"""Somebody who signed at a tablet turns out to have an account: from then on the two are one person. Knows no request.

What was signed stays with the row that signed it, for an act is frozen; whoever asks for a person's signatures asks for those of
everybody merged into him or her too. Contacts, channels and rows of lists become the account's person's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q

from events import registration
from kolportal.people import details
from kolportal.people.history import MERGED
from kolportal.people.models import Person
from pledges import history, messages
from pledges.models import Attempt, AttemptEnd, Signature

if TYPE_CHECKING:
    from datetime import datetime

    from kolportal.accounts.models import User


class MergeRefused(Exception):
    """Nothing was merged. The subclasses say why."""


class TwoAccounts(MergeRefused):
    """The one to be merged has an account too."""


class NoAccount(MergeRefused):
    """The one to be merged into has no account."""


class MergedAlready(MergeRefused):
    """The one to be merged turned out to be somebody else before."""


class Erased(MergeRefused):
    """One of the two was erased."""


def merge_people(*, at_tablet: Person, into: Person, at: datetime) -> bool:
    """Makes ``at_tablet`` (no account) and ``into`` (has one) one person; ``False`` when that was done before.

    The caller has proved that they are, by a code to what was given at the tablet. Where both have an active signature on one
    pledge the older one ends as superseded; attempts under way end, for what they stand on has changed. Raises a
    ``MergeRefused``.
    """
    with transaction.atomic():
        # In the order of keys, as an erasure holds them.
        both = Person.objects.select_for_update(of=("self",), no_key=True).filter(
            pk__in=(at_tablet.pk, into.pk)
        )
        held = {person.pk: person for person in both.select_related("user").order_by("pk")}
        merged, person = held[at_tablet.pk], held[into.pk]
        if merged.merged_into_id == person.pk:
            return False
        actor = _account_of(person, merged)
        # First of all: the database lets a row of a list change its person only along this.
        merged.merged_into, merged.merged_at = person, at
        merged.save(update_fields=["merged_into", "merged_at"])
        MERGED.record(merged.pk, actor_id=actor.pk, at=at, detail={"into": person.pk})
        running = Attempt.objects.filter(person__in=(merged, person), signature=None, ended_at=None)
        running.update(ended_at=at, end=AttemptEnd.OUTDATED, act={}, preview=None)
        _end_older_acts(merged, person, actor=actor, at=at)
        details.hand_over(merged=merged, person=person)
        registration.relink(merged=merged, person=person, actor=actor, at=at)
        registration.follow(person=person, at=at)
    return True


def _account_of(person: Person, merged: Person) -> User:
    if person.erased_at is not None or merged.erased_at is not None:
        raise Erased
    if merged.user_id is not None:
        raise TwoAccounts
    if merged.merged_into_id is not None:
        raise MergedAlready
    if person.user is None:
        raise NoAccount
    return person.user


def _end_older_acts(merged: Person, person: Person, *, actor: User, at: datetime) -> None:
    """Of two active acts on one pledge the newer one holds."""
    active = Signature.objects.active().filter(Q(person=merged) | Q(person=person))
    newest: dict[int, Signature] = {}
    for signature in active.select_related("text__edition").order_by("-signed_at", "-pk"):
        if signature.pledge_id not in newest:
            newest[signature.pledge_id] = signature
            continue
        # The database asks that the end be told before it is written.
        history.SUPERSEDED.record(signature.reference, actor_id=actor.pk, at=at)
        Signature.objects.filter(pk=signature.pk).update(superseded_at=at)
        messages.replaced(signature, by=newest[signature.pledge_id], at=at)
