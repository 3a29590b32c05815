"""The consent to the processing of personal data, in the words that are shown at signing and kept with the signature.

Law 91/2025/QH15 asks that consent be voluntary and informed: kinds of data, purpose, controller, how long, rights and duties.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext, ngettext, override

from pledges import retention

if TYPE_CHECKING:
    from datetime import datetime

    from pledges.models import Text


@dataclass(frozen=True, slots=True)
class ConsentText:
    """The sentence that is ticked, and the particulars under it as pairs (question, answer).

    ``digest``: value of the tick box, see ``digest``.
    """

    sentence: str
    particulars: tuple[tuple[str, str], ...]
    digest: str

    @property
    def as_shown(self) -> str:
        """Everything that is on the screen, as it is stored with the signature."""
        return _as_shown(self.sentence, self.particulars)


def text(*, of: Text, at: datetime, language: str | None = None) -> ConsentText:
    """The consent that the unit of this text (with its edition's pledge) asks of somebody who signs it now, in the language of
    the text, or in another one that the text has."""
    keep_until = retention.keep_until(signed=timezone.localdate(at), valid_until=of.edition.valid_until)
    sentence, particulars = _words_of(of, language=language, day=f"{keep_until:%d/%m/%Y}")
    return ConsentText(sentence, particulars, digest=digest(of=of, language=language))


def digest(*, of: Text, language: str | None = None) -> str:
    """Of wording, unit and terms: another one of them in between makes a tick void. 64 hexadecimal digits.

    The last day, which is counted from the signing, is not in it but what it is counted by: midnight changes no terms.
    """
    months, at_most = settings.DATA_RETENTION_MONTHS, settings.DATA_RETENTION_MONTHS_AT_MOST
    terms = f"{of.edition.valid_until or ''}+{months}/{at_most}"
    return hashlib.sha256(_as_shown(*_words_of(of, language=language, day=terms)).encode()).hexdigest()


_Words = tuple[str, tuple[tuple[str, str], ...]]


def _as_shown(sentence: str, particulars: tuple[tuple[str, str], ...]) -> str:
    return "\n".join([sentence, *(f"{question}: {answer}" for question, answer in particulars)])


def _words_of(of: Text, *, language: str | None, day: str) -> _Words:
    return _words(
        of.edition.pledge.unit.name,
        language or of.language,
        day,
        days=settings.EVIDENCE_RETENTION_DAYS,
        contact=settings.CONTACT_EMAIL,
    )


@lru_cache(maxsize=64)
def _words(unit: str, language: str, day: str, *, days: int, contact: str) -> _Words:
    with override(language):
        evidence = ngettext("%(days)d day", "%(days)d days", days) % {"days": days}
        return (
            gettext(
                "I agree that %(unit)s processes my full name, commune, e-mail address, the channels chosen above, my signature"
                " and the circumstances of signing in order to make, keep and verify this pledge, until %(day)s. I have the"
                " right to see and correct the data, to withdraw this consent and to ask for erasure."
            )
            % {"unit": unit, "day": day},
            (
                (
                    gettext("Which data"),
                    gettext(
                        "full name, public name, kind, commune, organisation, e-mail address, the channels chosen; the"
                        " signature; as evidence of the signing also the time, the browser and the network address"
                    ),
                ),
                (gettext("What for"), gettext("to make, keep and verify this pledge, and nothing else")),
                (gettext("Who"), unit),
                (
                    gettext("How long"),
                    gettext("until %(day)s; browser and network address %(evidence)s from the signing")
                    % {"day": day, "evidence": evidence},
                ),
                (
                    gettext("Your rights and duties"),
                    gettext(
                        "to see and correct the data, to withdraw this consent, to ask for a copy, for restriction or erasure;"
                        " to give true information about yourself; requests go to %(contact)s and are answered within 2"
                        " working days"
                    )
                    % {"contact": contact},
                ),
            ),
        )
