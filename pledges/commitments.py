"""What a signature commits to: the facts of the act, and apart from them who signed. Recomputed from the rows at any time.

Canonical JSON (RFC 8785) with every text in NFC; times in UTC, ISO 8601 with microseconds. A commitment is published in the
log at once; with the salt it can be shown later what was meant, without the salt nothing can be tried against it.
"""

from __future__ import annotations

import hmac
import unicodedata
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from kolportal.transparency.commitment import Domain, commit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kolportal.transparency.commitment import Facts, Json
    from pledges.models import Particulars, Proof, Signature, SignedChannel


def of_act(signature: Signature, proofs: Iterable[Proof]) -> str:
    """Commitment to the frozen columns of a signature and its proofs, 64 hexadecimal digits."""
    return commit(domain=Domain.ACT, salt=bytes.fromhex(signature.salt), facts=act_facts(signature, proofs))


def of_particulars(particulars: Particulars, channels: Iterable[SignedChannel]) -> str:
    """Commitment to who signed, 64 hexadecimal digits."""
    facts = particulars_facts(particulars, channels)
    return commit(domain=Domain.PERSON, salt=person_salt(particulars), facts=facts)


def person_salt(particulars: Particulars) -> bytes:
    """The salt that opens ``of_particulars``; it goes into the signer's PDF, and leads to no other salt."""
    return _salt(particulars, Domain.PERSON)


def of_email(particulars: Particulars) -> str | None:
    """Commitment to the e-mail address by itself, ``None`` without one: the PDF shows the rest of the person without it."""
    if not particulars.email:
        return None
    return commit(domain=Domain.EMAIL, salt=email_salt(particulars), facts={"email": particulars.email})


def email_salt(particulars: Particulars) -> bytes:
    """The salt that opens ``of_email``; never printed, shown to the signer alone."""
    return _salt(particulars, Domain.EMAIL)


def _salt(particulars: Particulars, domain: Domain) -> bytes:
    """HMAC-SHA256 of the domain under the row's salt: from one of these nobody comes to the row's salt or to the other."""
    return hmac.digest(bytes.fromhex(particulars.salt), domain.encode("ascii"), "sha256")


def act_facts(signature: Signature, proofs: Iterable[Proof]) -> Facts:
    """The act without the person."""
    return {
        "digest": signature.digest,
        "event": signature.event.slug if signature.event else None,
        "kind": signature.kind,
        "place": nfc(signature.place),
        "pledge": signature.pledge.slug,
        "proofs": [
            {
                "at": utc(proof.proved_at),
                "factor": proof.factor,
                "gate": nfc(proof.gate) or None,
                "steward": proof.steward_id,
            }
            for proof in proofs
        ],
        "province": nfc(signature.province),
        "reference": signature.reference,
        "signed_at": utc(signature.signed_at),
        "supersedes": signature.supersedes.reference if signature.supersedes else None,
        "ticked": list(signature.ticked),
        "unit": nfc(signature.unit_name),
    }


def particulars_facts(particulars: Particulars, channels: Iterable[SignedChannel]) -> Facts:
    """Who signed, and how."""
    return {
        "channels": [channel_facts(channel) for channel in sorted(channels, key=lambda channel: channel.url)],
        "commune": nfc(particulars.commune_label),
        "commune_code": particulars.commune_code,
        "consent": {"at": utc(particulars.consented_at), "text": nfc(particulars.consent_text)},
        "email": of_email(particulars),
        "full_name": nfc(particulars.full_name),
        "keep_until": particulars.keep_until.isoformat(),
        "method": particulars.method,
        "organisation": nfc(particulars.organisation) or None,
        "stage_name": nfc(particulars.stage_name) or None,
        "strokes": particulars.strokes,
        "typed_name": nfc(particulars.typed_name) or None,
    }


def channel_facts(channel: SignedChannel) -> Mapping[str, Json]:
    """One channel as it stood."""
    return {
        "followers": channel.followers,
        "followers_declared_at": utc(channel.followers_declared_at),
        "name": nfc(channel.name),
        "platform": channel.platform,
        "role": channel.role,
        "url": channel.url,
    }


def nfc(text: str) -> str:
    """One spelling of one text."""
    return unicodedata.normalize("NFC", text)


def utc(moment: datetime | None) -> str | None:
    """``2025-09-10T01:30:00.000000Z``."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
