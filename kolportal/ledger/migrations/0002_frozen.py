"""Leaves are append-only but for their index, which is given once."""

from django.db import migrations

from kolportal.triggers import Rule, changed, operations

RULES = (
    Rule(
        "leaf_frozen",
        "ledger_leaf",
        "UPDATE",
        'OLD."index" IS NOT NULL OR '
        + changed("id", "entry_type", "subject", "entry", "leaf_hash", "written_at"),
        "a log entry is never changed",
    ),
    Rule(
        "leaf_begins_waiting",
        "ledger_leaf",
        "INSERT",
        'NEW."index" IS NOT NULL',
        "a log entry gets its index later",
    ),
    Rule("leaf_no_delete", "ledger_leaf", "DELETE", "", "a log entry is never removed"),
)


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]
    operations = [migrations.RunPython(*operations(RULES))]
