"""What of texts, signatures and sealed files never changes, and the one way along which the rest does (ADR 20)."""

from django.db import migrations

from kolportal.triggers import Rule, changed, frozen, operations

PUBLISHED = "a published pledge text is frozen"
SIGNED = "a signature is frozen"
HAS_PUBLISHED = (
    "EXISTS (SELECT 1 FROM pledges_edition e WHERE e.pledge_id = OLD.id AND e.published_at IS NOT NULL)"
)


def _under(edition: str) -> str:
    return f"EXISTS (SELECT 1 FROM pledges_edition e WHERE e.id = {edition} AND e.published_at IS NOT NULL)"


def _of_text(text: str) -> str:
    return _under(f"(SELECT t.edition_id FROM pledges_text t WHERE t.id = {text})")


def _of_undertaking(undertaking: str) -> str:
    return _of_text(f"(SELECT u.text_id FROM pledges_undertaking u WHERE u.id = {undertaking})")


def _document_of(signature: str) -> str:
    return f"EXISTS (SELECT 1 FROM pledges_document d WHERE d.signature_id = {signature})"


def _told(action: str, at: str) -> str:
    """The audit trail tells of it already: an end that nobody told is none."""
    return (
        "EXISTS (SELECT 1 FROM audit_auditevent a WHERE a.subject_type = 'signature'"
        f" AND a.subject_id = NEW.reference AND a.action = '{action}' AND a.at = NEW.{at})"
    )


def _told_of_erasure() -> str:
    return (
        "EXISTS (SELECT 1 FROM audit_auditevent a JOIN pledges_signature s ON s.reference = a.subject_id"
        " WHERE s.id = NEW.signature_id AND a.subject_type = 'signature'"
        " AND a.action = 'pledge.particulars_erased' AND a.at = NEW.erased_at)"
    )


def _erased(signature: str) -> str:
    return f"EXISTS (SELECT 1 FROM pledges_particulars p WHERE p.signature_id = {signature} AND p.erased_at IS NOT NULL)"


def _day(moment: str) -> str:
    """The day of a moment or a date as text, in UTC on both databases."""
    return f"substr(CAST({moment} AS text), 1, 10)"


def _parts(name: str, table: str, at_of) -> list[Rule]:
    """Nothing is added to, changed in or taken from a published text."""
    return [
        Rule(f"{name}_published_{event.lower()}_{row.lower()}", table, event, at_of(row), PUBLISHED)
        for event, rows in {"INSERT": ("NEW",), "UPDATE": ("OLD", "NEW"), "DELETE": ("OLD",)}.items()
        for row in rows
    ]


_SIGNATURE_OF_PROOF = "SELECT f.signature_id FROM pledges_proof f WHERE f.id = NEW.proof_id"

RULES = (
    # A pledge's address is part of its texts, and its unit is who may read its signatures.
    Rule(
        "pledge_kept",
        "pledges_pledge",
        "UPDATE",
        changed("id", "slug", "unit_id") + " AND " + HAS_PUBLISHED,
        "address and unit of a published pledge are frozen",
    ),
    # A removed one could come back under the same key with another unit, within one transaction.
    Rule(
        "pledge_no_delete", "pledges_pledge", "DELETE", HAS_PUBLISHED, "a published pledge is never deleted"
    ),
    Rule(
        "edition_begins_as_draft",
        "pledges_edition",
        "INSERT",
        "NEW.published_at IS NOT NULL",
        "an edition begins as a draft",
    ),
    Rule(
        "edition_published_whole",
        "pledges_edition",
        "UPDATE",
        "NEW.published_at IS NOT NULL"
        " AND (EXISTS (SELECT 1 FROM pledges_text t WHERE t.edition_id = NEW.id AND t.digest = '')"
        " OR NOT EXISTS (SELECT 1 FROM pledges_text t WHERE t.edition_id = NEW.id AND t.language = 'vi'))",
        "an edition is published with every text frozen, the Vietnamese one among them",
    ),
    Rule("edition_frozen", "pledges_edition", "UPDATE", "OLD.published_at IS NOT NULL", PUBLISHED),
    Rule("edition_no_delete", "pledges_edition", "DELETE", "OLD.published_at IS NOT NULL", PUBLISHED),
    *_parts("text", "pledges_text", lambda row: _under(f"{row}.edition_id")),
    *_parts("undertaking", "pledges_undertaking", lambda row: _of_text(f"{row}.text_id")),
    *_parts(
        "undertaking_law",
        "pledges_undertaking_legal_references",
        lambda row: _of_undertaking(f"{row}.undertaking_id"),
    ),
    # The act. Its end is told in the audit trail first, in the same transaction, and is written once.
    Rule(
        "signature_frozen",
        "pledges_signature",
        "UPDATE",
        changed(
            "id",
            "reference",
            "pledge_id",
            "text_id",
            "digest",
            "person_id",
            "kind",
            "ticked",
            "event_id",
            "unit_name",
            "place",
            "province",
            "signed_at",
            "salt",
            "commitment",
            "particulars_commitment",
            "supersedes_id",
        ),
        SIGNED,
    ),
    Rule("signature_no_delete", "pledges_signature", "DELETE", "", "a signature is never deleted"),
    Rule(
        "signature_end_is_final",
        "pledges_signature",
        "UPDATE",
        "OLD.withdrawn_at IS NOT NULL OR OLD.superseded_at IS NOT NULL",
        "a withdrawn or replaced signature stays so",
    ),
    Rule(
        "signature_withdrawn_told",
        "pledges_signature",
        "UPDATE",
        "NEW.withdrawn_at IS NOT NULL AND NOT " + _told("pledge.withdrawn", "withdrawn_at"),
        "a withdrawal is told in the audit trail first",
    ),
    Rule(
        "signature_superseded_told",
        "pledges_signature",
        "UPDATE",
        "NEW.superseded_at IS NOT NULL AND NOT " + _told("pledge.superseded", "superseded_at"),
        "a replacement is told in the audit trail first",
    ),
    Rule(
        "signature_ends_after_it_began",
        "pledges_signature",
        "UPDATE",
        "NEW.superseded_at < OLD.signed_at",
        "a signature ends after it began",
    ),
    Rule(
        "signature_begins_whole",
        "pledges_signature",
        "INSERT",
        "NEW.withdrawn_at IS NOT NULL OR NEW.superseded_at IS NOT NULL",
        "a signature begins in force",
    ),
    Rule(
        "signature_of_its_text",
        "pledges_signature",
        "INSERT",
        "NOT EXISTS (SELECT 1 FROM pledges_text t JOIN pledges_edition e ON e.id = t.edition_id WHERE t.id = NEW.text_id"
        " AND t.digest = NEW.digest AND e.pledge_id = NEW.pledge_id AND e.published_at IS NOT NULL)",
        "a signature stands under the pledge and the digest of its published text",
    ),
    Rule(
        "signature_replaces_an_ended_one",
        "pledges_signature",
        "INSERT",
        "NEW.supersedes_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM pledges_signature s WHERE s.id = NEW.supersedes_id"
        " AND s.pledge_id = NEW.pledge_id AND s.superseded_at = NEW.signed_at)",
        "a signature replaces one on the same pledge that ends when it begins",
    ),
    # What goes before the act does: as a whole, told first, and never added later.
    Rule("particulars_late", "pledges_particulars", "INSERT", _document_of("NEW.signature_id"), SIGNED),
    Rule(
        "particulars_erased_told",
        "pledges_particulars",
        "UPDATE",
        "NEW.erased_at IS NOT NULL AND NOT " + _told_of_erasure(),
        "an erasure is told in the audit trail first",
    ),
    Rule(
        "particulars_vanish_whole",
        "pledges_particulars",
        "UPDATE",
        "OLD.erased_at IS NOT NULL OR NEW.erased_at IS NULL OR "
        + changed("signature_id", "consented_at", "keep_until"),
        "particulars are erased as a whole and never changed",
    ),
    Rule(
        "particulars_no_delete", "pledges_particulars", "DELETE", "", "particulars are erased, never deleted"
    ),
    Rule("signed_channel_frozen", "pledges_signedchannel", "UPDATE", "", SIGNED),
    Rule("signed_channel_late", "pledges_signedchannel", "INSERT", _document_of("NEW.signature_id"), SIGNED),
    Rule(
        "signed_channel_no_delete",
        "pledges_signedchannel",
        "DELETE",
        "NOT " + _erased("OLD.signature_id"),
        "channels go with the particulars",
    ),
    Rule(
        "circumstances_vanish_whole",
        "pledges_circumstances",
        "UPDATE",
        "OLD.erased_at IS NOT NULL OR NEW.erased_at IS NULL OR " + changed("signature_id", "keep_until"),
        "circumstances are erased as a whole and never changed",
    ),
    Rule(
        "circumstances_kept_for_their_term",
        "pledges_circumstances",
        "UPDATE",
        "NEW.erased_at IS NOT NULL AND NOT "
        + _erased("NEW.signature_id")
        + f" AND {_day('NEW.erased_at')} < {_day('NEW.keep_until')}",
        "circumstances are kept for their term, or go with the particulars",
    ),
    Rule("circumstances_late", "pledges_circumstances", "INSERT", _document_of("NEW.signature_id"), SIGNED),
    Rule(
        "circumstances_no_delete",
        "pledges_circumstances",
        "DELETE",
        "",
        "circumstances are erased, never deleted",
    ),
    *frozen("pledges_proof", "a proof is frozen"),
    Rule("proof_late", "pledges_proof", "INSERT", _document_of("NEW.signature_id"), "a proof is frozen"),
    Rule(
        "proof_evidence_vanishes_whole",
        "pledges_proofevidence",
        "UPDATE",
        "OLD.erased_at IS NOT NULL OR NEW.erased_at IS NULL OR " + changed("proof_id"),
        "evidence of a proof is erased as a whole and never changed",
    ),
    Rule(
        "proof_evidence_goes_with_particulars",
        "pledges_proofevidence",
        "UPDATE",
        "NEW.erased_at IS NOT NULL AND NOT " + _erased(f"({_SIGNATURE_OF_PROOF})"),
        "evidence of a proof goes with the particulars",
    ),
    Rule(
        "proof_evidence_late",
        "pledges_proofevidence",
        "INSERT",
        _document_of(f"({_SIGNATURE_OF_PROOF})"),
        "a proof is frozen",
    ),
    Rule(
        "proof_evidence_no_delete",
        "pledges_proofevidence",
        "DELETE",
        "",
        "evidence of a proof is erased, never deleted",
    ),
    Rule(
        "decline_reversed_once",
        "pledges_decline",
        "UPDATE",
        "OLD.reversed_at IS NOT NULL OR NEW.reversed_at < OLD.declined_at OR "
        + changed("id", "pledge_id", "text_id", "person_id", "declined_at"),
        "a refusal is taken back once and never changed",
    ),
    Rule(
        "decline_reversed_by_its_person",
        "pledges_decline",
        "UPDATE",
        "NEW.reversed_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM pledges_signature s"
        # Somebody who refused at a tablet signs as who he or she turned out to be.
        " WHERE s.person_id IN (NEW.person_id, (SELECT p.merged_into_id FROM people_person p WHERE p.id = NEW.person_id))"
        " AND s.pledge_id = NEW.pledge_id AND s.signed_at = NEW.reversed_at)"
        " AND NOT EXISTS (SELECT 1 FROM audit_auditevent a WHERE a.subject_type = 'pledge'"
        " AND a.subject_id = CAST(NEW.pledge_id AS text)"
        " AND a.action = 'pledge.decline_reversed' AND a.at = NEW.reversed_at)",
        "a refusal is taken back by signing, or is told in the audit trail first",
    ),
    Rule("decline_no_delete", "pledges_decline", "DELETE", "", "a refusal is never deleted"),
    *frozen("pledges_document", "a document is frozen"),
    Rule(
        "document_bears_its_code",
        "pledges_document",
        "INSERT",
        "NEW.signature_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM pledges_signature s"
        " WHERE s.id = NEW.signature_id AND s.reference = NEW.reference)",
        "a pledge''s document bears the code of its signature",
    ),
    Rule(
        "sealed_file_append_only",
        "pledges_sealedfile",
        "UPDATE",
        "OLD.destroyed_at IS NOT NULL OR NEW.destroyed_at IS NULL OR "
        + changed(
            "id",
            "document_id",
            "generation",
            "sha256",
            "size",
            "pages",
            "sealed_at",
            "intended_level",
            "achieved_level",
            "obstacles",
            "certificate_sha256",
            "renew_before",
            "unsealed_sha256",
            "recipe",
            "is_test",
        ),
        "a sealed file is never changed",
    ),
    # Also for a worker that was sealing while the person was erased.
    Rule(
        "sealed_file_of_the_living",
        "pledges_sealedfile",
        "INSERT",
        "NEW.destroyed_at IS NOT NULL OR EXISTS (SELECT 1 FROM pledges_document d"
        " LEFT JOIN pledges_particulars p ON p.signature_id = d.signature_id"
        " LEFT JOIN events_attendee a ON a.id = d.attendee_id"
        " WHERE d.id = NEW.document_id AND (p.erased_at IS NOT NULL OR a.erased_at IS NOT NULL))",
        "nothing is sealed of somebody who was erased",
    ),
    Rule(
        "sealed_file_told",
        "pledges_sealedfile",
        "INSERT",
        # The trail names this very file: nobody puts another one's file under a document in silence.
        "NOT EXISTS (SELECT 1 FROM audit_auditevent a WHERE a.subject_type = 'document'"
        " AND a.subject_id = CAST(NEW.document_id AS text) AND a.action = 'document.sealed' AND a.at = NEW.sealed_at"
        " AND replace(CAST(a.detail AS text), NEW.sha256, '') <> CAST(a.detail AS text))",
        "a sealed file is told in the audit trail first",
    ),
    Rule(
        "sealed_file_follows_the_newest",
        "pledges_sealedfile",
        "INSERT",
        "NEW.generation <> 1 + (SELECT COALESCE(MAX(f.generation), 0) FROM pledges_sealedfile f"
        " WHERE f.document_id = NEW.document_id)",
        "generations of a file follow one another",
    ),
    Rule("sealed_file_no_delete", "pledges_sealedfile", "DELETE", "", "a sealed file is never removed"),
    Rule(
        "attempt_of_the_living",
        "pledges_attempt",
        "INSERT",
        "EXISTS (SELECT 1 FROM people_person p WHERE p.id = NEW.person_id AND p.erased_at IS NOT NULL)",
        "an erased person signs nothing",
    ),
    # What the digest covers: a factor proves the act that was shown, and no other comes in its place meanwhile.
    Rule(
        "attempt_stays_as_shown",
        "pledges_attempt",
        "UPDATE",
        changed("id", "key", "person_id", "text_id", "event_id", "prepared_at")
        + " OR (OLD.ended_at IS NOT NULL AND NEW.ended_at IS NULL)"
        + " OR (NEW.ended_at IS NULL AND "
        + changed("act", "digest")
        + ")",
        "a signing under way is emptied when it ends and never changed",
    ),
)


class Migration(migrations.Migration):
    dependencies = [("pledges", "0001_initial"), ("audit", "0002_frozen")]
    operations = [migrations.RunPython(*operations(RULES))]
