"""What of texts, signatures and sealed files never changes, and the one way along which the rest does (ADR 4)."""

from django.db import migrations

from kolportal.triggers import Rule, changed, frozen, operations

PUBLISHED = "a published pledge text is frozen"
SIGNED = "a signature is frozen"


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


def _parts(name: str, table: str, at_of) -> list[Rule]:
    """Nothing is added to, changed in or taken from a published text."""
    return [
        Rule(f"{name}_published_{event.lower()}_{row.lower()}", table, event, at_of(row), PUBLISHED)
        for event, rows in {"INSERT": ("NEW",), "UPDATE": ("OLD", "NEW"), "DELETE": ("OLD",)}.items()
        for row in rows
    ]


RULES = (
    # A pledge's address is part of its texts, and its unit is who may read its signatures.
    Rule(
        "pledge_kept",
        "pledges_pledge",
        "UPDATE",
        changed("slug", "unit_id")
        + " AND EXISTS (SELECT 1 FROM pledges_edition e WHERE e.pledge_id = OLD.id AND e.published_at IS NOT NULL)",
        "address and unit of a published pledge are frozen",
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
            "id", "reference", "pledge_id", "text_id", "digest", "person_id", "kind", "ticked", "event_id", "unit_name",
            "place", "province", "signed_at", "salt", "commitment", "particulars_commitment", "supersedes_id",
        ).replace("OLD.ticked IS DISTINCT FROM NEW.ticked", "CAST(OLD.ticked AS text) <> CAST(NEW.ticked AS text)"),
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
        "signature_begins_whole",
        "pledges_signature",
        "INSERT",
        "NEW.withdrawn_at IS NOT NULL OR NEW.superseded_at IS NOT NULL",
        "a signature begins in force",
    ),
    # What goes before the act does: as a whole.
    Rule(
        "particulars_vanish_whole",
        "pledges_particulars",
        "UPDATE",
        "OLD.erased_at IS NOT NULL OR NEW.erased_at IS NULL OR "
        + changed("signature_id", "consented_at", "keep_until"),
        "particulars are erased as a whole and never changed",
    ),
    Rule("particulars_no_delete", "pledges_particulars", "DELETE", "", "particulars are erased, never deleted"),
    Rule("signed_channel_frozen", "pledges_signedchannel", "UPDATE", "", SIGNED),
    Rule("signed_channel_late", "pledges_signedchannel", "INSERT", _document_of("NEW.signature_id"), SIGNED),
    Rule(
        "signed_channel_no_delete",
        "pledges_signedchannel",
        "DELETE",
        "NOT EXISTS (SELECT 1 FROM pledges_particulars p WHERE p.signature_id = OLD.signature_id AND p.erased_at IS NOT NULL)",
        "channels go with the particulars",
    ),
    Rule(
        "circumstances_vanish_whole",
        "pledges_circumstances",
        "UPDATE",
        "OLD.erased_at IS NOT NULL OR NEW.erased_at IS NULL OR " + changed("signature_id", "keep_until"),
        "circumstances are erased as a whole and never changed",
    ),
    Rule("circumstances_no_delete", "pledges_circumstances", "DELETE", "", "circumstances are erased, never deleted"),
    *frozen("pledges_proof", "a proof is frozen"),
    Rule("proof_late", "pledges_proof", "INSERT", _document_of("NEW.signature_id"), "a proof is frozen"),
    Rule(
        "proof_evidence_vanishes_whole",
        "pledges_proofevidence",
        "UPDATE",
        "OLD.erased_at IS NOT NULL OR NEW.erased_at IS NULL OR " + changed("proof_id"),
        "evidence of a proof is erased as a whole and never changed",
    ),
    Rule("proof_evidence_no_delete", "pledges_proofevidence", "DELETE", "", "evidence of a proof is erased, never deleted"),
    Rule(
        "decline_reversed_once",
        "pledges_decline",
        "UPDATE",
        "OLD.reversed_at IS NOT NULL OR NEW.reversed_at < OLD.declined_at OR "
        + changed("pledge_id", "text_id", "person_id", "declined_at"),
        "a refusal is taken back once and never changed",
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
            "document_id", "generation", "sha256", "size", "pages", "sealed_at", "intended_level", "achieved_level",
            "certificate_sha256", "renew_before", "unsealed_sha256", "is_test",
        ),
        "a sealed file is never changed",
    ),
    Rule("sealed_file_no_delete", "pledges_sealedfile", "DELETE", "", "a sealed file is never removed"),
)


class Migration(migrations.Migration):
    dependencies = [("pledges", "0001_initial"), ("audit", "0002_frozen")]
    operations = [migrations.RunPython(*operations(RULES))]
