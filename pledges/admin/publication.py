"""The words for a refused publication, and what the person confirms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from pledges import publishing
from pledges.models import Language

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pledges.models import Edition
    from pledges.text import PledgeText


def refusal_in_words(refusal: publishing.PublishingRefused) -> list[str]:
    """What is wrong and what to do, in the active language."""
    language = Language(refusal.language).in_sentence
    match refusal:
        case publishing.VietnameseMissing():
            return [_("This version has no Vietnamese text. Add it first; English can only stand beside it.")]
        case publishing.AlreadyPublished():
            return [_("This version is published already. To change the text, make a new version from it.")]
        case publishing.UndertakingsMissing():
            return [
                _("The text in %(language)s has no undertaking, so there would be nothing to commit to.")
                % {"language": language}
            ]
        case publishing.UndertakingsDiffer():
            vietnamese, other = refusal.details
            return [
                _(
                    "The Vietnamese text has %(vietnamese)s undertakings, the English one %(other)s. Both must have the same."
                )
                % {"vietnamese": vietnamese, "other": other}
            ]
        case publishing.BindsDiffer():
            return [
                _("The texts disagree on whom these undertakings bind: %(positions)s.")
                % {"positions": ", ".join(refusal.details)}
            ]
        case publishing.ReferencesDiffer():
            return [
                _("The texts cite different laws at these undertakings: %(positions)s.")
                % {"positions": ", ".join(refusal.details)}
            ]
        case publishing.GlyphsMissing():
            return [
                _(
                    "The text in %(language)s holds characters that the font on paper lacks or that cannot be seen: %(characters)s."
                )
                % {"language": language, "characters": ", ".join(refusal.details)}
            ]
        case publishing.NotConforming():
            return [
                _("The PDF of the text in %(language)s would not be conforming PDF/A:")
                % {"language": language},
                *refusal.details,
            ]
        case publishing.TextChanged():
            return [
                _(
                    "The text was edited after it was shown to you, so nothing was published. Please read it again."
                )
            ]
        case _:
            raise refusal


def rows(edition: Edition, texts: Mapping[str, PledgeText]) -> list[tuple[str, str]]:
    """What will be frozen: the validity, and per language the title and the digest."""
    shown = [(_("Valid"), validity(edition))]
    for language, text in texts.items():
        label = Language(language).in_sentence
        shown += [
            (_("Title (%(language)s)") % {"language": label}, text.title),
            (_("Undertakings (%(language)s)") % {"language": label}, str(len(text.undertakings))),
            (_("SHA-256 digest (%(language)s)") % {"language": label}, text.digest),
        ]
    return shown


def remarks(edition: Edition, *, at: datetime) -> list[str]:
    """What the publisher should know, though it hinders nothing."""
    found = [
        _("It cites a law that is no longer in force: %(law)s, ended on %(day)s.")
        % {"law": law, "day": f"{law.ended_date:%d/%m/%Y}"}
        for law in publishing.ended_laws(edition=edition, at=at)
    ]
    if edition.valid_until and edition.valid_until < timezone.localdate(at):
        found.append(_("Its validity is over, so nobody could sign it."))
    return found


def validity(edition: Edition) -> str:
    """``10/09/2025 – …``; a dash where it has no bounds."""
    if not (edition.valid_from or edition.valid_until):
        return "–"
    return " – ".join(f"{day:%d/%m/%Y}" if day else "…" for day in (edition.valid_from, edition.valid_until))


def hold_draft(edition: Edition) -> None:
    """Holds the draft for the transaction of a form's save. Raises ``ValidationError`` in words if it is published."""
    try:
        publishing.hold(edition)
    except publishing.AlreadyPublished as refusal:
        raise ValidationError(refusal_in_words(refusal), code="published") from refusal
