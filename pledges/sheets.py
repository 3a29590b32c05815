"""From the rows of a signature to the sheet that is printed, and to the evidence that is attached.

``evidence.json`` is canonical JSON (RFC 8785). It holds the facts of the act and of the person exactly as they were committed
to in the public log, each with its salt, so that whoever holds the PDF can open those two commitments. The e-mail address is
in it as a commitment of its own, whose salt is not: the PDF travels further than the address should. Browser and network
address are not in it at all: they are kept for a limited time, and a PDF is for ever.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import rfc8785
from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from kolportal import codes
from kolportal.people.models import ChannelRole, Platform, SignerKind
from pledges import commitments, rendering, strokes
from pledges.models import Attempt, Factor, Proof, ProofEvidence, Signature

if TYPE_CHECKING:
    from kolportal import pades

EVIDENCE_SCHEMA = "kolportal/signing-evidence/2"


def of_signature(signature: Signature, *, key: pades.SealKey) -> rendering.PledgeSheet:
    """The sheet of a signature with text, edition, pledge, particulars, channels and proofs loaded; ``key`` will seal it.

    Everything as it stood when it was signed, from the rows; the particulars must not be erased.
    """
    person = signature.particulars
    replaced = signature.supersedes
    with override(signature.text.language):
        return rendering.PledgeSheet(
            text=signature.text.content,
            version=signature.text.label,
            full_name=person.full_name,
            stage_name=person.stage_name,
            kind=str(signature.get_kind_display()),
            organisation=person.organisation,
            commune=person.commune_label,
            province=signature.province,
            channels=tuple(
                rendering.ChannelLine(
                    platform=str(channel.get_platform_display()),
                    name=channel.name,
                    url=channel.url,
                    role=str(channel.get_role_display()),
                )
                for channel in signature.channels.all()
            ),
            ticked=tuple(signature.ticked),
            place=signature.place,
            signed_at=signature.signed_at,
            consented_at=person.consented_at,
            keep_until=person.keep_until,
            proofs=tuple(
                rendering.ProofLine(words=proof_in_words(proof), at=proof.proved_at)
                for proof in signature.proofs.all()
            ),
            signature_svg=strokes.to_svg(strokes.from_lists(person.strokes)) if person.strokes else None,
            typed_name=person.typed_name,
            reference=signature.reference_grouped,
            replaces=codes.grouped(replaced.reference) if replaced else "",
            unit=signature.unit_name,
            verify_url=settings.SITE_URL + reverse("verification:detail", args=[signature.reference]),
            seal_subject=key.subject,
            seal_fingerprint=key.fingerprint,
            seal_is_test=key.is_test,
            evidence=evidence(signature),
        )


def of_attempt(attempt: Attempt) -> rendering.PledgeSheet:
    """The sheet of what somebody is about to sign, for a preview: reference, proof and seal are not there yet."""
    act = attempt.act
    person = act["particulars"]
    with override(attempt.text.language):
        return rendering.PledgeSheet(
            text=attempt.text.content,
            version=attempt.text.label,
            full_name=person["full_name"],
            stage_name=person["stage_name"],
            kind=str(SignerKind(act["kind"]).label),
            organisation=person["organisation"],
            commune=person["commune_label"],
            province=act["province"],
            channels=tuple(
                rendering.ChannelLine(
                    platform=str(Platform(channel["platform"]).label),
                    name=channel["name"],
                    url=channel["url"],
                    role=str(ChannelRole(channel["role"]).label),
                )
                for channel in act["channels"]
            ),
            ticked=tuple(act["ticked"]),
            place=act["place"],
            signed_at=attempt.prepared_at,
            consented_at=attempt.prepared_at,
            keep_until=date.fromisoformat(act["keep_until"]),
            proofs=(rendering.ProofLine(words="", at=attempt.prepared_at),),
            signature_svg=strokes.to_svg(strokes.from_lists(person["strokes"]))
            if person["strokes"]
            else None,
            typed_name=person["typed_name"],
            reference="",
            unit=act["unit_name"],
            verify_url=settings.SITE_URL,
            seal_subject="",
            seal_fingerprint="",
            seal_is_test=False,
            evidence=b"",
        )


def proof_in_words(proof: Proof) -> str:
    """How it was known who signed, in the active language, with the masked address while it is kept."""
    contact = _contact(proof)
    if proof.factor == Factor.EMAIL_CODE and contact:
        return _("one-time code sent to the e-mail address %(address)s") % {"address": contact}
    if proof.factor == Factor.RECENT_LOGIN and contact:
        return _("logged in to the account %(address)s at most 5 minutes before signing") % {
            "address": contact
        }
    if proof.factor == Factor.IN_PERSON:
        words = _("seen in person by the member of staff with account no. %(number)s") % {
            "number": proof.steward_id
        }
        return _("%(seen)s, at %(gate)s") % {"seen": words, "gate": proof.gate} if proof.gate else words
    return str(proof.get_factor_display())


def evidence(signature: Signature) -> bytes:
    """RFC 8785 bytes: the committed facts with what opens them, and what helps to read them."""
    person = signature.particulars
    proofs = list(signature.proofs.all())
    record: dict[str, Any] = {
        "act": {
            "commitment": signature.commitment,
            "facts": commitments.act_facts(signature, proofs),
            "salt": signature.salt,
        },
        "contacts": [{"factor": proof.factor, "masked": _contact(proof) or None} for proof in proofs],
        "person": {
            "commitment": signature.particulars_commitment,
            "facts": commitments.particulars_facts(person, signature.channels.all()),
            "salt": commitments.person_salt(person).hex(),
        },
        "reference": signature.reference,
        "schema": EVIDENCE_SCHEMA,
        "text": {
            "digest": signature.digest,
            "language": signature.text.language,
            "number": signature.text.edition.number,
            "pledge": signature.pledge.slug,
        },
    }
    return rfc8785.dumps(record)


def _contact(proof: Proof) -> str:
    try:
        return proof.evidence.contact
    except ProofEvidence.DoesNotExist:
        return ""
