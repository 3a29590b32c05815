"""Signing with a keyboard alone; wherever the focus is, it can be seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.e2e.people import PLEDGE, button, heading, new_signer, receipt, step

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator

    from tests.e2e.conftest import Visitor

pytestmark = pytest.mark.e2e

MOST_STOPS = 60
FOCUSED = "element => element === document.activeElement"
RING = """() => {
  const style = getComputedStyle(document.activeElement);
  return style.outlineStyle !== "none" ? parseFloat(style.outlineWidth) : 0;
}"""


def _tab_to(visitor: Visitor, target: Locator) -> None:
    """Presses Tab until ``target`` has the focus; every stop on the way has a ring of at least 3 px."""
    for _stop in range(MOST_STOPS):
        visitor.page.keyboard.press("Tab")
        assert visitor.page.evaluate(RING) >= 3, visitor.page.evaluate("document.activeElement.outerHTML")
        if target.evaluate(FOCUSED):
            return
    raise AssertionError(f"{MOST_STOPS} stops did not reach {target}")


def test_signing_works_by_keyboard_alone(visit: Callable[..., Visitor]) -> None:
    signer = visit()
    name = "Hồ Bàn Phím"
    new_signer(signer, "ban.phim@example.com", full_name=name)
    page, keys = signer.page, signer.page.keyboard
    signer.open(PLEDGE)
    keys.press("Tab")
    # The first stop leads past the header.
    keys.press("Enter")
    assert page.locator("#content").evaluate(FOCUSED)
    _tab_to(signer, button(signer, "Read and sign"))
    keys.press("Enter")
    page.wait_for_url("**/sign/")
    for number, boxes in enumerate((None, "ticked", "channels", "consent"), start=1):
        step(signer, number)
        if number > 1:
            # A new step is read from its heading on.
            assert page.locator(f"#step-{number}").evaluate(FOCUSED)
        if boxes is None:
            _tab_to(signer, page.locator("#of-age-yes"))
            keys.press("Space")
            expect(page.locator("#of-age-yes")).to_be_checked()
        else:
            for box in page.locator(f"[data-step='{number}'] input[name={boxes}]").all():
                _tab_to(signer, box)
                keys.press("Space")
                expect(box).to_be_checked()
        _tab_to(signer, button(signer, "Continue"))
        keys.press("Enter")
    step(signer, 5)
    _tab_to(signer, page.locator("#method-drawn"))
    keys.press("ArrowDown")
    expect(page.locator("#method-typed")).to_be_checked()
    _tab_to(signer, page.locator("#id_typed_name"))
    keys.type(name)
    _tab_to(signer, button(signer, "Check the answers"))
    keys.press("Enter")
    page.wait_for_url("**/sign/check/**")
    heading(signer, "Check before you sign")
    _tab_to(signer, button(signer, "Sign the pledge"))
    keys.press("Enter")
    receipt(signer)
