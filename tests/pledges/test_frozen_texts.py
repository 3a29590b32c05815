"""Nothing is changed in, added to or taken from a published edition, asked of the database itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from pledges.models import Edition, LegalReference, Pledge, Text, Undertaking
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def published() -> Text:
    """The Vietnamese text of a published edition; its first undertaking cites a law."""
    pledge = factories.pledge(languages=())
    edition = factories.edition(pledge=pledge)
    text = factories.draft_text(of=edition)
    law = LegalReference.objects.create(title="Luật thử", number="1", issued_date="2025-01-01")
    first = text.undertakings.first()
    assert first is not None
    first.legal_references.add(law)
    factories.freeze(edition)
    return Text.objects.select_related("edition__pledge").get(pk=text.pk)


@pytest.fixture
def draft(published: Text) -> Text:
    """A draft of the next edition."""
    return factories.draft_text(of=factories.edition(pledge=published.edition.pledge, number=2))


def _refused(sql: str, *values: int | str) -> None:
    with pytest.raises(IntegrityError, match="frozen"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE pledges_text SET title = 'x' WHERE id = %s",
        "UPDATE pledges_text SET canonical = '', digest = '' WHERE id = %s",
        "UPDATE pledges_text SET specimen_sha256 = '' WHERE id = %s",
        "UPDATE pledges_text SET language = 'en' WHERE id = %s",
        "DELETE FROM pledges_text WHERE id = %s",
        "UPDATE pledges_undertaking SET body = 'x' WHERE text_id = %s",
        "UPDATE pledges_undertaking SET binds = 'kol' WHERE text_id = %s",
        "UPDATE pledges_undertaking SET position = position + 1 WHERE text_id = %s",
        "DELETE FROM pledges_undertaking WHERE text_id = %s",
        "INSERT INTO pledges_undertaking (text_id, position, body, binds) VALUES (%s, 9, 'x', 'everyone')",
    ],
)
def test_text_and_its_undertakings_refuse_everything(published: Text, statement: str) -> None:
    _refused(statement, published.pk)
    assert Text.objects.get(pk=published.pk).content.digest == published.digest


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE pledges_edition SET valid_until = '2030-01-01' WHERE id = %s",
        "UPDATE pledges_edition SET number = 9 WHERE id = %s",
        "UPDATE pledges_edition SET published_at = NULL WHERE id = %s",
        "DELETE FROM pledges_edition WHERE id = %s",
    ],
)
def test_edition_refuses_everything(published: Text, statement: str) -> None:
    _refused(statement, published.edition_id)


def test_laws_of_an_undertaking_stay(published: Text) -> None:
    first = published.undertakings.get(position=1)
    other = LegalReference.objects.create(title="Luật khác", number="2", issued_date="2026-01-01")
    changes: list[Callable[[], object]] = [
        lambda: first.legal_references.add(other),
        lambda: first.legal_references.clear(),
        lambda: first.legal_references.set([other]),
    ]
    for change in changes:
        with pytest.raises(IntegrityError), transaction.atomic():
            change()
    _refused(
        "UPDATE pledges_undertaking_legal_references SET legalreference_id = %s WHERE undertaking_id = %s",
        other.pk,
        first.pk,
    )


def test_no_language_is_added_to_a_published_edition(published: Text) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Text.objects.create(edition=published.edition, language="en", title="Later")


def test_nothing_of_a_draft_moves_into_a_published_edition(published: Text, draft: Text) -> None:
    row = draft.undertakings.get(position=1)
    law = LegalReference.objects.get()
    row.legal_references.add(law)
    _refused("UPDATE pledges_undertaking SET text_id = %s WHERE id = %s", published.pk, row.pk)
    Text.objects.filter(pk=draft.pk).update(language="en")
    _refused("UPDATE pledges_text SET edition_id = %s WHERE id = %s", published.edition_id, draft.pk)
    _refused(
        "UPDATE pledges_undertaking_legal_references SET undertaking_id = %s WHERE undertaking_id = %s",
        published.undertakings.get(position=2).pk,
        row.pk,
    )


def test_draft_can_still_be_edited_and_removed(published: Text, draft: Text) -> None:
    """Negative control: it is the publication that the database guards."""
    Text.objects.filter(pk=draft.pk).update(title="Sửa được")
    draft.undertakings.update(body="Sửa được", binds="kol")
    Edition.objects.filter(pk=draft.edition_id).update(valid_until=timezone.localdate())
    assert Text.objects.get(pk=draft.pk).content.undertakings[0].text == "Sửa được"
    Undertaking.objects.filter(text=draft).delete()
    draft.delete()
    Edition.objects.get(pk=draft.edition_id).delete()


def test_address_and_unit_of_a_published_pledge_stay(published: Text) -> None:
    pledge = published.edition.pledge
    _refused("UPDATE pledges_pledge SET slug = 'khac' WHERE id = %s", pledge.pk)
    _refused("UPDATE pledges_pledge SET unit_id = %s WHERE id = %s", factories.unit().pk, pledge.pk)
    Pledge.objects.filter(pk=pledge.pk).update(name="Tên khác cho cán bộ")


@pytest.mark.parametrize("fields", [{"valid_from": "2026-02-01", "valid_until": "2026-01-31"}, {"number": 1}])
def test_edition_with_impossible_columns_is_refused(published: Text, fields: dict[str, object]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Edition.objects.create(pledge=published.edition.pledge, **{"number": 7, **fields})


def test_one_text_for_one_language(draft: Text) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Text.objects.create(edition=draft.edition, language="vi", title="Thêm")
