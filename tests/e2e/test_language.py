"""Vietnamese pages hold no English, English ones none of the site's Vietnamese, and the switch stays where one is."""

from __future__ import annotations

import gettext
import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import PHONE, none_of
from tests.e2e.pages import ADMIN, PUBLIC, own_pages
from tests.servers import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.e2e.conftest import Signer, Visitor

pytestmark = pytest.mark.e2e

# Every text that a person reads or hears, but for parts marked as another language, code, mails and the list of languages.
WORDS = """(other) => {
  const apart = `[lang="${other}"], code, pre, script, style, .digest, .material-symbols-outlined, [data-foreign], option`;
  const found = [];
  const walker = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (!node.parentElement.closest(apart)) found.push(node.textContent);
  }
  for (const element of document.querySelectorAll("[aria-label], [title], [placeholder], [alt]")) {
    if (element.closest(apart)) continue;
    for (const name of ["aria-label", "title", "placeholder", "alt"]) found.push(element.getAttribute(name) ?? "");
  }
  return found.map((text) => text.replace(/\\s+/g, " ").trim()).filter(Boolean);
}"""
# Words that no Vietnamese sentence has.
ENGLISH = re.compile(
    r"\b(the|and|your|you|please|with|this|that|which|has|been|was|are|not)\b", re.IGNORECASE
)
# Mails are in the language of whoever they went to; a signer's browser names itself in English.
APART = {"/mailbox/"}
BROWSER = re.compile(r"Mozilla/|like Gecko")


def _messages() -> dict[str, str]:
    """Msgid → Vietnamese, of those long enough to be told from data and without gaps."""
    catalogue = gettext.translation("django", ROOT / "kolportal/locale", ["vi"])._catalog  # type: ignore[attr-defined]  # there is no public list
    pairs = {(key[0] if isinstance(key, tuple) else key): value for key, value in catalogue.items()}
    return {
        key: value
        for key, value in pairs.items()
        if len(key) > 7 and "%" not in key and "{" not in key and key != value
    }


def _texts(visitor: Visitor, paths: Iterable[str], *, other: str) -> list[tuple[str, str]]:
    found = []
    for path in paths:
        if path not in APART:
            visitor.open(path)
            found += [(path, text) for text in visitor.page.evaluate(WORDS, other)]
    return found


def _english(texts: list[tuple[str, str]]) -> list[tuple[str, str]]:
    messages = _messages()
    return [
        (path, text)
        for path, text in texts
        if (text in messages or ENGLISH.search(text)) and not BROWSER.search(text)
    ]


def test_public_and_own_pages_are_vietnamese_by_default(
    visit: Callable[..., Visitor], signer: Signer
) -> None:
    texts = _texts(visit(), PUBLIC, other="en") + _texts(
        visit(storage_state=signer.state), own_pages(signer), other="en"
    )
    # The English text of the pledge has a page of its own.
    none_of(_english([(path, text) for path, text in texts if not path.endswith("/1/en/")]))


def test_the_administration_is_vietnamese(visit: Callable[..., Visitor], staff: dict[str, Any]) -> None:
    texts = []
    for role, paths in ADMIN.items():
        texts += _texts(visit(storage_state=staff[role]), (f"/admin/{path}" for path in paths), other="en")
    english_titles = {"Pledge to obey the law and to communicate responsibly online"}
    none_of(_english([(path, text) for path, text in texts if text not in english_titles]))


def test_switch_to_english_stays_on_the_page_and_holds(visit: Callable[..., Visitor], signer: Signer) -> None:
    visitor = visit(viewport=PHONE, storage_state=signer.state)
    page = visitor.page
    visitor.open("/me/profile/")
    page.get_by_role("button", name="English").click()
    page.wait_for_url("**/me/profile/")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your details")
    # One item of the agenda has the same words as a message of ours.
    vietnamese = set(_messages().values()) - {"Ký cam kết"}
    texts = _texts(visitor, (*PUBLIC, *own_pages(signer)), other="vi")
    # What people entered is Vietnamese in every language; the site's own sentences are not.
    none_of([(path, text) for path, text in texts if text in vietnamese and not path.endswith("/1/vi/")])
    visitor.open("/")
    page.get_by_role("button", name="Tiếng Việt").click()
    expect(page.locator("html")).to_have_attribute("lang", "vi")
