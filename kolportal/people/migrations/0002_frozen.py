"""Of a person, the key and the account stay, merging and erasure happen once, and nothing is told of somebody erased."""

from django.db import migrations

from kolportal.triggers import Rule, changed, operations

ERASED = "an erased person stays erased"


def _of_the_living(table: str) -> Rule:
    return Rule(
        f"{table}_of_the_living",
        table,
        "INSERT",
        "EXISTS (SELECT 1 FROM people_person p WHERE p.id = NEW.person_id AND p.erased_at IS NOT NULL)",
        ERASED,
    )


RULES = (
    Rule(
        "person_kept",
        "people_person",
        "UPDATE",
        changed("id") + " OR (OLD.user_id IS NOT NULL AND " + changed("user_id") + ")",
        "a person keeps the key and the account",
    ),
    Rule("person_no_delete", "people_person", "DELETE", "", "a person is erased, never deleted"),
    Rule(
        "person_merged_once",
        "people_person",
        "UPDATE",
        "OLD.merged_into_id IS NOT NULL AND " + changed("merged_into_id", "merged_at"),
        "a merged person stays merged",
    ),
    Rule("person_erased_stays", "people_person", "UPDATE", "OLD.erased_at IS NOT NULL", ERASED),
    _of_the_living("people_contact"),
    _of_the_living("people_channel"),
)


class Migration(migrations.Migration):
    dependencies = [("people", "0001_initial")]
    operations = [migrations.RunPython(*operations(RULES))]
