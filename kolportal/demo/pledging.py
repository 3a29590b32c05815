"""The demo's signatures: at the meeting, one withdrawn, one replaced by a signing of the newer text; and those who declined."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

from kolportal.demo import people, pictures, texts
from kolportal.people.models import Person
from pledges import consent, factors, signing, strokes
from pledges.factors import Proved
from pledges.models import Factor, Signature

if TYPE_CHECKING:
    from datetime import datetime

    from events.models import Event
    from pledges.models import Pledge, Text

SIGNED, DECLINED = 60, 5
# Positions among those who signed: who takes the pledge back, who signs the newer text too.
_WITHDRAWS, _SIGNS_AGAIN = 11, 23


def sign_at_the_meeting(pledge: Pledge, event: Event, *, starts_at: datetime) -> None:
    """In September: ``SIGNED`` sign the first edition one after another, ``DECLINED`` say no; later one withdraws."""
    text = pledge.current_text()
    if text is None or text.edition.number != 1:
        return
    everybody = _everybody(SIGNED + DECLINED)
    for number, person in enumerate(everybody):
        at = starts_at + timedelta(hours=2, minutes=20, seconds=20 * number)
        if number >= SIGNED:
            signing.decline(text=text, person=person, at=at)
        elif not Signature.objects.filter(pledge=pledge, person=person).exists():
            _sign(text, person, event=event, number=number, at=at)
    at = starts_at + timedelta(days=21, hours=12)
    withdrawn = Signature.objects.get(pledge=pledge, person=everybody[_WITHDRAWS])
    if withdrawn.is_active:
        digest = signing.withdrawal_digest(withdrawn)
        signing.withdraw(
            signature=withdrawn, proof=_by_code(person=everybody[_WITHDRAWS], digest=digest, at=at), at=at
        )


def sign_the_newer_text(pledge: Pledge, *, at: datetime) -> None:
    """One of those who signed in September signs the second edition, which replaces the first signature."""
    text = pledge.current_text()
    person = _everybody(SIGNED)[_SIGNS_AGAIN]
    newest = signing.newest_signature(pledge=pledge, person=person)
    if text is None or newest is None or newest.digest == text.digest:
        return
    _sign(text, person, event=None, number=_SIGNS_AGAIN, at=at)


def _everybody(count: int) -> list[Person]:
    """The first ``count`` generated people, in their order."""
    addresses = [person.email for person in people.generate(count)]
    found = {
        person.email: person
        for person in Person.objects.filter(user__email__in=addresses).select_related("user")
    }
    return [found[address] for address in addresses]


def _sign(text: Text, person: Person, *, event: Event | None, number: int, at: datetime) -> None:
    prepared = at - timedelta(seconds=90)
    typed = number % 6 == 5
    newest = signing.newest_signature(pledge=text.edition.pledge_id, person=person)
    act = signing.Act(
        shown_digest=text.digest,
        basis=signing.basis_of(newest),
        ticked=signing.asked_of(text.content, person=person),
        channel_ids=list(person.channels.current().values_list("pk", flat=True)),
        of_age=True,
        strokes=None if typed else strokes.parse(json.dumps(pictures.scribble(seed=number))).as_lists(),
        typed_name=person.full_name if typed else "",
        consent_text=consent.text(of=text, at=prepared).as_shown,
        user_agent=texts.MARK,
    )
    filed_under = signing.event_for(
        pledge=text.edition.pledge, person=person, at=prepared, asked=event.slug if event else ""
    )
    attempt = signing.prepare(text=text, person=person, act=act, event=filed_under, at=prepared)
    proof = _by_code(person=person, digest=attempt.digest, at=at - timedelta(seconds=1))
    signing.complete(attempt=attempt, proof=proof, at=at)


def _by_code(*, person: Person, digest: str, at: datetime) -> Proved:
    """What a code by e-mail would have proved; nobody reads the mail of an invented person."""
    contact = factors.masked_email(person.email)
    return Proved(digest=digest, factor=Factor.EMAIL_CODE, at=at, contact=contact)
