"""WeasyPrint asks nobody: neither the file system nor the network, by whatever way a page might ask."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from kolportal import paper
from kolportal.paper import to_pdf
from pledges import rendering
from tests.pledges.sheets import SIGNED_AT, sheet, text

CANARY = b"CANARY-7f3a"

WAYS = (
    '<link rel="attachment" href="{url}">',
    '<a rel="attachment" href="{url}">x</a>',
    '<link rel="stylesheet" href="{url}">',
    '<style>@import "{url}";</style>',
    "<style>@font-face {{ font-family: Tinos; src: url({url}) }}</style>",
    "<style>body {{ background: url({url}) }}</style>",
    '<img src="{url}" alt="x">',
    '<object data="{url}"></object>',
    '<embed src="{url}">',
    '<svg xmlns="http://www.w3.org/2000/svg"><image href="{url}" width="9" height="9"/></svg>',
    '<svg xmlns="http://www.w3.org/2000/svg"><use href="{url}#a"/></svg>',
    '<base href="{url}"><img src="relative.png" alt="x">',
)


@pytest.fixture
def requests() -> Iterator[tuple[str, list[str]]]:
    """A loopback server and the paths that were asked of it."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(CANARY)

        def log_message(self, *args: object) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/canary", asked
    server.shutdown()
    server.server_close()


def attempt(way: str, url: str) -> bytes:
    """PDF of a page that asks for ``url``, or nothing where the rendering refused."""
    page = (
        f"<!doctype html><html lang=vi><head><title>x</title></head><body>{way.format(url=url)}</body></html>"
    )
    try:
        return to_pdf(page, at=SIGNED_AT, identifier=b"x")
    except paper.RenderingError:
        return b""


@pytest.mark.parametrize("way", WAYS)
def test_local_files_stay_closed(way: str, tmp_path: Path) -> None:
    canary = tmp_path / "canary.txt"
    canary.write_bytes(CANARY)
    pdf = attempt(way, canary.as_uri())
    assert CANARY not in pdf
    assert b"EmbeddedFile" not in pdf


@pytest.mark.parametrize("way", WAYS)
def test_the_network_is_not_asked(way: str, requests: tuple[str, list[str]]) -> None:
    url, asked = requests
    pdf = attempt(way, url)
    assert asked == []
    assert b"EmbeddedFile" not in pdf


@pytest.mark.parametrize("way", WAYS)
def test_markup_in_a_pledge_text_is_only_text(way: str, requests: tuple[str, list[str]]) -> None:
    url, asked = requests
    markup = way.format(url=url)
    pdf = rendering.render(sheet(text=text(preamble=markup, title=markup), organisation=markup))
    assert asked == []
    assert pdf.count(b"/EmbeddedFile\n") + pdf.count(b"/EmbeddedFile ") + pdf.count(b"/EmbeddedFile/") <= 1
    assert not [finding for finding in paper.check_conformance(pdf) if "[violation]" in finding]
