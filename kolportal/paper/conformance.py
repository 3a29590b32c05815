"""Judging a PDF before it is sealed or published."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Final

import pikepdf
from pikepdf import pdfa
from pikepdf.pdfa import _cmap, _content

_UA_ID: Final = "http://www.aiim.org/pdfua/ns/id/"
_EXTENSION: Final = "http://www.aiim.org/pdfa/ns/extension/"
_LIBRARY: Final = str(Path(pikepdf.__file__).parent)

# The judge swaps the process's warning filters while it reads; two at once would restore each other's.
_lock = threading.Lock()


class _Warnings:
    """Python's ``warnings`` as far as the judge needs it: it hears its own library and nobody else.

    It takes whatever is warned of while it reads a page for a fault of the page: also that a file was left open which the
    collector closes just then, or what another thread has to say. Such warnings go where they would have gone without it.
    """

    simplefilter = staticmethod(warnings.simplefilter)

    @contextmanager
    def catch_warnings(self, *, record: bool) -> Iterator[list[warnings.WarningMessage]]:
        """As the module's; the list is filled when the block ends."""
        own: list[warnings.WarningMessage] = []
        with warnings.catch_warnings(record=record) as caught:
            yield own
        for one in caught or ():
            if issubclass(one.category, UserWarning) and one.filename.startswith(_LIBRARY):
                own.append(one)
            else:
                warnings.warn_explicit(one.message, one.category, one.filename, one.lineno, source=one.source)


for _reader in (_content, _cmap):
    vars(_reader)["warnings"] = _Warnings()


def check_conformance(pdf: bytes) -> list[str]:
    """Why ``pdf`` is not conforming PDF/A-3b (ISO 19005-3), in the words of ``pikepdf.pdfa``; empty when it is.

    That judge is an allowlist: what it approves conforms, a ``[violation]`` is one. What it merely does not know
    (``[unsupported]``) is returned too: our pages use nothing unusual, so a construct that the judge cannot vouch for is
    a fault of the page until somebody has looked at it.

    Our files claim more than it can judge: level A, which is level B and tags, and PDF/UA-1, which they say in an extension
    schema (clause 6.6.2.3) that it does not know. These two claims, and no other word, are taken out before it looks;
    veraPDF judges them (``make conformance``).
    """
    try:
        with _lock, pikepdf.open(BytesIO(pdf)) as document:
            _claim_level_b(document)
            report = pdfa.check(document, "3b")
    except pikepdf.PdfError as error:
        return [f"[violation] unreadable: {error}"]
    return [str(finding) for finding in report.findings]


def _claim_level_b(document: pikepdf.Pdf) -> None:
    if "/Metadata" not in document.Root:
        return
    with document.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as metadata:
        if metadata.get("pdfaid:conformance") == "A":
            metadata["pdfaid:conformance"] = "B"
        for claim in (f"{{{_UA_ID}}}part", f"{{{_EXTENSION}}}schemas"):
            if claim in metadata:
                del metadata[claim]


def font_families(pdf: bytes) -> set[str]:
    """Base names of the fonts in ``pdf`` without subset tag and style: ``{"Tinos"}`` for ours."""
    families: set[str] = set()
    with pikepdf.open(BytesIO(pdf)) as document:
        for item in document.objects:
            if isinstance(item, pikepdf.Dictionary) and item.get("/Type") == "/Font" and "/BaseFont" in item:
                name = str(item["/BaseFont"]).lstrip("/").rpartition("+")[2]
                families.add(name.split("-")[0].split(",")[0])
    return families
