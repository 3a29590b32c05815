"""The list of communes in a browser: searched without accents, by keyboard and by pointer, and plain without scripts."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.kolportal.accounts.conftest import account
from tests.servers import PATIENCE

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("committed_db")]


def _cookies(live_server: LiveServer) -> list[dict[str, str]]:
    """Those of somebody who is logged in and reads English."""
    client = Client()
    client.force_login(account("lan@example.com"))
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    return [
        {"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url},
        {"name": settings.LANGUAGE_COOKIE_NAME, "value": "en", "url": live_server.url},
    ]


@pytest.fixture
def profile_page(page: Page, live_server: LiveServer) -> Page:
    page.context.add_cookies(_cookies(live_server))  # type: ignore[arg-type]  # plain dictionaries are taken
    page.goto(f"{live_server.url}/me/profile/")
    return page


def test_commune_is_found_without_accents_and_chosen_by_keyboard(profile_page: Page) -> None:
    box = profile_page.get_by_role("combobox", name="Commune or ward")
    box.press_sequentially("viet tri")
    expect(box).to_have_attribute("aria-expanded", "true")
    expect(profile_page.get_by_role("option")).to_have_text("phường Việt Trì")
    assert Axe().run(profile_page).violations_count == 0
    box.press("ArrowDown")
    expect(box).to_have_attribute("aria-activedescendant", "id_commune_code-option-0")
    box.press("Enter")
    expect(box).to_have_value("phường Việt Trì")
    expect(box).to_have_attribute("aria-expanded", "false")
    assert profile_page.locator("select[name=commune_code]").input_value()


def test_leaving_the_box_takes_the_only_match_and_escape_closes(profile_page: Page) -> None:
    box = profile_page.get_by_role("combobox", name="Commune or ward")
    box.fill("phuong viet tri")
    box.press("Escape")
    expect(profile_page.get_by_role("listbox")).to_be_hidden()
    box.press("Tab")
    expect(box).to_have_value("phường Việt Trì")


def test_no_match_is_said(profile_page: Page) -> None:
    profile_page.get_by_role("combobox", name="Commune or ward").fill("ha noi xyz")
    expect(profile_page.get_by_text("No commune or ward matches.")).to_be_visible()


def test_profile_is_filled_by_keyboard_alone(profile_page: Page) -> None:
    profile_page.get_by_label("Full name").fill("Lê Thị Lan")
    profile_page.get_by_label("KOL", exact=True).press("Space")
    box = profile_page.get_by_role("combobox", name="Commune or ward")
    box.press_sequentially("viet tri")
    box.press("ArrowDown")
    box.press("Enter")
    profile_page.get_by_role("button", name="Continue").press("Enter")
    expect(profile_page.get_by_text("Your details are saved.")).to_be_visible()
    expect(profile_page.get_by_text("phường Việt Trì")).to_be_visible()


def test_errors_take_the_focus_and_lead_to_their_field(profile_page: Page) -> None:
    profile_page.get_by_label("Full name").fill("12345")
    profile_page.get_by_role("button", name="Continue").click()
    expect(profile_page.locator("[data-error-summary]")).to_be_focused()
    assert Axe().run(profile_page).violations_count == 0
    profile_page.locator("[data-error-summary] a").first.click()
    expect(profile_page.get_by_label("Full name")).to_be_focused()
    expect(profile_page.get_by_label("Full name")).to_have_value("12345")


def test_without_scripts_it_is_a_plain_list(browser: Browser, live_server: LiveServer) -> None:
    context = browser.new_context(java_script_enabled=False)
    context.set_default_timeout(PATIENCE * 1000)
    context.add_cookies(_cookies(live_server))  # type: ignore[arg-type]  # plain dictionaries are taken
    page = context.new_page()
    page.goto(f"{live_server.url}/me/profile/")
    page.get_by_label("Commune or ward").select_option(label="phường Việt Trì")
    page.get_by_label("Full name").fill("Lê Thị Lan")
    page.get_by_label("KOL", exact=True).check()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("Your details are saved.")).to_be_visible()
    context.close()
