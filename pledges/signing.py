"""Signing, declining and withdrawing: each one atomic change with its audit event. Knows no request.

The unique constraint ``signature_one_active_per_pledge_and_signer`` makes a second active signature impossible; this
module turns the second attempt (double click, re-sent form, other tab, other worker) into the same receipt.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog
from django.db import IntegrityError, transaction
from django.db.models import Q

from kolportal.accounts.models import Channel, SignerProfile
from kolportal.audit import events as audit
from kolportal.vietnamese import fold
from pledges import tasks
from pledges.models import (
    Confirmation,
    Decline,
    Document,
    Pledge,
    PledgeState,
    PledgeVersion,
    Signature,
    SignatureMethod,
    SignedChannel,
)

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from kolportal.accounts.models import User

log = structlog.get_logger("pledges.signing")


class SigningRefused(Exception):
    """Nothing was signed. The subclasses say why."""


class PledgeNotOpen(SigningRefused):
    """The pledge is a draft, closed, outside its validity, or has no published text."""


class TextChanged(SigningRefused):
    """The digest that the browser showed is not that of the text now in force."""


class StateChanged(SigningRefused):
    """The person's own standing changed after the form was shown: signed, replaced or withdrawn in between."""


class ProfileMissing(SigningRefused):
    """The account has no signer's profile yet."""


class UndertakingsMissing(SigningRefused):
    """Not every undertaking is ticked; ``positions`` are the open ones, from 1."""

    def __init__(self, positions: list[int]) -> None:
        super().__init__(", ".join(map(str, positions)))
        self.positions = positions


class ConsentMissing(SigningRefused):
    """No consent to the processing of personal data."""


class ChannelUnknown(SigningRefused):
    """A channel that is not (or no longer) one of the signer's own."""


class NameDiffers(SigningRefused):
    """The typed name is not the name of the profile; case and accents do not count."""


class NotWithdrawable(SigningRefused):
    """The signature has been replaced by a newer one, which is the one to withdraw."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What the person did on the form, and how we know who it was.

    ``shown_digest``: of the text that was on the screen. ``basis``: what ``basis_of`` said of the person's newest signature
    on this pledge when the form was shown. ``ticked``: positions of the undertakings from 1. ``strokes``: checked
    strokes as JSON-ready lists, or ``None`` with ``typed_name``. ``consent_text``: the sentence that was ticked, or ``""``.
    """

    shown_digest: str
    basis: str
    ticked: Collection[int]
    channel_ids: Collection[int]
    strokes: Any | None
    typed_name: str
    consent_text: str
    confirmation: Confirmation
    confirmed_at: datetime
    user_agent: str = ""
    ip_address: str | None = None


@dataclass(frozen=True, slots=True)
class Signed:
    """The signature, and whether this call made it (``False``: it was there already)."""

    signature: Signature
    created: bool


def newest_signature(*, pledge: Pledge, signer: User) -> Signature | None:
    """The person's latest signature on this pledge, active or not; the other columns are read when they are asked for."""
    mine = Signature.objects.filter(pledge=pledge, signer=signer).order_by("-id")
    return mine.only("reference", "digest", "signed_at", "superseded_at", "withdrawn_at").first()


def basis_of(newest: Signature | None) -> str:
    """The person's standing as the form carries it: the newest signature's reference and whether it is withdrawn."""
    if newest is None:
        return ""
    return f"{newest.reference}-withdrawn" if newest.withdrawn_at else newest.reference


def event_of(*, pledge: Pledge, profile: SignerProfile) -> int | None:
    """Key of the event that a signature belongs to: the latest one asking for this pledge that the person attends."""
    attended = pledge.events.filter(attendees__profile=profile).order_by("-starts_at")
    return attended.values_list("pk", flat=True).first()


def covers_the_same(signature: Signature, *, digest: str, urls: Collection[str]) -> bool:
    """Whether signing again would change nothing: same text, same channels."""
    return signature.digest == digest and {channel.url for channel in signature.channels.all()} == set(urls)


def _profile_and_channels(
    *, signer: User, ids: Collection[int], hold: bool = False
) -> tuple[SignerProfile, list[Channel]]:
    """The signer's profile and those of the signer's current channels that have these ids, in one query where it can be.

    ``hold``: as ``_hold`` does, in the same query. Raises ``ProfileMissing``, or ``ChannelUnknown`` when a channel is not
    among the signer's own.
    """
    mine = Channel.objects.current().filter(profile__user=signer, pk__in=ids).select_related("profile")
    profiles = SignerProfile.objects.filter(user=signer)
    if hold:
        mine = mine.select_for_update(of=("profile",), no_key=True)
        profiles = profiles.select_for_update(no_key=True)
    channels = list(mine) if ids else []
    profile = channels[0].profile if channels else profiles.first()
    if profile is None:
        raise ProfileMissing
    if len(channels) != len(set(ids)):
        raise ChannelUnknown
    return profile, channels


def _hold(signer_id: int) -> None:
    """Holds the person's profile until the transaction ends, so that one person's answers happen one after another.

    Constraints keep two signatures apart, but not a signature and a refusal sent in the same instant from two tabs.
    """
    SignerProfile.objects.select_for_update(no_key=True).filter(user=signer_id).values_list("pk").first()


def already_signed(
    *, version: PledgeVersion, signer: User, shown_digest: str, channel_ids: Collection[int]
) -> Signature | None:
    """The active signature that this form would only repeat: a re-sent one must reach its receipt, whatever else changed."""
    active = (
        Signature.objects.active()
        .filter(pledge=version.pledge_id, signer=signer)
        .prefetch_related("channels")
        .first()
    )
    if active is None:
        return None
    urls = Channel.objects.filter(profile__user=signer, pk__in=channel_ids).values_list("url", flat=True)
    return active if covers_the_same(active, digest=shown_digest, urls=set(urls)) else None


def check_text(*, version: PledgeVersion, shown_digest: str, at: datetime) -> None:
    """Raises ``PledgeNotOpen`` or ``TextChanged`` unless this text can be signed now and is the one that was shown."""
    # Read again: a text published, or a pledge closed, since the form was shown must count.
    texts = (
        PledgeVersion.objects.filter(pledge=version.pledge_id)
        .select_related("pledge")
        .only("number", "language", "digest", "valid_from", "valid_until", "pledge__state")
    )
    current = texts.in_force(version.language)
    if current is None or current.pledge.state != PledgeState.OPEN or not current.is_valid(at=at):
        raise PledgeNotOpen
    if current.pk != version.pk or shown_digest != current.digest:
        raise TextChanged


def rehearse(*, version: PledgeVersion, signer: User, act: Act, at: datetime) -> None:
    """Raises what ``sign`` would raise for this act, and writes nothing: asked before a code is sent or used up."""
    profile, _ = _profile_and_channels(signer=signer, ids=act.channel_ids)
    newest = newest_signature(pledge=version.pledge, signer=signer)
    _check(version=version, profile=profile, newest=newest, act=act, at=at)


def sign(*, version: PledgeVersion, signer: User, act: Act, at: datetime) -> Signed:
    """Signs ``version`` for ``signer`` in one durable transaction; the message to the worker follows the commit.

    Raises a ``SigningRefused`` with nothing written. The same content signed twice returns the first signature.
    """
    try:
        return _sign_once(version=version, signer=signer, act=act, at=at)
    except IntegrityError:
        # A signature that this transaction could not see came first: it is there now, and is judged like any other.
        return _sign_once(version=version, signer=signer, act=act, at=at)


def _sign_once(*, version: PledgeVersion, signer: User, act: Act, at: datetime) -> Signed:
    with transaction.atomic(durable=True):
        profile, channels = _profile_and_channels(signer=signer, ids=act.channel_ids, hold=True)
        newest = newest_signature(pledge=version.pledge, signer=signer)
        active = newest if newest and newest.is_active else None
        if active and covers_the_same(
            active, digest=act.shown_digest, urls=[channel.url for channel in channels]
        ):
            return Signed(active, created=False)
        _check(version=version, profile=profile, newest=newest, act=act, at=at)
        if active:
            Signature.objects.filter(pk=active.pk).update(superseded_at=at)
        signature = _create(
            version=version, signer=signer, profile=profile, act=act, supersedes=active, at=at
        )
        SignedChannel.objects.bulk_create(
            SignedChannel(
                signature=signature,
                platform=channel.platform,
                url=channel.url,
                name=channel.name,
                role=channel.role,
                followers=channel.followers,
                followers_declared_at=channel.followers_declared_at,
            )
            for channel in channels
        )
        document = Document.objects.create(signature=signature, created_at=at, next_attempt_at=at)
        Decline.objects.filter(pledge=version.pledge_id, signer=signer, reversed_at=None).update(
            reversed_at=at
        )
        audit.record(
            action="pledge.signed",
            actor_id=signer.pk,
            subject_type="signature",
            subject_id=signature.reference,
            at=at,
            detail={"digest": version.digest, "supersedes": active.reference if active else None},
        )
        transaction.on_commit(lambda: wake_worker(document.pk))
    return Signed(signature, created=True)


def _check(
    *, version: PledgeVersion, profile: SignerProfile, newest: Signature | None, act: Act, at: datetime
) -> None:
    """Raises the first reason why this act signs nothing."""
    check_text(version=version, shown_digest=act.shown_digest, at=at)
    if act.basis != basis_of(newest):
        raise StateChanged
    missing = [
        position for position in range(1, len(version.text.undertakings) + 1) if position not in act.ticked
    ]
    if missing:
        raise UndertakingsMissing(missing)
    if not act.consent_text:
        raise ConsentMissing
    if act.strokes is None and fold(act.typed_name) != fold(profile.full_name):
        raise NameDiffers


def _create(
    *,
    version: PledgeVersion,
    signer: User,
    profile: SignerProfile,
    act: Act,
    supersedes: Signature | None,
    at: datetime,
) -> Signature:
    drawn = act.strokes is not None
    return Signature.objects.create(
        pledge_id=version.pledge_id,
        version=version,
        digest=version.digest,
        event_id=event_of(pledge=version.pledge, profile=profile),
        signer=signer,
        full_name=profile.full_name,
        stage_name=profile.stage_name,
        kind=profile.kind,
        commune_code=profile.commune_code,
        commune_label=profile.commune_label,
        organisation=profile.organisation,
        email=signer.email,
        unit_name=version.pledge.unit.name,
        search_key=profile.search_key,
        sort_key=profile.sort_key,
        signed_at=at,
        language=version.language,
        method=SignatureMethod.DRAWN if drawn else SignatureMethod.TYPED,
        strokes=act.strokes,
        typed_name="" if drawn else act.typed_name,
        confirmation=act.confirmation,
        confirmed_at=act.confirmed_at,
        consent_text=act.consent_text,
        consented_at=at,
        user_agent=act.user_agent[:300],
        ip_address=act.ip_address,
        supersedes=supersedes,
    )


def wake_worker(document_id: int) -> None:
    """Tells the worker about a pending row. A broker that is down costs nothing: the sweep finds the row."""
    try:
        tasks.seal_document.delay(document_id)
    except Exception as error:  # noqa: BLE001  (whatever the transport raises, the signature stands)
        log.warning("worker not woken", document=document_id, error=type(error).__name__)


def decline(*, version: PledgeVersion, signer: User, at: datetime) -> Decline:
    """Records a no to the text shown; a second no changes nothing. Raises ``StateChanged`` while a signature is active."""
    try:
        with transaction.atomic(durable=True):
            _hold(signer.pk)
            if Signature.objects.active().filter(pledge=version.pledge_id, signer=signer).exists():
                raise StateChanged
            answer, created = Decline.objects.get_or_create(
                pledge_id=version.pledge_id,
                signer=signer,
                reversed_at=None,
                defaults={"version": version, "declined_at": at},
            )
            if created:
                audit.record(
                    action="pledge.declined",
                    actor_id=signer.pk,
                    subject_type="pledge",
                    subject_id=version.pledge_id,
                    at=at,
                )
    except IntegrityError:
        return Decline.objects.get(pledge=version.pledge_id, signer=signer, reversed_at=None)
    return answer


def undo_decline(*, pledge: Pledge, signer: User, at: datetime) -> bool:
    """Takes a no back; ``False`` when there was none."""
    with transaction.atomic(durable=True):
        changed = Decline.objects.filter(pledge=pledge, signer=signer, reversed_at=None).update(
            reversed_at=at
        )
        if changed:
            audit.record(
                action="pledge.decline_reversed",
                actor_id=signer.pk,
                subject_type="pledge",
                subject_id=pledge.pk,
                at=at,
            )
    return bool(changed)


def withdraw(*, signature: Signature, at: datetime) -> bool:
    """Withdraws the signer's own signature; the PDF stays. ``False`` when it was withdrawn already.

    Raises ``NotWithdrawable`` for one that a newer signature has replaced.
    """
    with transaction.atomic(durable=True):
        _hold(signature.signer_id)
        changed = Signature.objects.active().filter(pk=signature.pk).update(withdrawn_at=at)
        if changed:
            audit.record(
                action="pledge.withdrawn",
                actor_id=signature.signer_id,
                subject_type="signature",
                subject_id=signature.reference,
                at=at,
            )
        elif Signature.objects.filter(Q(pk=signature.pk), superseded_at__isnull=False).exists():
            raise NotWithdrawable
    signature.refresh_from_db()
    return bool(changed)
