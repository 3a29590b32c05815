"""What people say of themselves, written: details and channels, each one atomic change with its history. Knows no request.

Signed pledges keep what was said as it stood at signing. That a correction follows into the lists of meetings to come is the
roof's to see to (``kolportal.desk.details``), for the lists belong to a room above this one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from kolportal.accounts.models import User
from kolportal.people import history
from kolportal.people.models import MOST_CHANNELS, Channel, Contact, ContactKind, Person

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

_OF_PERSON = ("full_name", "stage_name", "kind", "commune_code", "organisation")
_OF_CHANNEL = ("platform", "url", "name", "role", "followers")


class ChannelRefused(Exception):
    """The channel is not written. The subclasses say why."""


class ChannelDeclared(ChannelRefused):
    """The person has declared this link already."""


class TooManyChannels(ChannelRefused):
    """The person has ``MOST_CHANNELS`` channels."""


def save(*, person: Person | None, user: User | None, data: Mapping[str, str], at: datetime) -> Person:
    """Writes what a person says of himself or herself; makes the person where there is none yet.

    ``data``: ``full_name``, ``stage_name``, ``kind``, ``commune_code``, ``organisation``, ``phone`` (E.164 or ``""``).
    ``user`` is the account behind a new person. Sent twice at once by one account, it makes one person.
    """
    with transaction.atomic():
        current = _hold(person, user)
        before = _said(current)
        after = {field: data[field] for field in (*_OF_PERSON, "phone")}
        values = {field: (before[field], new) for field, new in after.items() if before[field] != new}
        if current is not None and not values:
            return current
        event = history.CHANGED if current else history.CREATED
        saved = current or Person(user=user, created_at=at)
        for field in _OF_PERSON:
            setattr(saved, field, after[field])
        saved.save()
        if "phone" in values:
            _set_phone(saved, after["phone"], at=at)
        event.record(
            saved.pk, actor_id=saved.user_id, at=at, detail={"fields": sorted(values)}, values=values
        )
    return saved


def declare_channel(*, person: Person, data: Mapping[str, Any], at: datetime) -> Channel:
    """Writes a page, group or channel of this person.

    ``data``: ``platform``, ``url`` (normalised, see ``kolportal.people.channels``), ``name``, ``role``, ``followers`` (or
    ``None``). Raises ``ChannelDeclared`` or ``TooManyChannels``.
    """
    with transaction.atomic():
        _hold(person, None)
        mine = Channel.objects.current().filter(person=person)
        if mine.filter(url=data["url"]).exists():
            raise ChannelDeclared
        if mine.count() >= MOST_CHANNELS:
            raise TooManyChannels
        channel = Channel(person=person, created_at=at)
        values = _assign(channel, data, before=dict.fromkeys(_OF_CHANNEL, ""), at=at)
        channel.save(force_insert=True)
        history.CHANNEL_DECLARED.record(
            channel.pk, actor_id=person.user_id, at=at, detail={"platform": channel.platform}, values=values
        )
    return channel


def change_channel(*, channel: Channel, data: Mapping[str, Any], at: datetime) -> Channel:
    """Writes what changed of a channel; ``data`` as in ``declare_channel``. Raises ``ChannelDeclared``.

    The number of followers is dated when it is new or another one.
    """
    with transaction.atomic():
        person = _hold(channel.person, None)
        mine = Channel.objects.current().filter(person=person)
        current = mine.get(pk=channel.pk)
        if mine.filter(url=data["url"]).exclude(pk=current.pk).exists():
            raise ChannelDeclared
        values = _assign(current, data, before=_stated(current), at=at)
        if values:
            current.save()
            history.CHANNEL_CHANGED.record(
                current.pk,
                actor_id=current.person.user_id,
                at=at,
                detail={"fields": sorted(values), "platform": current.platform},
                values=values,
            )
    return current


def remove_channel(*, channel: Channel, at: datetime) -> bool:
    """Takes a channel from the person's list; ``False`` when it was gone already."""
    with transaction.atomic():
        # The person first, as whoever changes a channel holds it: two tabs must not wait for each other.
        _hold(channel.person, None)
        removed = Channel.objects.current().filter(pk=channel.pk).update(removed_at=at)
        if removed:
            history.CHANNEL_REMOVED.record(
                channel.pk, actor_id=channel.person.user_id, at=at, detail={"platform": channel.platform}
            )
    return bool(removed)


def hand_over(*, merged: Person, person: Person) -> None:
    """Contacts and channels of somebody who turned out to be ``person`` become that person's, in the caller's transaction, which
    holds both.

    What the person says himself or herself stands: a second mobile number, a channel declared by both and those beyond
    ``MOST_CHANNELS`` stay where they are. An address or number that both gave keeps its proof.
    """
    for contact in merged.contacts.order_by("pk"):
        _hand_over_contact(contact, person)
    mine = Channel.objects.current().filter(person=person)
    theirs = (
        Channel.objects.current().filter(person=merged).exclude(url__in=mine.values("url")).order_by("pk")
    )
    room = max(MOST_CHANNELS - mine.count(), 0)
    Channel.objects.filter(pk__in=list(theirs.values_list("pk", flat=True)[:room])).update(person=person)


def _hand_over_contact(contact: Contact, person: Person) -> None:
    if contact.kind == ContactKind.EMAIL and person.user is not None and contact.value == person.user.email:
        contact.delete()  # the account's address is the account's
        return
    of_kind = person.contacts.filter(kind=contact.kind)
    same = of_kind.filter(value=contact.value).first()
    if same is not None:
        contact.delete()
        if same.verified_at is None and contact.verified_at is not None:
            same.verified_at = contact.verified_at
            same.save(update_fields=["verified_at"])
    elif contact.kind != ContactKind.PHONE or not of_kind.exists():
        contact.person = person
        contact.save(update_fields=["person"])


def _hold(person: Person | None, user: User | None) -> Person | None:
    """The person's row as it is now, held until the transaction ends; of a new person the account's row is held."""
    people = Person.objects.select_for_update(no_key=True)
    if person is not None:
        return people.get(pk=person.pk)
    if user is None:
        return None
    User.objects.select_for_update(no_key=True).filter(pk=user.pk).values_list("pk").first()
    return people.filter(user=user).first()


def _said(person: Person | None) -> dict[str, str]:
    if person is None:
        return dict.fromkeys((*_OF_PERSON, "phone"), "")
    return {**{field: getattr(person, field) for field in _OF_PERSON}, "phone": person.phone}


def _set_phone(person: Person, number: str, *, at: datetime) -> None:
    """One number per person here; a number that stays keeps its row, and with it that it was verified."""
    person.contacts.filter(kind=ContactKind.PHONE).exclude(value=number).delete()
    if number:
        Contact.objects.get_or_create(
            person=person, kind=ContactKind.PHONE, value=number, defaults={"created_at": at}
        )


def _stated(channel: Channel) -> dict[str, str]:
    return {field: _text(getattr(channel, field)) for field in _OF_CHANNEL}


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _assign(
    channel: Channel, data: Mapping[str, Any], *, before: Mapping[str, str], at: datetime
) -> dict[str, tuple[str, str]]:
    """Sets the fields; field → (old, new) of those that change."""
    for field in _OF_CHANNEL:
        setattr(channel, field, data[field])
    after = _stated(channel)
    values = {field: (before[field], after[field]) for field in _OF_CHANNEL if before[field] != after[field]}
    if channel.followers is None:
        channel.followers_declared_at = None
    elif "followers" in values or channel.followers_declared_at is None:
        channel.followers_declared_at = at
    return values
