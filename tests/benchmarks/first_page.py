"""What a cold phone loads to read the pledge and to sign it: bytes over the wire, as Chromium counts them.

Production settings and static files, no proxy in front: WhiteNoise sends its files compressed, pages leave the site as they
are (a proxy compresses them, see docs/deploy/Caddyfile; ``first_page_html_kb`` is their part of the sum).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Page, ViewportSize, sync_playwright

from tests import factories
from tests.benchmarks.site import people
from tests.benchmarks.site.server import Server, running
from tests.conftest import CHROMIUM_ARGUMENTS
from tests.servers import PATIENCE

PHONE = ViewportSize(width=360, height=740)


@dataclass
class _Traffic:
    """Bytes on the wire (heads and bodies) by address, and the addresses' kinds."""

    kinds: dict[str, tuple[str, str]] = field(default_factory=dict)
    sizes: list[tuple[str, str, float]] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        """Counts every answer that ``page`` gets from now on, from the network only."""
        session = page.context.new_cdp_session(page)
        session.on("Network.responseReceived", self._received)
        session.on("Network.loadingFinished", self._finished)
        session.send("Network.enable")
        session.send("Network.clearBrowserCache")

    def _received(self, event: dict[str, Any]) -> None:
        self.kinds[event["requestId"]] = (event["type"], event["response"]["url"])

    def _finished(self, event: dict[str, Any]) -> None:
        kind, url = self.kinds.get(event["requestId"], ("", ""))
        self.sizes.append((kind, url, event["encodedDataLength"]))


def run() -> Iterator[tuple[str, float, str]]:
    """``first_page_kb`` (kilobytes of 1,000 bytes), and the part of it that is HTML."""
    with running() as server:
        event = factories.event()
        pledge = people.pledge(event)
        (signer,) = people.signers(1, event=event)
        traffic = _load(server, session_key=people.log_in(signer), slug=pledge.slug)
    yield "first_page_kb", sum(size for *_, size in traffic.sizes) / 1000, "kB"
    html = sum(size for kind, _, size in traffic.sizes if kind == "Document")
    yield "first_page_html_kb", html / 1000, "kB"
    yield "first_page_requests", len(traffic.sizes), "requests"


def _load(server: Server, *, session_key: str, slug: str) -> _Traffic:
    traffic = _Traffic()
    site = f"http://{server.host}:{server.port}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM_ARGUMENTS)
        context = browser.new_context(viewport=PHONE, locale="vi-VN", extra_http_headers=server.headers)
        context.set_default_timeout(PATIENCE * 1000)
        context.add_cookies([{"name": "sessionid", "value": session_key, "url": site}])
        page = context.new_page()
        traffic.watch(page)
        for path in (f"/pledges/{slug}/", f"/pledges/{slug}/sign/"):
            answer = page.goto(site + path, wait_until="networkidle")
            if answer is None or answer.status != 200 or not page.url.endswith(path):
                raise SystemExit(f"{path} could not be opened: {page.url}")
        browser.close()
    return traffic
