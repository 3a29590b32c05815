"""Staff enter the administration by the site's own login, with its rate limits; nobody else gets in."""

from __future__ import annotations

from http import HTTPStatus

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.test import Client

from kolportal.accounts import roles
from kolportal.accounts.models import User
from tests import factories
from tests.kolportal.accounts.conftest import mailed_code

pytestmark = [pytest.mark.django_db, pytest.mark.servers]
PASSWORD = "mat-khau-rat-dai-2025"


@pytest.fixture
def administrator() -> User:
    user = roles.grant(factories.user(is_staff=True, password=PASSWORD), roles.Role.ADMINISTRATOR)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def test_the_admins_own_login_form_is_replaced_by_the_sites(client: Client, administrator: User) -> None:
    first = client.get("/admin/", follow=True)
    assert first.redirect_chain[-1][0].startswith("/accounts/login/?next=")
    posted = client.post(
        "/admin/login/", {"username": administrator.email, "password": PASSWORD}, follow=True
    )
    assert posted.redirect_chain[0][0].startswith("/accounts/login/")
    assert not posted.wsgi_request.user.is_authenticated


def test_staff_log_in_by_the_sites_page_and_arrive_in_the_administration(
    client: Client, administrator: User
) -> None:
    response = client.post(
        "/accounts/login/?next=/admin/", {"login": administrator.email, "password": PASSWORD}, follow=True
    )
    assert response.redirect_chain[-1][0] == "/admin/"
    assert response.status_code == HTTPStatus.OK


def test_password_guessing_on_a_staff_account_is_stopped_whatever_page_it_comes_from(
    client: Client, administrator: User
) -> None:
    for _ in range(5):
        client.post("/accounts/login/?next=/admin/", {"login": administrator.email, "password": "sai"})
    right = client.post("/accounts/login/?next=/admin/", {"login": administrator.email, "password": PASSWORD})
    assert not right.wsgi_request.user.is_authenticated
    assert client.get("/admin/").status_code == HTTPStatus.FOUND


def test_a_new_colleague_is_made_without_a_password_and_logs_in_with_a_code(
    client: Client, administrator: User
) -> None:
    unit = factories.unit()
    client.force_login(administrator)
    group = administrator.groups.model.objects.get(name=roles.Role.ORGANISER)
    made = client.post(
        "/admin/accounts/user/add/",
        {"email": "Dong.Nghiep@example.com", "name": "Đồng nghiệp", "groups": [group.pk], "units": [unit.pk]},
    )
    assert made.status_code == HTTPStatus.FOUND, made.context["adminform"].form.errors
    colleague = User.objects.get(email="dong.nghiep@example.com")
    assert colleague.is_staff
    assert not colleague.has_usable_password()
    assert list(colleague.organising_units.all()) == [unit]
    client.logout()

    client.post("/accounts/login/code/", {"email": colleague.email})
    client.post("/accounts/login/code/confirm/", {"code": mailed_code()})
    assert client.get("/admin/events/event/").status_code == HTTPStatus.OK


def test_an_address_that_has_an_account_is_not_made_twice(client: Client, administrator: User) -> None:
    other = factories.user()
    client.force_login(administrator)
    client.cookies["django_language"] = "en"
    page = client.post("/admin/accounts/user/add/", {"email": other.email.upper(), "name": "x"})
    assert "There is an account with this address already" in page.content.decode()


def test_an_administrator_cannot_make_superusers_or_touch_one(client: Client, administrator: User) -> None:
    client.force_login(administrator)
    colleague = factories.user(is_staff=True)
    client.post(
        f"/admin/accounts/user/{colleague.pk}/change/",
        {"name": "x", "is_active": "on", "is_staff": "on", "is_superuser": "on", "user_permissions": ["1"]},
    )
    colleague.refresh_from_db()
    assert colleague.name == "x"
    assert not colleague.is_superuser
    assert not colleague.user_permissions.exists()
    highest = User.objects.create_superuser("toi-cao@example.com", PASSWORD)
    address = f"/admin/accounts/user/{highest.pk}/change/"
    assert client.post(address, {"name": "y", "is_staff": "on"}).status_code == HTTPStatus.FORBIDDEN


def test_only_the_administration_may_evaluate_strings_and_nothing_runs_inline(
    client: Client, administrator: User
) -> None:
    def script_sources(path: str) -> str:
        policy = str(client.get(path)["Content-Security-Policy"])
        assert "unsafe-inline" not in policy
        return next(part for part in policy.split("; ") if part.startswith("script-src"))

    client.force_login(administrator)
    assert script_sources("/events/") == "script-src 'self'"
    assert script_sources("/accounts/logout/") == "script-src 'self'"
    assert script_sources("/admin/") == "script-src 'self' 'unsafe-eval'"
    assert settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]["script-src"] == ["'self'"]
