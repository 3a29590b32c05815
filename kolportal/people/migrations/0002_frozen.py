"""Of a person, merging and erasure happen once and stay."""

from django.db import migrations

from kolportal.triggers import Rule, changed, operations

RULES = (
    Rule(
        "person_merged_once",
        "people_person",
        "UPDATE",
        "OLD.merged_into_id IS NOT NULL AND " + changed("merged_into_id", "merged_at"),
        "a merged person stays merged",
    ),
    Rule("person_erased_stays", "people_person", "UPDATE", "OLD.erased_at IS NOT NULL", "an erased person stays erased"),
)


class Migration(migrations.Migration):
    dependencies = [("people", "0001_initial")]
    operations = [migrations.RunPython(*operations(RULES))]
