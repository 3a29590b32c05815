"""Publishing a text: what is frozen, what is refused, and that the database refuses a change afterwards."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from kolportal.audit.models import AuditEvent
from pledges import publishing, rendering, storage
from pledges.models import LegalReference, Pledge, PledgeState, PledgeVersion, Undertaking
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.servers]


@pytest.fixture
def pledge() -> Pledge:
    """A pledge with a draft in both languages, never opened."""
    made = Pledge.objects.create(slug="cam-ket", name="Cam kết", unit=factories.unit())
    factories.draft_version(pledge=made)
    factories.draft_version(
        pledge=made,
        language="en",
        title="Test pledge",
        preamble="I have read this.",
        closing="I sign freely.",
    )
    return made


def _publish(pledge: Pledge, **options: Any) -> list[PledgeVersion]:
    return publishing.publish(
        **{"pledge": pledge, "number": 1, "publisher": factories.user(), "at": timezone.now(), **options}
    )


def _drafts(pledge: Pledge) -> int:
    return pledge.versions.drafts().count()


def test_both_languages_are_frozen_with_digest_specimen_and_event(pledge: Pledge) -> None:
    vi, en = _publish(pledge)
    assert (vi.language, en.language) == ("vi", "en")
    for version in (vi, en):
        assert version.digest == hashlib.sha256(version.canonical.encode()).hexdigest() == version.text.digest
        specimen = storage.read(version.specimen_sha256)
        assert rendering.check_conformance(specimen) == []
        event = AuditEvent.objects.about("pledge_version", version.pk).get()
        assert (event.action, event.detail["digest"]) == ("pledge.published", version.digest)


def test_legal_references_are_copied_into_the_frozen_text(pledge: Pledge) -> None:
    law = LegalReference.objects.create(title="Luật thử", number="01/2025/QH15", issued_date=date(2025, 1, 1))
    Undertaking.objects.filter(version__language="vi", position=1).update(legal_reference=law)
    vi, _en = _publish(pledge)
    law.title = "Another title"
    law.save()
    reference = PledgeVersion.objects.get(pk=vi.pk).text.undertakings[0].legal_reference
    assert reference is not None
    assert reference.title == "Luật thử"


def test_english_alone_is_refused(pledge: Pledge) -> None:
    pledge.versions.filter(language="vi").delete()
    with pytest.raises(publishing.VietnameseMissing):
        _publish(pledge)
    assert _drafts(pledge) == 1


def test_english_may_follow_later(pledge: Pledge) -> None:
    english = pledge.versions.get(language="en")
    rows = list(english.undertakings.all())
    english.undertakings.all().delete()
    english.delete()
    _publish(pledge)
    later = factories.draft_version(pledge=pledge, language="en", title="Test pledge", undertakings=len(rows))
    assert [version.pk for version in _publish(pledge)] == [later.pk]


def test_published_number_is_not_published_twice(pledge: Pledge) -> None:
    _publish(pledge)
    with pytest.raises(publishing.AlreadyPublished):
        _publish(pledge)


def test_text_without_undertakings_is_refused(pledge: Pledge) -> None:
    Undertaking.objects.filter(version__language="vi").delete()
    with pytest.raises(publishing.UndertakingsMissing):
        _publish(pledge)
    assert _drafts(pledge) == 2


def test_languages_with_different_counts_of_undertakings_are_refused(pledge: Pledge) -> None:
    Undertaking.objects.filter(version__language="en", position=1).delete()
    with pytest.raises(publishing.UndertakingsDiffer) as refusal:
        _publish(pledge)
    assert refusal.value.details == ("3", "2")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Chia sẻ 🎵 vui", "U+1F3B5"),
        ("Chữ Nôm 𡨸", "U+21A38"),
        ("đổi\u202echiều", "U+202E"),
        ("ẩn\u200bchữ", "U+200B"),
    ],
)
def test_character_that_paper_lacks_is_refused_and_named(pledge: Pledge, text: str, name: str) -> None:
    Undertaking.objects.filter(version__language="en", position=2).update(text=text)
    with pytest.raises(publishing.GlyphsMissing) as refusal:
        _publish(pledge)
    assert any(name in detail for detail in refusal.value.details)
    assert refusal.value.language == "en"
    # The Vietnamese text was in order, and is not published either.
    assert _drafts(pledge) == 2


def test_text_whose_specimen_does_not_conform_is_refused(
    pledge: Pledge, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Our pages conform whatever the text says, so a plain PDF stands in for a page that broke.
    import pikepdf

    def plain(*_text: Any, **_options: Any) -> bytes:
        import io

        buffer = io.BytesIO()
        with pikepdf.new() as document:
            document.add_blank_page()
            document.save(buffer)
        return buffer.getvalue()

    monkeypatch.setattr(rendering, "render_specimen", plain)
    with pytest.raises(publishing.NotConforming) as refusal:
        _publish(pledge)
    assert refusal.value.details
    assert _drafts(pledge) == 2


def test_text_edited_after_it_was_shown_is_refused(pledge: Pledge) -> None:
    shown = {
        language: text.digest
        for language, text in publishing.check(pledge=pledge, number=1, at=timezone.now()).items()
    }
    pledge.versions.filter(language="vi").update(closing="Một lời kết khác.")
    with pytest.raises(publishing.TextChanged):
        _publish(pledge, shown=shown)
    assert _drafts(pledge) == 2


def test_text_edited_while_the_specimen_was_rendered_is_refused(
    pledge: Pledge, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = storage.put

    def put_and_edit(data: bytes) -> str:
        pledge.versions.filter(language="vi").update(closing="Một lời kết khác.")
        return real(data)

    monkeypatch.setattr(storage, "put", put_and_edit)
    with pytest.raises(publishing.TextChanged):
        _publish(pledge)
    assert _drafts(pledge) == 2


def test_storage_that_fails_leaves_drafts(pledge: Pledge, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_data: bytes) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(storage, "put", full)
    with pytest.raises(OSError, match="No space"):
        _publish(pledge)
    assert _drafts(pledge) == 2
    assert not AuditEvent.objects.filter(action="pledge.published").exists()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE pledges_pledgeversion SET title = 'x' WHERE id = %s",
        "UPDATE pledges_pledgeversion SET published_at = NULL, canonical = '', digest = '' WHERE id = %s",
        "DELETE FROM pledges_pledgeversion WHERE id = %s",
        "UPDATE pledges_undertaking SET text = 'x' WHERE version_id = %s",
        "DELETE FROM pledges_undertaking WHERE version_id = %s",
        "INSERT INTO pledges_undertaking (version_id, position, text) VALUES (%s, 9, 'x')",
    ],
)
def test_database_refuses_any_change_of_a_published_text(pledge: Pledge, statement: str) -> None:
    version = _publish(pledge)[0]
    with (
        pytest.raises((IntegrityError, DatabaseError), match="frozen"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement, [version.pk])
    assert PledgeVersion.objects.get(pk=version.pk).text.digest == version.digest


def test_same_statement_is_allowed_on_a_draft(pledge: Pledge) -> None:
    """Negative control of the test above: it is the publication that the database guards."""
    version = pledge.versions.get(language="vi")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE pledges_pledgeversion SET title = 'x' WHERE id = %s", [version.pk])
    assert PledgeVersion.objects.get(pk=version.pk).title == "x"


def test_next_version_copies_both_languages_and_their_undertakings(pledge: Pledge) -> None:
    vi, _en = _publish(pledge)
    copy = publishing.draft_next(version=vi, author=factories.user(), at=timezone.now())
    assert (copy.number, copy.language, copy.is_published) == (2, "vi", False)
    assert {version.language for version in pledge.versions.filter(number=2)} == {"vi", "en"}
    assert [row.text for row in copy.undertakings.all()] == [row.text for row in vi.undertakings.all()]
    assert AuditEvent.objects.about("pledge", pledge.pk).first().detail == {"number": 2, "from": 1}  # type: ignore[union-attr]  # there is one


def test_pledge_opens_closes_and_opens_again_each_with_an_event(pledge: Pledge) -> None:
    _publish(pledge)
    who = factories.user()
    for state in (PledgeState.OPEN, PledgeState.CLOSED, PledgeState.OPEN):
        assert publishing.change_state(pledge=pledge, to=state, actor=who, at=timezone.now()).state == state
    actions = list(
        AuditEvent.objects.filter(actor_id=str(who.pk)).order_by("id").values_list("action", flat=True)
    )
    assert actions == ["pledge.opened", "pledge.closed", "pledge.opened"]


def test_pledge_without_a_published_text_does_not_open(pledge: Pledge) -> None:
    with pytest.raises(publishing.NothingPublished):
        publishing.change_state(pledge=pledge, to=PledgeState.OPEN, actor=factories.user(), at=timezone.now())


@pytest.mark.parametrize(
    ("state", "to"), [("draft", "closed"), ("open", "open"), ("closed", "closed"), ("open", "draft")]
)
def test_other_changes_of_state_are_refused(pledge: Pledge, state: str, to: str) -> None:
    Pledge.objects.filter(pk=pledge.pk).update(state=state)
    with pytest.raises(publishing.StateRefused):
        publishing.change_state(pledge=pledge, to=PledgeState(to), actor=factories.user(), at=timezone.now())
    pledge.refresh_from_db()
    assert pledge.state == state
