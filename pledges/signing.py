"""Signing as an attempt: prepare, prove, complete; declining and withdrawing. Each one atomic change. Knows no request.

``prepare`` checks the form (``pledges.acts``) and keeps it for minutes under a digest; a factor (``pledges.factors``) proves
that digest; ``complete`` writes the signature in one transaction. Completing twice gives the same signature; the unique
constraint ``signature_one_active_per_pledge_and_person`` makes a second active one impossible.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.utils import timezone

from events.models import Answer, Attendee, Event, EventState
from kolportal.people.models import MOST_CHANNELS, Channel, Person
from kolportal.vietnamese import fold, sort_key
from kolportal.work import queue
from pledges import acts, commitments, history, messages, retention
from pledges.acts import (
    Act,
    AlreadySigned,
    AttemptOver,
    ChannelUnknown,
    ConsentMissing,
    NameDiffers,
    PledgeNotOpen,
    SigningRefused,
    StateChanged,
    TextChanged,
    TooManyChannels,
    TooYoung,
    UndertakingsMissing,
    asked_of,
)
from pledges.factors import ProofOfAnotherAct
from pledges.kinds import SEAL
from pledges.models import (
    Attempt,
    AttemptEnd,
    Circumstances,
    Decline,
    Document,
    DocumentKind,
    Edition,
    Particulars,
    Pledge,
    Proof,
    ProofEvidence,
    Signature,
    SignedChannel,
    Text,
)

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from pledges.factors import Proved
    from pledges.models import AttemptQuerySet

# The act and its refusals are a part of this door.
__all__ = [
    "MOST_CHANNELS", "NEAR", "OPEN_FOR", "Act", "AlreadySigned", "AttemptOver", "ChannelUnknown", "ConsentMissing", "NameDiffers",
    "NotWithdrawable", "PledgeNotOpen", "ProofOfAnotherAct", "Signed", "SigningRefused", "StateChanged", "TextChanged",
    "TooManyChannels", "TooYoung", "UndertakingsMissing", "asked_of", "basis_of", "check_attempt", "check_open", "check_text", "complete", "covers_the_same", "decline",
    "event_for", "forget_old_attempts", "newest_signature", "prepare", "undo_decline", "withdraw", "withdrawal_digest",
]  # fmt: skip

OPEN_FOR = timedelta(minutes=30)
"""How long a prepared attempt waits for its proof."""

NEAR = timedelta(days=30)
"""A meeting further away than this is not the one that somebody signs for."""


class NotWithdrawable(Exception):
    """The signature has been replaced by a newer one, which is the one to withdraw."""


@dataclass(frozen=True, slots=True)
class Signed:
    """The signature, and whether this call made it (``False``: it was there already)."""

    signature: Signature
    created: bool


# --- What the person stands at ------------------------------------------------------------------------------------------


def newest_signature(*, pledge: Pledge | int, person: Person) -> Signature | None:
    """The person's latest signature on this pledge, active or not; the other columns are read when they are asked for."""
    mine = Signature.objects.of_person(person).filter(pledge=pledge).order_by("-id")
    return mine.only(
        "reference", "digest", "signed_at", "superseded_at", "withdrawn_at", "commitment", "person"
    ).first()


def basis_of(newest: Signature | None) -> str:
    """The person's standing as the form carries it: the newest signature's reference and what became of it."""
    return f"{newest.reference}-{newest.standing.value}" if newest else ""


def event_for(*, pledge: Pledge, person: Person, at: datetime, asked: str = "") -> Event | None:
    """The meeting that a signature is filed under: the one from whose page the person comes (``asked``, its slug), else the
    nearest one at which the person holds a seat; never one that does not ask for this pledge, was cancelled or declined by the
    person, or is ``NEAR`` or further away; else none.
    """
    rows = Attendee.objects.of_person(person).filter(event__asks_for__pledge=pledge).select_related("event")
    mine = {row.event.slug: row for row in rows if _is_meant(row.event, at)}
    if asked in mine:
        if mine[asked].answer not in _DECLINED:
            return mine[asked].event
    elif asked:
        event = Event.objects.public().filter(slug=asked, asks_for__pledge=pledge).first()
        if event is not None and _is_meant(event, at):
            return event
    held = [row.event for row in mine.values() if row.answer == Answer.COMING]
    return min(held, key=lambda event: _distance(event, at), default=None)


_DECLINED = (Answer.NOT_COMING, Answer.CANCELLED)


def _is_meant(event: Event, at: datetime) -> bool:
    """Whether the meeting is one that somebody may sign for now."""
    return event.state in {EventState.PUBLISHED, EventState.CLOSED} and _distance(event, at) < NEAR


def _distance(event: Event, at: datetime) -> timedelta:
    """How far a meeting is from now; one under way is here."""
    if at < event.starts_at:
        return event.starts_at - at
    return max(at - event.ends_at, timedelta(0))


def check_text(*, text: Text, shown_digest: str, at: datetime) -> None:
    """Raises ``PledgeNotOpen`` or ``TextChanged`` unless this text, with its edition, can be signed now and is what was shown."""
    # Read again: a text published, or a pledge closed, since the form was shown must count.
    editions = Edition.objects.published().filter(pledge=text.edition.pledge_id).select_related("pledge")
    current = editions.order_by("-number").first()
    if current is None or not current.is_signable(at=at):
        raise PledgeNotOpen
    if current.pk != text.edition_id or shown_digest != text.digest:
        raise TextChanged


# --- Prepare --------------------------------------------------------------------------------------------------------------


def prepare(*, text: Text, person: Person, act: Act, event: Event | None, at: datetime) -> Attempt:
    """Checks the act and keeps it for ``OPEN_FOR``; another open attempt of the same person on this pledge ends.

    The same form sent twice gives the same attempt. ``event``: see ``event_for``. Raises a ``SigningRefused`` with nothing
    written.
    """
    with transaction.atomic():
        _hold(person.pk)
        check_text(text=text, shown_digest=act.shown_digest, at=at)
        pledge = text.edition.pledge_id
        channels = _own_channels(person=person, ids=act.channel_ids)
        newest = newest_signature(pledge=pledge, person=person)
        if newest and newest.is_active:
            urls = [channel.url for channel in channels]
            if covers_the_same(newest, digest=act.shown_digest, urls=urls):
                raise AlreadySigned(newest)
        asked = acts.check(act, text=text, person=person, basis=basis_of(newest))
        declined = Decline.objects.active().of_person(person).filter(pledge=pledge).exists()
        facts = acts.facts(
            act, text=text, person=person, asked=asked, channels=channels, declined=declined, at=at
        )
        running = _running(person=person, pledge=pledge).defer("preview").first()
        if running is not None and at < running.expires_at:
            same = running.act == facts and running.text_id == text.pk
            if same and running.event_id == (event.pk if event else None):
                return running
        if running is not None:
            _end(_running(person=person, pledge=pledge), end=AttemptEnd.REPLACED, at=at)
        return Attempt.objects.create(
            person=person,
            text=text,
            event=event,
            act=facts,
            digest=acts.digest(facts, text=text, person=person, event=event, at=at),
            prepared_at=at,
            expires_at=at + OPEN_FOR,
        )


def covers_the_same(signature: Signature, *, digest: str, urls: Collection[str]) -> bool:
    """Whether signing again would change nothing: same text, same channels."""
    return signature.digest == digest and {channel.url for channel in signature.channels.all()} == set(urls)


def _own_channels(*, person: Person, ids: Collection[int]) -> list[Channel]:
    if len(set(ids)) > MOST_CHANNELS:
        raise TooManyChannels
    channels = list(Channel.objects.current().filter(person=person, pk__in=ids)) if ids else []
    if len(channels) != len(set(ids)):
        raise ChannelUnknown
    return channels


# --- Complete -------------------------------------------------------------------------------------------------------------


def complete(*, attempt: Attempt, proof: Proved, at: datetime) -> Signed:
    """Signs what was prepared, in one durable transaction; the message to the worker follows the commit.

    Twice gives the same signature. Raises a ``SigningRefused``, or ``ProofOfAnotherAct``, with nothing signed; after
    ``PledgeNotOpen``, ``TextChanged`` and ``StateChanged`` the attempt has ended. ``attempt`` may have been read a while ago.
    """
    if proof.digest != attempt.digest:
        raise ProofOfAnotherAct
    try:
        with transaction.atomic(durable=True):
            _hold(attempt.person_id)
            return Signed(_write(attempt, proof=proof, at=at), created=True)
    except SigningRefused as refusal:
        return _settled(attempt, refusal=refusal, at=at)
    except IntegrityError as error:
        # Two active signatures, which the database refuses: the other one was there first.
        if "signature_one_active" not in str(error) and "pledges_signature.pledge_id" not in str(error):
            raise
        return _settled(attempt, refusal=StateChanged(), at=at)


def check_open(attempt: Attempt, *, at: datetime) -> None:
    """Raises ``AttemptOver`` if the attempt, as it was read, can no longer be completed."""
    if attempt.ended_at is not None or at >= attempt.expires_at:
        raise AttemptOver


def check_attempt(attempt: Attempt, *, at: datetime) -> None:
    """Raises the ``SigningRefused`` that ``complete`` would meet now; writes nothing. For pages before the proof is asked for."""
    check_open(attempt, at=at)
    check_text(text=attempt.text, shown_digest=attempt.text.digest, at=at)
    _basis(attempt)


def _basis(attempt: Attempt) -> Signature | None:
    """The person's newest signature, which must stand as it stood when the form was shown. Raises ``StateChanged``."""
    newest = newest_signature(pledge=attempt.text.edition.pledge_id, person=attempt.person)
    if attempt.act["basis"] != basis_of(newest):
        raise StateChanged
    return newest


def _settled(attempt: Attempt, *, refusal: SigningRefused, at: datetime) -> Signed:
    """The signature that this attempt led to already; else the refusal, and an attempt whose ground has changed has ended."""
    now = Attempt.objects.select_related("signature").defer("preview").get(pk=attempt.pk)
    if now.signature is not None:
        return Signed(now.signature, created=False)
    if now.ended_at is not None:
        raise AttemptOver from refusal
    if not isinstance(refusal, AttemptOver):
        _end(Attempt.objects.filter(pk=now.pk, ended_at=None), end=AttemptEnd.OUTDATED, at=at)
    raise refusal


def _write(attempt: Attempt, *, proof: Proved, at: datetime) -> Signature:
    """Every row of one signature. Whoever raises here rolls everything back."""
    check_open(attempt, at=at)
    text = attempt.text
    check_text(text=text, shown_digest=text.digest, at=at)
    # Whoever had never signed cannot have signed since: another attempt would have ended this one, see below.
    newest = _basis(attempt) if attempt.act["basis"] else None
    supersedes = newest if newest and newest.is_active else None
    if supersedes:
        history.superseded(supersedes, at=at)
        Signature.objects.filter(pk=supersedes.pk).update(superseded_at=at)
    signature = _create(attempt, text=text, supersedes=supersedes, proof=proof, at=at)
    # The attempt was read before the person was held: another tab may have ended it since. Nothing of what was typed stays in it.
    still_open = Attempt.objects.open(at=at).filter(pk=attempt.pk)
    if not still_open.update(signature=signature, ended_at=at, act={}, preview=None):
        raise AttemptOver
    document = Document.objects.create(
        reference=signature.reference, kind=DocumentKind.PLEDGE, signature=signature, created_at=at
    )
    if attempt.act["declined"]:
        mine = Decline.objects.active().of_person(attempt.person)
        mine.filter(pledge=text.edition.pledge_id).update(reversed_at=at)
    history.signed(signature, replaces=supersedes, at=at)
    if supersedes:
        messages.replaced(supersedes, by=signature, at=at)
    queue.put_new(SEAL, document.pk, at=at)
    return signature


def _create(
    attempt: Attempt, *, text: Text, supersedes: Signature | None, proof: Proved, at: datetime
) -> Signature:
    facts = attempt.act
    signature = Signature(
        pledge=text.edition.pledge,
        text=text,
        digest=text.digest,
        person=attempt.person,
        kind=facts["kind"],
        ticked=facts["ticked"],
        event=attempt.event,
        unit_name=facts["unit_name"],
        place=facts["place"],
        province=facts["province"],
        signed_at=at,
        supersedes=supersedes,
    )
    names = f"{facts['particulars']['full_name']} {facts['particulars']['stage_name']}"
    particulars = Particulars(
        signature=signature,
        **facts["particulars"],
        consented_at=attempt.prepared_at,
        keep_until=facts["keep_until"],
        search_key=fold(names)[:700],
        sort_key=sort_key(facts["particulars"]["full_name"])[:600],
    )
    particulars.clean_fields(exclude=["signature"])  # dates come back from JSON as text
    channels = [SignedChannel(signature=signature, **channel) for channel in facts["channels"]]
    for channel in channels:
        channel.clean_fields(exclude=["signature"])
    proved = Proof(
        signature=signature,
        factor=proof.factor,
        proved_at=proof.at,
        steward_id=proof.steward_id,
        gate=proof.gate,
    )
    signature.commitment = commitments.of_act(signature, [proved])
    signature.particulars_commitment = commitments.of_particulars(particulars, channels)
    signature.save(force_insert=True)
    # Assigned again now that it has a key.
    particulars.signature = proved.signature = signature
    for channel in channels:
        channel.signature = signature
    particulars.save(force_insert=True)
    SignedChannel.objects.bulk_create(channels)
    proved.save(force_insert=True)
    if proof.contact:
        ProofEvidence.objects.create(proof=proved, contact=proof.contact)
    Circumstances.objects.create(
        signature=signature,
        **facts["circumstances"],
        keep_until=retention.evidence_until(signed=timezone.localdate(at)),
    )
    return signature


# --- Ends of attempts -------------------------------------------------------------------------------------------------------


def _hold(person_id: int) -> None:
    """Holds the person's row until the transaction ends, so that one person's answers happen one after another.

    Constraints keep two signatures apart, but not a signature and a refusal sent in the same instant from two tabs.
    """
    Person.objects.select_for_update(no_key=True).filter(pk=person_id).values_list("pk").first()


def _running(*, person: Person, pledge: int) -> AttemptQuerySet:
    """Attempts of this person on this pledge that have not ended, whether or not their time is over."""
    attempts: AttemptQuerySet = Attempt.objects.filter(
        person=person, text__edition__pledge=pledge, signature=None, ended_at=None
    )
    return attempts


def _end(attempts: AttemptQuerySet, *, end: AttemptEnd, at: datetime) -> None:
    """Of an attempt that has ended, nothing that was typed is kept."""
    attempts.update(ended_at=at, end=end, act={}, preview=None)


def forget_old_attempts(*, at: datetime) -> int:
    """Removes attempts whose time is over; returns how many. What they led to stands elsewhere."""
    over = Attempt.objects.filter(expires_at__lte=at - OPEN_FOR)
    return over.delete()[0]


# --- Declining and withdrawing ------------------------------------------------------------------------------------------------


def decline(*, text: Text, person: Person, at: datetime) -> Decline:
    """Records a no to the text shown and ends an open attempt; a second no changes nothing.

    Raises ``StateChanged`` while a signature is active, ``PledgeNotOpen`` where nobody is asked any more.
    """
    pledge = text.edition.pledge_id
    with transaction.atomic(durable=True):
        _hold(person.pk)
        if Signature.objects.active().of_person(person).filter(pledge=pledge).exists():
            raise StateChanged
        given = Decline.objects.active().of_person(person).filter(pledge=pledge).first()
        if given is None and not Pledge.objects.signable(at=at).filter(pk=pledge).exists():
            raise PledgeNotOpen
        answer = given or Decline.objects.create(pledge_id=pledge, person=person, text=text, declined_at=at)
        _end(_running(person=person, pledge=pledge), end=AttemptEnd.DECLINED, at=at)
        if given is None:
            history.DECLINED.record(pledge, actor_id=person.user_id, at=at)
    return answer


def undo_decline(*, pledge: Pledge, person: Person, at: datetime) -> bool:
    """Takes a no back; ``False`` when there was none."""
    with transaction.atomic(durable=True):
        _hold(person.pk)
        mine = Decline.objects.active().of_person(person).filter(pledge=pledge)
        changed = mine.exists()
        if changed:
            # The database asks that it be told first.
            history.DECLINE_REVERSED.record(pledge.pk, actor_id=person.user_id, at=at)
            mine.update(reversed_at=at)
    return changed


def withdrawal_digest(signature: Signature) -> str:
    """What a factor proves for a withdrawal, 64 hexadecimal digits."""
    return hashlib.sha256(f"withdraw\n{signature.reference}\n{signature.commitment}".encode()).hexdigest()


def withdraw(*, signature: Signature, proof: Proved, at: datetime) -> bool:
    """Withdraws the signer's own signature; the PDF stays. ``False`` when it was withdrawn already.

    Raises ``NotWithdrawable`` for one that a newer signature has replaced, ``ProofOfAnotherAct`` without a proof of this.
    """
    if proof.digest != withdrawal_digest(signature):
        raise ProofOfAnotherAct
    with transaction.atomic(durable=True):
        # Of somebody who signed at a tablet, who that turned out to be: such a person's other answers hold the same row.
        _hold(signature.person.merged_into_id or signature.person_id)
        current = Signature.objects.select_related("person").get(pk=signature.pk)
        if current.superseded_at:
            raise NotWithdrawable
        changed = current.withdrawn_at is None
        if changed:
            history.withdrawn(current, at=at)
            Signature.objects.filter(pk=current.pk).update(withdrawn_at=at)
            messages.withdrawn(current, at=at)
    signature.refresh_from_db()
    return changed
