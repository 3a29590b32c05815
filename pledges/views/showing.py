"""Texts in the form in which the templates show them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import get_language

from pledges import markdown
from pledges.models import Pledge, PledgeState, Text
from pledges.text import Binds

if TYPE_CHECKING:
    from collections.abc import Collection

    from django.utils.safestring import SafeString

    from pledges.text import LegalReferenceText, PledgeText


def public_pledge(slug: str) -> Pledge:
    """The pledge that anybody may see at this address, or 404: drafts do not exist for the public."""
    return get_object_or_404(Pledge.objects.public().select_related("unit"), slug=slug)


def text_in_force(slug: str, *, language: str | None = None) -> Text:
    """The text of this public pledge (``text.edition.pledge``) in this language, else the interface's, or 404."""
    wanted = language if language in {"vi", "en"} else (get_language() or "vi")[:2]
    texts = Text.objects.filter(edition__pledge__slug=slug).exclude(edition__pledge__state=PledgeState.DRAFT)
    text = texts.select_related("edition__pledge__unit").in_force(wanted)
    if text is None:
        raise Http404
    return text


@dataclass(frozen=True, slots=True)
class ShownUndertaking:
    """One undertaking: its position from 1, sanitised HTML, the laws that it rests on, whom it binds.

    ``is_asked``: whether this person is asked to tick it; ``True`` where it is not known who reads.
    """

    position: int
    html: SafeString
    references: tuple[LegalReferenceText, ...]
    binds: Binds
    is_asked: bool

    @property
    def for_whom(self) -> str:
        """Whom it binds, in words; empty where it binds everyone."""
        return "" if self.binds is Binds.EVERYONE else str(self.binds.label)


@dataclass(frozen=True, slots=True)
class ShownText:
    """A whole text as sanitised HTML."""

    language: str
    title: str
    preamble: SafeString
    undertakings: tuple[ShownUndertaking, ...]
    closing: SafeString

    @property
    def asked(self) -> tuple[ShownUndertaking, ...]:
        """Those that this person is asked to tick: all of them, or nothing is signed."""
        return tuple(item for item in self.undertakings if item.is_asked)

    @property
    def binds_alike(self) -> bool:
        """Whether every undertaking binds everyone."""
        return all(item.binds is Binds.EVERYONE for item in self.undertakings)


def shown(content: PledgeText, asked: Collection[int] | None = None) -> ShownText:
    """Renders the Markdown of a text. ``asked``: the positions that the reader is asked for (``acts.asked_of``) or ticked;
    ``None`` for a reader who is not known."""
    return ShownText(
        language=content.language,
        title=content.title,
        preamble=markdown.to_html(content.preamble),
        undertakings=tuple(
            ShownUndertaking(
                position=position,
                html=markdown.inline_to_html(item.text),
                references=item.legal_references,
                binds=item.binds,
                is_asked=asked is None or position in asked,
            )
            for position, item in enumerate(content.undertakings, start=1)
        ),
        closing=markdown.to_html(content.closing),
    )
