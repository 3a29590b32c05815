"""Drawing: what was drawn survives everything that a phone does to a page."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import PHONE
from tests.e2e.people import check_answers, draw, new_signer, press, step, to_signature

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.conftest import Visitor

pytestmark = pytest.mark.e2e

ROTATED = {"width": 740, "height": 360}
# Dark pixels of the canvas, each as a fraction of its width and height: [left, top, right, bottom].
INK = """canvas => {
  const { width, height } = canvas;
  const data = canvas.getContext("2d").getImageData(0, 0, width, height).data;
  const found = [];
  for (let place = 3; place < data.length; place += 4) {
    if (data[place]) { const pixel = (place - 3) / 4; found.push([pixel % width, Math.floor(pixel / width)]); }
  }
  const [xs, ys] = [found.map((pixel) => pixel[0]), found.map((pixel) => pixel[1])];
  const [low, high] = [(all) => all.reduce((a, b) => Math.min(a, b)), (all) => all.reduce((a, b) => Math.max(a, b))];
  return found.length ? [low(xs) / width, low(ys) / height, high(xs) / width, high(ys) / height] : null;
}"""


def _strokes(visitor: Visitor) -> list[Any]:
    strokes: list[Any] = json.loads(visitor.page.locator("input[name=strokes]").input_value() or "[]")
    return strokes


def _ink(visitor: Visitor) -> list[float] | None:
    ink: list[float] | None = visitor.page.locator("[data-pad] canvas").evaluate(INK)
    return ink


def test_drawing_survives_rotation_steps_and_the_way_back_from_the_check(
    visit: Callable[..., Visitor],
) -> None:
    signer = visit(viewport=PHONE, has_touch=True)
    page = signer.page
    new_signer(signer, "xoay.may@example.com")
    to_signature(signer)
    draw(signer, touch=True)
    assert len(_strokes(signer)) == 3
    upright = _ink(signer)
    assert upright

    page.set_viewport_size(ROTATED)  # type: ignore[arg-type]  # a plain dict serves
    page.wait_for_function("document.querySelector('[data-pad] canvas').offsetWidth > 400")
    assert len(_strokes(signer)) == 3
    rotated = _ink(signer)
    assert rotated
    assert rotated[2] - rotated[0] == pytest.approx(upright[2] - upright[0], abs=0.05)
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]  # a plain dict serves
    page.wait_for_function("document.querySelector('[data-pad] canvas').offsetWidth < 400")
    assert _ink(signer) == pytest.approx(upright, abs=0.03)

    press(signer, "Back")
    step(signer, 4)
    press(signer, "Continue")
    step(signer, 5)
    assert len(_strokes(signer)) == 3
    assert _ink(signer) == pytest.approx(upright, abs=0.03)

    check_answers(signer)
    press(signer, "Back")
    step(signer, 5)
    assert len(_strokes(signer)) == 3
    assert _ink(signer)


def test_undo_takes_the_last_stroke_and_clear_takes_all(visit: Callable[..., Visitor]) -> None:
    signer = visit(viewport=PHONE)
    page = signer.page
    new_signer(signer, "xoa.net@example.com")
    to_signature(signer)
    draw(signer)
    first_two = _strokes(signer)[:2]
    press(signer, "Undo the last stroke")
    assert _strokes(signer) == first_two
    press(signer, "Clear")
    assert _strokes(signer) == []
    assert _ink(signer) is None
    press(signer, "Check the answers")
    expect(page.locator("[data-step-errors]")).to_be_focused()
    assert "/sign/" in page.url
