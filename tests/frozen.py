"""Trying the rules of the database (``kolportal.triggers``) by plain SQL, with every rule switched on.

A test module says what it answers for and gives each rule a statement that the rule refuses::

    CASES = Cases("pledges", tables=("pledges_signature",))

    @CASES.of("signature_no_delete")
    def _removed() -> Try: ...

    test_rule_refuses = CASES.test()

A rule without a case fails there, on SQLite and on Postgres.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from kolportal.people.models import Person
from kolportal.privacy.erasing import erase
from kolportal.triggers import Rule
from tests import factories

Try = tuple[str, list[Any]]


class Cases:
    """The rules of one app's migration, of some tables or all, each with the case that tries it."""

    def __init__(self, app: str, *, tables: Sequence[str] = (), but: Sequence[str] = ()) -> None:
        rules: Sequence[Rule] = importlib.import_module(f"{app}.migrations.0002_frozen").RULES
        self.rules = {
            rule.name: rule
            for rule in rules
            if (not tables or rule.table in tables) and rule.table not in but
        }
        self._cases: dict[str, Callable[[], Try]] = {}

    def of(self, name: str) -> Callable[[Callable[[], Try]], Callable[[], Try]]:
        """The decorated function prepares rows and returns the statement that the rule of this name refuses."""
        assert name in self.rules, name

        def keep(make: Callable[[], Try]) -> Callable[[], Try]:
            self._cases[name] = make
            return make

        return keep

    def test(self) -> Callable[[str], None]:
        """A test for each rule."""

        @pytest.mark.parametrize("name", sorted(self.rules))
        def rule_refuses(name: str) -> None:
            assert name in self._cases, "a rule without a case"
            self.refuse(name, *self._cases[name]())

        return rule_refuses

    def refuse(self, name: str, sql: str, values: list[Any]) -> None:
        """The statement is refused in the words of the rule of this name."""
        refused(sql, values, because=self.rules[name].message.replace("''", "'"))


def run(sql: str, values: list[Any]) -> None:
    """One statement as an administrator of the database would type it."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def refused(sql: str, values: list[Any], *, because: str) -> None:
    """The statement is refused with these words."""
    with pytest.raises(IntegrityError, match=because), transaction.atomic():
        run(sql, values)


def insert(row: Any, **changes: Any) -> Try:
    """An INSERT of a copy of this row under a new key, with other values."""
    fields = [field for field in row._meta.concrete_fields if not field.primary_key]
    values = {
        field.column: field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields
    }
    values |= changes
    names, marks = ", ".join(f'"{name}"' for name in values), ", ".join(["%s"] * len(values))
    return f"INSERT INTO {row._meta.db_table} ({names}) VALUES ({marks})", list(values.values())


def moment(at: datetime) -> Any:
    """A time as Django itself hands it to this database."""
    return connection.ops.adapt_datetimefield_value(at)


def erased_person() -> Person:
    """Somebody who was erased."""
    person = factories.person()
    erase(person=person, actor_id=None, at=timezone.now())
    return person
