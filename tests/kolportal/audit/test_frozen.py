"""The audit trail: every rule of the database by plain SQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from kolportal.audit.models import AuditEvent, HistoryValue
from kolportal.people.history import CHANGED
from tests.frozen import Cases, Try, insert, moment, run

pytestmark = [pytest.mark.django_db, pytest.mark.servers]

CASES = Cases("kolportal.audit")


def _event(**values: tuple[str, str]) -> AuditEvent:
    return CHANGED.record(1, actor_id=None, at=timezone.now(), values=values or None)


@CASES.of("audit_auditevent_frozen")
def _other_act() -> Try:
    return "UPDATE audit_auditevent SET action = 'x' WHERE id = %s", [_event().pk]


@CASES.of("audit_auditevent_no_delete")
def _removed_event() -> Try:
    return "DELETE FROM audit_auditevent WHERE id = %s", [_event().pk]


@CASES.of("audit_event_not_written_earlier")
def _written_earlier() -> Try:
    event = AuditEvent.objects.get(pk=_event().pk)
    return insert(event, written_at=moment(timezone.now() - timedelta(minutes=1)))


def test_event_put_in_under_an_earlier_time_bears_the_time_at_which_it_was_put_in() -> None:
    before = timezone.now() - timedelta(seconds=1)
    event = AuditEvent.objects.get(pk=_event().pk)
    sql, values = insert(event, at=moment(datetime(2020, 1, 1, tzinfo=UTC)))
    # Left to the database, as anybody would who does not know of the column.
    columns = [name.strip('"') for name in sql.split("(", 1)[1].split(")", 1)[0].split(", ")]
    at = columns.index("written_at")
    run(
        f"INSERT INTO audit_auditevent ({', '.join(columns[:at] + columns[at + 1 :])})"
        f" VALUES ({', '.join(['%s'] * (len(values) - 1))})",
        values[:at] + values[at + 1 :],
    )
    late = AuditEvent.objects.latest("id")
    assert late.at.year == 2020
    assert late.written_at >= before


@CASES.of("history_value_of_its_event")
def _values_for_an_event_without() -> Try:
    told = HistoryValue.objects.get(event=_event(full_name=("A", "B")))
    return insert(told, event_id=_event().pk)


@CASES.of("history_value_frozen")
def _other_values() -> Try:
    event = _event(full_name=("A", "B"))
    return "UPDATE audit_historyvalue SET fields = '{}' WHERE event_id = %s", [event.pk]


def test_old_and_new_values_can_be_removed_and_the_event_stands() -> None:
    event = _event(full_name=("A", "B"))
    run("DELETE FROM audit_historyvalue WHERE event_id = %s", [event.pk])
    assert len(AuditEvent.objects.get(pk=event.pk).commitment) == 64


test_rule_refuses = CASES.test()
