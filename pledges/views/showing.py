"""Texts and standings in the form in which the templates show them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import get_language

from pledges import markdown, signing
from pledges.models import Pledge, PledgeState, PledgeVersion, Signature

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.utils.safestring import SafeString

    from kolportal.accounts.models import User
    from kolportal.people.models import Channel
    from pledges.text import LegalReferenceText, PledgeText


def public_pledge(slug: str) -> Pledge:
    """The pledge that anybody may see at this address, or 404: drafts do not exist for the public."""
    return get_object_or_404(Pledge.objects.public().select_related("unit"), slug=slug)


def text_in_force(slug: str, *, language: str | None = None) -> PledgeVersion:
    """The text of this public pledge (``version.pledge``) in this language, else the interface's, or 404."""
    wanted = language if language in {"vi", "en"} else (get_language() or "vi")[:2]
    texts = PledgeVersion.objects.filter(pledge__slug=slug).exclude(pledge__state=PledgeState.DRAFT)
    version = texts.select_related("pledge__unit").in_force(wanted)
    if version is None:
        raise Http404
    return version


@dataclass(frozen=True, slots=True)
class ShownUndertaking:
    """One undertaking: its position from 1, sanitised HTML, legal reference."""

    position: int
    html: SafeString
    reference: LegalReferenceText | None


@dataclass(frozen=True, slots=True)
class ShownText:
    """A whole text as sanitised HTML."""

    language: str
    title: str
    preamble: SafeString
    undertakings: tuple[ShownUndertaking, ...]
    closing: SafeString


def shown(text: PledgeText) -> ShownText:
    """Renders the Markdown of a text."""
    return ShownText(
        language=text.language,
        title=text.title,
        preamble=markdown.to_html(text.preamble),
        undertakings=tuple(
            ShownUndertaking(position, markdown.inline_to_html(item.text), item.legal_reference)
            for position, item in enumerate(text.undertakings, start=1)
        ),
        closing=markdown.to_html(text.closing),
    )


@dataclass(frozen=True, slots=True)
class Standing:
    """How the person stands to a pledge, and what would change by signing now. All empty for somebody who never signed."""

    newest: Signature | None = None
    text_changed: bool = False
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    @property
    def active(self) -> Signature | None:
        """The signature in force."""
        return self.newest if self.newest and self.newest.is_active else None

    @property
    def basis(self) -> str:
        """What the form carries, so that a change in between is noticed."""
        return signing.basis_of(self.newest)

    @property
    def unchanged(self) -> bool:
        """Signed, and neither the text nor the person's channels differ from what was signed."""
        return self.active is not None and not (self.text_changed or self.added or self.removed)


def standing(*, version: PledgeVersion, signer: User, channels: Sequence[Channel]) -> Standing:
    """``channels``: the person's present ones."""
    newest = (
        Signature.objects.filter(pledge=version.pledge_id, signer=signer)
        .select_related("version")
        .prefetch_related("channels")
        .order_by("-id")
        .first()
    )
    if newest is None:
        return Standing()
    signed = {channel.url: channel.name for channel in newest.channels.all()}
    present = {channel.url: channel.name for channel in channels}
    return Standing(
        newest=newest,
        text_changed=newest.digest != version.digest,
        added=tuple(name for url, name in present.items() if url not in signed),
        removed=tuple(name for url, name in signed.items() if url not in present),
    )
