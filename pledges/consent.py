"""The consent to the processing of personal data, in the words that are shown at signing and kept with the signature.

Law 91/2025/QH15 asks that consent be voluntary and informed: kinds of data, purpose, controller, how long, rights.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings
from django.utils.translation import gettext, ngettext, override


@dataclass(frozen=True, slots=True)
class ConsentText:
    """The sentence that is ticked, and the particulars under it as pairs (question, answer)."""

    sentence: str
    particulars: tuple[tuple[str, str], ...]

    @property
    def as_shown(self) -> str:
        """Everything that is on the screen, as it is stored with the signature."""
        return "\n".join([self.sentence, *(f"{question}: {answer}" for question, answer in self.particulars)])

    @property
    def digest(self) -> str:
        """Value of the tick box: another wording or unit in between makes the tick void. 64 hexadecimal digits."""
        return hashlib.sha256(self.as_shown.encode()).hexdigest()


def text(*, unit: str, language: str) -> ConsentText:
    """The consent that this unit asks for, in the language of the pledge's text."""
    return _text(
        unit,
        language,
        months=settings.DATA_RETENTION_MONTHS,
        days=settings.EVIDENCE_RETENTION_DAYS,
        contact=settings.CONTACT_EMAIL,
    )


@lru_cache(maxsize=64)
def _text(unit: str, language: str, *, months: int, days: int, contact: str) -> ConsentText:
    with override(language):
        period = ngettext("%(months)d month", "%(months)d months", months) % {"months": months}
        evidence = ngettext("%(days)d day", "%(days)d days", days) % {"days": days}
        return ConsentText(
            sentence=gettext(
                "I agree that %(unit)s processes the data named above (full name, commune, e-mail address, phone number"
                " where given, the channels chosen, the signature and the circumstances of signing) in order to keep this"
                " pledge, for a period of %(period)s. I have the right to see and correct the data, to withdraw this"
                " consent and to ask for erasure."
            )
            % {"unit": unit, "period": period},
            particulars=(
                (
                    gettext("Which data"),
                    gettext(
                        "full name, public name, kind, commune, organisation, e-mail address, phone number, the channels"
                        " chosen; the signature; as evidence of the signing also the time, the browser and the network"
                        " address"
                    ),
                ),
                (gettext("What for"), gettext("to make, keep and verify this pledge, and nothing else")),
                (gettext("Who"), unit),
                (
                    gettext("How long"),
                    gettext("%(period)s; browser and network address %(evidence)s")
                    % {"period": period, "evidence": evidence},
                ),
                (
                    gettext("Your rights"),
                    gettext(
                        "to see and correct the data, to withdraw this consent, to ask for erasure; requests go to %(contact)s"
                        " and are answered within 2 working days"
                    )
                    % {"contact": contact},
                ),
            ),
        )
