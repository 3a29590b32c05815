"""Pledges and published editions: every rule of the database by plain SQL; ``test_frozen_texts`` goes through Django."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from pledges.models import LegalReference, Pledge, Text
from tests import factories
from tests.frozen import Cases, Try, insert, moment, run

pytestmark = [pytest.mark.django_db, pytest.mark.servers]

TABLES = (
    "pledges_pledge", "pledges_edition", "pledges_text", "pledges_undertaking", "pledges_undertaking_legal_references",
)  # fmt: skip
CASES = Cases("pledges", tables=TABLES)


@CASES.of("pledge_kept")
def _unit_of_a_pledge() -> Try:
    pledge = factories.pledge()
    return "UPDATE pledges_pledge SET unit_id = %s WHERE id = %s", [factories.unit().pk, pledge.pk]


def test_pledge_keeps_address_unit_and_key() -> None:
    pledge = factories.pledge()
    for change in ("slug = 'khac'", f"unit_id = {factories.unit().pk}", "id = 9999"):
        CASES.refuse("pledge_kept", f"UPDATE pledges_pledge SET {change} WHERE id = %s", [pledge.pk])
    run("UPDATE pledges_pledge SET state = 'closed', name = 'Tên mới' WHERE id = %s", [pledge.pk])


def test_pledge_without_a_published_text_can_still_move() -> None:
    pledge = Pledge.objects.create(slug="nhap", name="Nháp", unit=factories.unit())
    run(
        "UPDATE pledges_pledge SET unit_id = %s, slug = 'khac' WHERE id = %s",
        [factories.unit().pk, pledge.pk],
    )


@CASES.of("pledge_no_delete")
def _removed_pledge() -> Try:
    return "DELETE FROM pledges_pledge WHERE id = %s", [factories.pledge().pk]


@CASES.of("edition_begins_as_draft")
def _edition_born_published() -> Try:
    return insert(factories.pledge().editions.get(), number=9)


@CASES.of("edition_published_whole")
def _edition_with_an_unfrozen_text() -> Try:
    return "UPDATE pledges_edition SET published_at = %s WHERE id = %s", [
        moment(timezone.now()),
        _draft().edition_id,
    ]


def test_edition_is_published_with_a_vietnamese_text_or_not_at_all() -> None:
    edition = factories.edition(pledge=factories.pledge(), number=2)
    publish = "UPDATE pledges_edition SET published_at = %s WHERE id = %s"
    CASES.refuse("edition_published_whole", publish, [moment(timezone.now()), edition.pk])
    english = factories.draft_text(of=edition, language="en")
    Text.objects.filter(pk=english.pk).update(canonical="{}", digest="0" * 64)
    CASES.refuse("edition_published_whole", publish, [moment(timezone.now()), edition.pk])


@CASES.of("edition_frozen")
def _other_validity() -> Try:
    edition = factories.pledge().editions.get()
    return "UPDATE pledges_edition SET valid_until = '2030-01-01' WHERE id = %s", [edition.pk]


def test_published_edition_cannot_become_a_draft_again() -> None:
    edition = factories.pledge().editions.get()
    CASES.refuse(
        "edition_frozen", "UPDATE pledges_edition SET published_at = NULL WHERE id = %s", [edition.pk]
    )
    CASES.refuse(
        "edition_frozen",
        "UPDATE pledges_edition SET pledge_id = %s WHERE id = %s",
        [factories.pledge().pk, edition.pk],
    )


@CASES.of("edition_no_delete")
def _removed_edition() -> Try:
    return "DELETE FROM pledges_edition WHERE id = %s", [factories.pledge().editions.get().pk]


def _published() -> Text:
    return Text.objects.get(edition__pledge=factories.pledge())


def _draft() -> Text:
    return factories.draft_text(of=factories.edition(pledge=factories.pledge(), number=2))


@CASES.of("text_published_insert_new")
def _text_added_later() -> Try:
    return insert(_published(), language="en")


@CASES.of("text_published_update_old")
def _other_words() -> Try:
    return "UPDATE pledges_text SET title = 'khác' WHERE id = %s", [_published().pk]


@CASES.of("text_published_update_new")
def _draft_moved_into_a_published_edition() -> Try:
    return "UPDATE pledges_text SET edition_id = %s, language = 'en' WHERE id = %s", [
        _published().edition_id,
        _draft().pk,
    ]


@CASES.of("text_published_delete_old")
def _removed_text() -> Try:
    return "DELETE FROM pledges_text WHERE id = %s", [_published().pk]


@CASES.of("undertaking_published_insert_new")
def _undertaking_added_later() -> Try:
    return insert(_published().undertakings.all()[0], position=9)


@CASES.of("undertaking_published_update_old")
def _other_undertaking() -> Try:
    return "UPDATE pledges_undertaking SET body = 'khác' WHERE id = %s", [
        _published().undertakings.all()[0].pk
    ]


@CASES.of("undertaking_published_update_new")
def _undertaking_moved_in() -> Try:
    moved = _draft().undertakings.all()[0]
    return "UPDATE pledges_undertaking SET text_id = %s WHERE id = %s", [_published().pk, moved.pk]


@CASES.of("undertaking_published_delete_old")
def _removed_undertaking() -> Try:
    return "DELETE FROM pledges_undertaking WHERE id = %s", [_published().undertakings.all()[0].pk]


def _law(text: Text) -> Any:
    """A law under the first undertaking of a text; the row that joins them."""
    law, _created = LegalReference.objects.get_or_create(
        title="Luật thử", number="1/2025", defaults={"issued_date": "2025-01-01"}
    )
    undertaking = text.undertakings.all()[0]
    undertaking.legal_references.add(law)
    return type(undertaking).legal_references.through.objects.get(undertaking=undertaking)


def _published_with_law() -> tuple[Text, Any]:
    text = _draft()
    joined = _law(text)
    factories.freeze(text.edition)
    return Text.objects.get(pk=text.pk), joined


@CASES.of("undertaking_law_published_insert_new")
def _law_added_later() -> Try:
    return insert(_law(_draft()), undertaking_id=_published().undertakings.all()[0].pk)


@CASES.of("undertaking_law_published_update_old")
def _other_law() -> Try:
    _text, joined = _published_with_law()
    free = _draft().undertakings.all()[0].pk
    return (
        "UPDATE pledges_undertaking_legal_references SET undertaking_id = %s WHERE id = %s",
        [free, joined.pk],
    )


@CASES.of("undertaking_law_published_update_new")
def _law_moved_in() -> Try:
    joined = _law(_draft())
    return (
        "UPDATE pledges_undertaking_legal_references SET undertaking_id = %s WHERE id = %s",
        [_published().undertakings.all()[0].pk, joined.pk],
    )


@CASES.of("undertaking_law_published_delete_old")
def _removed_law() -> Try:
    _text, joined = _published_with_law()
    return "DELETE FROM pledges_undertaking_legal_references WHERE id = %s", [joined.pk]


test_rule_refuses = CASES.test()
