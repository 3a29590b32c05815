"""The audit trail as an administrator reads it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from kolportal.accounts import roles
from kolportal.accounts.models import User
from kolportal.audit import events as audit
from kolportal.audit.models import AuditEvent
from kolportal.audit.words import ACTIONS, SUBJECTS
from tests import factories

pytestmark = pytest.mark.servers

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def administrator(db: None, client: Client) -> User:
    user = roles.grant(factories.user(is_staff=True, name="Quản trị thử"), roles.Role.ADMINISTRATOR)
    client.force_login(user)
    client.cookies["django_language"] = "en"
    return user


def test_every_act_and_subject_that_the_code_records_has_words() -> None:
    sources = [
        path.read_text() for app in ("events", "pledges", "kolportal") for path in (ROOT / app).rglob("*.py")
    ]
    text = "\n".join(sources)
    acts = set(re.findall(r'action="([a-z_]+\.[a-z_]+)"', text))
    assert acts, "the pattern finds nothing any more"
    assert acts <= set(ACTIONS)
    assert set(re.findall(r'subject_type="([a-z_]+)"', text)) <= set(SUBJECTS)


def test_list_shows_who_did_what_in_words_and_costs_the_same_for_many_rows(
    client: Client, administrator: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    def record(number: int) -> None:
        audit.record(
            action="event.published", actor_id=administrator.pk, subject_type="event", subject_id=number,
            at=timezone.now(), detail={"from": "draft"},
        )  # fmt: skip

    record(1)
    audit.record(
        action="document.sealed", actor_id=None, subject_type="document", subject_id=7, at=timezone.now()
    )
    client.get("/admin/audit/auditevent/")
    # account, its two queries of permissions, count, rows with the actors' addresses; the session where it is a row
    expected = 5 + int(settings.SESSION_ENGINE.endswith(".db"))
    with django_assert_num_queries(expected):
        page = client.get("/admin/audit/auditevent/").content.decode()
    for words in (
        "event published",
        administrator.email,
        "PDF sealed",
        "&quot;from&quot;: &quot;draft&quot;",
    ):
        assert words in page
    for number in range(2, 20):
        record(number)
    with django_assert_num_queries(expected):
        client.get("/admin/audit/auditevent/")


def test_filters_and_search(client: Client, administrator: User) -> None:
    for action, subject in (("event.published", "event"), ("document.sealed", "document")):
        audit.record(action=action, actor_id=None, subject_type=subject, subject_id=42, at=timezone.now())
    for query in ({"action": "document.sealed"}, {"subject_type": "document"}, {"q": "document.sealed"}):
        page = client.get("/admin/audit/auditevent/", query).content.decode()
        listed = page[page.index('id="result_list"') : page.index("</table>")]
        assert "PDF sealed" in listed
        assert "event published" not in listed


def test_a_change_of_access_name_or_unit_leaves_a_trace(client: Client, administrator: User) -> None:
    colleague, unit = factories.user(is_staff=True, name="Cán bộ thử"), factories.unit()
    client.post(
        f"/admin/events/organisingunit/{unit.pk}/change/",
        {"name": "Tên khác", "short_name": unit.short_name, "members": [colleague.pk]},
    )
    client.post(
        f"/admin/accounts/user/{colleague.pk}/change/",
        {"name": "Người khác", "is_staff": "on", "units": [unit.pk]},
    )
    account, changed_unit = AuditEvent.objects.order_by("-id")[:2]
    assert (changed_unit.action, changed_unit.subject_id) == ("unit.changed", str(unit.pk))
    assert changed_unit.detail == {"fields": ["name"], "members": {"before": [], "after": [colleague.pk]}}
    assert (account.action, account.actor_id) == ("account.standing_changed", str(administrator.pk))
    assert account.detail["renamed"]
    assert (account.detail["before"]["active"], account.detail["after"]["active"]) == (True, False)


def test_saving_an_account_unchanged_leaves_none(client: Client, administrator: User) -> None:
    colleague = factories.user(is_staff=True, name="Cán bộ thử")
    client.post(
        f"/admin/accounts/user/{colleague.pk}/change/",
        {"name": "Cán bộ thử", "is_staff": "on", "is_active": "on"},
    )
    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize("column", ["password", "session_epoch"])
def test_secrets_cannot_be_guessed_by_filtering_the_list_of_accounts(
    client: Client, administrator: User, column: str
) -> None:
    secret = getattr(User.objects.create_superuser("boss@example.com", "mot-mat-khau-dai"), column)
    response = client.get("/admin/accounts/user/", {f"{column}__startswith": secret[:8]})
    assert "boss@example.com" not in response.content.decode()
    for allowed in ("role=administrator", "is_staff__exact=1", "is_active__exact=1"):
        assert administrator.email in client.get(f"/admin/accounts/user/?{allowed}").content.decode()
