"""Rules that the database itself keeps, as triggers on SQLite and Postgres alike; each app's migrations list its own.

They stop accidents and careless code. A database superuser can switch them off, which only the public log shows
(docs/adr/0020, docs/trust.md). SQLite hears of rows that ``INSERT OR REPLACE`` removes only under ``PRAGMA recursive_triggers``
(``settings.DATABASES``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Rule:
    """``message`` is raised before each ``event`` on ``table`` for which ``condition`` (SQL on OLD and NEW; ``""``: always) holds.

    ``event``: ``INSERT``, ``DELETE``, ``UPDATE`` or ``UPDATE OF column, …``. The condition is written in the SQL that SQLite
    and Postgres share; it may hold subqueries.
    """

    name: str
    table: str
    event: str
    condition: str
    message: str


def changed(*columns: str) -> str:
    """The condition that any of these columns changes; NULL is a value like others."""
    return "(" + " OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in columns) + ")"


def frozen(table: str, message: str) -> tuple[Rule, Rule]:
    """No row of ``table`` is ever changed or removed."""
    return (
        Rule(f"{table}_frozen", table, "UPDATE", "", message),
        Rule(f"{table}_no_delete", table, "DELETE", "", message),
    )


def operations(rules: Sequence[Rule]) -> tuple[Callable[[Any, Any], None], Callable[[Any, Any], None]]:
    """Forward and backward function for ``migrations.RunPython``."""

    def create(apps: Any, schema_editor: Any) -> None:
        if schema_editor.connection.vendor == "postgresql":
            _create_on_postgres(schema_editor, rules)
        else:
            _create_on_sqlite(schema_editor, rules)

    def drop(apps: Any, schema_editor: Any) -> None:
        postgres = schema_editor.connection.vendor == "postgresql"
        for rule in rules:
            on = f" ON {rule.table}" if postgres else ""
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {rule.name}{on}")
            if postgres:
                schema_editor.execute(f"DROP FUNCTION IF EXISTS {rule.name}()")
        if postgres:
            for table in _tables(rules):
                schema_editor.execute(f"DROP TRIGGER IF EXISTS {table}_no_truncate ON {table}")
                schema_editor.execute(f"DROP FUNCTION IF EXISTS {table}_no_truncate()")

    return create, drop


def _tables(rules: Sequence[Rule]) -> list[str]:
    return sorted({rule.table for rule in rules})


def _create_on_postgres(schema_editor: Any, rules: Sequence[Rule]) -> None:
    # A WHEN clause may hold no subquery on Postgres, so the condition is asked inside the function.
    for rule in rules:
        schema_editor.execute(
            f"CREATE FUNCTION {rule.name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            f" IF {rule.condition or 'TRUE'} THEN"
            f" RAISE EXCEPTION '{rule.message}' USING ERRCODE = 'integrity_constraint_violation'; END IF;"
            f" RETURN {'OLD' if rule.event == 'DELETE' else 'NEW'}; END $$"
        )
        schema_editor.execute(
            f"CREATE TRIGGER {rule.name} BEFORE {rule.event} ON {rule.table}"
            f" FOR EACH ROW EXECUTE FUNCTION {rule.name}()"
        )
    # TRUNCATE passes row triggers by; SQLite has no such statement.
    for table in _tables(rules):
        schema_editor.execute(
            f"CREATE FUNCTION {table}_no_truncate() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " RAISE EXCEPTION 'evidence is never emptied' USING ERRCODE = 'integrity_constraint_violation'; END $$"
        )
        schema_editor.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} EXECUTE FUNCTION {table}_no_truncate()"
        )


def _create_on_sqlite(schema_editor: Any, rules: Sequence[Rule]) -> None:
    for rule in rules:
        condition = rule.condition.replace(
            " IS DISTINCT FROM ", " IS NOT "
        )  # before SQLite 3.39 the only spelling
        when = f" WHEN {condition}" if condition else ""
        schema_editor.execute(
            f"CREATE TRIGGER {rule.name} BEFORE {rule.event} ON {rule.table} FOR EACH ROW{when}"
            f" BEGIN SELECT RAISE(ABORT, '{rule.message}'); END"
        )
