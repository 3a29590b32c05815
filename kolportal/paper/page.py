"""HTML of ours to PDF/A-3a bytes by WeasyPrint: nothing is fetched, and the same input gives the same bytes."""

from __future__ import annotations

import gc
import hashlib
import logging
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from typing import Any, Final, NoReturn

import pydyf
from django.template.loader import render_to_string
from weasyprint import CSS, HTML, Attachment
from weasyprint.text.ffi import pango
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher

from kolportal.paper import tagging
from kolportal.paper.fonts import FAMILY, folder

VARIANT: Final = "pdf/a-3a"
"""Tagged, and judged by veraPDF as PDF/A-3a and PDF/UA-1 (``make conformance``, docs/conformance.md)."""

# WeasyPrint is not promised to be safe with one FontConfiguration in several threads; the admin's previews are threads.
_lock = threading.Lock()

# Its warnings speak of CSS; a resource refused raises below and is not lost by this.
logging.getLogger("weasyprint").setLevel(logging.ERROR)
logging.getLogger("fontTools").setLevel(logging.ERROR)


class RenderingError(RuntimeError):
    """The page could not be drawn as it must be; the text says why."""


class DataOnly(URLFetcher):  # type: ignore[misc]  # WeasyPrint ships no types
    """Fetches ``data:`` and nothing else; anything else ends the rendering instead of leaving a hole in the page.

    WeasyPrint's own fetcher reads local files and asks the network.
    """

    def __init__(self) -> None:
        super().__init__(allowed_protocols=["data"], allow_redirects=False, fail_on_errors=True)

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> Any:
        """The decoded ``data:`` URL. Raises for every other scheme."""
        if url[:5].lower() != "data:":
            refuse(url)
        return super().fetch(url, headers)


def refuse(url: str) -> NoReturn:
    """Stop the rendering: a page asked for something from outside."""
    raise FatalURLFetchingError(f"refused to fetch {url[:80]}")


def to_pdf(
    html: str,
    *,
    at: datetime,
    identifier: bytes,
    evidence: bytes | None = None,
    evidence_description: str = "",
) -> bytes:
    """PDF/A-3a and PDF/UA-1 from a whole HTML document (NFC is applied here).

    ``at`` (aware) dates the attachment; ``identifier`` seeds the file's ``/ID``. Raises :class:`RenderingError` where
    the page asks for anything from outside or a character brings in a second font family.
    """
    attachments = []
    if evidence is not None:
        moment = at.astimezone(UTC)
        attachments.append(
            Attachment(
                string=evidence,
                name="evidence.json",
                description=evidence_description,
                created=moment,
                modified=moment,
                relationship="Data",
                url_fetcher=DataOnly(),
            )
        )
    with _lock, _without_collector():
        try:
            pdf, families = _drawn(
                unicodedata.normalize("NFC", html),
                identifier=hashlib.sha256(identifier).digest()[:16],
                attachments=attachments,
            )
        except FatalURLFetchingError as error:
            raise RenderingError(str(error)) from error
    if families - {FAMILY}:
        raise RenderingError(f"another font than {FAMILY} came in: {', '.join(sorted(families - {FAMILY}))}")
    return pdf


@cache
def drawn_by() -> dict[str, Any]:
    """What decides how a page comes out on this machine: ``libraries`` (name → version) and ``fonts`` (file name → SHA-256)."""
    place = folder()
    files = sorted(place.glob(f"{FAMILY}-*.ttf")) if place else []
    return {
        "fonts": {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files},
        "libraries": {
            **{name: version(name) for name in ("django", "fonttools", "pydyf", "weasyprint")},
            "pango": f"{pango.pango_version() // 10_000}.{pango.pango_version() // 100 % 100}.{pango.pango_version() % 100}",
        },
    }


def _drawn(html: str, *, identifier: bytes, attachments: list[Attachment]) -> tuple[bytes, set[str]]:
    """The file and its font families. WeasyPrint's document ends here, so that the collector finds it dead and young."""
    document = HTML(string=html, base_url="about:blank", url_fetcher=DataOnly()).render(
        font_config=_fonts(),
        stylesheets=[_stylesheet()],
        pdf_tags=True,
        pdf_variant=VARIANT,
        cache={},
    )
    pdf: bytes = document.write_pdf(
        finisher=_finish,
        pdf_variant=VARIANT,
        pdf_tags=True,
        pdf_version="1.7",
        output_intent="srgb",
        pdf_identifier=identifier,
        attachments=attachments,
    )
    families = {
        font.family.decode() if isinstance(font.family, bytes) else font.family
        for font in document.fonts.values()
    }
    return pdf, families


@contextmanager
def _without_collector() -> Iterator[None]:
    """A rendering makes some 100,000 short-lived objects; looking for cycles among them again and again is a tenth of it."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@cache
def _fonts() -> FontConfiguration:
    """One per process: making it anew costs about a quarter of a rendering."""
    return FontConfiguration()


@cache
def _stylesheet() -> CSS:
    return CSS(
        string=render_to_string("pdf/paper.css"),
        base_url="about:blank",
        url_fetcher=DataOnly(),
        font_config=_fonts(),
    )


class _Written(pydyf.Stream):  # type: ignore[misc]  # pydyf ships no types
    """An object of the file in its last form: pydyf asks for it twice, to write it and to digest it, and would compress twice."""

    def __init__(self, entry: Any) -> None:
        super().__init__()
        self.number, self.generation = entry.number, entry.generation
        self._data, self._compressible = entry.data, entry.compressible

    @property
    def data(self) -> bytes:
        return bytes(self._data)

    @property
    def compressible(self) -> bool:
        return bool(self._compressible)


def _finish(document: Any, pdf: Any) -> None:
    """Drop what WeasyPrint writes twice or empty, over which PDF/A judges stumble; complete its tags."""
    for entry in pdf.objects:
        if isinstance(entry, dict):
            for name in ("Pattern", "Shading", "XObject", "ExtGState"):
                if name in entry and isinstance(entry[name], dict) and not entry[name]:
                    del entry[name]
    if "AF" in pdf.catalog:
        pdf.catalog["AF"][:] = dict.fromkeys(pdf.catalog["AF"])
    tagging.finish(document, pdf)
    pdf.objects[:] = [_Written(entry) if entry.free == "n" else entry for entry in pdf.objects]
