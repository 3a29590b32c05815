"""The demo's editions as drafts, from the words of ``texts``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kolportal.demo import texts
from pledges.models import Edition, Language, LegalReference, Text, Undertaking

if TYPE_CHECKING:
    from pledges.models import Pledge


def draft(pledge: Pledge, number: int) -> Edition:
    """An unpublished edition in both languages; for the caller's transaction."""
    edition = Edition.objects.create(pledge=pledge, number=number)
    _text(edition, Language.VI, (texts.TITLE_VI, texts.PREAMBLE_VI, texts.CLOSING_VI))
    _text(edition, Language.EN, (texts.TITLE_EN, texts.PREAMBLE_EN, texts.CLOSING_EN))
    return edition


def law(source: texts.Law) -> LegalReference:
    """The row of a law, made where there is none."""
    row, _ = LegalReference.objects.get_or_create(
        number=source.number,
        title=source.title,
        defaults={
            "issued_date": source.issued_date,
            "in_force_date": source.in_force_date,
            "ended_date": source.ended_date,
        },
    )
    return row


def _text(edition: Edition, language: Language, words: tuple[str, str, str]) -> None:
    title, preamble, closing = words
    text = Text.objects.create(
        edition=edition, language=language, title=title, preamble=preamble, closing=closing
    )
    for position, undertaking in enumerate(texts.UNDERTAKINGS[edition.number], start=1):
        row = Undertaking.objects.create(
            text=text,
            position=position,
            body=undertaking.vietnamese if language == Language.VI else undertaking.english,
            binds=undertaking.binds,
        )
        row.legal_references.set([law(source) for source in undertaking.laws])
