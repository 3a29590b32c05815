"""The main job, whole, in one story: a signer on a phone, officials at a desk, anybody who checks; then a new text."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import zipfile
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from kolportal.demo.load import LOGINS, PASSWORD
from tests.e2e.conftest import PHONE
from tests.e2e.papers import judge
from tests.e2e.people import (
    PLEDGE,
    add_channel,
    answer_all,
    ask_for_code,
    check_answers,
    choose_commune,
    draw,
    heading,
    new_signer,
    press,
    receipt,
    register,
    sign_typed,
    sign_up,
    step,
    to_signature,
    wait_for_download,
)
from tests.e2e.words import vi

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.e2e.conftest import Site, Visitor

pytestmark = pytest.mark.e2e

EMAIL = "duc.nguyen@example.com"
# Typed as a phone of Apple's may send it: base letters and combining accents apart.
NAME_TYPED = "Nguye\u0302\u0303n Đu\u031b\u0301c Thử"
NAME = "Nguyễn Đức Thử"
NEW_TITLE = "Bản cam kết truyền thông có trách nhiệm (bản thử)"
SIGNATURES = "/admin/pledges/signature/"


def test_signer_official_and_checker_do_the_whole_job(
    visit: Callable[..., Visitor], site: Site, tmp_path: Path
) -> None:
    """Sections 3 to 9 of what the site is for, in the order of life."""
    signer = visit(viewport=PHONE, has_touch=True)
    _registers_for_the_meeting(signer)
    reference = _signs_with_finger_and_code(signer)
    pdf = _receives_the_document(signer, reference, site, tmp_path)
    digest = hashlib.sha256(pdf.read_bytes()).hexdigest()

    anybody = visit(viewport=PHONE)
    _checks(anybody, reference, digest)
    _sees_the_pledge_on_my_page(signer, reference)

    official = visit()
    _finds_and_downloads(official, reference, digest, tmp_path)
    _downloads_all_of_the_filter(official, reference, digest, tmp_path)
    _sees_who_downloaded(signer, reference)

    organiser = visit()
    _sees_the_attendee(organiser)

    _withdraws(signer, reference)
    _is_withdrawn_for_all(anybody, reference)


def _registers_for_the_meeting(signer: Visitor) -> None:
    """From the home page to a seat: account, profile, channel, registration."""
    page = signer.page
    signer.open("/")
    page.get_by_role("link", name=vi("See the meeting and register")).click()
    sign_up(signer, EMAIL)
    heading(signer, "Who are you")
    page.fill("[name=full_name]", NAME_TYPED)
    page.check("input[name=kind][value=both]")
    choose_commune(signer, "phu tho")
    page.fill("[name=phone]", "0210 3846 647")
    press(signer, "Continue")
    # A landline: refused with words, and what was typed is still there.
    expect(page.locator(".error-summary")).to_be_focused()
    words = vi("This is no mobile number (a landline or a service number). Please give a mobile number.")
    expect(page.get_by_text(words).first).to_be_visible()
    expect(page.locator("[name=phone]")).to_have_value("0210 3846 647")
    expect(page.get_by_role("combobox")).to_have_value(re.compile("Phú Thọ"))
    page.fill("[name=phone]", "0912 345 678")
    press(signer, "Continue")
    page.wait_for_url("**/me/")

    press(signer, "Declare a page, group or channel")
    page.fill("[name=url]", "javascript:alert(1)")
    page.fill("[name=name]", "Thử chuyện Phú Thọ")
    press(signer, "Save")
    expect(page.locator(".error-summary")).to_be_visible()
    expect(page.locator("[name=url]")).to_have_attribute("aria-invalid", "true")
    page.fill("[name=url]", "m.facebook.com/thu.chuyen.phutho?ref=share")
    press(signer, "Save")
    page.wait_for_url("**/me/")
    expect(page.get_by_text("https://www.facebook.com/thu.chuyen.phutho", exact=True)).to_be_visible()

    register(signer)
    expect(
        page.get_by_text(
            vi("You are registered. If you cannot come, please cancel, so that somebody else gets the seat.")
        )
    ).to_be_visible()


def _signs_with_finger_and_code(signer: Visitor) -> str:
    """Logged in a while ago, so the code by e-mail is asked for. A wrong one first."""
    page = signer.page
    signer.age_login(minutes=6)
    signer.open(PLEDGE)
    press(signer, "Read and sign")
    step(signer, 1)
    press(signer, "Continue")
    # Whether one is of age is not said for anybody: told so, at the same step.
    expect(page.locator("[data-step-errors]")).to_be_focused()
    step(signer, 1)
    page.check("#of-age-yes")
    press(signer, "Continue")
    step(signer, 2)
    press(signer, "Continue")
    # Nothing ticked: the same.
    expect(page.locator("[data-step-errors]")).to_be_focused()
    step(signer, 2)
    answer_all(signer)
    draw(signer, touch=True)
    check_answers(signer)
    expect(page.locator(".signature-picture svg")).to_be_visible()
    code = ask_for_code(signer, EMAIL)
    page.fill("#id_code", "0000 0000" if code != "0000 0000" else "1111 1111")
    press(signer, "Confirm and sign")
    expect(page.locator("#id_code")).to_have_attribute("aria-invalid", "true")
    page.fill("#id_code", code)
    press(signer, "Confirm and sign")
    return receipt(signer)


def _receives_the_document(signer: Visitor, reference: str, site: Site, folder: Path) -> Path:
    """The download appears by itself, the mail comes, and the file is what it says."""
    page = signer.page
    url = page.url
    link = wait_for_download(signer)
    assert page.url == url
    grouped = _grouped(reference)
    expect(page.get_by_text(grouped).first).to_be_visible()
    site.mail_to(EMAIL, holding=grouped)
    with page.expect_download() as download:
        link.click()
    pdf = folder / "signer.pdf"
    download.value.save_as(pdf)
    judge(
        pdf,
        root=site.var / "keys/test-pki/root.cert.pem",
        contains=(NAME, grouped, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"),
    )
    return pdf


def _grouped(reference: str) -> str:
    return "-".join((reference[:4], reference[4:8], reference[8:]))


def _checks(anybody: Visitor, reference: str, digest: str) -> None:
    """By the code: typed carelessly it is found; mistyped and unknown codes are told apart; the name is masked."""
    page = anybody.page

    def ask(code: str) -> None:
        anybody.open("/v/")
        page.fill("#id_code", code)
        press(anybody, "Check")

    ask(f" {reference[:4].lower()} {reference[4:9].lower()}-{reference[9:]} ")
    heading(anybody, "This pledge was signed")
    expect(page.locator("main")).not_to_contain_text(NAME)
    assert digest in "".join(page.locator(".digest").inner_text().split())

    other = "2" if reference[5] != "2" else "3"
    ask(reference[:5] + other + reference[6:])
    mistyped = vi(
        "This code is not right: its check character does not match. Please check it group by group."
    )
    expect(page.get_by_text(mistyped)).to_be_visible()
    ask("0000-0000-0000")
    unknown = vi(
        "This code is well formed, but no document has it. Please check where the document comes from."
    )
    expect(page.get_by_text(unknown)).to_be_visible()


def _sees_the_pledge_on_my_page(signer: Visitor, reference: str) -> None:
    signer.open("/me/")
    expect(signer.page.locator(f"a[href='/pledges/receipts/{reference}/pdf']")).to_be_visible()


def _finds_and_downloads(official: Visitor, reference: str, digest: str, folder: Path) -> None:
    """Without accents, by name; the very file that the verification page names."""
    page = official.page
    official.log_in(LOGINS["official"][0], PASSWORD)
    official.open(SIGNATURES)
    page.fill("input[name=q]", "nguyen duc thu")
    page.press("input[name=q]", "Enter")
    row = page.locator("#result_list tbody tr", has_text=_grouped(reference))
    expect(row).to_contain_text(NAME)
    row.get_by_role("link").first.click()
    with page.expect_download() as download:
        press(official, "Download the PDF")
    pdf = folder / "official.pdf"
    download.value.save_as(pdf)
    assert hashlib.sha256(pdf.read_bytes()).hexdigest() == digest
    assert download.value.suggested_filename == f"{reference}-nguyen-duc-thu.pdf"


def _downloads_all_of_the_filter(official: Visitor, reference: str, digest: str, folder: Path) -> None:
    """The filter "signed in September 2025" shows the demo's; the search narrows them; the ZIP holds just those."""
    page = official.page
    official.open(f"{SIGNATURES}?q=nguyen")
    total = page.locator("#result_list tbody tr").count()
    assert total > 1
    page.locator(".kp-tools a").click()
    with page.expect_download() as download:
        press(official, "Download ZIP")
    path = folder / "all.zip"
    download.value.save_as(path)
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert len([name for name in names if name.endswith(".pdf")]) == total
        mine = archive.read(f"{reference}-nguyen-duc-thu.pdf")
        rows = list(csv.reader(io.StringIO(archive.read("index.csv").decode("utf-8-sig"))))
    assert hashlib.sha256(mine).hexdigest() == digest
    assert len(rows) == total + 1
    (row,) = [row for row in rows if any(reference in cell.replace("-", "") for cell in row)]
    assert NAME in row
    assert digest in row


def _sees_who_downloaded(signer: Visitor, reference: str) -> None:
    """Both of the official's downloads, and the own one."""
    signer.open("/me/")
    details = signer.page.locator(
        "li", has=signer.page.locator(f"a[href='/pledges/receipts/{reference}/pdf']")
    ).locator("details")
    details.locator("summary").click()
    expect(details.locator("li")).to_have_count(3)
    expect(details).to_contain_text(LOGINS["official"][1])


def _sees_the_attendee(organiser: Visitor) -> None:
    organiser.log_in(LOGINS["organiser"][0], PASSWORD)
    organiser.open("/admin/events/attendee/?q=nguyen+duc+thu")
    expect(organiser.page.locator("#result_list tbody tr").first).to_contain_text(NAME)


def _withdraws(signer: Visitor, reference: str) -> None:
    """With a code of its own: that of the signing confirms no withdrawal."""
    signer.open(f"/pledges/receipts/{reference}/")
    press(signer, "Withdraw the pledge")
    heading(signer, "Withdraw the pledge")
    signer.page.fill("#id_code", ask_for_code(signer, EMAIL))
    press(signer, "Withdraw the pledge")
    heading(signer, "Pledge withdrawn")
    expect(signer.page.get_by_role("link", name=vi("Download the PDF"))).to_be_visible()


def _is_withdrawn_for_all(anybody: Visitor, reference: str) -> None:
    anybody.open(f"/v/{reference}/")
    heading(anybody, "This pledge was signed and has since been withdrawn")


def test_new_text_asks_to_read_again_and_replaces_the_old_signature(visit: Callable[..., Visitor]) -> None:
    """Logged in within five minutes no code is asked for. A text that changes under the signer's eyes signs nothing."""
    signer, administrator = visit(viewport=PHONE), visit()
    name = "Lê Đọc Lại"
    new_signer(signer, "doc.lai@example.com", full_name=name)
    first = sign_typed(signer, full_name=name)
    add_channel(signer, url="https://www.tiktok.com/@doc.lai", name="Đọc lại mỗi ngày")

    to_signature(signer)
    administrator.log_in(LOGINS["administrator"][0], PASSWORD)
    _publish_next_version(administrator)
    signer.page.check("#method-typed")
    signer.page.fill("#id_typed_name", name)
    with signer.page.expect_response(lambda response: response.request.method == "POST") as answer:
        press(signer, "Check the answers")
    assert answer.value.status == 409
    heading(signer, "The text has changed")
    press(signer, "Read the new text")
    expect(signer.page.get_by_text(NEW_TITLE).first).to_be_visible()

    # What was ticked under the other text is void; the choice of channels is not.
    void = "The text or the words of the consent have changed since you ticked them here, so nothing is ticked now."
    expect(signer.page.locator("[data-draft-said]")).to_contain_text(
        vi(f"{void} Your channels and your signature were kept.")
    )
    second = sign_typed(signer, full_name=name, channels_kept=True)
    assert second != first
    signer.open(f"/pledges/receipts/{first}/")
    heading(signer, "Signing replaced by a newer one")
    wait_for_download(signer)
    signer.open(f"/v/{first}/")
    heading(signer, "This pledge was signed and has since been replaced by a newer one")


def _publish_next_version(administrator: Visitor) -> None:
    """A copy of the newest version with another Vietnamese title, published for good."""
    page = administrator.page
    administrator.open("/admin/pledges/edition/?o=-1")
    page.locator("#result_list tbody tr").first.get_by_role("link").first.click()
    press(administrator, "New version from this one")
    page.locator("form.kp-buttons button").click()
    page.wait_for_url(re.compile(r"/edition/.*/change/"))
    page.locator("#texts-group a").first.click()
    page.wait_for_url(re.compile(r"/text/.*/change/"))
    page.fill("input[name=title]", NEW_TITLE)
    press(administrator, "Save")
    page.wait_for_url(re.compile(r"/edition/.*/change/"))
    press(administrator, "Publish")
    press(administrator, "Publish for good")
    expect(page.get_by_text(vi("published")).first).to_be_visible()
