"""What a signer does on the site, step by step, through the pages only."""

from __future__ import annotations

import re
import time
from itertools import pairwise
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.e2e.words import vi

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from tests.e2e.conftest import Visitor

PLEDGE = "/pledges/cam-ket-truyen-thong-co-trach-nhiem/"
MEETING = "/events/hoi-nghi-kiem-chung-thong-tin/"


def button(visitor: Visitor, english: str) -> Locator:
    """The visible button or link with these words and no others; in the administration an icon's name may stand before."""
    page, name = visitor.page, re.compile(rf"^([a-z_]+ )?{re.escape(vi(english))}$")
    found = page.get_by_role("button", name=name).or_(page.get_by_role("link", name=name))
    return found.locator("visible=true").first


def press(visitor: Visitor, english: str) -> None:
    """Presses the visible button or follows the link with these words."""
    button(visitor, english).click()


def heading(visitor: Visitor, english: str) -> None:
    """The page must be headed with these words."""
    expect(visitor.page.get_by_role("heading", level=1, name=vi(english))).to_be_visible()


def sign_up(visitor: Visitor, email: str, *, start: str = "/accounts/signup/") -> None:
    """Registers with the code from the mail; ends where the site leads to, the profile."""
    visitor.open(start)
    visitor.page.fill("input[name=email]", email)
    sent_at = time.time() - 1
    press(visitor, "Send me a code")
    visitor.page.fill("input[name=code]", visitor.site.code_to(email, after=sent_at))
    press(visitor, "Continue")
    visitor.page.wait_for_url(re.compile("/me/profile/"))


def fill_profile(visitor: Visitor, *, full_name: str, commune: str = "viet tri") -> None:
    """Who are you: the required answers, the commune typed without accents and chosen from the list."""
    page = visitor.page
    page.fill("[name=full_name]", full_name)
    page.check("input[name=kind][value=kol]")
    choose_commune(visitor, commune)
    button(visitor, "Continue").click()
    page.wait_for_url(lambda url: "/me/profile/" not in url)


def choose_commune(visitor: Visitor, typed: str) -> None:
    """Types into the search box and takes the first match with the keyboard."""
    box = visitor.page.get_by_role("combobox")
    box.fill("")
    box.press_sequentially(typed)
    expect(visitor.page.get_by_role("option").first).to_be_visible()
    box.press("ArrowDown")
    box.press("Enter")


def add_channel(visitor: Visitor, *, url: str, name: str) -> None:
    """Declares a channel on "My page"."""
    visitor.open("/me/channels/add/")
    visitor.page.fill("[name=url]", url)
    visitor.page.fill("[name=name]", name)
    press(visitor, "Save")
    visitor.page.wait_for_url("**/me/")


def new_signer(visitor: Visitor, email: str, *, full_name: str = "Trần Thị Thử") -> None:
    """An account with a profile, logged in a moment ago."""
    sign_up(visitor, email)
    fill_profile(visitor, full_name=full_name)


def register(visitor: Visitor) -> None:
    """Takes a seat at the next meeting."""
    visitor.open(MEETING)
    press(visitor, "Register")
    visitor.page.wait_for_url("**/register/")
    press(visitor, "Register")
    visitor.page.wait_for_url(f"**{MEETING}")


def step(visitor: Visitor, number: int) -> None:
    """The signing form must show this step and no other."""
    expect(visitor.page.locator("[data-step]:visible")).to_have_count(1)
    expect(visitor.page.locator(f"[data-step='{number}']")).to_be_visible()


def to_signature(visitor: Visitor, *, channels_kept: bool = False) -> None:
    """Walks from reading to the fifth step: says to be of age, ticks everything, chooses every channel, consents."""
    page = visitor.page
    visitor.open(PLEDGE + "sign/")
    step(visitor, 1)
    expect(page.locator("input[name=of_age]:checked")).to_have_count(0)
    page.check("#of-age-yes")
    press(visitor, "Continue")
    answer_all(visitor, channels_kept=channels_kept)


def answer_all(visitor: Visitor, *, channels_kept: bool = False) -> None:
    """From the second step to the fifth: ticks everything, chooses every channel, consents.

    ``channels_kept``: the choice of channels was restored from a draft. All else is unticked in any case.
    """
    for number, boxes in enumerate(("ticked", "channels", "consent"), start=2):
        step(visitor, number)
        for box in visitor.page.locator(f"[data-step='{number}'] input[name={boxes}]").all():
            if boxes == "channels" and channels_kept:
                expect(box).to_be_checked()
            else:
                expect(box).not_to_be_checked()
            box.check()
        press(visitor, "Continue")
    step(visitor, 5)


def type_name(visitor: Visitor, full_name: str) -> None:
    """Signs by typing, at the fifth step."""
    visitor.page.check("#method-typed")
    visitor.page.fill("#id_typed_name", full_name)


def check_answers(visitor: Visitor) -> None:
    """From the fifth step to the page that shows everything once more."""
    press(visitor, "Check the answers")
    visitor.page.wait_for_url(re.compile("/sign/check/[0-9a-f]{32}/"))
    heading(visitor, "Check before you sign")


def ask_for_code(visitor: Visitor, email: str) -> str:
    """From the check page to the page that asks for the code; the code that was mailed."""
    sent_at = time.time() - 1
    press(visitor, "Send me the code")
    heading(visitor, "Enter the code")
    return visitor.site.code_to(email, after=sent_at)


def sign_typed(visitor: Visitor, *, full_name: str, channels_kept: bool = False) -> str:
    """Signs by typing the name, just logged in; the reference code of the receipt."""
    to_signature(visitor, channels_kept=channels_kept)
    type_name(visitor, full_name)
    check_answers(visitor)
    press(visitor, "Sign the pledge")
    return receipt(visitor)


def receipt(visitor: Visitor) -> str:
    """The page must be the receipt of a signature; its reference code."""
    visitor.page.wait_for_url(re.compile("/pledges/receipts/"))
    heading(visitor, "Your pledge has been signed")
    found = re.search(r"/receipts/([0-9A-Z]{12})/", visitor.page.url)
    assert found
    return found.group(1)


def wait_for_download(visitor: Visitor) -> Locator:
    """The receipt turns by itself from being sealed to the download."""
    link = visitor.page.get_by_role("link", name=vi("Download the PDF"))
    expect(link).to_be_visible()
    return link


def draw(visitor: Visitor, *, touch: bool = False) -> None:
    """Draws three strokes into the box, with a finger or the mouse."""
    page = visitor.page
    canvas = page.locator("[data-pad] canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box
    corners = [
        [(0.15, 0.7), (0.25, 0.2), (0.35, 0.75)],
        [(0.4, 0.5), (0.5, 0.3), (0.6, 0.6)],
        [(0.65, 0.4), (0.85, 0.45)],
    ]
    finger = visitor.context.new_cdp_session(page) if touch else None
    for stroke in corners:
        places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in _line(stroke)]
        if finger:
            touches = [
                ("touchStart", places[:1]),
                *(("touchMove", [place]) for place in places[1:]),
                ("touchEnd", []),
            ]
            for name, points in touches:
                finger.send(
                    "Input.dispatchTouchEvent",
                    {"type": name, "touchPoints": [{"x": x, "y": y} for x, y in points]},
                )
        else:
            page.mouse.move(*places[0])
            page.mouse.down()
            for place in places[1:]:
                page.mouse.move(*place)
            page.mouse.up()


def _line(corners: list[tuple[float, float]], *, steps: int = 6) -> list[tuple[float, float]]:
    """The corners with points between them, as a hand moves."""
    places = corners[:1]
    for (x, y), (to_x, to_y) in pairwise(corners):
        places += [
            (x + (to_x - x) * part / steps, y + (to_y - y) * part / steps) for part in range(1, steps + 1)
        ]
    return places
