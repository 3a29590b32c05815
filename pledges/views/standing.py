"""How a person stands to a pledge, and what would change by signing it now, in the form in which the templates show it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pledges import changes, signing
from pledges.models import Decline, Signature, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kolportal.people.models import Channel, Person
    from pledges.changes import PartChange


@dataclass(frozen=True, slots=True)
class PersonalStanding:
    """All empty for somebody who has neither signed nor declined.

    ``changed``: the parts in which the edition now in force differs from the one that was signed, compared in the language that
    was signed, whichever the page is in; empty if the edition in force has no text in it. ``added`` and ``removed``: names of channels that the signature does not cover, or that are gone since.
    """

    newest: Signature | None = None
    decline: Decline | None = None
    text_changed: bool = False
    changed: tuple[PartChange, ...] = ()
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
    def life(self) -> str:
        """Changes with every signing, withdrawal and refusal: a draft of before has ended."""
        return f"{self.basis}/{self.decline.pk if self.decline else ''}"

    @property
    def unchanged(self) -> bool:
        """Signed, and neither the text nor the person's channels differ from what was signed."""
        return self.active is not None and not (self.text_changed or self.added or self.removed)


def standing_of(*, text: Text, person: Person, channels: Sequence[Channel]) -> PersonalStanding:
    """``channels``: the person's present ones."""
    pledge = text.edition.pledge_id
    decline = Decline.objects.active().of_person(person).filter(pledge=pledge).first()
    mine = Signature.objects.of_person(person).filter(pledge=pledge).order_by("-id")
    newest = mine.select_related("text__edition").prefetch_related("channels").first()
    if newest is None:
        return PersonalStanding(decline=decline)
    signed = {channel.url: channel.name for channel in newest.channels.all()}
    present = {channel.url: channel.name for channel in channels}
    compared = _compared(newest.text, text) if newest.is_active else []
    return PersonalStanding(
        newest=newest,
        decline=decline,
        text_changed=newest.digest != text.digest,
        changed=tuple(part for part in compared if part.changed),
        added=tuple(name for url, name in present.items() if url not in signed),
        removed=tuple(name for url, name in signed.items() if url not in present),
    )


def _compared(signed: Text, text: Text) -> list[PartChange]:
    """The two editions part by part in the language that was signed; empty if they are one, or if the newer is not in it."""
    if signed.edition_id == text.edition_id:
        return []
    same = text
    if signed.language != text.language:
        found = Text.objects.filter(edition=text.edition_id, language=signed.language).first()
        if found is None:
            return []
        same = found
    return changes.compare(signed.content, same.content)
