"""Makes the pictures of the README from a site of its own with its demo: ``python -m tests.e2e.pictures OUTDIR``."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image
from playwright.sync_api import sync_playwright

from kolportal.demo.pictures import scribble
from kolportal.demo.texts import MARK
from tests.conftest import CHROMIUM_ARGUMENTS
from tests.e2e import people
from tests.e2e.conftest import DESK, PHONE, Visitor, running_site, visitors_of

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_BYTES = 150_000
PAGE_WIDTH = 900
NAME = "Nguyễn Thị Minh Họa"


def _save(picture: Image.Image, path: Path) -> None:
    """With as many colours as fit: flat pages lose nothing by it."""
    for colours in (256, 128, 64, 32):
        picture.convert("RGB").quantize(colours, dither=Image.Dither.NONE).save(path, optimize=True)
        if path.stat().st_size <= MOST_BYTES:
            return
    raise ValueError(f"{path.name} has {path.stat().st_size} bytes")


def _shoot(visitor: Visitor, path: Path) -> None:
    """What the window shows, without the focus ring of the last click."""
    visitor.page.evaluate("document.activeElement?.blur()")
    visitor.page.evaluate("document.fonts.ready")
    _save(Image.open(BytesIO(visitor.page.screenshot())), path)


def _write(phone: Visitor) -> None:
    """Draws one of the demo's signatures."""
    box = phone.page.locator("[data-pad] canvas").bounding_box()
    assert box
    for stroke in scribble(seed=7):
        places = [(box["x"] + point["x"], box["y"] + point["y"]) for point in stroke["points"]]
        phone.page.mouse.move(*places[0])
        phone.page.mouse.down()
        for place in places[1:]:
            phone.page.mouse.move(*place, steps=2)
        phone.page.mouse.up()


def _signer(phone: Visitor, folder: Path) -> str:
    """Reading, drawing, the receipt; the reference code."""
    page = phone.page
    people.new_signer(phone, "minh.hoa@example.com", full_name=NAME)
    people.add_channel(
        phone, url="https://www.facebook.com/minhhoa.phutho", name=f"Phú Thọ mỗi ngày ({MARK})"
    )
    phone.open(people.PLEDGE + "sign/")
    page.evaluate("document.querySelector('[data-step=\"1\"]').scrollIntoView()")
    _shoot(phone, folder / "sign-read-360.png")
    people.to_signature(phone)
    _write(phone)
    page.evaluate("document.querySelector('[data-step=\"5\"]').scrollIntoView()")
    _shoot(phone, folder / "sign-draw-360.png")
    people.check_answers(phone)
    people.press(phone, "Sign the pledge")
    reference = people.receipt(phone)
    link = people.wait_for_download(phone)
    with page.expect_download() as download:
        link.click()
    page.evaluate("window.scrollTo(0, 0)")
    _shoot(phone, folder / "receipt-360.png")
    _paper(Path(download.value.path()), folder)
    return reference


def _paper(pdf: Path, folder: Path) -> None:
    """First and last page as poppler draws them."""
    with tempfile.TemporaryDirectory() as name:
        subprocess.run(
            [
                "pdftoppm",
                "-png",
                "-scale-to-x",
                str(PAGE_WIDTH),
                "-scale-to-y",
                "-1",
                str(pdf),
                f"{name}/page",
            ],
            check=True,
        )
        pages = sorted(Path(name).glob("*.png"))
        for page, target in ((pages[0], "pdf-1.png"), (pages[-1], "pdf-last.png")):
            _save(Image.open(page), folder / target)


def _desk(make: Callable[..., Visitor], reference: str, folder: Path) -> None:
    """What anybody and what an official sees."""
    from kolportal.demo.load import LOGINS, PASSWORD

    anybody, official = make(viewport=DESK), make(viewport=DESK)
    for path, name in (("/", "home-1280.png"), (f"/v/{reference}/", "verify-1280.png")):
        anybody.open(path)
        _shoot(anybody, folder / name)
    official.log_in(LOGINS["official"][0], PASSWORD)
    for path, name in (
        ("/admin/", "dashboard-1280.png"),
        ("/admin/pledges/signature/?q=nguyen", "admin-signatures-1280.png"),
    ):
        official.open(path)
        _shoot(official, folder / name)


def main(folder: Path) -> None:
    """All pictures into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    # What the QR code of the picture leads to: the address of the README, not this run's free port.
    os.environ["SITE_URL"] = "http://localhost:8000"
    with (
        tempfile.TemporaryDirectory() as name,
        running_site(Path(name)) as site,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM_ARGUMENTS)
        with visitors_of(browser, site) as make:
            reference = _signer(make(viewport=PHONE), folder)
            _desk(make, reference, folder)
        browser.close()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m tests.e2e.pictures OUTDIR")
    main(Path(sys.argv[1]))
