"""Signing as an attempt: prepare, prove, complete; declining and withdrawing. Each one atomic change. Knows no request.

``prepare`` checks the form and keeps it for minutes under a digest; a factor (``pledges.factors``) proves that digest;
``complete`` writes the signature in one transaction. Completing twice gives the same signature; the unique constraint
``signature_one_active_per_pledge_and_person`` makes a second active one impossible.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import rfc8785
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from events.models import Answer, Event, EventState
from kolportal.people.models import Channel, Person
from kolportal.vietnamese import fold, sort_key
from kolportal.work import queue
from pledges import commitments, history, messages, retention
from pledges.factors import ProofOfAnotherAct
from pledges.kinds import SEAL
from pledges.models import (
    Attempt,
    AttemptEnd,
    Circumstances,
    Decline,
    Document,
    DocumentKind,
    Particulars,
    Pledge,
    Proof,
    ProofEvidence,
    Signature,
    SignatureMethod,
    SignedChannel,
    Text,
)

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from pledges.factors import Proved

OPEN_FOR = timedelta(minutes=30)
"""How long a prepared attempt waits for its proof."""

NEAR = timedelta(days=30)
"""A meeting further away than this is not the one that somebody signs for."""

MOST_CHANNELS = 30


class SigningRefused(Exception):
    """Nothing was signed. The subclasses say why."""


class PledgeNotOpen(SigningRefused):
    """The pledge is a draft, closed, outside its validity, or has no published text."""


class TextChanged(SigningRefused):
    """The digest that the browser showed is not that of the text now in force."""


class StateChanged(SigningRefused):
    """The person's own standing changed after the form was shown: signed, replaced or withdrawn in between."""


class AlreadySigned(SigningRefused):
    """Signing would only repeat the active signature: same text, same channels."""

    def __init__(self, signature: Signature) -> None:
        super().__init__(signature.reference)
        self.signature = signature


class TooYoung(SigningRefused):
    """The person says to be under 18."""


class UndertakingsMissing(SigningRefused):
    """Not every undertaking that binds this person is ticked; ``positions`` are the open ones, from 1."""

    def __init__(self, positions: list[int]) -> None:
        super().__init__(", ".join(map(str, positions)))
        self.positions = positions


class ConsentMissing(SigningRefused):
    """No consent to the processing of personal data."""


class ChannelUnknown(SigningRefused):
    """A channel that is not (or no longer) one of the signer's own."""


class NameDiffers(SigningRefused):
    """The typed name is not the person's name; case and accents do not count."""


class AttemptOver(SigningRefused):
    """The attempt has ended without a signature: declined, replaced by another, outdated, or its time is over."""


class NotWithdrawable(SigningRefused):
    """The signature has been replaced by a newer one, which is the one to withdraw."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What the person did on the form.

    ``shown_digest``: of the text that was on the screen. ``basis``: what ``basis_of`` said of the person's newest signature
    on this pledge when the form was shown. ``ticked``: positions of the undertakings from 1. ``of_age``: the person says to be
    18 or older. ``strokes``: checked strokes as JSON-ready lists, or ``None`` with ``typed_name``. ``consent_text``: the sentence
    that was ticked, or ``""``.
    """

    shown_digest: str
    basis: str
    ticked: Collection[int]
    channel_ids: Collection[int]
    of_age: bool
    strokes: Any | None
    typed_name: str
    consent_text: str
    user_agent: str = ""
    ip_address: str | None = None


@dataclass(frozen=True, slots=True)
class Signed:
    """The signature, and whether this call made it (``False``: it was there already)."""

    signature: Signature
    created: bool


# --- What the person stands at ------------------------------------------------------------------------------------------


def newest_signature(*, pledge: Pledge | int, person: Person) -> Signature | None:
    """The person's latest signature on this pledge, active or not; the other columns are read when they are asked for."""
    mine = Signature.objects.filter(pledge=pledge, person=person).order_by("-id")
    return mine.only(
        "reference", "digest", "signed_at", "superseded_at", "withdrawn_at", "commitment", "person"
    ).first()


def basis_of(newest: Signature | None) -> str:
    """The person's standing as the form carries it: the newest signature's reference and what became of it."""
    return f"{newest.reference}-{newest.standing.value}" if newest else ""


def event_for(*, pledge: Pledge, person: Person, at: datetime, asked: Event | None = None) -> Event | None:
    """The meeting that a signature is filed under: the one from whose page the person comes, else the nearest one that asks for
    this pledge and at which the person holds a seat; never one that is ``NEAR`` or further away; else none.
    """
    asking = Event.objects.public().exclude(state=EventState.CANCELLED).filter(asks_for__pledge=pledge)
    near = asking.filter(starts_at__lt=at + NEAR, ends_at__gt=at - NEAR)
    if asked is not None:
        return near.filter(pk=asked.pk).first()
    held = near.filter(
        attendees__person=person,
        attendees__answer=Answer.COMING,
        attendees__removed_at=None,
        attendees__merged_into=None,
    )
    return min(held, key=lambda event: abs(event.starts_at - at), default=None)


def check_text(*, text: Text, shown_digest: str, at: datetime) -> Text:
    """The text as it is now, with edition, pledge and unit. Raises ``PledgeNotOpen`` or ``TextChanged`` unless it can be signed
    and is the one that was shown."""
    # Read again: a text published, or a pledge closed, since the form was shown must count.
    pledge = Pledge.objects.signable(at=at).filter(editions=text.edition_id).first()
    if pledge is None:
        raise PledgeNotOpen
    texts = Text.objects.filter(edition__pledge=pledge).select_related("edition__pledge__unit")
    current = texts.in_force(text.language)
    if current is None or current.pk != text.pk or shown_digest != current.digest:
        raise TextChanged
    return current


# --- Prepare --------------------------------------------------------------------------------------------------------------


def prepare(*, text: Text, person: Person, act: Act, event: Event | None, at: datetime) -> Attempt:
    """Checks the act and keeps it for ``OPEN_FOR``; an open attempt of the same person on this pledge ends.

    ``event``: see ``event_for``. Raises a ``SigningRefused`` with nothing written.
    """
    with transaction.atomic():
        _hold(person.pk)
        current = check_text(text=text, shown_digest=act.shown_digest, at=at)
        channels = _own_channels(person=person, ids=act.channel_ids)
        newest = newest_signature(pledge=current.edition.pledge_id, person=person)
        if newest and newest.is_active:
            urls = [channel.url for channel in channels]
            if covers_the_same(newest, digest=act.shown_digest, urls=urls):
                raise AlreadySigned(newest)
        _check(text=current, person=person, newest=newest, act=act)
        _end_open(person=person, pledge=current.edition.pledge_id, end=AttemptEnd.REPLACED, at=at)
        facts = _facts(text=current, person=person, act=act, channels=channels, at=at)
        return Attempt.objects.create(
            person=person,
            text=current,
            event=event,
            act=facts,
            digest=_digest(facts, text=current, person=person, event=event, at=at),
            prepared_at=at,
            expires_at=at + OPEN_FOR,
        )


def covers_the_same(signature: Signature, *, digest: str, urls: Collection[str]) -> bool:
    """Whether signing again would change nothing: same text, same channels."""
    return signature.digest == digest and {channel.url for channel in signature.channels.all()} == set(urls)


def _own_channels(*, person: Person, ids: Collection[int]) -> list[Channel]:
    channels = list(Channel.objects.current().filter(person=person, pk__in=ids)) if ids else []
    if len(channels) != len(set(ids)) or len(channels) > MOST_CHANNELS:
        raise ChannelUnknown
    return channels


def _check(*, text: Text, person: Person, newest: Signature | None, act: Act) -> None:
    """Raises the first reason why this act signs nothing."""
    if act.basis != basis_of(newest):
        raise StateChanged
    if not act.of_age:
        raise TooYoung
    missing = [position for position in text.content.binding(person.kind) if position not in act.ticked]
    if missing:
        raise UndertakingsMissing(missing)
    if not act.consent_text:
        raise ConsentMissing
    if act.strokes is None and fold(act.typed_name) != fold(person.full_name):
        raise NameDiffers


def _facts(
    *, text: Text, person: Person, act: Act, channels: list[Channel], at: datetime
) -> dict[str, Any]:
    """All that will be written, as it stands now: what is checked and proved is what is signed."""
    drawn = act.strokes is not None
    signed = timezone.localdate(at)
    return {
        "basis": act.basis,
        "kind": person.kind,
        "ticked": list(text.content.binding(person.kind)),
        "unit_name": text.edition.pledge.unit.name,
        "place": settings.PROVINCE_NAME,
        "province": settings.PROVINCE_NAME,
        "particulars": {
            "full_name": person.full_name,
            "stage_name": person.stage_name,
            "commune_code": person.commune_code,
            "commune_label": person.commune_label,
            "organisation": person.organisation,
            "email": person.email,
            "method": (SignatureMethod.DRAWN if drawn else SignatureMethod.TYPED).value,
            "strokes": act.strokes,
            # As the profile has it, whatever case and accents were typed.
            "typed_name": "" if drawn else person.full_name,
            "consent_text": act.consent_text,
        },
        "keep_until": retention.keep_until(signed=signed, valid_until=text.edition.valid_until).isoformat(),
        "channels": [
            {
                "platform": channel.platform,
                "url": channel.url,
                "name": channel.name,
                "role": channel.role,
                "followers": channel.followers,
                "followers_declared_at": commitments.utc(channel.followers_declared_at),
            }
            for channel in channels
        ],
        "circumstances": {"user_agent": act.user_agent[:300], "ip_address": act.ip_address},
    }


def _digest(
    facts: dict[str, Any], *, text: Text, person: Person, event: Event | None, at: datetime
) -> str:
    """SHA-256 over everything that the person is about to do; what a factor proves."""
    whole = {
        "act": facts,
        "event": event.pk if event else None,
        "person": person.pk,
        "prepared_at": commitments.utc(at),
        "text": text.digest,
    }
    return hashlib.sha256(rfc8785.dumps(whole)).hexdigest()


# --- Complete -------------------------------------------------------------------------------------------------------------


def complete(*, attempt: Attempt, proof: Proved, at: datetime) -> Signed:
    """Signs what was prepared, in one durable transaction; the message to the worker follows the commit.

    Twice gives the same signature. Raises a ``SigningRefused``, or ``ProofOfAnotherAct``, with nothing signed.
    """
    if proof.digest != attempt.digest:
        raise ProofOfAnotherAct
    refusal: SigningRefused | None = None
    with transaction.atomic(durable=True):
        _hold(attempt.person_id)
        current = (
            Attempt.objects.select_for_update(of=("self",), no_key=True)
            .select_related("person", "text", "event", "signature")
            .get(pk=attempt.pk)
        )
        if current.signature is not None:
            return Signed(current.signature, created=False)
        try:
            return Signed(_write(current, proof=proof, at=at), created=True)
        except (PledgeNotOpen, TextChanged, StateChanged) as error:
            _end(Attempt.objects.filter(pk=current.pk), end=AttemptEnd.OUTDATED, at=at)
            refusal = error
    # Raised after the commit: the attempt has ended.
    raise refusal


def _write(attempt: Attempt, *, proof: Proved, at: datetime) -> Signature:
    """Every row of one signature; raises before it writes any."""
    if attempt.ended_at is not None or at >= attempt.expires_at:
        raise AttemptOver
    text = check_text(text=attempt.text, shown_digest=attempt.text.digest, at=at)
    newest = newest_signature(pledge=text.edition.pledge_id, person=attempt.person)
    if attempt.act["basis"] != basis_of(newest):
        raise StateChanged
    supersedes = newest if newest and newest.is_active else None
    if supersedes:
        history.superseded(supersedes, at=at)
        Signature.objects.filter(pk=supersedes.pk).update(superseded_at=at)
    signature = _create(attempt, text=text, supersedes=supersedes, proof=proof, at=at)
    document = Document.objects.create(
        reference=signature.reference, kind=DocumentKind.PLEDGE, signature=signature, created_at=at
    )
    Decline.objects.active().filter(pledge=text.edition.pledge_id, person=attempt.person).update(
        reversed_at=at
    )
    Attempt.objects.filter(pk=attempt.pk).update(signature=signature, ended_at=at, act={})
    history.signed(signature, replaces=supersedes, at=at)
    if supersedes:
        messages.replaced(supersedes, by=signature, at=at)
    queue.put(SEAL, document.pk, at=at)
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
    for row in (particulars, proved, *channels):
        row.signature = signature
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


def _end_open(*, person: Person, pledge: int, end: AttemptEnd, at: datetime) -> None:
    mine = Attempt.objects.filter(person=person, text__edition__pledge=pledge, signature=None, ended_at=None)
    _end(mine, end=end, at=at)


def _end(attempts: Any, *, end: AttemptEnd, at: datetime) -> None:
    """Of an attempt that has ended, nothing that was typed is kept."""
    attempts.update(ended_at=at, end=end, act={})


def forget_old_attempts(*, at: datetime) -> int:
    """Removes attempts whose time is over; returns how many. What they led to stands elsewhere."""
    over = Attempt.objects.filter(expires_at__lte=at - OPEN_FOR)
    return over.delete()[0]


# --- Declining and withdrawing ------------------------------------------------------------------------------------------------


def decline(*, text: Text, person: Person, at: datetime) -> Decline:
    """Records a no to the text shown and ends an open attempt; a second no changes nothing.

    Raises ``StateChanged`` while a signature is active.
    """
    pledge = text.edition.pledge_id
    try:
        with transaction.atomic(durable=True):
            _hold(person.pk)
            if Signature.objects.active().filter(pledge=pledge, person=person).exists():
                raise StateChanged
            answer, created = Decline.objects.get_or_create(
                pledge_id=pledge,
                person=person,
                reversed_at=None,
                defaults={"text": text, "declined_at": at},
            )
            _end_open(person=person, pledge=pledge, end=AttemptEnd.DECLINED, at=at)
            if created:
                history.DECLINED.record(pledge, actor_id=person.user_id, at=at)
    except IntegrityError:
        return Decline.objects.active().get(pledge=pledge, person=person)
    return answer


def undo_decline(*, pledge: Pledge, person: Person, at: datetime) -> bool:
    """Takes a no back; ``False`` when there was none."""
    with transaction.atomic(durable=True):
        mine = Decline.objects.active().filter(pledge=pledge, person=person)
        changed = mine.update(reversed_at=at)
        if changed:
            history.DECLINE_REVERSED.record(pledge.pk, actor_id=person.user_id, at=at)
    return bool(changed)


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
        _hold(signature.person_id)
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
