"""Judging a sealed PDF with programs that are not ours: poppler, qpdf, and pyHanko with the test root as only trust."""

from __future__ import annotations

import re
import subprocess
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from pyhanko.keys import load_certs_from_pemder
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

if TYPE_CHECKING:
    from pathlib import Path

    from pyhanko.sign.validation.status import PdfSignatureStatus


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def text_of(pdf: Path) -> str:
    """What ``pdftotext`` reads, line breaks folded to spaces."""
    return " ".join(_run("pdftotext", "-layout", str(pdf), "-").split())


def _validated(pdf: Path, root: Path) -> PdfSignatureStatus:
    trust = ValidationContext(trust_roots=list(load_certs_from_pemder([str(root)])), allow_fetching=False)
    with pdf.open("rb") as file:
        (signature,) = PdfFileReader(file).embedded_signatures
        return validate_pdf_signature(signature, trust)


def judge(pdf: Path, *, root: Path, contains: tuple[str, ...]) -> None:
    """Everything that must be true of a sealed pledge; ``root``: the certificate that the seal must lead to."""
    seal = _run("pdfsig", "-nocert", str(pdf))
    assert "Signature is Valid" in seal
    assert "Total document signed" in seal
    assert "No syntax or stream encoding errors" in _run("qpdf", "--check", str(pdf))

    families = {
        re.sub(r"^[A-Z]{6}\+", "", line.split()[0]).split("-")[0]
        for line in _run("pdffonts", str(pdf)).splitlines()[2:]
    }
    assert families == {"Tinos"}

    text = text_of(pdf)
    assert text == unicodedata.normalize("NFC", text)
    for words in contains:
        assert words in text, f"{words!r} is not in the text of the PDF"

    # In a thread of its own: Playwright keeps an event loop in this one, and pyHanko starts its own.
    with ThreadPoolExecutor(1) as thread:
        status = thread.submit(_validated, pdf, root).result()
    assert status.intact
    assert status.valid
    assert status.trusted
    assert status.coverage == SignatureCoverageLevel.ENTIRE_FILE
    assert status.bottom_line, status.pretty_print_details()
