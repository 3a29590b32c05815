"""The audit trail is append-only; old and new values are deleted as a whole or not at all."""

from django.db import migrations

from kolportal.triggers import Rule, frozen, operations

RULES = (
    *frozen("audit_auditevent", "audit events are append-only"),
    # By the database's clock: an entry that is put in under an earlier time bears the time at which it was put in.
    Rule(
        "audit_event_not_written_earlier",
        "audit_auditevent",
        "INSERT",
        "NEW.written_at < CURRENT_TIMESTAMP",
        "an audit event is written when it is written",
    ),
    Rule(
        "history_value_of_its_event",
        "audit_historyvalue",
        "INSERT",
        "NOT EXISTS (SELECT 1 FROM audit_auditevent a WHERE a.id = NEW.event_id AND a.commitment <> '')",
        "values belong to an event that commits to them",
    ),
    Rule("history_value_frozen", "audit_historyvalue", "UPDATE", "", "old and new values are never changed"),
)


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]
    operations = [migrations.RunPython(*operations(RULES))]
