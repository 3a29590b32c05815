"""All that a pledge's PDF shows, as one frozen value. Pure: whoever calls reads the models."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from pledges.text import PledgeText


@dataclass(frozen=True, kw_only=True)
class ChannelLine:
    """A page, group or channel that the pledge covers, as it stood at signing. ``platform`` and ``role`` are labels."""

    platform: str
    name: str
    url: str
    role: str = ""


@dataclass(frozen=True, kw_only=True)
class ProofLine:
    """One way in which it was known who signed, in words, and when (aware)."""

    words: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class PledgeSheet:
    """What stands on the pages of one signed pledge.

    Labels (``version`` of the text, ``kind``, words of ``proofs``, platforms) come in the language of ``text``; ``commune`` and ``province`` with their
    kinds ("phường Việt Trì", "tỉnh Phú Thọ"). ``ticked``: positions of undertakings from 1; the others do not bind this
    signer, and the paper says so. Without ``channels`` it says that the pledge binds the person alone. ``reference`` and
    ``replaces`` are shown as given, so hand them in grouped. Times are aware and are shown in the site's time zone.
    Exactly one of ``signature_svg`` (made by ``pledges.strokes.to_svg``) and ``typed_name`` is given. ``evidence`` is attached
    byte for byte as ``evidence.json``.
    """

    text: PledgeText
    version: str
    full_name: str
    stage_name: str = ""
    kind: str
    organisation: str = ""
    commune: str
    province: str
    channels: tuple[ChannelLine, ...] = ()
    ticked: tuple[int, ...]
    place: str
    signed_at: datetime
    consented_at: datetime
    keep_until: date
    proofs: tuple[ProofLine, ...]
    signature_svg: str | None = None
    typed_name: str = ""
    reference: str
    replaces: str = ""
    unit: str
    verify_url: str
    seal_subject: str
    seal_fingerprint: str
    seal_is_test: bool
    evidence: bytes

    def __post_init__(self) -> None:
        if (self.signature_svg is None) == (not self.typed_name):
            raise ValueError("a sheet shows either a drawn signature or a typed name")
        if not self.proofs:
            raise ValueError("a sheet says how it was known who signed")
        if not set(self.ticked) <= set(range(1, len(self.text.undertakings) + 1)):
            raise ValueError("a ticked position that the text does not have")
        times = (self.signed_at, self.consented_at, *(proof.at for proof in self.proofs))
        if any(moment.tzinfo is None for moment in times):
            raise ValueError("times on a sheet are aware")
