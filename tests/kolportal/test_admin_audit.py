"""The audit trail as an administrator reads it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from events import history as meetings
from kolportal.accounts import roles
from kolportal.accounts.models import User
from kolportal.audit.history import Event, forget_values
from kolportal.audit.models import AuditEvent
from kolportal.people import history as people
from pledges import history as pledges
from tests import factories

pytestmark = pytest.mark.servers


@pytest.fixture
def administrator(db: None, client: Client) -> User:
    user = roles.grant(factories.user(is_staff=True, name="Quản trị thử"), roles.Role.ADMINISTRATOR)
    client.force_login(user)
    client.cookies["django_language"] = "en"
    return user


def test_every_event_has_words_and_the_name_of_its_room() -> None:
    assert len(Event.known) > 25
    for name, event in Event.known.items():
        assert name.count(".") == 1
        assert str(event.words)
        assert str(event.subject.words)


def test_list_shows_who_did_what_in_words_and_costs_the_same_for_many_rows(
    client: Client, administrator: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    def record(number: int) -> None:
        meetings.PUBLISHED.record(
            number, actor_id=administrator.pk, at=timezone.now(), detail={"from": "draft"}
        )

    record(1)
    pledges.SEALED.record(7, actor_id=None, at=timezone.now())
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
    for event in (meetings.PUBLISHED, pledges.SEALED):
        event.record(42, actor_id=None, at=timezone.now())
    for query in ({"action": "document.sealed"}, {"subject_type": "document"}, {"q": "document.sealed"}):
        page = client.get("/admin/audit/auditevent/", query).content.decode()
        listed = page[page.index('id="result_list"') : page.index("</table>")]
        assert "PDF sealed" in listed
        assert "event published" not in listed


def test_an_entry_shows_old_and_new_values_until_they_are_removed(
    client: Client, administrator: User
) -> None:
    entry = people.CHANGED.record(
        5,
        actor_id=None,
        at=timezone.now(),
        detail={"fields": ["full_name", "organisation"]},
        values={"full_name": ("Lê Thị Lan", "Lê Thị <Hương> Lan"), "organisation": ("", "Công ty Đất Tổ")},
    )
    address = f"/admin/audit/auditevent/{entry.pk}/change/"
    page = client.get(address).content.decode()
    assert "full_name: Lê Thị Lan → Lê Thị &lt;Hương&gt; Lan" in page
    assert "organisation: – → Công ty Đất Tổ" in page
    assert "Lê Thị Lan" not in client.get("/admin/audit/auditevent/").content.decode()
    forget_values(people.PERSON, [5])
    page = client.get(address).content.decode()
    assert "Lê Thị Lan" not in page
    assert "removed" in page


def test_an_entry_put_in_later_under_an_earlier_time_is_marked(client: Client, administrator: User) -> None:
    meetings.PUBLISHED.record(1, actor_id=None, at=timezone.now() - timedelta(minutes=50))
    assert "put in later" not in client.get("/admin/audit/auditevent/").content.decode()
    meetings.PUBLISHED.record(2, actor_id=None, at=timezone.now() - timedelta(minutes=70))
    assert client.get("/admin/audit/auditevent/").content.decode().count("put in later") == 1


def test_a_change_of_access_name_or_unit_leaves_a_trace(client: Client, administrator: User) -> None:
    colleague, unit = factories.user(is_staff=True, name="Cán bộ thử"), factories.unit()
    client.post(
        f"/admin/units/organisingunit/{unit.pk}/change/",
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
    assert account.values.fields == {"name": ["Cán bộ thử", "Người khác"]}
    assert changed_unit.values.fields == {"name": [unit.name, "Tên khác"]}
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
