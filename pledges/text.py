"""The text of a pledge in one language, as a value: what is shown, digested, signed and printed. Pure.

Canonical form: the RFC 8785 (JCS) serialisation of ``PledgeText.as_json()``, every string in Unicode NFC, in UTF-8. The
digest is the lower-case hexadecimal SHA-256 of those bytes. Anybody can recompute it from the public JSON.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Any

import rfc8785
from django.db.models.enums import TextChoices
from django.utils.translation import gettext_lazy as _

SCHEMA = "kolportal/pledge-text/2"


class Binds(TextChoices):
    """Whom an undertaking binds; the labels stand behind "applies to"."""

    EVERYONE = "everyone", _("everyone who signs")
    PAGE_ADMIN = "page_admin", _("administrators of pages, groups and channels")
    KOL = "kol", _("influencers (KOL)")


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def _date(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None


@dataclass(frozen=True, slots=True)
class LegalReferenceText:
    """A law, decree or decision as it stood at publication."""

    title: str
    number: str
    issued_date: date
    in_force_date: date | None

    def as_json(self) -> dict[str, str | None]:
        """Strings and ``None`` only; dates as ISO 8601."""
        return {
            "in_force_date": self.in_force_date.isoformat() if self.in_force_date else None,
            "issued_date": self.issued_date.isoformat(),
            "number": _nfc(self.number),
            "title": _nfc(self.title),
        }


@dataclass(frozen=True, slots=True)
class UndertakingText:
    """One sentence or short paragraph (Markdown subset) that is ticked by itself, by whom it binds."""

    text: str
    binds: Binds = Binds.EVERYONE
    legal_references: tuple[LegalReferenceText, ...] = ()

    def is_for(self, kind: str, *, runs_pages: bool) -> bool:
        """Whether it binds a signer of this kind (``kol``, ``page_admin`` or ``both``).

        ``runs_pages``: whoever has declared a page, group or channel runs one, whatever they take part as.
        """
        if self.binds == Binds.PAGE_ADMIN and runs_pages:
            return True
        return self.binds == Binds.EVERYONE or kind in {self.binds, "both"}


@dataclass(frozen=True, slots=True)
class PledgeText:
    """A whole text. ``preamble``, ``closing`` and undertakings are in the Markdown subset of ``pledges.markdown``."""

    pledge_slug: str
    number: int
    language: str
    title: str
    preamble: str
    undertakings: tuple[UndertakingText, ...]
    closing: str
    valid_from: date | None = None
    valid_until: date | None = None

    def as_json(self) -> dict[str, Any]:
        """The object whose canonical form is digested."""
        return {
            "closing": _nfc(self.closing),
            "language": self.language,
            "number": self.number,
            "pledge": self.pledge_slug,
            "preamble": _nfc(self.preamble),
            "schema": SCHEMA,
            "title": _nfc(self.title),
            "undertakings": [
                {
                    "binds": item.binds.value,
                    "legal_references": [reference.as_json() for reference in item.legal_references],
                    "text": _nfc(item.text),
                }
                for item in self.undertakings
            ],
            "valid_from": self.valid_from.isoformat() if self.valid_from else None,
            "valid_until": self.valid_until.isoformat() if self.valid_until else None,
        }

    def canonical(self) -> bytes:
        """RFC 8785 bytes."""
        return rfc8785.dumps(self.as_json())

    def binding(self, kind: str, *, runs_pages: bool) -> tuple[int, ...]:
        """Positions, from 1, of the undertakings that bind such a signer, see ``UndertakingText.is_for``."""
        return tuple(
            position
            for position, item in enumerate(self.undertakings, start=1)
            if item.is_for(kind, runs_pages=runs_pages)
        )

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical form, 64 lower-case hexadecimal digits."""
        return hashlib.sha256(self.canonical()).hexdigest()

    @classmethod
    def from_canonical(cls, data: str | bytes) -> PledgeText:
        """The text back from its canonical form. Raises ``ValueError`` or ``KeyError`` for anything else."""
        raw = json.loads(data)
        if raw["schema"] != SCHEMA:
            raise ValueError(f"unknown schema {raw['schema']!r}")
        return cls(
            pledge_slug=raw["pledge"],
            number=raw["number"],
            language=raw["language"],
            title=raw["title"],
            preamble=raw["preamble"],
            undertakings=tuple(
                UndertakingText(
                    text=item["text"],
                    binds=Binds(item["binds"]),
                    legal_references=tuple(
                        LegalReferenceText(
                            title=reference["title"],
                            number=reference["number"],
                            issued_date=date.fromisoformat(reference["issued_date"]),
                            in_force_date=_date(reference["in_force_date"]),
                        )
                        for reference in item["legal_references"]
                    ),
                )
                for item in raw["undertakings"]
            ),
            closing=raw["closing"],
            valid_from=_date(raw["valid_from"]),
            valid_until=_date(raw["valid_until"]),
        )
