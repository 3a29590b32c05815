"""Of a person, the key and the account stay; merging leads to an account and happens once, as erasure does; and nothing is told of
somebody erased."""

from django.db import migrations

from kolportal.triggers import Rule, changed, operations

ERASED = "an erased person stays erased"
MERGED = "who has no account is merged into somebody who has one"


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
    Rule("person_begins_unmerged", "people_person", "INSERT", "NEW.merged_into_id IS NOT NULL", MERGED),
    Rule(
        "person_merged_into_an_account",
        "people_person",
        "UPDATE",
        # A merged one gets no account later, and a chain has one link: whoever has an account is never merged.
        "(NEW.merged_into_id IS NOT NULL AND NEW.user_id IS NOT NULL) OR (OLD.merged_into_id IS NULL AND NEW.merged_into_id"
        " IS NOT NULL AND NOT EXISTS (SELECT 1 FROM people_person p WHERE p.id = NEW.merged_into_id"
        " AND p.user_id IS NOT NULL AND p.erased_at IS NULL))",
        MERGED,
    ),
    Rule("person_erased_stays", "people_person", "UPDATE", "OLD.erased_at IS NOT NULL", ERASED),
    _of_the_living("people_contact"),
    _of_the_living("people_channel"),
)


class Migration(migrations.Migration):
    dependencies = [("people", "0001_initial")]
    operations = [migrations.RunPython(*operations(RULES))]
