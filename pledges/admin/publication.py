"""The words for a refused publication, and what the person confirms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from pledges import publishing
from pledges.models import Language

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pledges.text import PledgeText


def refusal_in_words(refusal: publishing.PublishingRefused) -> list[str]:
    """What is wrong and what to do, in the active language."""
    language = Language(refusal.language).label
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


def rows(texts: Mapping[str, PledgeText]) -> list[tuple[str, str]]:
    """What will be frozen: per language the title and the digest."""
    shown: list[tuple[str, str]] = []
    for language, text in texts.items():
        label = str(Language(language).label)
        shown += [
            (_("Title (%(language)s)") % {"language": label}, text.title),
            (_("Undertakings (%(language)s)") % {"language": label}, str(len(text.undertakings))),
            (_("SHA-256 digest (%(language)s)") % {"language": label}, text.digest),
        ]
    return shown
