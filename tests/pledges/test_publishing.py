"""Publishing an edition: what is frozen, what is refused, and what the database refuses afterwards."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from kolportal import paper
from kolportal.audit.models import AuditEvent
from kolportal.ledger.models import Leaf
from pledges import publishing, rendering, storage
from pledges.models import Edition, LegalReference, Pledge, PledgeState, Text, Undertaking
from pledges.text import Binds
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.servers]


@pytest.fixture
def edition() -> Edition:
    """A draft in both languages of a pledge that was never opened."""
    pledge = Pledge.objects.create(slug="cam-ket", name="Cam kết", unit=factories.unit())
    made = factories.edition(pledge=pledge)
    factories.draft_text(of=made)
    factories.draft_text(
        of=made, language="en", title="Test pledge", preamble="I have read this.", closing="I sign freely."
    )
    return made


def _publish(edition: Edition, **options: Any) -> Edition:
    return publishing.publish(
        **{"edition": edition, "publisher": factories.user(), "at": timezone.now(), **options}
    )


def _row(edition: Edition, position: int, language: str = "vi") -> Undertaking:
    return Undertaking.objects.get(text__edition=edition, text__language=language, position=position)


def _law(number: str = "01/2025/QH15", **fields: Any) -> LegalReference:
    return LegalReference.objects.create(
        **{"title": "Luật thử", "number": number, "issued_date": date(2025, 1, 1), **fields}
    )


def _still_a_draft(edition: Edition) -> bool:
    untouched = {text.canonical for text in Text.objects.filter(edition=edition)} == {""}
    return untouched and not Edition.objects.get(pk=edition.pk).is_published


# --- What is frozen -----------------------------------------------------------------------------------------------------


def test_both_languages_are_frozen_with_digest_specimen_history_and_leaf(edition: Edition) -> None:
    done = _publish(edition)
    assert done.is_published
    texts = list(done.texts.all())
    assert [text.language for text in texts] == ["vi", "en"]
    for text in texts:
        assert text.digest == hashlib.sha256(text.canonical.encode()).hexdigest() == text.content.digest
        assert paper.check_conformance(storage.read(text.specimen_sha256)) == []
        assert Leaf.objects.filter(subject=f"text:{text.pk}").count() == 1
    told = AuditEvent.objects.about("edition", edition.pk).order_by("pk")
    assert {(event.action, event.detail["digest"]) for event in told} == {
        ("pledge.published", text.digest) for text in texts
    }


def test_languages_are_published_together_and_valid_alike(edition: Edition) -> None:
    today = timezone.localdate()
    Edition.objects.filter(pk=edition.pk).update(valid_from=today, valid_until=today + timedelta(days=30))
    done = _publish(Edition.objects.get(pk=edition.pk))
    contents = [text.content for text in done.texts.all()]
    assert {(content.valid_from, content.valid_until) for content in contents} == {
        (today, today + timedelta(days=30))
    }
    # There is nowhere to write another validity for one language.
    assert not {field.name for field in Text._meta.get_fields()} & {
        "valid_from",
        "valid_until",
        "published_at",
    }


def test_several_legal_references_are_copied_into_the_frozen_text(edition: Edition) -> None:
    laws = [_law("01/2025/QH15"), _law("02/2026/NĐ-CP", issued_date=date(2026, 1, 1))]
    for language in ("vi", "en"):
        _row(edition, 1, language).legal_references.set(laws)
    _publish(edition)
    LegalReference.objects.update(title="Tên khác")
    frozen = Text.objects.get(edition=edition, language="vi").content.undertakings[0].legal_references
    assert [(law.title, law.number) for law in frozen] == [
        ("Luật thử", "02/2026/NĐ-CP"),
        ("Luật thử", "01/2025/QH15"),
    ]


def test_whom_an_undertaking_binds_is_part_of_the_digest(edition: Edition) -> None:
    before = Text.objects.get(edition=edition, language="vi").content.digest
    Undertaking.objects.filter(text__edition=edition, position=2).update(binds=Binds.PAGE_ADMIN)
    _publish(edition)
    text = Text.objects.get(edition=edition, language="vi")
    assert text.digest != before
    assert text.content.binding("kol", runs_pages=False) == (1, 3)
    for kind, runs_pages in (("kol", True), ("both", False)):
        assert text.content.binding(kind, runs_pages=runs_pages) == (1, 2, 3)


def test_vietnamese_alone_is_an_edition(edition: Edition) -> None:
    Text.objects.get(edition=edition, language="en").delete()
    assert [text.language for text in _publish(edition).texts.all()] == ["vi"]


# --- What is refused ------------------------------------------------------------------------------------------------------


def test_english_alone_is_refused(edition: Edition) -> None:
    Text.objects.get(edition=edition, language="vi").delete()
    with pytest.raises(publishing.VietnameseMissing):
        _publish(edition)
    assert _still_a_draft(edition)


def test_edition_is_published_once(edition: Edition) -> None:
    done = _publish(edition)
    for stale in (edition, done):
        with pytest.raises(publishing.AlreadyPublished):
            _publish(stale)
    assert AuditEvent.objects.about("edition", edition.pk).count() == 2


def test_text_without_undertakings_is_refused(edition: Edition) -> None:
    Undertaking.objects.filter(text__language="vi").delete()
    with pytest.raises(publishing.UndertakingsMissing):
        _publish(edition)
    assert _still_a_draft(edition)


def test_languages_with_different_counts_of_undertakings_are_refused(edition: Edition) -> None:
    _row(edition, 1, "en").delete()
    with pytest.raises(publishing.UndertakingsDiffer) as refusal:
        _publish(edition)
    assert refusal.value.details == ("3", "2")


def test_languages_that_bind_different_people_are_refused(edition: Edition) -> None:
    Undertaking.objects.filter(text__edition=edition, text__language="en", position=2).update(binds=Binds.KOL)
    with pytest.raises(publishing.BindsDiffer) as refusal:
        _publish(edition)
    assert refusal.value.details == ("2",)
    assert _still_a_draft(edition)


def test_languages_that_rest_on_different_laws_are_refused(edition: Edition) -> None:
    laws = [_law("1"), _law("2")]
    _row(edition, 3).legal_references.set(laws)
    _row(edition, 3, "en").legal_references.set(laws[:1])
    with pytest.raises(publishing.ReferencesDiffer) as refusal:
        _publish(edition)
    assert refusal.value.details == ("3",)


def test_what_is_said_at_the_vietnamese_text_reaches_the_english_one(edition: Edition) -> None:
    _row(edition, 3).legal_references.set([_law()])
    Undertaking.objects.filter(text__edition=edition, text__language="vi", position=2).update(
        binds=Binds.PAGE_ADMIN
    )
    publishing.follow_vietnamese(edition, before=publishing.undertaking_order(edition))
    english = _publish(edition).texts.get(language="en").content.undertakings
    assert [item.binds for item in english] == [Binds.EVERYONE, Binds.PAGE_ADMIN, Binds.EVERYONE]
    assert [len(item.legal_references) for item in english] == [0, 0, 1]


def test_translations_go_where_their_originals_go(edition: Edition) -> None:
    for position, words in enumerate(("One.", "Two.", "Three."), start=1):
        Undertaking.objects.filter(text__edition=edition, text__language="en", position=position).update(
            body=words
        )
    before = publishing.undertaking_order(edition)
    # The third goes first, the second goes away, a new one comes last.
    Undertaking.objects.filter(pk=before[2]).update(position=0)
    Undertaking.objects.get(pk=before[1]).delete()
    vietnamese = edition.texts.get(language="vi")
    Undertaking.objects.create(text=vietnamese, position=9, body="Điều mới.", binds=Binds.KOL)
    publishing.follow_vietnamese(edition, before=before)
    placed = {
        language: list(
            Undertaking.objects.filter(text__edition=edition, text__language=language).values_list(
                "position", "body"
            )
        )
        for language in ("vi", "en")
    }
    assert [position for position, _ in placed["vi"]] == [1, 2, 3]
    assert placed["en"] == [(1, "Three."), (2, "One.")]
    # The new one has no translation yet, which publishing refuses in words.
    with pytest.raises(publishing.UndertakingsDiffer):
        _publish(edition)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Chia sẻ 🎵 vui", "U+1F3B5"),
        ("Chữ Nôm 𡨸", "U+21A38"),
        ("đổi\u202echiều", "U+202E"),
        ("ẩn\u200bchữ", "U+200B"),
    ],
)
def test_character_that_paper_lacks_is_refused_and_named(edition: Edition, text: str, name: str) -> None:
    Undertaking.objects.filter(text__language="en", position=2).update(body=text)
    with pytest.raises(publishing.GlyphsMissing) as refusal:
        _publish(edition)
    assert any(name in detail for detail in refusal.value.details)
    assert refusal.value.language == "en"
    # The Vietnamese text was in order, and is not published either.
    assert _still_a_draft(edition)


def test_character_in_the_name_of_any_law_is_looked_at(edition: Edition) -> None:
    laws = [_law("1"), _law("2", title="Luật 🎵")]
    for language in ("vi", "en"):
        _row(edition, 1, language).legal_references.set(laws)
    with pytest.raises(publishing.GlyphsMissing):
        _publish(edition)


def test_text_whose_specimen_does_not_conform_is_refused(
    edition: Edition, monkeypatch: pytest.MonkeyPatch
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
        _publish(edition)
    assert refusal.value.details
    assert _still_a_draft(edition)


def test_text_edited_after_it_was_shown_is_refused(edition: Edition) -> None:
    texts = publishing.check(edition=edition, at=timezone.now())
    shown = {language: text.digest for language, text in texts.items()}
    Text.objects.filter(edition=edition, language="vi").update(closing="Một lời kết khác.")
    with pytest.raises(publishing.TextChanged):
        _publish(edition, shown=shown)
    assert _still_a_draft(edition)


def test_language_added_after_it_was_shown_is_refused(edition: Edition) -> None:
    vietnamese = publishing.check(edition=edition, at=timezone.now())["vi"]
    with pytest.raises(publishing.TextChanged):
        _publish(edition, shown={"vi": vietnamese.digest})


def test_text_edited_while_the_specimen_was_rendered_is_refused(
    edition: Edition, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = storage.put

    def put_and_edit(data: bytes) -> str:
        Text.objects.filter(edition=edition, language="vi").update(closing="Một lời kết khác.")
        return real(data)

    monkeypatch.setattr(storage, "put", put_and_edit)
    with pytest.raises(publishing.TextChanged):
        _publish(edition)
    assert _still_a_draft(edition)


def test_storage_that_fails_leaves_drafts(edition: Edition, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_data: bytes) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(storage, "put", full)
    with pytest.raises(OSError, match="No space"):
        _publish(edition)
    assert _still_a_draft(edition)
    assert not AuditEvent.objects.filter(action="pledge.published").exists()


# --- The next edition -----------------------------------------------------------------------------------------------------


def test_next_edition_copies_languages_validity_undertakings_and_their_laws(edition: Edition) -> None:
    today = timezone.localdate()
    law = _law()
    for language in ("vi", "en"):
        _row(edition, 1, language).legal_references.set([law])
    Undertaking.objects.filter(text__edition=edition, position=2).update(binds=Binds.PAGE_ADMIN)
    Edition.objects.filter(pk=edition.pk).update(valid_from=today)
    done = _publish(Edition.objects.get(pk=edition.pk))
    copy = publishing.draft_next(edition=done, author=factories.user(), at=timezone.now())
    assert (copy.number, copy.is_published, copy.valid_from) == (2, False, today)
    for language in ("vi", "en"):
        old = Text.objects.get(edition=done, language=language).content
        new = Text.objects.get(edition=copy, language=language).content
        assert new.undertakings == old.undertakings
        assert (new.title, new.preamble, new.closing) == (old.title, old.preamble, old.closing)
    told = AuditEvent.objects.about("pledge", edition.pledge_id).get()
    assert (told.action, told.detail) == ("pledge.edition_drafted", {"number": 2, "from": 1})


def test_number_of_a_copy_is_the_next_free_one(edition: Edition) -> None:
    factories.edition(pledge=edition.pledge, number=5)
    copy = publishing.draft_next(edition=edition, author=factories.user(), at=timezone.now())
    assert copy.number == 6


# --- Opening and closing --------------------------------------------------------------------------------------------------


def test_pledge_opens_closes_and_opens_again_each_with_an_entry(edition: Edition) -> None:
    _publish(edition)
    actor, now, pledge = factories.user(), timezone.now(), edition.pledge
    for state in (PledgeState.OPEN, PledgeState.CLOSED, PledgeState.OPEN):
        assert publishing.change_state(pledge=pledge, to=state, actor=actor, at=now).state == state
    told = AuditEvent.objects.about("pledge", pledge.pk).order_by("pk")
    assert [event.action for event in told] == ["pledge.opened", "pledge.closed", "pledge.opened"]


def test_pledge_without_a_published_edition_cannot_be_opened(edition: Edition) -> None:
    with pytest.raises(publishing.NothingPublished):
        publishing.change_state(
            pledge=edition.pledge, to=PledgeState.OPEN, actor=factories.user(), at=timezone.now()
        )


@pytest.mark.parametrize(
    ("state", "to"),
    [
        (PledgeState.DRAFT, PledgeState.CLOSED),
        (PledgeState.OPEN, PledgeState.OPEN),
        (PledgeState.CLOSED, PledgeState.DRAFT),
    ],
)
def test_other_transitions_are_refused(state: PledgeState, to: PledgeState) -> None:
    pledge = factories.pledge(state=state)
    with pytest.raises(publishing.StateRefused):
        publishing.change_state(pledge=pledge, to=to, actor=factories.user(), at=timezone.now())
