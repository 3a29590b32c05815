"""Every page of the administration in Chromium: nothing violates the policy, no script fails, no other host is asked.

``visitor`` (conftest) notes all of that and fails the test at its end; here the pages are opened and their parts used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kolportal.demo.load import LOGINS, PASSWORD
from tests.e2e.conftest import DESK, PHONE

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.conftest import Visitor

pytestmark = pytest.mark.e2e

LISTS = {
    "organiser": ("events/event", "events/attendee", "units/organisingunit", "pledges/pledge",
                  "pledges/edition", "pledges/signature"),
    "official": ("pledges/signature", "pledges/document"),
    "administrator": ("events/event", "units/organisingunit", "accounts/user", "audit/auditevent", "pledges/pledge",
                      "pledges/edition", "pledges/legalreference", "pledges/document"),
}  # fmt: skip
ADDED = {
    "organiser": ("events/event", "events/attendee"),
    "administrator": (
        "units/organisingunit",
        "accounts/user",
        "pledges/pledge",
        "pledges/edition",
        "pledges/text",
    ),
}


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("role", list(LISTS))
def test_every_page_of_the_administration_keeps_the_policy(
    visit: Callable[..., Visitor], role: str, viewport: dict[str, int]
) -> None:
    visitor = visit(viewport=viewport)
    visitor.log_in(LOGINS[role][0], PASSWORD)
    visitor.open("/admin/")
    for model in LISTS[role]:
        visitor.open(f"/admin/{model}/")
        first = visitor.page.locator("#result_list tbody th a, #result_list tbody td a").first
        if first.count():
            visitor.page.goto(visitor.site.url + str(first.get_attribute("href")))
            assert visitor.page.locator("#content-main").count() == 1, model
            visitor.page.goto(visitor.page.url.split("?")[0].replace("/change/", "/history/"))
    for model in ADDED.get(role, ()):
        visitor.open(f"/admin/{model}/add/")
        assert visitor.page.locator("form button").count() > 0, model


def test_filters_menus_and_date_pickers_work_under_the_policy(visit: Callable[..., Visitor]) -> None:
    visitor = visit(viewport=DESK)
    page = visitor.page
    visitor.log_in(LOGINS["organiser"][0], PASSWORD)
    visitor.open("/admin/events/attendee/")
    page.get_by_text("Bộ lọc").first.click()
    page.locator("select[name=platform]").wait_for(state="visible")
    visitor.open("/admin/events/attendee/?q=nguyen")
    assert "Nguyễn" in page.locator("#result_list").inner_text()
    visitor.open("/admin/events/event/add/")
    page.locator("#id_title").press_sequentially("Hội nghị đường thử")
    page.locator("#id_venue").focus()  # leaving the field fills the address
    assert page.locator("#id_slug").input_value() == "hoi-nghi-duong-thu"
    page.locator("#agenda-group").get_by_text("Thêm").last.click()
    page.locator("#id_agenda-0-title").wait_for(state="visible")


def test_laws_are_found_and_chosen_under_the_policy(visit: Callable[..., Visitor]) -> None:
    visitor = visit(viewport=DESK)
    page = visitor.page
    visitor.log_in(LOGINS["administrator"][0], PASSWORD)
    visitor.open("/admin/pledges/text/add/?language=vi")
    page.locator("#undertakings-group").get_by_text("Thêm").last.click()
    row = page.locator("tr.form-row", has=page.locator("#id_undertakings-0-body"))
    for number in ("147/2024", "116/2025"):
        row.locator(".select2-selection").click()
        page.keyboard.type(number)
        page.locator(".select2-results__option", has_text=number).click()
        row.locator(".select2-selection__choice", has_text=number).wait_for(state="visible")
