"""What every page says to the browser about security, and that its HTML needs no exception from it.

That no page breaks the policy while it runs is noted by ``visit`` in every test, and by test_accessibility on every page.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.e2e.conftest import none_of
from tests.e2e.pages import ADMIN, PUBLIC, own_pages

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import APIResponse

    from tests.e2e.conftest import Signer, Visitor

pytestmark = pytest.mark.e2e

INLINE = {
    "script": re.compile(
        r"<script(?![^>]*\bsrc=)(?![^>]*type=[\"']application/(?:ld\+)?json)[^>]*>", re.IGNORECASE
    ),
    "style element": re.compile(r"<style\b", re.IGNORECASE),
    "style attribute": re.compile(r"<[a-z][^>]*\sstyle\s*=", re.IGNORECASE),
    "event attribute": re.compile(
        r"<[a-z][^>]*\son(?:click|change|load|submit|error|input|focus|blur)\s*=", re.IGNORECASE
    ),
    "script address": re.compile(r"(?:href|src|action)\s*=\s*[\"']?\s*javascript:", re.IGNORECASE),
}
HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}


def _judge(response: APIResponse, *, evaluates: bool) -> list[str]:
    """Everything that is wrong with one answer. ``evaluates``: Unfold's Alpine compiles strings (docs/adr)."""
    where = response.url
    headers = response.headers
    wrong = [
        f"{where}: {name} is {headers.get(name)!r}"
        for name, value in HEADERS.items()
        if headers.get(name) != value
    ]
    if response.status == httpx.codes.NOT_FOUND:
        # While DEBUG is on, django-csp leaves the policy off these for the sake of Django's own debug page.
        return wrong
    policy = headers.get("content-security-policy", "")
    directives = dict(part.strip().partition(" ")[::2] for part in policy.split(";") if part.strip())
    if directives.get("default-src") != "'none'" or directives.get("frame-ancestors") != "'none'":
        wrong.append(f"{where}: policy {policy!r}")
    if (
        "unsafe-inline" in policy
        or "http" in policy
        or "*" in policy
        or ("unsafe-eval" in policy) != evaluates
    ):
        wrong.append(f"{where}: policy {policy!r}")
    if "html" in headers.get("content-type", ""):
        html = re.sub(r"<pre\b.*?</pre>", "", response.text(), flags=re.DOTALL)
        wrong += [
            f"{where}: {what}: {found.group()[:120]}"
            for what, pattern in INLINE.items()
            if (found := pattern.search(html))
        ]
    return wrong


def _answers(visitor: Visitor, paths: tuple[str, ...]) -> list[APIResponse]:
    return [visitor.context.request.get(visitor.site.url + path.partition("#")[0]) for path in paths]


def test_public_pages_are_strict(visit: Callable[..., Visitor]) -> None:
    answers = _answers(visit(), PUBLIC)
    none_of([fault for answer in answers for fault in _judge(answer, evaluates=False)])


def test_pages_of_a_signer_are_strict_and_kept_by_no_shared_cache(
    visit: Callable[..., Visitor], signer: Signer
) -> None:
    paths = tuple(path for path in own_pages(signer) if path != "/admin/")
    answers = _answers(visit(storage_state=signer.state), paths)
    none_of([fault for answer in answers for fault in _judge(answer, evaluates=False)])
    own = [
        answer
        for answer in answers
        if "/me/" in answer.url or "/receipts/" in answer.url or "/sign/" in answer.url
    ]
    none_of([answer.url for answer in own if "private" not in answer.headers.get("cache-control", "")])


def test_pages_of_the_administration_are_strict(visit: Callable[..., Visitor], staff: dict[str, Any]) -> None:
    faults = []
    for role, paths in ADMIN.items():
        answers = _answers(visit(storage_state=staff[role]), tuple(f"/admin/{path}" for path in paths))
        none_of([(answer.url, answer.status) for answer in answers if answer.status != 200])
        faults += [fault for answer in answers for fault in _judge(answer, evaluates=True)]
    none_of(faults)
