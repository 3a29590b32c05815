"""The part of the house's floors that import-linter cannot say: below the views nobody sees a request."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.servers import ROOT

# Modules that answer requests; everything else in the apps is below them.
ABOVE = {
    "views",
    "admin",
    "verification_views",
    "urls",
    "verification_urls",
    "management",
    "adapter",
    "recent_login",  # when somebody last logged in is in the session
    "migrations",
}
# Web machinery that only those may import.
WEB = ("django.http", "django.shortcuts", "django.views")
APPS = (
    "events",
    "pledges",
    "kolportal/accounts",
    "kolportal/audit",
    "kolportal/ledger",
    "kolportal/mail",
    "kolportal/paper",
    "kolportal/people",
    "kolportal/privacy",
    "kolportal/units",
    "kolportal/work",
    "kolportal/pades",
    "kolportal/transparency",
)


def below_the_views() -> list[Path]:
    """Every module of the apps that is on a lower floor than the views."""
    return [
        path.relative_to(ROOT)
        for app in APPS
        for path in sorted((ROOT / app).rglob("*.py"))
        if not ABOVE & {part.removesuffix(".py") for part in path.relative_to(ROOT / app).parts}
    ]


def test_there_is_something_to_look_at() -> None:
    assert Path("pledges/signing.py") in below_the_views()


@pytest.mark.parametrize("path", below_the_views(), ids=str)
def test_no_request_below_the_views(path: Path) -> None:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    seen = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(WEB):
            seen.append(f"line {node.lineno}: imports {node.module}")
        if isinstance(node, ast.arg) and node.arg == "request":
            seen.append(f"line {node.lineno}: takes a request")
    assert seen == []
