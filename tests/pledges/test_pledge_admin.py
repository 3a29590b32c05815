"""Editing, previewing and publishing texts in the administration; opening and closing pledges."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from events.models import Event
from kolportal import paper
from kolportal.accounts import roles
from kolportal.accounts.models import User
from kolportal.accounts.roles import Role
from kolportal.audit.models import AuditEvent
from pledges import publishing
from pledges.models import EventPledge, LegalReference, Pledge, PledgeState, PledgeVersion, Undertaking
from tests import factories
from tests.clients import english_client

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _roles() -> Any:
    roles.sync()
    with translation.override("en"):
        yield


def _client(user: User) -> Client:
    client = english_client()
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
def draft() -> PledgeVersion:
    """A draft in Vietnamese of a pledge that was never opened."""
    pledge = Pledge.objects.create(slug="cam-ket", name="Cam kết", unit=factories.unit())
    return factories.draft_version(pledge=pledge)


def _url(version: PledgeVersion, action: str) -> str:
    return reverse(f"admin:pledges_pledgeversion_{action}", args=[version.pk])


def _form(version: PledgeVersion, **changes: str) -> dict[str, str]:
    """What the browser sends back for a draft."""
    rows = list(version.undertakings.all())
    data = {
        "title": version.title,
        "preamble": version.preamble,
        "closing": version.closing,
        "valid_from": "",
        "valid_until": "",
        "undertakings-TOTAL_FORMS": str(len(rows)),
        "undertakings-INITIAL_FORMS": str(len(rows)),
        "undertakings-MIN_NUM_FORMS": "0",
        "undertakings-MAX_NUM_FORMS": "1000",
    }
    for index, row in enumerate(rows):
        data |= {
            f"undertakings-{index}-id": str(row.pk),
            f"undertakings-{index}-version": str(version.pk),
            f"undertakings-{index}-position": str(row.position),
            f"undertakings-{index}-text": row.text,
            f"undertakings-{index}-legal_reference": "",
        }
    return data | changes


def _confirmed(client: Client, version: PledgeVersion) -> dict[str, str]:
    """The hidden values of the confirmation page."""
    return dict(client.get(_url(version, "publish")).context["hidden"])


# --- Drafts -------------------------------------------------------------------------------------------------------------


def test_draft_is_edited_with_its_undertakings(administrator: Client, draft: PledgeVersion) -> None:
    law = LegalReference.objects.create(
        title="Luật thử", number="01/2025/QH15", issued_date=timezone.localdate()
    )
    data = _form(
        draft,
        **{
            "title": "Bản cam kết mới",
            "undertakings-0-text": "Điều mới.",
            "undertakings-0-legal_reference": str(law.pk),
        },
    )
    response = administrator.post(_url(draft, "change"), data)
    assert response.status_code == 302, response.context["errors"]
    draft = PledgeVersion.objects.get(pk=draft.pk)
    assert draft.title == "Bản cam kết mới"
    assert draft.text.undertakings[0].text == "Điều mới."
    assert draft.text.undertakings[0].legal_reference is not None


def test_new_text_gets_the_number_by_itself(administrator: Client, draft: PledgeVersion) -> None:
    for language, number in (("en", 1), ("en", 2), ("vi", 2), ("vi", 3)):
        data = {
            "pledge": str(draft.pledge_id), "language": language, "title": "Test", "preamble": "", "closing": "",
            "undertakings-TOTAL_FORMS": "1", "undertakings-INITIAL_FORMS": "0", "undertakings-MIN_NUM_FORMS": "0",
            "undertakings-MAX_NUM_FORMS": "1000", "undertakings-0-position": "1", "undertakings-0-text": "One.",
        }  # fmt: skip
        response = administrator.post(reverse("admin:pledges_pledgeversion_add"), data)
        assert response.status_code == 302, response.context["errors"]
        newest = PledgeVersion.objects.order_by("-pk").first()
        assert newest is not None
        assert (newest.language, newest.number) == (language, number)


def test_title_with_invisible_characters_is_refused_in_words(
    administrator: Client, draft: PledgeVersion
) -> None:
    response = administrator.post(_url(draft, "change"), _form(draft, title="Bản\u202ecam kết"))
    assert "invisible or control characters" in response.content.decode()


def test_markdown_hint_stands_at_the_fields(administrator: Client, draft: PledgeVersion) -> None:
    assert (
        "An empty line begins a new paragraph." in administrator.get(_url(draft, "change")).content.decode()
    )


def test_preview_shows_the_text_as_a_page_and_runs_nothing_in_it(
    administrator: Client, draft: PledgeVersion
) -> None:
    Undertaking.objects.filter(version=draft, position=1).update(
        text="**Đậm** {{ request.user }} <script>alert(1)</script>"
    )
    page = administrator.get(_url(draft, "preview")).content.decode()
    assert "<strong>Đậm</strong>" in page
    assert "{{ request.user }}" in page
    assert "<script>alert" not in page


def test_preview_as_pdf_is_a_specimen(administrator: Client, draft: PledgeVersion) -> None:
    response = administrator.get(_url(draft, "specimen"))
    assert response["Content-Type"] == "application/pdf"
    assert paper.check_conformance(response.content) == []


def test_preview_as_pdf_names_a_character_that_paper_lacks(
    administrator: Client, draft: PledgeVersion
) -> None:
    Undertaking.objects.filter(version=draft, position=1).update(text="Vui 🎵")
    page = administrator.get(_url(draft, "specimen"), follow=True).content.decode()
    assert "U+1F3B5" in page


# --- Publishing ---------------------------------------------------------------------------------------------------------


def test_confirmation_shows_the_digest_and_says_that_it_is_for_good(
    administrator: Client, draft: PledgeVersion
) -> None:
    page = administrator.get(_url(draft, "publish")).content.decode()
    assert draft.text.digest in page
    assert "can never be changed or removed" in page
    draft.refresh_from_db()
    assert not draft.is_published


def test_publishing_freezes_what_was_confirmed(administrator: Client, draft: PledgeVersion) -> None:
    hidden = _confirmed(administrator, draft)
    page = administrator.post(_url(draft, "publish"), hidden, follow=True).content.decode()
    assert "1 text was published." in page
    published = PledgeVersion.objects.get(pk=draft.pk)
    assert published.digest == hidden["digest-vi"]
    assert AuditEvent.objects.about("pledge_version", draft.pk).get().action == "pledge.published"


def test_text_edited_after_the_confirmation_page_is_not_published(
    administrator: Client, draft: PledgeVersion
) -> None:
    hidden = _confirmed(administrator, draft)
    PledgeVersion.objects.filter(pk=draft.pk).update(closing="Một lời khác.")
    response = administrator.post(_url(draft, "publish"), hidden)
    assert response.status_code == 409
    assert "edited after it was shown to you" in response.content.decode()
    draft.refresh_from_db()
    assert not draft.is_published


def test_posting_without_the_confirmation_page_publishes_nothing(
    administrator: Client, draft: PledgeVersion
) -> None:
    assert administrator.post(_url(draft, "publish")).status_code == 409
    draft.refresh_from_db()
    assert not draft.is_published


def test_refusal_is_said_in_words_with_the_characters(administrator: Client, draft: PledgeVersion) -> None:
    Undertaking.objects.filter(version=draft, position=1).update(text="Vui 🎵")
    response = administrator.get(_url(draft, "publish"))
    page = response.content.decode()
    assert response.status_code == 409
    assert "the font on paper lacks" in page
    assert "MUSICAL NOTE" in page
    assert "Publish for good" not in page


@pytest.mark.parametrize("superuser", [False, True])
def test_published_text_is_read_only(draft: PledgeVersion, superuser: bool) -> None:
    publishing.publish(pledge=draft.pledge, number=1, publisher=factories.user(), at=timezone.now())
    client = _client(
        User.objects.create_superuser("goc@example.com") if superuser else _staff(Role.ADMINISTRATOR)
    )
    page = client.get(_url(draft, "change"))
    assert page.status_code == 200
    assert 'name="title"' not in page.content.decode()
    assert 'name="undertakings-0-text"' not in page.content.decode()
    assert client.post(_url(draft, "change"), _form(draft, title="Khác")).status_code == 403
    assert client.post(_url(draft, "delete"), {"post": "yes"}).status_code == 403
    draft.refresh_from_db()
    assert draft.title != "Khác"


def test_next_version_is_drafted_from_a_published_one(administrator: Client, draft: PledgeVersion) -> None:
    publishing.publish(pledge=draft.pledge, number=1, publisher=factories.user(), at=timezone.now())
    assert administrator.get(_url(draft, "copy_as_next")).status_code == 200
    assert draft.pledge.versions.count() == 1
    response = administrator.post(_url(draft, "copy_as_next"))
    copy = draft.pledge.versions.get(number=2)
    assert response["Location"] == _url(copy, "change")
    assert copy.undertakings.count() == draft.undertakings.count()


def test_draft_that_is_not_wanted_can_be_removed(administrator: Client, draft: PledgeVersion) -> None:
    administrator.post(_url(draft, "delete"), {"post": "yes"})
    assert not PledgeVersion.objects.filter(pk=draft.pk).exists()


# --- Opening and closing ------------------------------------------------------------------------------------------------


def test_pledge_is_opened_and_closed_with_a_question_in_between(
    administrator: Client, draft: PledgeVersion
) -> None:
    publishing.publish(pledge=draft.pledge, number=1, publisher=factories.user(), at=timezone.now())
    for action, state in (("open_pledge", PledgeState.OPEN), ("close_pledge", PledgeState.CLOSED)):
        url = reverse(f"admin:pledges_pledge_{action}", args=[draft.pledge_id])
        before = Pledge.objects.get(pk=draft.pledge_id).state
        assert administrator.get(url).status_code == 200
        assert Pledge.objects.get(pk=draft.pledge_id).state == before
        administrator.post(url)
        assert Pledge.objects.get(pk=draft.pledge_id).state == state


def test_pledge_without_a_published_text_is_not_opened(administrator: Client, draft: PledgeVersion) -> None:
    url = reverse("admin:pledges_pledge_open_pledge", args=[draft.pledge_id])
    assert "no published Vietnamese text" in administrator.post(url, follow=True).content.decode()
    draft.pledge.refresh_from_db()
    assert draft.pledge.state == PledgeState.DRAFT


def test_state_cannot_be_changed_through_the_form(administrator: Client, draft: PledgeVersion) -> None:
    data = {"name": "Khác", "slug": "khac", "unit": str(draft.pledge.unit_id), "state": "open"}
    administrator.post(reverse("admin:pledges_pledge_change", args=[draft.pledge_id]), data)
    pledge = Pledge.objects.get(pk=draft.pledge_id)
    assert (pledge.name, pledge.state) == ("Khác", PledgeState.DRAFT)


def test_address_stays_once_a_text_is_published(administrator: Client, draft: PledgeVersion) -> None:
    publishing.publish(pledge=draft.pledge, number=1, publisher=factories.user(), at=timezone.now())
    data = {"name": "Khác", "slug": "khac", "unit": str(factories.unit().pk)}
    administrator.post(reverse("admin:pledges_pledge_change", args=[draft.pledge_id]), data)
    pledge = Pledge.objects.get(pk=draft.pledge_id)
    assert (pledge.name, pledge.slug, pledge.unit_id) == ("Khác", "cam-ket", draft.pledge.unit_id)


# --- Who may what -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.ORGANISER, Role.OFFICIAL, Role.STEWARD])
@pytest.mark.parametrize("action", ["publish", "copy_as_next"])
def test_only_administrators_publish_and_draft(draft: PledgeVersion, role: Role, action: str) -> None:
    client = _client(_staff(role, of=draft.pledge))
    assert client.get(_url(draft, action)).status_code == 403
    assert client.post(_url(draft, action), {"digest-vi": draft.text.digest}).status_code == 403
    assert client.post(reverse("admin:pledges_pledge_open_pledge", args=[draft.pledge_id])).status_code == 403
    draft.refresh_from_db()
    assert not draft.is_published
    assert draft.pledge.versions.count() == 1


def test_organiser_reads_the_own_units_texts_only(draft: PledgeVersion) -> None:
    own, stranger = (
        _client(_staff(Role.ORGANISER, of=draft.pledge)),
        _client(_staff(Role.ORGANISER, of=factories.pledge())),
    )
    for action in ("change", "preview", "specimen"):
        assert own.get(_url(draft, action)).status_code == 200, action
        assert stranger.get(_url(draft, action)).status_code == 404, action
    assert own.post(_url(draft, "change"), _form(draft, title="Khác")).status_code == 403
    assert stranger.get(reverse("admin:pledges_pledge_change", args=[draft.pledge_id])).status_code == 404


@pytest.mark.parametrize("role", [Role.OFFICIAL, Role.STEWARD])
def test_others_do_not_see_drafts(draft: PledgeVersion, role: Role) -> None:
    client = _client(_staff(role, of=draft.pledge))
    for action in ("change", "preview", "specimen"):
        assert client.get(_url(draft, action)).status_code == 403, action


def test_organiser_chooses_the_pledge_on_the_events_page() -> None:
    unit = factories.unit()
    event, pledge, foreign = (
        factories.event(organiser=unit),
        factories.pledge(keeper=unit),
        factories.pledge(),
    )
    user = _staff(Role.ORGANISER, of=pledge)
    page = _client(user).get(reverse("admin:events_event_change", args=[event.pk])).content.decode()
    assert pledge.name in page
    assert foreign.name not in page
    assert not EventPledge.objects.filter(event=event).exists()
    assert Event.objects.of_staff(user).get() == event


@pytest.mark.parametrize("model", ["pledge", "pledgeversion", "legalreference"])
def test_lists_cost_the_same_for_few_rows_and_many(administrator: Client, model: str) -> None:
    counts = []
    for number in (1, 12):
        for index in range(number):
            factories.pledge(languages=("vi", "en"))
            LegalReference.objects.create(
                title="Luật thử", number=f"{number}-{index}", issued_date=timezone.localdate()
            )
        administrator.get(reverse(f"admin:pledges_{model}_changelist"))
        with CaptureQueriesContext(connection) as queries:
            administrator.get(reverse(f"admin:pledges_{model}_changelist"))
        counts.append(len(queries))
    # Session, account, permissions (two), choices of the filters, one count, the page.
    assert counts[0] == counts[1] <= 9


def test_accounts_without_a_role_see_nothing(draft: PledgeVersion) -> None:
    client = _client(factories.user(is_staff=True))
    assert client.get(reverse("admin:pledges_pledgeversion_changelist")).status_code == 403
    assert client.get(_url(draft, "preview")).status_code == 403
