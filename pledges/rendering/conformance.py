"""Judging a PDF before it is sealed or published."""

from __future__ import annotations

from io import BytesIO

import pikepdf
from pikepdf import pdfa


def check_conformance(pdf: bytes) -> list[str]:
    """Why ``pdf`` is not conforming PDF/A-3b (ISO 19005-3), in the words of ``pikepdf.pdfa``; empty when it is.

    That judge is an allowlist: what it approves conforms, a ``[violation]`` is one. What it merely does not know
    (``[unsupported]``) is returned too: our pages use nothing unusual, so a construct that the judge cannot vouch for is
    a fault of the page until somebody has looked at it.
    """
    try:
        with pikepdf.open(BytesIO(pdf)) as document:
            report = pdfa.check(document, "3b")
    except pikepdf.PdfError as error:
        return [f"[violation] unreadable: {error}"]
    return [str(finding) for finding in report.findings]


def font_families(pdf: bytes) -> set[str]:
    """Base names of the fonts in ``pdf`` without subset tag and style: ``{"Tinos"}`` for ours."""
    families: set[str] = set()
    with pikepdf.open(BytesIO(pdf)) as document:
        for item in document.objects:
            if isinstance(item, pikepdf.Dictionary) and item.get("/Type") == "/Font" and "/BaseFont" in item:
                name = str(item["/BaseFont"]).lstrip("/").rpartition("+")[2]
                families.add(name.split("-")[0].split(",")[0])
    return families
