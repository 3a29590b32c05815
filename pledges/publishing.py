"""Publishing an edition of a pledge, copying it as the next one, opening and closing a pledge. Knows no request.

A text is judged on paper before it is frozen: its specimen must be conforming PDF/A and every character must have a
glyph. Rendering happens before the transaction, so that nobody waits for the write lock meanwhile; inside it the texts are
read again, and only the very texts that were rendered are frozen.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Max

from kolportal import paper
from pledges import history, rendering, storage
from pledges.models import Edition, Language, LegalReference, Pledge, PledgeState, Text, Undertaking

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from kolportal.accounts.models import User
    from pledges.text import PledgeText

# From -> to. Opening needs a published edition besides.
TRANSITIONS: dict[PledgeState, frozenset[PledgeState]] = {
    PledgeState.DRAFT: frozenset({PledgeState.OPEN}),
    PledgeState.OPEN: frozenset({PledgeState.CLOSED}),
    PledgeState.CLOSED: frozenset({PledgeState.OPEN}),
}


class PublishingRefused(Exception):
    """Nothing was published. The subclasses say why; ``language`` is that of the text concerned, where it is one."""

    def __init__(self, *details: str, language: str = "vi") -> None:
        super().__init__(*details)
        self.details = details
        self.language = language


class VietnameseMissing(PublishingRefused):
    """This edition has no Vietnamese text."""


class AlreadyPublished(PublishingRefused):
    """The edition is frozen already, in all its languages."""


class UndertakingsMissing(PublishingRefused):
    """The text has no undertaking, so there would be nothing to tick."""


class UndertakingsDiffer(PublishingRefused):
    """The languages have different counts of undertakings; ``details`` are the counts, Vietnamese first."""


class BindsDiffer(PublishingRefused):
    """The languages bind different people; ``details`` are the positions of those undertakings, from 1."""


class ReferencesDiffer(PublishingRefused):
    """The languages rest on different laws; ``details`` are the positions of those undertakings, from 1."""


class GlyphsMissing(PublishingRefused):
    """The font on paper lacks characters, or some are invisible; ``details`` name each one."""


class NotConforming(PublishingRefused):
    """The specimen is not conforming PDF/A; ``details`` are the findings in the words of the checker."""


class TextChanged(PublishingRefused):
    """Somebody edited a text after it was shown for confirmation."""


class StateRefused(Exception):
    """The pledge cannot go from its present state to the one asked for."""


class NothingPublished(StateRefused):
    """A pledge without a published edition cannot be opened."""


# --- Publishing ---------------------------------------------------------------------------------------------------------


def publish(
    *, edition: Edition, publisher: User, at: datetime, shown: Mapping[str, str] | None = None
) -> Edition:
    """Freezes an edition as a whole: its Vietnamese text, and the English one where there is one. Returns it as it is now.

    ``shown``: digests by language that the publisher confirmed; ``None`` where nobody was asked (the demo). Raises a
    ``PublishingRefused`` with nothing written, or what storage raises.
    """
    texts = _texts(edition)
    digests = {language: text.digest for language, text in texts.items()}
    if shown is not None and digests != dict(shown):
        raise TextChanged
    specimens = {
        language: storage.put(_judged_specimen(text, unit=edition.pledge.unit.name, at=at))
        for language, text in texts.items()
    }
    with transaction.atomic():
        held = hold(edition)
        if {language: text.digest for language, text in _texts(held).items()} != digests:
            raise TextChanged
        # The texts first: once their edition is published, the database refuses any change of them.
        for language, text in texts.items():
            Text.objects.filter(edition=held, language=language).update(
                canonical=text.canonical().decode(), digest=text.digest, specimen_sha256=specimens[language]
            )
        Edition.objects.filter(pk=held.pk).update(published_at=at, published_by=publisher)
        frozen = Edition.objects.select_related("pledge").get(pk=held.pk)
        for row in frozen.texts.select_related("edition__pledge"):
            history.published(row, actor_id=publisher.pk, at=at)
    return frozen


def check(*, edition: Edition, at: datetime) -> dict[str, PledgeText]:
    """What publishing would freeze, by language, after every check of it. Raises a ``PublishingRefused``."""
    texts = _texts(edition)
    for text in texts.values():
        _judged_specimen(text, unit=edition.pledge.unit.name, at=at)
    return texts


def unprintable(text: PledgeText) -> list[str]:
    """The characters of a text, each named once, that the font on paper lacks or that nobody can see."""
    return list(dict.fromkeys([*_invisible(text), *paper.missing_glyphs(_all_words(text))]))


def ended_laws(*, edition: Edition, at: datetime) -> list[LegalReference]:
    """The laws that this edition cites and that are no longer in force on this day."""
    cited = LegalReference.objects.ended(at=at).filter(undertakings__text__edition=edition)
    return list(cited.distinct())


def hold(edition: Edition) -> Edition:
    """The edition as it is now, held against others who would write it, for the caller's transaction.

    Raises ``AlreadyPublished`` for one that is frozen.
    """
    held = Edition.objects.select_for_update(of=("self",)).select_related("pledge__unit").get(pk=edition.pk)
    if held.is_published:
        raise AlreadyPublished
    return held


def _texts(edition: Edition) -> dict[str, PledgeText]:
    """The texts of this draft by language, Vietnamese first, if together they may be published."""
    if edition.is_published:
        raise AlreadyPublished
    rows = Text.objects.filter(edition=edition).select_related("edition__pledge").order_by("-language")
    texts = {row.language: row.content for row in rows}
    if Language.VI not in texts:
        raise VietnameseMissing
    for language, text in texts.items():
        if not text.undertakings:
            raise UndertakingsMissing(language=language)
    for language, text in texts.items():
        _agree(texts[Language.VI], text, language=language)
    return texts


def _agree(vietnamese: PledgeText, other: PledgeText, *, language: str) -> None:
    """Raises unless both ask the same of the same people on the same ground."""
    counts = len(vietnamese.undertakings), len(other.undertakings)
    if counts[0] != counts[1]:
        raise UndertakingsDiffer(*map(str, counts), language=language)
    pairs = list(enumerate(zip(vietnamese.undertakings, other.undertakings, strict=True), start=1))
    if different := [str(position) for position, (one, two) in pairs if one.binds != two.binds]:
        raise BindsDiffer(*different, language=language)
    if different := [
        str(position) for position, (one, two) in pairs if one.legal_references != two.legal_references
    ]:
        raise ReferencesDiffer(*different, language=language)


def _judged_specimen(text: PledgeText, *, unit: str, at: datetime) -> bytes:
    if unfit := unprintable(text):
        raise GlyphsMissing(*unfit, language=text.language)
    specimen = rendering.render_specimen(text, unit=unit, at=at)
    if findings := paper.check_conformance(specimen):
        raise NotConforming(*findings, language=text.language)
    return specimen


def _all_words(text: PledgeText) -> str:
    words = [text.title, text.preamble, text.closing]
    for undertaking in text.undertakings:
        words.append(undertaking.text)
        for reference in undertaking.legal_references:
            words += [reference.title, reference.number]
    return "\n".join(words)


def _invisible(text: PledgeText) -> list[str]:
    """Control and format characters (bidi, zero-width): what is read would not be what is digested."""
    return [
        f"U+{ord(character):04X} {unicodedata.name(character, '')}".strip()
        for character in dict.fromkeys(_all_words(text))
        if unicodedata.category(character) in {"Cc", "Cf", "Co", "Cs"} and character not in "\n\r\t"
    ]


# --- Drafts -------------------------------------------------------------------------------------------------------------


def next_number(pledge: Pledge) -> int:
    """The number of a pledge's next edition, from 1."""
    newest: int | None = pledge.editions.aggregate(newest=Max("number"))["newest"]
    return (newest or 0) + 1


def draft_next(*, edition: Edition, author: User, at: datetime) -> Edition:
    """Copies an edition, every language of it, as a draft with the next free number."""
    with transaction.atomic():
        pledge = Pledge.objects.select_for_update().get(pk=edition.pledge_id)
        copy = Edition.objects.create(
            pledge=pledge,
            number=next_number(pledge),
            valid_from=edition.valid_from,
            valid_until=edition.valid_until,
        )
        for source in edition.texts.all():
            text = Text.objects.create(
                edition=copy,
                language=source.language,
                title=source.title,
                preamble=source.preamble,
                closing=source.closing,
            )
            _copy_undertakings(source.undertakings.prefetch_related("legal_references"), to=text)
        history.DRAFTED.record(
            pledge.pk,
            actor_id=author.pk,
            at=at,
            detail={"number": copy.number, "from": edition.number},
        )
    return copy


def undertaking_order(edition: Edition) -> list[int]:
    """Keys of the Vietnamese undertakings in their order, for ``follow_vietnamese`` after they were edited."""
    rows = Undertaking.objects.filter(text__edition=edition, text__language=Language.VI)
    return list(rows.values_list("pk", flat=True))


def follow_vietnamese(edition: Edition, *, before: Sequence[int]) -> None:
    """Lets a draft's other languages follow the Vietnamese undertakings, which stood in the order ``before`` (keys).

    Positions become 1 to n; a translation goes where its original went, and with it. Whom an undertaking binds and what it
    rests on is said once, in Vietnamese, and taken over.
    """
    leading = _rows(edition, language=Language.VI)
    for position, lead in enumerate(leading, start=1):
        _update(lead, position=position)
    places = {lead.pk: lead.position for lead in leading}
    went = {old: places.get(key) for old, key in enumerate(before, start=1)}
    for language in Language.values:
        if language != Language.VI:
            _follow(
                _rows(edition, language=language), leading={row.position: row for row in leading}, went=went
            )


def _follow(
    rows: Iterable[Undertaking], *, leading: Mapping[int, Undertaking], went: Mapping[int, int | None]
) -> None:
    """``went``: old position to new one, ``None`` for one that is gone. What stands beside nothing is left alone."""
    for row in rows:
        position = went.get(row.position, row.position)
        if position is None:
            row.delete()
            continue
        lead = leading.get(position)
        _update(row, position=position, binds=lead.binds if lead else row.binds)
        if lead and set(row.legal_references.all()) != set(lead.legal_references.all()):
            row.legal_references.set(lead.legal_references.all())


def _update(row: Undertaking, **fields: Any) -> None:
    changed = {name: value for name, value in fields.items() if getattr(row, name) != value}
    if changed:
        Undertaking.objects.filter(pk=row.pk).update(**changed)
        for name, value in changed.items():
            setattr(row, name, value)


def _rows(edition: Edition, *, language: str) -> list[Undertaking]:
    rows = Undertaking.objects.filter(text__edition=edition, text__language=language)
    return list(rows.prefetch_related("legal_references"))


def _copy_undertakings(rows: Iterable[Undertaking], *, to: Text) -> None:
    for row in rows:
        copy = Undertaking.objects.create(text=to, position=row.position, body=row.body, binds=row.binds)
        copy.legal_references.set(row.legal_references.all())


# --- Opening and closing --------------------------------------------------------------------------------------------------


def change_state(*, pledge: Pledge, to: PledgeState, actor: User, at: datetime) -> Pledge:
    """Opens a pledge for signing or closes it. Raises ``StateRefused`` or ``NothingPublished``."""
    with transaction.atomic():
        current = Pledge.objects.select_for_update().get(pk=pledge.pk)
        if to not in TRANSITIONS[PledgeState(current.state)]:
            raise StateRefused(current.state, to)
        if to == PledgeState.OPEN and not current.editions.published().exists():
            raise NothingPublished
        current.state = to
        current.save(update_fields=["state"])
        event = history.OPENED if to == PledgeState.OPEN else history.CLOSED
        event.record(current.pk, actor_id=actor.pk, at=at)
    return current
