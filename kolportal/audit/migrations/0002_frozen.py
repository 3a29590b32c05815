"""The audit trail is append-only; old and new values are deleted as a whole or not at all."""

from django.db import migrations

from kolportal.triggers import Rule, frozen, operations

RULES = (
    *frozen("audit_auditevent", "audit events are append-only"),
    Rule("history_value_frozen", "audit_historyvalue", "UPDATE", "", "old and new values are never changed"),
)


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]
    operations = [migrations.RunPython(*operations(RULES))]
