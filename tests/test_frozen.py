"""Tables of evidence cannot be emptied at once, which row by row triggers would not see."""

from __future__ import annotations

import importlib

import pytest
from django.db import connection

from tests.frozen import refused, run

pytestmark = [pytest.mark.django_db, pytest.mark.servers]

APPS = ("kolportal.audit", "kolportal.ledger", "kolportal.people", "events", "pledges")
TABLES = {
    rule.table for app in APPS for rule in importlib.import_module(f"{app}.migrations.0002_frozen").RULES
}


@pytest.mark.parametrize("table", sorted(TABLES))
def test_table_of_evidence_cannot_be_emptied_at_once(table: str) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no TRUNCATE")
    run(
        "SET CONSTRAINTS ALL IMMEDIATE", []
    )  # foreign keys still to be checked would stop it before our rule does
    refused(f"TRUNCATE {table} CASCADE", [], because="evidence is never emptied")
