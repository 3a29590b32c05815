"""What the judge of a specimen takes for a fault of the page, and what has nothing to do with the page."""

from __future__ import annotations

import gc
import warnings
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from pikepdf.pdfa import _content

from kolportal import paper
from kolportal.paper import fonts
from pledges import rendering
from tests.pledges.sheets import sheet


@pytest.fixture(scope="module")
def pdf() -> bytes:
    return rendering.render(sheet())


@pytest.fixture
def a_file_is_left_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """The interpreter closes a file that nobody closed, with its warning, while the judge reads a page."""

    def checker(walker: Any) -> Any:
        Path(__file__).open("rb")  # noqa: SIM115 - the fault is meant
        return walker.__dict__["checker"]

    def set_checker(walker: Any, given: Any) -> None:
        walker.__dict__["checker"] = given

    # The judge asks for it right before it reads.
    monkeypatch.setattr(_content.ContentWalker, "checker", property(checker, set_checker), raising=False)


def _cut_off(pdf: bytes) -> bytes:
    """The same file, but that the first page ends within a string."""
    with pikepdf.open(BytesIO(pdf)) as document:
        page = document.pages[0]
        page.contents_coalesce()
        page.Contents.write(page.Contents.read_bytes() + b"(cut off")
        out = BytesIO()
        document.save(out)
    return out.getvalue()


@pytest.mark.usefixtures("a_file_is_left_open")
def test_a_warning_of_the_interpreter_is_no_finding_and_is_not_lost(pdf: bytes) -> None:
    with pytest.warns(ResourceWarning, match="unclosed file"):
        assert paper.check_conformance(pdf) == []


@pytest.mark.usefixtures("a_file_is_left_open")
def test_control_the_judge_alone_takes_it_for_one(pdf: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_content, "warnings", warnings)
    assert "unclosed file" in str(paper.check_conformance(pdf))


def test_control_what_the_library_warns_of_is_a_finding(pdf: bytes) -> None:
    assert any("Unexpected end of stream" in finding for finding in paper.check_conformance(_cut_off(pdf)))


@pytest.mark.usefixtures("a_file_is_left_open")
def test_a_page_at_fault_is_refused_whatever_else_is_warned_of(pdf: bytes) -> None:
    with pytest.warns(ResourceWarning):
        findings = paper.check_conformance(_cut_off(pdf))
    assert any("Unexpected end of stream" in finding for finding in findings)
    assert "unclosed file" not in str(findings)


def test_the_font_files_are_closed_again() -> None:
    gc.collect()
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        fonts.characters.__wrapped__()
        gc.collect()
    assert [str(one.message) for one in said] == []
