"""What somebody does on the signing form: why it may sign nothing, and the facts that are proved and then signed. No request.

The facts are taken once, when the form is checked: what the person sees before confirming is what is written.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils import timezone

from kolportal.vietnamese import fold
from pledges import commitments, retention
from pledges.models import SignatureMethod

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from events.models import Event
    from kolportal.people.models import Channel, Person
    from pledges.models import Signature, Text
    from pledges.text import PledgeText


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


class TooManyChannels(SigningRefused):
    """More than ``kolportal.people.models.MOST_CHANNELS``."""


class NameDiffers(SigningRefused):
    """The typed name is not the person's name; case and accents do not count."""


class AttemptOver(SigningRefused):
    """The attempt has ended without a signature: declined, replaced by another, outdated, or its time is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What the person did on the form.

    ``shown_digest``: of the text that was on the screen. ``basis``: what ``signing.basis_of`` said of the person's newest
    signature on this pledge when the form was shown. ``ticked``: positions of the undertakings from 1. ``of_age``: the person
    says to be 18 or older. ``strokes``: checked strokes as JSON-ready lists, or ``None`` with ``typed_name``. ``consent_text``:
    the sentence that was ticked, or ``""``.
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


def asked_of(
    content: PledgeText, *, person: Person, channels: Collection[Channel] | None = None
) -> tuple[int, ...]:
    """Positions, from 1, of the undertakings that this person is asked to tick.

    ``channels``: the person's current ones; ``None`` has them looked up where they matter.
    """
    without = content.binding(person.kind, runs_pages=False)
    with_pages = content.binding(person.kind, runs_pages=True)
    if without == with_pages:
        return without
    runs_pages = person.channels.current().exists() if channels is None else bool(channels)
    return with_pages if runs_pages else without


def check(act: Act, *, text: Text, person: Person, basis: str) -> tuple[int, ...]:
    """The positions that the person is asked for, all of them ticked. Raises the first reason why this act signs nothing.

    ``basis``: the person's standing now.
    """
    if act.basis != basis:
        raise StateChanged
    if not act.of_age:
        raise TooYoung
    asked = asked_of(text.content, person=person)
    missing = [position for position in asked if position not in act.ticked]
    if missing:
        raise UndertakingsMissing(missing)
    if not act.consent_text:
        raise ConsentMissing
    if act.strokes is None and fold(act.typed_name) != fold(person.full_name):
        raise NameDiffers
    return asked


def facts(
    act: Act,
    *,
    text: Text,
    person: Person,
    asked: tuple[int, ...],
    channels: list[Channel],
    declined: bool,
    at: datetime,
) -> dict[str, Any]:
    """All that will be written, as it stands now, ready for JSON. ``asked``: what ``check`` gave.

    ``declined``: whether signing takes a refusal back. Whoever declines later ends the attempt, so it stays true.
    """
    drawn = act.strokes is not None
    return {
        "basis": act.basis,
        "declined": declined,
        "kind": person.kind,
        "ticked": list(asked),
        "unit_name": text.edition.pledge.unit.name,
        "place": settings.PROVINCE_NAME,
        "province": settings.PROVINCE_LABEL,
        "particulars": {
            "full_name": person.full_name,
            "stage_name": person.stage_name,
            "commune_code": person.commune_code,
            "commune_label": person.commune_label,
            "organisation": person.organisation,
            "email": person.email,
            "method": (SignatureMethod.DRAWN if drawn else SignatureMethod.TYPED).value,
            "strokes": act.strokes,
            # As the person's details have it, whatever case and accents were typed.
            "typed_name": "" if drawn else person.full_name,
            "consent_text": act.consent_text,
        },
        "keep_until": retention.keep_until(
            signed=timezone.localdate(at), valid_until=text.edition.valid_until
        ).isoformat(),
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


def digest(facts: dict[str, Any], *, text: Text, person: Person, event: Event | None, at: datetime) -> str:
    """SHA-256 over everything that the person is about to do, 64 hexadecimal digits; what a factor proves."""
    whole = {
        "act": facts,
        "event": event.pk if event else None,
        "person": person.pk,
        "prepared_at": commitments.utc(at),
        "text": text.digest,
    }
    # Ours alone, and over strings and whole numbers: sorted compact JSON is one spelling, and a fraction of RFC 8785's cost.
    spelt = json.dumps(whole, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(spelt.encode()).hexdigest()
