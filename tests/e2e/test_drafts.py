"""Nothing typed is lost, and nothing typed is shown to the next account at the same browser."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import PHONE
from tests.e2e.people import (
    PLEDGE,
    add_channel,
    check_answers,
    draw,
    new_signer,
    press,
    receipt,
    step,
    to_signature,
)
from tests.e2e.words import vi

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.conftest import Visitor

pytestmark = pytest.mark.e2e

SIGN = PLEDGE + "sign/"
RESTORED = "Restored from this browser: what you had ticked, chosen and signed before. Please look it over before you go on."
VOID = (
    "The text or the words of the consent have changed since you ticked them here, so nothing is ticked now. Your"
    " channels and your signature were kept."
)
# Everything that the browser keeps by itself, as one text.
KEPT = "() => JSON.stringify([{...localStorage}, {...sessionStorage}, history.state])"


def _kept(visitor: Visitor) -> str:
    kept: str = visitor.page.evaluate(KEPT)
    return kept


def _drafts(visitor: Visitor) -> list[str]:
    names: list[str] = visitor.page.evaluate("() => Object.keys(localStorage)")
    return names


def _answers(visitor: Visitor) -> dict[str, Any]:
    """What the form holds, the value of the consent apart, which is in the language of the text."""
    pairs: list[list[str]] = visitor.page.evaluate(
        "() => [...new FormData(document.querySelector('[data-sign-form]'))].map(([name, value]) => [name, String(value)])"
    )
    fields = {"ticked", "channels", "of_age", "method", "typed_name", "strokes"}
    found: dict[str, Any] = {name: [] for name in fields}
    for name, value in pairs:
        if name in fields:
            found[name].append(value)
    found["consent"] = visitor.page.locator("#id_consent").is_checked()
    return found


def _filled_in(visitor: Visitor, email: str, *, name: str = "Trần Thị Nháp") -> dict[str, Any]:
    """A new signer with a channel who has filled in the form up to a drawing; what the form holds."""
    new_signer(visitor, email, full_name=name)
    handle = email.split("@", maxsplit=1)[0]
    add_channel(visitor, url=f"https://www.youtube.com/@{handle}", name="Kênh nháp")
    to_signature(visitor)
    draw(visitor)
    visitor.page.evaluate("document.querySelector('#id_typed_name').value = 'Tên đang gõ'")
    visitor.page.locator("#id_typed_name").dispatch_event("input")
    visitor.site.wait_until(lambda: bool(_drafts(visitor)), what="the draft")
    answers = _answers(visitor)
    assert len(json.loads(answers["strokes"][0])) == 3
    _settle(visitor)
    return answers


def _settle(visitor: Visitor) -> None:
    """Waits until what was typed last is in the draft: two looks that find the same."""
    seen: list[str] = [""]

    def still() -> bool:
        now = visitor.page.evaluate(
            "async () => { await new Promise(requestAnimationFrame); return JSON.stringify(localStorage); }"
        )
        same, seen[0] = bool(now == seen[0]), now
        return same

    visitor.site.wait_until(still, what="the draft to settle")


def _same(visitor: Visitor, answers: dict[str, Any]) -> None:
    """The form must hold these answers again, and say so to those who see and those who hear it."""
    said = visitor.page.locator("[data-draft-said]")
    expect(said).to_have_attribute("role", "status")
    expect(said).to_contain_text(vi(RESTORED))
    now = _answers(visitor)
    assert _without_strokes(now) == _without_strokes(answers)
    strokes = [len(stroke["points"]) for stroke in json.loads(now["strokes"][0])]
    assert strokes == [len(stroke["points"]) for stroke in json.loads(answers["strokes"][0])]


def _without_strokes(answers: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answers.items() if name != "strokes"}


def test_reload_brings_everything_back(visit: Callable[..., Visitor]) -> None:
    signer = visit(viewport=PHONE)
    answers = _filled_in(signer, "tai.lai@example.com")
    signer.page.reload()
    step(signer, 5)
    _same(signer, answers)


def test_name_typed_instead_of_drawn_comes_back_as_the_way_of_signing(visit: Callable[..., Visitor]) -> None:
    signer = visit(viewport=PHONE)
    _filled_in(signer, "go.ten@example.com")
    signer.page.check("#method-typed")
    signer.page.fill("#id_typed_name", "Trần Thị Nháp")
    _settle(signer)
    signer.page.reload()
    step(signer, 5)
    expect(signer.page.locator("#method-typed")).to_be_checked()
    expect(signer.page.locator("#id_typed_name")).to_be_visible()
    expect(signer.page.locator("#id_typed_name")).to_have_value("Trần Thị Nháp")


def test_browser_closed_and_opened_again_brings_everything_back(visit: Callable[..., Visitor]) -> None:
    """A dead battery: the page is gone without a word. The form opened anew stands where it was left."""
    signer = visit(viewport=PHONE)
    answers = _filled_in(signer, "het.pin@example.com")
    signer.page.close()
    signer.page = signer.context.new_page()
    signer.open(SIGN)
    _same(signer, answers)
    step(signer, 5)


def test_language_switched_in_mid_form_brings_everything_back_and_asks_to_read_again(
    visit: Callable[..., Visitor],
) -> None:
    signer = visit(viewport=PHONE)
    answers = _filled_in(signer, "doi.tieng@example.com")
    signer.page.get_by_role("button", name="English").click()
    expect(signer.page.locator("html")).to_have_attribute("lang", "en")
    said = signer.page.locator("[data-draft-said]")
    expect(said).to_contain_text(re.compile("^Restored from this browser"))
    assert _without_strokes(_answers(signer)) == _without_strokes(answers)
    signer.page.get_by_role("button", name="Tiếng Việt").click()
    expect(signer.page.locator("html")).to_have_attribute("lang", "vi")
    assert _without_strokes(_answers(signer)) == _without_strokes(answers)


def test_session_ended_elsewhere_brings_everything_back_after_the_next_login(
    visit: Callable[..., Visitor],
) -> None:
    signer = visit(viewport=PHONE)
    email = "het.phien@example.com"
    answers = _filled_in(signer, email)
    (session,) = [cookie for cookie in signer.context.cookies() if cookie["name"] == "sessionid"]
    signer.context.clear_cookies(name="sessionid")
    press(signer, "Check the answers")
    signer.page.wait_for_url("**/accounts/login/**")
    # The same account, as after a log-in.
    signer.context.add_cookies([{key: session[key] for key in ("name", "value", "domain", "path")}])  # type: ignore[list-item]  # the keys that Playwright takes
    signer.open(SIGN)
    _same(signer, answers)


def test_adding_a_channel_comes_back_to_the_same_step_with_everything(visit: Callable[..., Visitor]) -> None:
    signer = visit(viewport=PHONE)
    page = signer.page
    answers = _filled_in(signer, "them.kenh@example.com")
    page.goto(f"{signer.site.url}{SIGN}#step-3")
    step(signer, 3)
    press(signer, "Add a channel")
    page.fill("[name=url]", "https://www.youtube.com/@them.kenh.hai")
    page.fill("[name=name]", "Kênh thứ hai")
    press(signer, "Save")
    page.wait_for_url(re.compile(r"/sign/.*#step-3$"))
    step(signer, 3)
    _same(signer, answers)
    expect(page.locator("input[name=channels]")).to_have_count(2)


def test_ticks_are_void_when_the_text_or_the_consent_changed_and_the_rest_is_kept(
    visit: Callable[..., Visitor],
) -> None:
    """Played by the page's own mark of text and consent, so that the other tests keep their text."""
    signer = visit(viewport=PHONE)
    answers = _filled_in(signer, "doi.van.ban@example.com")

    def changed(route: Any) -> None:
        response = route.fetch()
        body = re.sub(r'data-draft-bound="\w+"', f'data-draft-bound="{"0" * 64}"', response.text())
        route.fulfill(response=response, body=body)

    signer.page.route(f"**{SIGN}", changed)
    signer.page.goto(signer.site.url + SIGN)
    expect(signer.page.locator("[data-draft-said]")).to_contain_text(vi(VOID))
    step(signer, 1)
    now = _answers(signer)
    assert (now["ticked"], now["of_age"], now["consent"]) == ([], [], False)
    assert (now["channels"], now["method"]) == (answers["channels"], answers["method"])
    assert len(json.loads(now["strokes"][0])) == 3


def test_draft_is_unreadable_and_names_nobody(visit: Callable[..., Visitor]) -> None:
    signer = visit(viewport=PHONE)
    _filled_in(signer, "bi.mat@example.com", name="Lý Bí Mật")
    kept = _kept(signer)
    assert "kolportal-draft:" in kept
    for telling in ("bi.mat", "Lý", "Tên đang gõ", "points", "ticked", "youtube"):
        assert telling not in kept
    # Nor does the page keep the key once it has been taken.
    assert signer.page.locator("[data-draft-key]").count() == 0


def test_draft_ends_when_it_was_signed(visit: Callable[..., Visitor]) -> None:
    signer = visit(viewport=PHONE)
    _filled_in(signer, "ky.xong@example.com")
    check_answers(signer)
    assert _drafts(signer)
    press(signer, "Sign the pledge")
    receipt(signer)
    signer.site.wait_until(lambda: not _drafts(signer), what="the draft to end")


def test_draft_ends_when_it_was_declined_in_another_tab(visit: Callable[..., Visitor]) -> None:
    signer = visit(viewport=PHONE)
    _filled_in(signer, "thoi.khong@example.com")
    other = signer.context.new_page()
    other.goto(f"{signer.site.url}{PLEDGE}decline/")
    other.locator("main form button").click()
    expect(other.get_by_role("heading", level=1, name=vi("You have declined"))).to_be_visible()
    signer.site.wait_until(lambda: not _drafts(signer), what="the draft to end")
    # The tab that is still open saves nothing any more.
    signer.page.locator("#id_typed_name").dispatch_event("input")
    signer.open(SIGN)
    assert _drafts(signer) == []
    assert _answers(signer)["ticked"] == []


def test_draft_is_gone_after_a_day(visit: Callable[..., Visitor]) -> None:
    signer = visit(viewport=PHONE)
    _filled_in(signer, "hom.sau@example.com")
    signer.page.evaluate(
        "() => { for (const [name, value] of Object.entries(localStorage))"
        " localStorage.setItem(name, JSON.stringify({ ...JSON.parse(value), at: JSON.parse(value).at - 86400001 })); }"
    )
    signer.page.goto(signer.site.url + SIGN)
    step(signer, 1)
    assert _answers(signer)["ticked"] == []
    assert _drafts(signer) == []


# --- One device, two accounts --------------------------------------------------------------------------------------------------


def _log_out(visitor: Visitor) -> None:
    visitor.page.locator("[data-menu] summary").click()
    press(visitor, "Log out")
    visitor.page.wait_for_url(f"{visitor.site.url}/")


def _nothing_of(visitor: Visitor, answers: dict[str, Any], *, name: str) -> None:
    """Neither the page nor the browser's storage may hold anything that the one before typed, ticked or drew."""
    page = visitor.page
    assert name not in page.content()
    form = page.locator("[data-sign-form]")
    if form.count():
        now = _answers(visitor)
        for field in ("ticked", "channels", "of_age", "strokes", "typed_name"):
            assert "".join(now[field]) == "", field
        assert not now["consent"]
    assert answers["strokes"][0] not in page.content()
    assert "points" not in _kept(visitor)


def test_after_log_out_back_in_the_same_tab_gives_the_next_account_nothing(
    visit: Callable[..., Visitor],
) -> None:
    first = visit(viewport=PHONE)
    answers = _filled_in(first, "nguoi.truoc@example.com", name="Bùi Người Trước")
    _log_out(first)
    assert _drafts(first) == []
    first.page.go_back()
    first.page.wait_for_load_state()
    expect(first.page.locator("[data-sign-form]")).to_have_count(0)
    _nothing_of(first, answers, name="Bùi Người Trước")
    new_signer(first, "nguoi.sau@example.com", full_name="Cao Người Sau")
    # Every page of this tab's history, one after the other.
    length: int = first.page.evaluate("history.length")
    for _ in range(length):
        if first.page.go_back() is None and first.page.url == "about:blank":
            break
        first.page.wait_for_load_state()
        _nothing_of(first, answers, name="Bùi Người Trước")
    first.open(SIGN)
    expect(first.page.get_by_text("Cao Người Sau").first).to_be_visible()
    _nothing_of(first, answers, name="Bùi Người Trước")
    expect(first.page.locator("[data-draft-said]")).to_be_empty()


def test_draft_of_an_account_whose_session_just_ended_is_closed_to_the_next_and_open_to_itself(
    visit: Callable[..., Visitor],
) -> None:
    browser = visit(viewport=PHONE)
    answers = _filled_in(browser, "bo.quen@example.com", name="Đỗ Bỏ Quên")
    (session,) = [cookie for cookie in browser.context.cookies() if cookie["name"] == "sessionid"]
    browser.context.clear_cookies()
    new_signer(browser, "ke.tiep@example.com", full_name="Hồ Kế Tiếp")
    browser.open(SIGN)
    expect(browser.page.get_by_text("Hồ Kế Tiếp").first).to_be_visible()
    _nothing_of(browser, answers, name="Đỗ Bỏ Quên")
    _log_out(browser)
    # The log-out of one account ends no draft of another.
    assert len(_drafts(browser)) == 1
    browser.context.clear_cookies()
    browser.context.add_cookies([{key: session[key] for key in ("name", "value", "domain", "path")}])  # type: ignore[list-item]  # as above
    browser.open(SIGN)
    _same(browser, answers)
