"""Back in the browser after somebody logged out: nothing of that person, for nobody and for the next account."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import BrowserType, Page
from pytest_django.live_server_helper import LiveServer

from kolportal.accounts.models import User
from tests import factories
from tests.kolportal.accounts.conftest import account

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("committed_db")]
MINE, TYPED = "Lê Thị Lan", "Chữ đang gõ dở"


@pytest.fixture
def remembering_page(browser_type: BrowserType, browser_type_launch_args: dict[str, Any]) -> Iterator[Page]:
    """A browser that keeps left pages in memory as everybody's does; Playwright's own switches that off."""
    browser = browser_type.launch(
        **browser_type_launch_args, ignore_default_args=["--disable-back-forward-cache"]
    )
    page = browser.new_context().new_page()
    page.set_default_timeout(300_000)
    page.set_default_navigation_timeout(300_000)
    yield page
    browser.close()


def _log_in(page: Page, live_server: LiveServer, user: User) -> None:
    client = Client()
    client.force_login(user)
    page.context.add_cookies(
        [
            {"name": name, "value": value, "url": live_server.url}
            for name, value in (
                (settings.SESSION_COOKIE_NAME, client.cookies[settings.SESSION_COOKIE_NAME].value),
                (settings.LANGUAGE_COOKIE_NAME, "en"),
            )
        ]
    )


def _everything_on(page: Page) -> str:
    """Words and values of fields, those that a browser has put back too."""
    values = page.eval_on_selector_all("input, textarea, select", "all => all.map(each => each.value)")
    return page.content() + "\n".join(values)


def test_the_browser_of_this_test_keeps_left_pages(remembering_page: Page, live_server: LiveServer) -> None:
    """The control: a public page comes back from memory."""
    page = remembering_page
    page.goto(live_server.url)
    page.evaluate("window.left = 'still here'")
    page.goto(f"{live_server.url}/events/")
    page.go_back(wait_until="commit")  # no page is loaded: the old one is shown
    page.wait_for_function("window.left === 'still here'")


def test_nothing_of_the_person_comes_back(remembering_page: Page, live_server: LiveServer) -> None:
    page, me, next_one = remembering_page, account("lan@example.com"), account("mai@example.com")
    factories.person(user=me, full_name=MINE)
    factories.person(user=next_one, full_name="Trần Thị Mai")
    _log_in(page, live_server, me)
    page.goto(f"{live_server.url}/me/profile/")
    assert MINE in _everything_on(page)
    page.get_by_label("Public (stage) name").fill(TYPED)
    page.goto(f"{live_server.url}/me/")
    page.goto(f"{live_server.url}/accounts/logout/")
    page.locator("main form[action*=logout] button").click()
    for _ in range(3):
        page.go_back()
        shown = _everything_on(page)
        assert not [word for word in (MINE, TYPED, me.email) if word in shown], page.url
    _log_in(page, live_server, next_one)
    page.goto(f"{live_server.url}/me/profile/")
    assert "Trần Thị Mai" in _everything_on(page)
    for _ in range(2):
        page.go_back()
        shown = _everything_on(page)
        assert not [word for word in (MINE, TYPED, me.email) if word in shown], page.url
