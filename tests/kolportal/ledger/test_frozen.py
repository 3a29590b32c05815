"""The public log's leaves: every rule of the database by plain SQL."""

from __future__ import annotations

import pytest

from kolportal.ledger.models import Leaf
from tests import factories
from tests.frozen import Cases, Try, insert, run

pytestmark = [pytest.mark.django_db, pytest.mark.servers]

CASES = Cases("kolportal.ledger")


def _leaf() -> Leaf:
    factories.signature()
    return Leaf.objects.latest("id")


@CASES.of("leaf_frozen")
def _other_entry() -> Try:
    return "UPDATE ledger_leaf SET entry = '{}' WHERE id = %s", [_leaf().pk]


def test_leaf_gets_one_index() -> None:
    leaf = _leaf()
    run('UPDATE ledger_leaf SET "index" = 7 WHERE id = %s', [leaf.pk])
    CASES.refuse("leaf_frozen", 'UPDATE ledger_leaf SET "index" = 8 WHERE id = %s', [leaf.pk])


@CASES.of("leaf_begins_waiting")
def _leaf_with_an_index() -> Try:
    return insert(_leaf(), index=7)


@CASES.of("leaf_no_delete")
def _removed_leaf() -> Try:
    return "DELETE FROM ledger_leaf WHERE id = %s", [_leaf().pk]


test_rule_refuses = CASES.test()
