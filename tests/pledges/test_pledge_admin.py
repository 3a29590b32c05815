"""The administration's pages for pledges: drafts, preview, publishing, opening and closing, and who may do what."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from kolportal import paper
from kolportal.accounts import roles
from kolportal.accounts.models import User
from kolportal.accounts.roles import Role
from kolportal.audit.models import AuditEvent
from pledges import publishing, storage
from pledges.models import Edition, LegalReference, Pledge, PledgeState, Text, Undertaking
from pledges.text import Binds
from tests import factories
from tests.clients import english_client

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _roles() -> Any:
    roles.sync()
    with translation.override("en"):
        yield


def _client(user: User, *, english: bool = True) -> Client:
    client = english_client() if english else Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def _staff(role: Role, *, of: Pledge | None = None) -> User:
    user = roles.grant(factories.user(is_staff=True), role)
    if of:
        of.unit.members.add(user)
    return user


@pytest.fixture
def administrator() -> Client:
    """An administrator, who sees every unit."""
    return _client(_staff(Role.ADMINISTRATOR))


@pytest.fixture
def draft() -> Text:
    """The Vietnamese draft of the first edition of a pledge that was never opened."""
    pledge = Pledge.objects.create(slug="cam-ket", name="Cam kết", unit=factories.unit())
    return factories.draft_text(pledge=pledge)


@pytest.fixture
def english(draft: Text) -> Text:
    """The English draft beside it."""
    return factories.draft_text(of=draft.edition, language="en", title="Test pledge")


def _url(row: Text | Edition | Pledge, action: str) -> str:
    return reverse(f"admin:pledges_{row._meta.model_name}_{action}", args=[row.pk])


def _law(number: str = "01/2025/QH15", **fields: Any) -> LegalReference:
    return LegalReference.objects.create(
        **{"title": "Luật thử", "number": number, "issued_date": timezone.localdate(), **fields}
    )


def _form(text: Text, **changes: Any) -> dict[str, Any]:
    """What the browser sends back for a draft."""
    rows = list(text.undertakings.all())
    data: dict[str, Any] = {
        "title": text.title,
        "preamble": text.preamble,
        "closing": text.closing,
        "undertakings-TOTAL_FORMS": str(len(rows)),
        "undertakings-INITIAL_FORMS": str(len(rows)),
        "undertakings-MIN_NUM_FORMS": "0",
        "undertakings-MAX_NUM_FORMS": "1000",
    }
    for index, row in enumerate(rows):
        prefix = f"undertakings-{index}"
        data |= {
            f"{prefix}-id": str(row.pk),
            f"{prefix}-text": str(text.pk),
            f"{prefix}-position": str(row.position),
            f"{prefix}-body": row.body,
        }
        if text.language == "vi":
            laws = [str(key) for key in row.legal_references.values_list("pk", flat=True)]
            data |= {f"{prefix}-binds": row.binds, f"{prefix}-legal_references": laws}
    return data | changes


def _post(client: Client, url: str, data: dict[str, Any]) -> Any:
    """A form that must be taken."""
    response = client.post(url, data)
    assert response.status_code == 302, response.context["errors"]
    return response


def _confirmed(client: Client, edition: Edition) -> dict[str, str]:
    """The hidden values of the confirmation page."""
    return dict(client.get(_url(edition, "publish")).context["hidden"])


def _publish(edition: Edition) -> Edition:
    return publishing.publish(edition=edition, publisher=factories.user(), at=timezone.now())


def _page(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


# --- Editions -------------------------------------------------------------------------------------------------------------


def test_new_edition_gets_the_number_by_itself(administrator: Client, draft: Text) -> None:
    today = timezone.localdate()
    data = {"pledge": str(draft.edition.pledge_id), "valid_from": "", "valid_until": today.isoformat()}
    response = _post(administrator, reverse("admin:pledges_edition_add"), data)
    made = Edition.objects.get(number=2)
    assert made.valid_until == today
    assert response["Location"] == _url(made, "change")


def test_validity_that_ends_before_it_begins_is_refused_in_words(administrator: Client, draft: Text) -> None:
    today = timezone.localdate()
    data = {"valid_from": today.isoformat(), "valid_until": (today - timedelta(days=1)).isoformat()}
    response = administrator.post(_url(draft.edition, "change"), data)
    assert "The validity ends before it begins." in response.content.decode()


def test_page_of_an_edition_leads_to_its_texts_and_offers_what_is_missing(
    administrator: Client, draft: Text
) -> None:
    page = _page(administrator, _url(draft.edition, "change"))
    assert "Version 1" in page
    assert _url(draft, "change") in page
    assert _url(draft.edition, "add_english") in page
    assert _url(draft.edition, "add_vietnamese") not in page
    factories.draft_text(of=draft.edition, language="en")
    assert _url(draft.edition, "add_english") not in _page(administrator, _url(draft.edition, "change"))


def test_pages_are_called_by_version_and_language(draft: Text) -> None:
    client = _client(_staff(Role.ADMINISTRATOR), english=False)
    assert "<title> Cam kết – Phiên bản 1, tiếng Việt |" in _page(client, _url(draft, "change"))
    assert "<title> Cam kết – Phiên bản 1 |" in _page(client, _url(draft.edition, "change"))


def test_draft_that_is_not_wanted_can_be_removed(administrator: Client, draft: Text, english: Text) -> None:
    administrator.post(_url(english, "delete"), {"post": "yes"})
    assert not Text.objects.filter(pk=english.pk).exists()
    administrator.post(_url(draft.edition, "delete"), {"post": "yes"})
    assert not Edition.objects.filter(pk=draft.edition_id).exists()


# --- Texts ------------------------------------------------------------------------------------------------------------------


def test_draft_is_edited_with_its_undertakings_laws_and_whom_they_bind(
    administrator: Client, draft: Text
) -> None:
    laws = [_law("1"), _law("2")]
    data = _form(
        draft,
        **{
            "title": "Bản cam kết mới",
            "undertakings-0-body": "Điều mới.",
            "undertakings-0-binds": "page_admin",
            "undertakings-0-legal_references": [str(law.pk) for law in laws],
        },
    )
    response = _post(administrator, _url(draft, "change"), data)
    assert response["Location"] == _url(draft.edition, "change")
    content = Text.objects.get(pk=draft.pk).content
    assert content.title == "Bản cam kết mới"
    first = content.undertakings[0]
    assert (first.text, first.binds, len(first.legal_references)) == ("Điều mới.", Binds.PAGE_ADMIN, 2)


def test_undertaking_without_a_place_comes_last(administrator: Client, draft: Text) -> None:
    data = _form(draft, **{"undertakings-TOTAL_FORMS": "5", "undertakings-2-position": "1"})
    for index, place in ((3, ""), (4, "0")):
        prefix = f"undertakings-{index}"
        data |= {f"{prefix}-text": str(draft.pk), f"{prefix}-position": place, f"{prefix}-binds": "everyone"}
        data |= {f"{prefix}-body": f"Điều mới {index}."}
    _post(administrator, _url(draft, "change"), data)
    rows = list(draft.undertakings.all())
    assert [row.position for row in rows] == [1, 2, 3, 4, 5]
    assert [row.body for row in rows][-2:] == ["Điều mới 3.", "Điều mới 4."]


def test_row_that_was_added_and_left_empty_is_not_saved(administrator: Client, draft: Text) -> None:
    data = _form(draft, **{"undertakings-TOTAL_FORMS": "4"})
    data |= {"undertakings-3-text": str(draft.pk), "undertakings-3-position": "", "undertakings-3-body": ""}
    data |= {"undertakings-3-binds": "everyone"}
    _post(administrator, _url(draft, "change"), data)
    assert draft.undertakings.count() == 3


def test_draft_is_compared_as_it_would_be_frozen(administrator: Client, draft: Text) -> None:
    _publish(draft.edition)
    text = publishing.draft_next(
        edition=draft.edition, author=factories.user(), at=timezone.now()
    ).texts.get()
    # A browser sends line ends as CR LF.
    _post(administrator, _url(text, "change"), _form(text, preamble="Một.\r\n\r\nHai. "))
    assert Text.objects.get(pk=text.pk).content.preamble == "Một.\n\nHai."


def test_vietnamese_text_says_whom_it_binds_and_on_what_ground_for_the_english_one_too(
    administrator: Client, draft: Text, english: Text
) -> None:
    law = _law()
    data = _form(draft, **{"undertakings-1-binds": "kol", "undertakings-2-legal_references": [str(law.pk)]})
    _post(administrator, _url(draft, "change"), data)
    items = Text.objects.get(pk=english.pk).content.undertakings
    assert [item.binds for item in items] == [Binds.EVERYONE, Binds.KOL, Binds.EVERYONE]
    assert [len(item.legal_references) for item in items] == [0, 0, 1]
    page = _page(administrator, _url(english, "change"))
    assert 'name="undertakings-1-binds"' not in page
    assert "influencers (KOL)" in page


def test_english_text_is_written_beside_the_vietnamese_one(administrator: Client, draft: Text) -> None:
    law = _law()
    draft.undertakings.get(position=2).legal_references.add(law)
    draft.undertakings.filter(position=2).update(body="Điều thứ hai.", binds=Binds.PAGE_ADMIN)
    response = administrator.get(_url(draft.edition, "add_english"))
    page = _page(administrator, response["Location"])
    assert page.index("Điều thứ hai.") < page.index('name="undertakings-1-body"')
    data: dict[str, Any] = {
        "edition": str(draft.edition_id), "language": "en", "title": "Test pledge", "preamble": "", "closing": "",
        "undertakings-TOTAL_FORMS": "3", "undertakings-INITIAL_FORMS": "0", "undertakings-MIN_NUM_FORMS": "0",
        "undertakings-MAX_NUM_FORMS": "1000",
    }  # fmt: skip
    for index, words in enumerate(("One.", "Two.", "Three.")):
        data |= {f"undertakings-{index}-position": str(index + 1), f"undertakings-{index}-body": words}
    _post(administrator, response["Location"], data)
    items = Text.objects.get(edition=draft.edition, language="en").content.undertakings
    assert [item.text for item in items] == ["One.", "Two.", "Three."]
    assert items[1].binds == Binds.PAGE_ADMIN
    assert [law.number for law in items[1].legal_references] == [law.number]


def test_new_undertaking_waits_for_its_translation_beside_it(
    administrator: Client, draft: Text, english: Text
) -> None:
    rows = list(draft.undertakings.all())
    data = _form(draft, **{"undertakings-TOTAL_FORMS": "4", "undertakings-3-position": "2"})
    data |= {
        "undertakings-3-text": str(draft.pk),
        "undertakings-3-body": "Điều mới.",
        "undertakings-3-binds": "kol",
    }
    data |= {"undertakings-1-position": "3", "undertakings-2-position": "4"}
    _post(administrator, _url(draft, "change"), data)
    assert [row.body for row in draft.undertakings.all()] == [
        rows[0].body, "Điều mới.", rows[1].body, rows[2].body
    ]  # fmt: skip
    assert [row.position for row in english.undertakings.all()] == [1, 3, 4]
    page = _page(administrator, _url(english, "change"))
    assert 'name="undertakings-3-position" value="2"' in page
    data = _form(english, **{"undertakings-TOTAL_FORMS": "4", "undertakings-3-position": "2"})
    data |= {"undertakings-3-text": str(english.pk), "undertakings-3-body": "New."}
    # A form that has been open since before the move sends the old places of the others.
    data |= {"undertakings-1-position": "2", "undertakings-2-position": "3"}
    _post(administrator, _url(english, "change"), data)
    content = Text.objects.get(pk=english.pk).content
    assert content.undertakings[1].text == "New."
    assert content.undertakings[1].binds == Binds.KOL
    assert publishing.check(edition=draft.edition, at=timezone.now()).keys() == {"vi", "en"}


def test_translation_left_empty_is_not_saved(administrator: Client, draft: Text, english: Text) -> None:
    english.undertakings.get(position=2).delete()
    data = _form(english, **{"undertakings-TOTAL_FORMS": "3", "undertakings-2-position": "2"})
    data |= {"undertakings-2-text": str(english.pk), "undertakings-2-body": ""}
    _post(administrator, _url(english, "change"), data)
    assert english.undertakings.count() == 2


def test_second_text_in_a_language_is_refused_in_words(administrator: Client, draft: Text) -> None:
    data = {
        "edition": str(draft.edition_id), "language": "vi", "title": "Thêm",
        "undertakings-TOTAL_FORMS": "0", "undertakings-INITIAL_FORMS": "0",
    }  # fmt: skip
    response = administrator.post(reverse("admin:pledges_text_add"), data)
    assert "This version has a text in this language already." in response.content.decode()


def test_text_is_added_to_drafts_only(administrator: Client, draft: Text) -> None:
    _publish(draft.edition)
    url = f"{reverse('admin:pledges_text_add')}?edition={draft.edition_id}&language=en"
    data = {
        "edition": str(draft.edition_id), "language": "en", "title": "Later",
        "undertakings-TOTAL_FORMS": "0", "undertakings-INITIAL_FORMS": "0",
    }  # fmt: skip
    assert administrator.post(url, data).status_code == 200
    assert not Text.objects.filter(language="en").exists()


@pytest.mark.parametrize("query", ["?edition=x&language=xx", "?edition=99999999999999999999", ""])
def test_form_of_a_new_text_bears_any_address(administrator: Client, draft: Text, query: str) -> None:
    assert administrator.get(reverse("admin:pledges_text_add") + query).status_code == 200


def test_title_with_invisible_characters_is_refused_in_words(administrator: Client, draft: Text) -> None:
    response = administrator.post(_url(draft, "change"), _form(draft, title="Bản\u202ecam kết"))
    assert "invisible or control characters" in response.content.decode()


def test_markdown_hint_stands_at_the_fields(administrator: Client, draft: Text) -> None:
    assert "An empty line begins a new paragraph." in _page(administrator, _url(draft, "change"))


def test_list_of_texts_is_that_of_the_editions(administrator: Client, draft: Text) -> None:
    response = administrator.get(reverse("admin:pledges_text_changelist"))
    assert response["Location"] == reverse("admin:pledges_edition_changelist")
    assert draft.edition.label in _page(administrator, response["Location"] + "?q=thử")


# --- Previews ---------------------------------------------------------------------------------------------------------------


def test_preview_shows_the_text_as_a_page_and_runs_nothing_in_it(administrator: Client, draft: Text) -> None:
    Undertaking.objects.filter(text=draft, position=1).update(
        body="**Đậm** {{ request.user }} <script>alert(1)</script>"
    )
    page = _page(administrator, _url(draft, "preview"))
    assert "<strong>Đậm</strong>" in page
    assert "{{ request.user }}" in page
    assert "<script>alert" not in page


def test_preview_as_pdf_is_a_specimen(administrator: Client, draft: Text) -> None:
    response = administrator.get(_url(draft, "specimen"))
    assert response["Content-Type"] == "application/pdf"
    assert paper.check_conformance(response.content) == []


def test_preview_as_pdf_names_a_character_that_paper_lacks(administrator: Client, draft: Text) -> None:
    Undertaking.objects.filter(text=draft, position=1).update(body="Vui 🎵")
    page = administrator.get(_url(draft, "specimen"), follow=True).content.decode()
    assert "U+1F3B5" in page


def test_draft_is_compared_with_the_version_before(administrator: Client, draft: Text) -> None:
    assert administrator.get(_url(draft, "compare")).status_code == 403  # the first has none before
    _publish(draft.edition)
    copy = publishing.draft_next(edition=draft.edition, author=factories.user(), at=timezone.now())
    text = copy.texts.get()
    Text.objects.filter(pk=text.pk).update(closing="Tôi tự nguyện và ký bản cam kết này.")
    assert _url(text, "compare") in _page(administrator, _url(text, "change"))
    page = _page(administrator, _url(text, "compare"))
    assert "What changed from version 1 to version 2" in page
    assert "<ins>" in page


# --- Publishing -------------------------------------------------------------------------------------------------------------


def test_confirmation_shows_every_digest_and_says_that_it_is_for_good(
    administrator: Client, draft: Text, english: Text
) -> None:
    page = _page(administrator, _url(draft.edition, "publish"))
    assert draft.content.digest in page
    assert english.content.digest in page
    assert "can never be changed or removed" in page
    assert not Edition.objects.get(pk=draft.edition_id).is_published


def test_publishing_freezes_what_was_confirmed(administrator: Client, draft: Text, english: Text) -> None:
    hidden = _confirmed(administrator, draft.edition)
    page = administrator.post(_url(draft.edition, "publish"), hidden, follow=True).content.decode()
    assert "Version 1 is published." in page
    assert {text.language: text.digest for text in Text.objects.all()} == {
        key.removeprefix("digest-"): digest for key, digest in hidden.items()
    }
    told = AuditEvent.objects.about("edition", draft.edition_id)
    assert [event.action for event in told] == ["pledge.published"] * 2


@pytest.mark.parametrize("changed", ["text", "validity"])
def test_what_was_edited_after_the_confirmation_page_is_not_published(
    administrator: Client, draft: Text, changed: str
) -> None:
    hidden = _confirmed(administrator, draft.edition)
    if changed == "text":
        Text.objects.filter(pk=draft.pk).update(closing="Một lời khác.")
    else:
        Edition.objects.filter(pk=draft.edition_id).update(valid_until=timezone.localdate())
    response = administrator.post(_url(draft.edition, "publish"), hidden)
    assert response.status_code == 409
    assert "edited after it was shown to you" in response.content.decode()
    assert not Edition.objects.get(pk=draft.edition_id).is_published


def test_posting_without_the_confirmation_page_publishes_nothing(administrator: Client, draft: Text) -> None:
    assert administrator.post(_url(draft.edition, "publish")).status_code == 409
    assert not Edition.objects.get(pk=draft.edition_id).is_published


def test_refusal_is_said_in_words_with_the_characters(administrator: Client, draft: Text) -> None:
    Undertaking.objects.filter(text=draft, position=1).update(body="Vui 🎵")
    response = administrator.get(_url(draft.edition, "publish"))
    page = response.content.decode()
    assert response.status_code == 409
    assert "the font on paper lacks" in page
    assert "MUSICAL NOTE" in page
    assert "Publish for good" not in page


def test_every_refusal_has_words(administrator: Client, draft: Text, english: Text) -> None:
    rows = Undertaking.objects.filter(text=english)
    rows.filter(position=2).update(binds=Binds.KOL)
    url = _url(draft.edition, "publish")
    assert "disagree on whom these undertakings bind: 2." in administrator.get(url).content.decode()
    rows.update(binds=Binds.EVERYONE)
    rows.get(position=3).legal_references.add(_law())
    assert "cite different laws at these undertakings: 3." in administrator.get(url).content.decode()
    rows.filter(position__gt=1).delete()
    assert "3 undertakings, the English one 1." in administrator.get(url).content.decode()
    rows.delete()
    assert "The text in English has no undertaking" in administrator.get(url).content.decode()
    draft.delete()
    assert "has no Vietnamese text" in administrator.get(url).content.decode()


def test_publisher_is_told_of_an_ended_law_and_of_a_validity_that_is_over(
    administrator: Client, draft: Text
) -> None:
    yesterday = timezone.localdate() - timedelta(days=1)
    draft.undertakings.get(position=1).legal_references.add(_law("24/2018/QH14", ended_date=yesterday))
    Edition.objects.filter(pk=draft.edition_id).update(valid_until=yesterday)
    page = _page(administrator, _url(draft.edition, "publish"))
    assert "24/2018/QH14" in page
    assert "Its validity is over" in page
    assert "Publish for good" in page


@pytest.mark.parametrize("superuser", [False, True])
def test_published_edition_is_read_only(draft: Text, superuser: bool) -> None:
    form = _form(draft, title="Khác")
    _publish(draft.edition)
    user = User.objects.create_superuser("goc@example.com") if superuser else _staff(Role.ADMINISTRATOR)
    client = _client(user)
    page = _page(client, _url(draft, "change"))
    for field in ("title", "undertakings-0-body", "undertakings-0-binds"):
        assert f'name="{field}"' not in page
    assert 'name="valid_until"' not in _page(client, _url(draft.edition, "change"))
    assert client.post(_url(draft, "change"), form).status_code == 403
    assert client.post(_url(draft.edition, "change"), {"valid_until": "2030-01-01"}).status_code == 403
    for row in (draft, draft.edition):
        assert client.post(_url(row, "delete"), {"post": "yes"}).status_code == 403
    draft.refresh_from_db()
    assert draft.title != "Khác"


def test_law_that_a_text_cites_is_not_removed(draft: Text) -> None:
    cited, other = _law("1"), _law("2")
    draft.undertakings.get(position=1).legal_references.add(cited)
    client = _client(User.objects.create_superuser("goc@example.com"))
    for law, status in ((cited, 403), (other, 302)):
        url = reverse("admin:pledges_legalreference_delete", args=[law.pk])
        assert client.post(url, {"post": "yes"}).status_code == status


def test_next_version_is_drafted_from_a_published_one(
    administrator: Client, draft: Text, english: Text
) -> None:
    edition = _publish(draft.edition)
    assert administrator.get(_url(edition, "copy_as_next")).status_code == 200
    assert edition.pledge.editions.count() == 1
    response = administrator.post(_url(edition, "copy_as_next"))
    copy = edition.pledge.editions.get(number=2)
    assert response["Location"] == _url(copy, "change")
    assert {text.language for text in copy.texts.all()} == {"vi", "en"}


# --- Pledges ----------------------------------------------------------------------------------------------------------------


def test_pledge_is_opened_and_closed_with_a_question_in_between(administrator: Client, draft: Text) -> None:
    pledge = _publish(draft.edition).pledge
    for action, state in (("open_pledge", PledgeState.OPEN), ("close_pledge", PledgeState.CLOSED)):
        url = _url(pledge, action)
        before = Pledge.objects.get(pk=pledge.pk).state
        assert administrator.get(url).status_code == 200
        assert Pledge.objects.get(pk=pledge.pk).state == before
        administrator.post(url)
        assert Pledge.objects.get(pk=pledge.pk).state == state


def test_pledge_without_a_published_edition_is_not_opened(administrator: Client, draft: Text) -> None:
    pledge = draft.edition.pledge
    page = administrator.post(_url(pledge, "open_pledge"), follow=True).content.decode()
    assert "no published version" in page
    assert Pledge.objects.get(pk=pledge.pk).state == PledgeState.DRAFT


def test_state_cannot_be_changed_through_the_form(administrator: Client, draft: Text) -> None:
    pledge = draft.edition.pledge
    data = {"name": "Khác", "slug": "khac", "unit": str(pledge.unit_id), "state": "open"}
    administrator.post(_url(pledge, "change"), data)
    pledge.refresh_from_db()
    assert (pledge.name, pledge.state) == ("Khác", PledgeState.DRAFT)


def test_address_and_unit_stay_once_an_edition_is_published(administrator: Client, draft: Text) -> None:
    pledge = _publish(draft.edition).pledge
    data = {"name": "Khác", "slug": "khac", "unit": str(factories.unit().pk)}
    administrator.post(_url(pledge, "change"), data)
    after = Pledge.objects.get(pk=pledge.pk)
    assert (after.name, after.slug, after.unit_id) == ("Khác", "cam-ket", pledge.unit_id)


def test_pledge_leads_to_its_editions(administrator: Client, draft: Text) -> None:
    other = factories.pledge()
    response = administrator.get(_url(draft.edition.pledge, "texts"))
    page = _page(administrator, response["Location"])
    assert _url(draft.edition, "change") in page
    assert _url(other.editions.get(), "change") not in page


def test_keepers_are_shown_that_an_open_pledge_cites_an_ended_law(draft: Text) -> None:
    law = _law("24/2018/QH14", title="Luật An ninh mạng")
    draft.undertakings.get(position=1).legal_references.add(law)
    pledge = _publish(draft.edition).pledge
    publishing.change_state(pledge=pledge, to=PledgeState.OPEN, actor=factories.user(), at=timezone.now())
    keeper = _client(_staff(Role.ORGANISER, of=pledge))
    lists = reverse("admin:pledges_pledge_changelist")
    assert "no longer in force" not in _page(keeper, lists) + _page(keeper, _url(pledge, "change"))
    LegalReference.objects.update(ended_date=timezone.localdate())
    assert "no longer in force" in _page(keeper, lists)
    page = _page(keeper, _url(pledge, "change"))
    assert "cites law that is no longer in force" in page
    assert "Luật An ninh mạng" in page


# --- Who may what -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.ORGANISER, Role.OFFICIAL, Role.STEWARD])
@pytest.mark.parametrize("action", ["publish", "copy_as_next"])
def test_only_administrators_publish_and_draft(draft: Text, role: Role, action: str) -> None:
    edition = draft.edition
    client = _client(_staff(role, of=edition.pledge))
    assert client.get(_url(edition, action)).status_code == 403
    assert client.post(_url(edition, action), {"digest-vi": draft.content.digest}).status_code == 403
    assert client.post(_url(edition.pledge, "open_pledge")).status_code == 403
    assert not Edition.objects.get(pk=edition.pk).is_published
    assert edition.pledge.editions.count() == 1


def test_organiser_reads_the_own_units_texts_only(draft: Text) -> None:
    pledge = draft.edition.pledge
    own, stranger = (
        _client(_staff(Role.ORGANISER, of=pledge)),
        _client(_staff(Role.ORGANISER, of=factories.pledge())),
    )
    for url in (
        _url(pledge, "change"),
        _url(draft.edition, "change"),
        *(_url(draft, action) for action in ("change", "preview", "specimen")),
    ):
        assert own.get(url).status_code == 200, url
        assert stranger.get(url).status_code == 404, url
    assert own.post(_url(draft, "change"), _form(draft, title="Khác")).status_code == 403
    assert own.get(_url(draft.edition, "add_english")).status_code == 403


def test_filter_of_the_versions_names_the_own_units_pledges_only(draft: Text) -> None:
    other = factories.pledge(name="Cam kết của đơn vị khác", languages=())
    factories.draft_text(pledge=other)
    client = _client(_staff(Role.ORGANISER, of=draft.edition.pledge))
    page = _page(client, reverse("admin:pledges_edition_changelist"))
    assert draft.edition.pledge.name in page
    assert other.name not in page


def test_form_of_a_new_text_shows_nothing_of_another_units_draft(draft: Text) -> None:
    draft.undertakings.filter(position=1).update(body="Điều chưa ai được biết.")
    user = factories.user(is_staff=True)
    user.user_permissions.add(
        *Permission.objects.filter(codename__in=("add_text", "add_undertaking", "view_undertaking"))
    )
    factories.unit().members.add(user)
    url = f"{reverse('admin:pledges_text_add')}?edition={draft.edition_id}&language=en"
    stranger = _client(user)
    assert "Điều chưa ai được biết." not in _page(stranger, url)
    draft.edition.pledge.unit.members.add(user)
    assert "Điều chưa ai được biết." in _page(stranger, url)


def test_specimen_that_is_damaged_is_said_in_words(administrator: Client, draft: Text) -> None:
    _publish(draft.edition)
    storage.remove(Text.objects.get(pk=draft.pk).specimen_sha256)
    response = administrator.get(_url(draft, "specimen"), follow=True)
    assert "The stored file is missing or damaged." in response.content.decode()


@pytest.mark.parametrize("role", [Role.OFFICIAL, Role.STEWARD])
def test_others_do_not_see_drafts(draft: Text, role: Role) -> None:
    client = _client(_staff(role, of=draft.edition.pledge))
    assert client.get(_url(draft.edition, "change")).status_code == 403
    for action in ("change", "preview", "specimen"):
        assert client.get(_url(draft, action)).status_code == 403, action


@pytest.mark.parametrize("model", ["pledge", "edition", "legalreference"])
def test_lists_cost_the_same_for_few_rows_and_many(administrator: Client, model: str) -> None:
    counts = []
    for number in (1, 12):
        for index in range(number):
            factories.pledge(languages=("vi", "en"))
            _law(f"{number}-{index}")
        administrator.get(reverse(f"admin:pledges_{model}_changelist"))
        with CaptureQueriesContext(connection) as queries:
            administrator.get(reverse(f"admin:pledges_{model}_changelist"))
        counts.append(len(queries))
    # Session, account, permissions (two), choices of the filters, one count, the page, its texts.
    assert counts[0] == counts[1] <= 9


def test_page_of_a_text_costs_the_same_for_few_undertakings_and_many(administrator: Client) -> None:
    counts = []
    for count in (3, 12):
        pledge = factories.pledge(languages=())
        text = factories.draft_text(pledge=pledge, undertakings=count)
        english = factories.draft_text(of=text.edition, undertakings=count, language="en")
        with CaptureQueriesContext(connection) as queries:
            administrator.get(_url(english, "change"))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_accounts_without_a_role_see_nothing(draft: Text) -> None:
    client = _client(factories.user(is_staff=True))
    assert client.get(reverse("admin:pledges_edition_changelist")).status_code == 403
    assert client.get(_url(draft, "preview")).status_code == 403
