"""All that a pledge's PDF shows, as one frozen value. Pure: whoever calls reads the models."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pledges.text import PledgeText


@dataclass(frozen=True, kw_only=True)
class ChannelLine:
    """A page, group or channel that the pledge covers, as it stood at signing. ``platform`` and ``role`` are labels."""

    platform: str
    name: str
    url: str
    role: str = ""


@dataclass(frozen=True, kw_only=True)
class PledgeSheet:
    """What stands on the pages of one signed pledge.

    Labels (``kind``, ``confirmation``, platforms) come in the language of ``text``; ``commune`` with its kind ("phường
    Việt Trì"). ``reference`` is shown as given, so hand it in grouped. Times are aware and are shown in the site's time
    zone. Exactly one of ``signature_svg`` (made by ``pledges.strokes.to_svg``) and ``typed_name`` is given.
    ``evidence`` is attached byte for byte as ``evidence.json``.
    """

    text: PledgeText
    full_name: str
    stage_name: str = ""
    kind: str
    organisation: str = ""
    commune: str
    province: str
    channels: tuple[ChannelLine, ...] = ()
    place: str
    signed_at: datetime
    consented_at: datetime
    confirmed_at: datetime
    confirmation: str
    signature_svg: str | None = None
    typed_name: str = ""
    reference: str
    unit: str
    verify_url: str
    seal_subject: str
    seal_fingerprint: str
    seal_is_test: bool
    evidence: bytes

    def __post_init__(self) -> None:
        if (self.signature_svg is None) == (not self.typed_name):
            raise ValueError("a sheet shows either a drawn signature or a typed name")
        if any(moment.tzinfo is None for moment in (self.signed_at, self.consented_at, self.confirmed_at)):
            raise ValueError("times on a sheet are aware")
