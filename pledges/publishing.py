"""Publishing a pledge's text, copying it as the next version, opening and closing a pledge. Knows no request.

A text is judged on paper before it is frozen: its specimen must be conforming PDF/A and every character must have a
glyph. Rendering happens before the transaction, so that nobody waits for the write lock meanwhile; inside it the text is
read again, and only the very text that was rendered is frozen.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Max

from kolportal.audit import events as audit
from pledges import rendering, storage
from pledges.models import Language, Pledge, PledgeState, PledgeVersion, Undertaking

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from kolportal.accounts.models import User
    from pledges.text import PledgeText

# From -> to. Opening needs a published text besides.
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
    """This number has no Vietnamese text."""


class AlreadyPublished(PublishingRefused):
    """Every text of this number is frozen already."""


class UndertakingsMissing(PublishingRefused):
    """The text has no undertaking, so there would be nothing to tick."""


class UndertakingsDiffer(PublishingRefused):
    """The languages have different counts of undertakings; ``details`` are the counts, Vietnamese first."""


class GlyphsMissing(PublishingRefused):
    """The font on paper lacks characters, or some are invisible; ``details`` name each one."""


class NotConforming(PublishingRefused):
    """The specimen is not conforming PDF/A; ``details`` are the findings in the words of the checker."""


class TextChanged(PublishingRefused):
    """Somebody edited the text after it was shown for confirmation."""


class StateRefused(Exception):
    """The pledge cannot go from its present state to the one asked for."""


class NothingPublished(StateRefused):
    """A pledge without a published Vietnamese text cannot be opened."""


def publish(
    *, pledge: Pledge, number: int, publisher: User, at: datetime, shown: Mapping[str, str] | None = None
) -> list[PledgeVersion]:
    """Freezes the drafts of ``number``: Vietnamese, and English where there is one. Returns them, Vietnamese first.

    ``shown``: digests by language that the publisher confirmed; ``None`` where nobody was asked (the demo). Raises a
    ``PublishingRefused`` with nothing written, or what storage raises.
    """
    texts = _texts(pledge, number)
    if shown is not None and {language: text.digest for language, text in texts.items()} != dict(shown):
        raise TextChanged
    specimens = {
        language: storage.put(_judged_specimen(text, unit=pledge.unit.name, at=at))
        for language, text in texts.items()
    }
    with transaction.atomic():
        if {language: text.digest for language, text in _texts(pledge, number, lock=True).items()} != {
            language: text.digest for language, text in texts.items()
        }:
            raise TextChanged
        for language, text in texts.items():
            _freeze(pledge, text, specimen=specimens[language], publisher=publisher, at=at)
    frozen = PledgeVersion.objects.filter(pledge=pledge, number=number, language__in=texts)
    return sorted(frozen, key=lambda version: version.language != Language.VI)


def check(*, pledge: Pledge, number: int, at: datetime) -> dict[str, PledgeText]:
    """What publishing would freeze, by language, after every check of it. Raises a ``PublishingRefused``."""
    texts = _texts(pledge, number)
    for text in texts.values():
        _judged_specimen(text, unit=pledge.unit.name, at=at)
    return texts


def next_number(*, pledge: Pledge, language: str) -> int:
    """The number of a new text: the newest one if it lacks this language, else the next."""
    newest: int | None = pledge.versions.aggregate(newest=Max("number"))["newest"]
    if newest is None:
        return 1
    return newest + 1 if pledge.versions.filter(number=newest, language=language).exists() else newest


def draft_next(*, version: PledgeVersion, author: User, at: datetime) -> PledgeVersion:
    """Copies every language of this number as drafts of the next free number; returns the copy of ``version``."""
    with transaction.atomic():
        pledge = Pledge.objects.select_for_update().get(pk=version.pledge_id)
        number: int = pledge.versions.aggregate(newest=Max("number"))["newest"] + 1
        copies: dict[str, PledgeVersion] = {}
        for source in pledge.versions.filter(number=version.number).prefetch_related("undertakings"):
            copy = copies[source.language] = PledgeVersion.objects.create(
                pledge=pledge,
                number=number,
                language=source.language,
                title=source.title,
                preamble=source.preamble,
                closing=source.closing,
                valid_from=source.valid_from,
                valid_until=source.valid_until,
            )
            Undertaking.objects.bulk_create(
                Undertaking(
                    version=copy,
                    position=row.position,
                    text=row.text,
                    legal_reference_id=row.legal_reference_id,
                )
                for row in source.undertakings.all()
            )
        audit.record(
            action="pledge.version_drafted",
            actor_id=author.pk,
            subject_type="pledge",
            subject_id=pledge.pk,
            at=at,
            detail={"number": number, "from": version.number},
        )
    return copies[version.language]


def change_state(*, pledge: Pledge, to: PledgeState, actor: User, at: datetime) -> Pledge:
    """Opens a pledge for signing or closes it. Raises ``StateRefused`` or ``NothingPublished``."""
    with transaction.atomic():
        current = Pledge.objects.select_for_update().get(pk=pledge.pk)
        if to not in TRANSITIONS[PledgeState(current.state)]:
            raise StateRefused(current.state, to)
        if to == PledgeState.OPEN and current.current_version() is None:
            raise NothingPublished
        current.state = to
        current.save(update_fields=["state"])
        action = "pledge.opened" if to == PledgeState.OPEN else "pledge.closed"
        audit.record(action=action, actor_id=actor.pk, subject_type="pledge", subject_id=pledge.pk, at=at)
    return current


def unprintable(text: PledgeText) -> list[str]:
    """The characters of a text, each named once, that the font on paper lacks or that nobody can see."""
    return list(dict.fromkeys([*_invisible(text), *rendering.missing_glyphs(_all_words(text))]))


def _texts(pledge: Pledge, number: int, *, lock: bool = False) -> dict[str, PledgeText]:
    """The drafts of this number by language, Vietnamese first, if together they may be published."""
    rows = pledge.versions.filter(number=number).order_by("-language")
    versions = list(rows.select_for_update() if lock else rows)
    if not any(version.language == Language.VI for version in versions):
        raise VietnameseMissing
    counts = {version.language: len(version.text.undertakings) for version in versions}
    for language, count in counts.items():
        if not count:
            raise UndertakingsMissing(language=language)
    if len(set(counts.values())) > 1:
        raise UndertakingsDiffer(*(str(count) for count in counts.values()), language=versions[-1].language)
    drafts = {version.language: version.text for version in versions if not version.is_published}
    if not drafts:
        raise AlreadyPublished
    return drafts


def _judged_specimen(text: PledgeText, *, unit: str, at: datetime) -> bytes:
    if unfit := unprintable(text):
        raise GlyphsMissing(*unfit, language=text.language)
    specimen = rendering.render_specimen(text, unit=unit, at=at)
    if findings := rendering.check_conformance(specimen):
        raise NotConforming(*findings, language=text.language)
    return specimen


def _all_words(text: PledgeText) -> str:
    words = [text.title, text.preamble, text.closing]
    for undertaking in text.undertakings:
        words.append(undertaking.text)
        if undertaking.legal_reference:
            words += [undertaking.legal_reference.title, undertaking.legal_reference.number]
    return "\n".join(words)


def _invisible(text: PledgeText) -> list[str]:
    """Control and format characters (bidi, zero-width): what is read would not be what is digested."""
    return [
        f"U+{ord(character):04X} {unicodedata.name(character, '')}".strip()
        for character in dict.fromkeys(_all_words(text))
        if unicodedata.category(character) in {"Cc", "Cf", "Co", "Cs"} and character not in "\n\r\t"
    ]


def _freeze(pledge: Pledge, text: PledgeText, *, specimen: str, publisher: User, at: datetime) -> None:
    """One UPDATE makes a draft the frozen text."""
    draft = PledgeVersion.objects.get(pledge=pledge, number=text.number, language=text.language)
    frozen = PledgeVersion.objects.drafts().filter(pk=draft.pk)
    if not frozen.update(
        canonical=text.canonical().decode(),
        digest=text.digest,
        specimen_sha256=specimen,
        published_at=at,
        published_by=publisher,
    ):
        raise AlreadyPublished(language=text.language)
    audit.record(
        action="pledge.published",
        actor_id=publisher.pk,
        subject_type="pledge_version",
        subject_id=draft.pk,
        at=at,
        detail={"digest": text.digest, "language": text.language, "number": text.number},
    )
