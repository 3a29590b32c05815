"""Of somebody whose session ended, the next person at the same browser sees nothing."""

from __future__ import annotations

import pytest
from django.test import Client

from kolportal.accounts.models import User
from tests import factories
from tests.kolportal.accounts.conftest import account

pytestmark = [pytest.mark.django_db, pytest.mark.servers]
EMPTIED = '"cache"'


@pytest.fixture
def me(english: Client) -> User:
    user = account("lan@example.com")
    factories.person(user=user)
    english.force_login(user)
    return user


@pytest.mark.parametrize(
    "address", ["/", "/me/", "/me/profile/", "/me/channels/add/", "/accounts/logout/", "/accounts/confirm/address/", "/mailbox/"]
)  # fmt: skip
def test_no_page_of_somebody_who_is_logged_in_is_kept(english: Client, me: User, address: str) -> None:
    """Neither by a proxy nor by the browser's memory of pages, which Back would show."""
    response = english.get(address)
    assert {"private", "no-store"} <= set(response["Cache-Control"].split(", "))
    assert "Clear-Site-Data" not in response


def test_a_form_that_was_refused_is_not_kept_either(english: Client, me: User) -> None:
    response = english.post("/me/profile/", {"full_name": "12345"})
    assert "12345" in response.content.decode()
    assert "no-store" in response["Cache-Control"]


def test_pages_for_everybody_may_be_kept(client: Client) -> None:
    response = client.get("/")
    assert "no-store" not in response.get("Cache-Control", "")
    assert "Clear-Site-Data" not in response


@pytest.mark.parametrize("way", ["/accounts/logout/", "/me/log-out-everywhere/"])
def test_logging_out_empties_the_browsers_memory_and_keeps_the_language(
    english: Client, me: User, way: str
) -> None:
    response = english.post(way)
    assert response["Clear-Site-Data"] == EMPTIED
    assert "no-store" in response["Cache-Control"]
    assert response.cookies["sessionid"].value == ""
    assert english.cookies["django_language"].value == "en"
    page = english.get("/").content.decode()
    assert "lan@example.com" not in page
    assert 'lang="en"' in page


def test_a_session_ended_on_another_device_is_cleared_here_at_the_next_step(
    english: Client, me: User
) -> None:
    me.log_out_everywhere()
    response = english.get("/me/")
    assert response["Location"].startswith("/accounts/login/")
    assert response["Clear-Site-Data"] == EMPTIED
