"""Triggers: a published text is frozen; of a signature only what ``Signature.MUTABLE`` lists may change; the audit
trail is append-only. They stop accidents and careless code on SQLite and Postgres alike; a database superuser can
switch them off, which only the transparency log will show (docs/adr)."""

from django.db import migrations

SIGNATURE_FROZEN = [
    "reference",
    "pledge_id",
    "version_id",
    "digest",
    "event_id",
    "signer_id",
    "full_name",
    "stage_name",
    "kind",
    "commune_code",
    "commune_label",
    "organisation",
    "email",
    "unit_name",
    "search_key",
    "sort_key",
    "signed_at",
    "language",
    "method",
    "strokes",
    "typed_name",
    "confirmation",
    "confirmed_at",
    "consent_text",
    "consented_at",
    "supersedes_id",
]

# (name, table, events, condition on OLD/NEW or "", message)
RULES = [
    ("audit_event_append_only", "audit_auditevent", "UPDATE", "", "audit events are append-only"),
    ("audit_event_no_delete", "audit_auditevent", "DELETE", "", "audit events are append-only"),
    (
        "pledge_version_frozen",
        "pledges_pledgeversion",
        "UPDATE",
        "OLD.published_at IS NOT NULL",
        "a published pledge text is frozen",
    ),
    (
        "pledge_version_no_delete",
        "pledges_pledgeversion",
        "DELETE",
        "OLD.published_at IS NOT NULL",
        "a published pledge text is frozen",
    ),
    (
        "signature_frozen",
        "pledges_signature",
        "UPDATE OF " + ", ".join(SIGNATURE_FROZEN),
        "",
        "a signature is frozen",
    ),
    ("signature_no_delete", "pledges_signature", "DELETE", "", "a signature is never deleted"),
    (
        "signature_end_is_final",
        "pledges_signature",
        "UPDATE OF withdrawn_at, superseded_at",
        "(OLD.withdrawn_at IS NOT NULL OR OLD.superseded_at IS NOT NULL)",
        "a withdrawn or replaced signature stays so",
    ),
    ("signed_channel_frozen", "pledges_signedchannel", "UPDATE", "", "a signature is frozen"),
    (
        # The document's row is written last in the transaction of a signing.
        "signed_channel_no_late_insert",
        "pledges_signedchannel",
        "INSERT",
        "EXISTS (SELECT 1 FROM pledges_document d WHERE d.signature_id = NEW.signature_id)",
        "a signature is frozen",
    ),
    ("signed_channel_no_delete", "pledges_signedchannel", "DELETE", "", "a signature is frozen"),
    (
        "document_sealed_frozen",
        "pledges_document",
        "UPDATE OF sha256, size, pages, sealed_at, seal_certificate_sha256, seal_level, is_test, signature_id, state",
        "OLD.state = 'sealed'",
        "a sealed document is frozen",
    ),
    ("document_no_delete", "pledges_document", "DELETE", "", "a document is never deleted"),
]
for _event in ("INSERT", "UPDATE", "DELETE"):
    for _row in {"INSERT": ("NEW",), "UPDATE": ("OLD", "NEW"), "DELETE": ("OLD",)}[_event]:
        RULES.append(  # noqa: PERF401  (the rows read better one by one)
            (
                f"undertaking_frozen_{_event.lower()}_{_row.lower()}",
                "pledges_undertaking",
                _event,
                (
                    "EXISTS (SELECT 1 FROM pledges_pledgeversion v"
                    f" WHERE v.id = {_row}.version_id AND v.published_at IS NOT NULL)"
                ),
                "a published pledge text is frozen",
            )
        )

# TRUNCATE passes row triggers by; SQLite has no such statement.
KEPT_TABLES = sorted({table for _, table, *_ in RULES})


def create(apps, schema_editor):
    postgres = schema_editor.connection.vendor == "postgresql"
    if postgres:
        # A WHEN clause may hold no subquery on Postgres, so the condition is asked inside the function.
        for name, table, events, condition, message in RULES:
            schema_editor.execute(
                f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                f" IF {condition or 'TRUE'} THEN"
                f" RAISE EXCEPTION '{message}' USING ERRCODE = 'integrity_constraint_violation'; END IF;"
                f" RETURN {'OLD' if events == 'DELETE' else 'NEW'}; END $$"
            )
            schema_editor.execute(
                f"CREATE TRIGGER {name} BEFORE {events} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()"
            )
        schema_editor.execute(
            "CREATE FUNCTION refuse_truncate() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " RAISE EXCEPTION 'evidence is never emptied' USING ERRCODE = 'integrity_constraint_violation'; END $$"
        )
        for table in KEPT_TABLES:
            schema_editor.execute(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} EXECUTE FUNCTION refuse_truncate()"
            )
        return
    for name, table, events, condition, message in RULES:
        when = f" WHEN {condition}" if condition else ""
        schema_editor.execute(
            f"CREATE TRIGGER {name} BEFORE {events} ON {table} FOR EACH ROW{when}"
            f" BEGIN SELECT RAISE(ABORT, '{message}'); END"
        )


def drop(apps, schema_editor):
    postgres = schema_editor.connection.vendor == "postgresql"
    if postgres:
        for table in KEPT_TABLES:
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {table}_no_truncate ON {table}")
        schema_editor.execute("DROP FUNCTION IF EXISTS refuse_truncate()")
    for name, table, *_ in RULES:
        if postgres:
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {name} ON {table}")
            schema_editor.execute(f"DROP FUNCTION IF EXISTS {name}()")
        else:
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {name}")


class Migration(migrations.Migration):
    dependencies = [("pledges", "0001_initial"), ("audit", "0001_initial")]
    operations = [migrations.RunPython(create, drop)]
