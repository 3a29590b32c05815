"""Every page, at 360 and 1280 px, light and dark: axe finds nothing; nothing is cut off; fingers hit what they mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.base import AXE_SCRIPT

from tests.e2e import people
from tests.e2e.conftest import DESK, PHONE, none_of
from tests.e2e.pages import ADMIN, PUBLIC, own_pages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.e2e.conftest import Signer, Visitor

pytestmark = pytest.mark.e2e

# Everything once at each width; in the dark only colours differ, and they are the same at every width.
EVERYTHING = {"resultTypes": ["violations"]}
COLOURS = {"resultTypes": ["violations"], "runOnly": {"type": "rule", "values": ["color-contrast"]}}
# The smallest side that a finger needs; half a pixel for rounding. A box counts with the label that ticks it.
SMALLEST = 43.5
TARGETS = """(smallest) => {
  const seen = (element) => element.checkVisibility({ visibilityProperty: true }) && !element.closest(".visually-hidden");
  const targets = document.querySelectorAll("button, .btn, summary, select, textarea, input:not([type=hidden]), .tool, [role=combobox]");
  return [...targets].filter(seen).flatMap((target) => {
    const parts = [target, ...(["checkbox", "radio"].includes(target.type) ? target.labels : [])].map((part) => part.getBoundingClientRect());
    const width = Math.max(...parts.map((part) => part.right)) - Math.min(...parts.map((part) => part.left));
    const height = Math.max(...parts.map((part) => part.bottom)) - Math.min(...parts.map((part) => part.top));
    return width >= smallest && height >= smallest ? [] : [`${target.outerHTML.slice(0, 90)} is ${Math.round(width)} × ${Math.round(height)}`];
  });
}"""


def _axe(visitor: Visitor, options: dict[str, Any]) -> list[str]:
    violations = visitor.page.evaluate("(options) => axe.run(options)", options)["violations"]
    return [
        f"{violation['id']}: {', '.join(map(str, node['target']))}: {node['failureSummary'].splitlines()[-1].strip()}"
        for violation in violations
        for node in violation["nodes"]
    ]


def _faults(visitor: Visitor, paths: Iterable[str], *, for_fingers: bool) -> list[str]:
    """All that is wrong on these pages, each with its page and state."""
    page, found = visitor.page, []
    for path in paths:
        page.emulate_media(color_scheme="light")
        page.set_viewport_size(PHONE)  # type: ignore[arg-type]  # a plain dict serves
        # A new document each time: a step of the signing form differs by its fragment only.
        page.goto("about:blank")
        visitor.open(path)
        page.evaluate(AXE_SCRIPT)
        checks = [("360", fault) for fault in _axe(visitor, EVERYTHING)]
        if for_fingers:
            width = page.evaluate("document.documentElement.scrollWidth")
            checks += [("360", f"{width} px wide")] if width > PHONE["width"] else []
            checks += [("360", fault) for fault in page.evaluate(TARGETS, SMALLEST)]
        page.emulate_media(color_scheme="dark")
        page.set_viewport_size(DESK)  # type: ignore[arg-type]  # a plain dict serves
        checks += [("1280 dark", fault) for fault in _axe(visitor, COLOURS)]
        page.emulate_media(color_scheme="light")
        checks += [("1280", fault) for fault in _axe(visitor, EVERYTHING)]
        found += [f"{path} at {state}: {fault}" for state, fault in checks]
    return found


def test_public_pages_are_accessible(visit: Callable[..., Visitor]) -> None:
    none_of(_faults(visit(), PUBLIC, for_fingers=True))


def test_pages_of_a_signer_are_accessible(visit: Callable[..., Visitor], signer: Signer) -> None:
    none_of(_faults(visit(storage_state=signer.state), own_pages(signer), for_fingers=True))


def test_pages_of_a_signing_under_way_are_accessible(visit: Callable[..., Visitor]) -> None:
    visitor = visit(viewport=PHONE)
    email, name = "dang.ky@example.com", "Đỗ Đang Ký"
    people.new_signer(visitor, email, full_name=name)
    people.to_signature(visitor)
    people.type_name(visitor, name)
    people.check_answers(visitor)
    check = urlsplit(visitor.page.url).path
    visitor.age_login(minutes=6)
    visitor.open(check)
    people.ask_for_code(visitor, email)
    code = urlsplit(visitor.page.url).path
    none_of(_faults(visitor, (check, code), for_fingers=True))


@pytest.mark.parametrize("role", list(ADMIN))
def test_the_administration_is_accessible(
    visit: Callable[..., Visitor], staff: dict[str, Any], role: str
) -> None:
    paths = [f"/admin/{path}" for path in ADMIN[role]]
    none_of(_faults(visit(storage_state=staff[role]), paths, for_fingers=False))
