"""A browser without scripts: everything but drawing works."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import PHONE
from tests.e2e.people import PLEDGE, button, heading, press, receipt, sign_up
from tests.e2e.words import vi

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.conftest import Visitor

pytestmark = pytest.mark.e2e

NAME = "Vũ Không Mã"


def test_account_profile_and_signing_work_without_scripts(visit: Callable[..., Visitor]) -> None:
    signer = visit(viewport=PHONE, java_script_enabled=False)
    page = signer.page
    sign_up(signer, "khong.ma@example.com")
    page.fill("[name=full_name]", NAME)
    page.check("input[name=kind][value=kol]")
    page.select_option("select[name=commune_code]", index=5)
    press(signer, "Continue")
    page.wait_for_url("**/me/")

    signer.open(PLEDGE)
    press(signer, "Read and sign")
    # The five sections are one page; drawing, which needs scripts, is not offered.
    expect(page.locator("[data-step]:visible")).to_have_count(5)
    expect(page.locator("#method-drawn")).to_be_hidden()
    # Enter in a field goes on; declining is a link.
    page.press("#id_typed_name", "Enter")
    # No age, nothing ticked, no name: told at the top and at the fields, and nothing was signed.
    expect(page.locator(".error-summary a")).to_have_count(4)
    assert page.title().startswith(vi("Error:"))
    page.check("#of-age-yes")
    for box in page.locator("input[name=ticked]").all():
        box.check()
    page.check("#id_consent")
    page.fill("#id_typed_name", NAME)
    press(signer, "Check the answers")
    heading(signer, "Check before you sign")
    # Changing an answer brings the form back as it was sent, without scripts too.
    page.locator("a[href$='#step-5']", has_text=vi("Change")).click()
    expect(page.locator("#id_typed_name")).to_have_value(NAME)
    expect(page.locator("#id_consent")).to_be_checked()
    press(signer, "Check the answers")
    press(signer, "Sign the pledge")
    receipt(signer)

    again = page.get_by_role("link", name=vi("Look again whether the PDF is ready"))

    def sealed() -> bool:
        if again.is_visible():
            time.sleep(1)
            again.click()
        return not again.is_visible()

    signer.site.wait_until(sealed, what="the pledge is sealed")
    with page.expect_download() as download:
        button(signer, "Download the PDF").click()
    assert download.value.suggested_filename.endswith(".pdf")
