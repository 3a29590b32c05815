"""What a sealed PDF costs: our way over the plain way, CPU time, both in one run and in turn.

The plain way: a fresh ``weasyprint.HTML(…).write_pdf()`` with defaults on the same HTML, stylesheet, PDF/A variant, tags
and attachment, then ``pyhanko.sign.sign_pdf`` with a ``SimpleSigner`` with defaults and the same key. It gets its HTML for
nothing; ours pays for building it. The pages of both are compared as pixels.
"""

from __future__ import annotations

import gc
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from django.template.loader import render_to_string
from django.utils import translation
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, SimpleSigner, sign_pdf
from weasyprint import HTML, Attachment

from kolportal import pades
from kolportal.paper.page import VARIANT
from pledges import rendering
from pledges.rendering import pages
from tests.pledges.sheets import sheet

ROUNDS = 24
BLOCKS = 2
"""Each way runs some rounds by itself and begins with a clean heap: a full collection is paid by whoever made it due."""
NOW = datetime.now(UTC)


def run() -> Iterator[tuple[str, float, str]]:
    """``render_seal_ratio``, ``render_ms``, ``seal_ms``, ``validate_ms``, ``sealed_per_core_second``, ``pages_alike``."""
    with tempfile.TemporaryDirectory() as folder:
        yield from _measured(pades.make_test_pki(Path(folder), at=NOW), Path(folder))


def _measured(pki: pades.PkiFiles, folder: Path) -> Iterator[tuple[str, float, str]]:
    given = sheet(seal_subject=pki.key.subject, seal_fingerprint=pki.key.fingerprint)
    html = plain_html(given)
    signer = SimpleSigner.load(str(pki.key_path), str(pki.cert_path), ca_chain_files=(str(pki.root_path),))

    def plain() -> bytes:
        drawn = HTML(string=html).write_pdf(
            pdf_variant=VARIANT,
            pdf_tags=True,
            attachments=[Attachment(string=given.evidence, name="evidence.json", relationship="Data")],
        )
        signed = sign_pdf(
            IncrementalPdfFileWriter(BytesIO(drawn)), PdfSignatureMetadata(field_name="Seal"), signer
        )
        return bytes(signed.getvalue())

    unsealed = rendering.render(given)
    sealed = pades.seal(unsealed, key=pki.key, at=NOW).data
    different = different_pixels(sealed, plain(), folder)
    if different:
        raise SystemExit(
            f"the pages of the two ways differ in {different} pixels: the ratio would mean nothing"
        )

    render, seal, validate, plainly = 0.0, 0.0, 0.0, 0.0
    for _ in range(BLOCKS):
        gc.collect()
        for _ in range(ROUNDS // BLOCKS):
            render += cpu(lambda: rendering.render(given))
            seal += cpu(lambda: pades.seal(unsealed, key=pki.key, at=NOW))
        gc.collect()
        for _ in range(ROUNDS // BLOCKS):
            plainly += cpu(plain)
        gc.collect()
        for _ in range(ROUNDS // BLOCKS):
            validate += cpu(lambda: pades.verify(sealed, trust=pades.Trust.of(seal_roots=[pki.root]), at=NOW))
    yield "render_seal_ratio", (render + seal) / plainly, "ratio"
    yield "render_ms", render / ROUNDS * 1000, "ms"
    yield "seal_ms", seal / ROUNDS * 1000, "ms"
    yield "validate_ms", validate / ROUNDS * 1000, "ms"
    yield "plain_render_seal_ms", plainly / ROUNDS * 1000, "ms"
    yield "sealed_per_core_second", ROUNDS / (render + seal), "documents/s"


def plain_html(given: rendering.PledgeSheet) -> str:
    """The page as one HTML text with its stylesheet in it, as one would hand it to WeasyPrint without thinking."""
    with translation.override(given.text.language):
        html = render_to_string("pdf/pledge.html", pages.context(given))
    return html.replace("</head>", f"<style>{render_to_string('pdf/paper.css')}</style></head>")


def different_pixels(one: bytes, other: bytes, folder: Path) -> int:
    """Pixels at 60 dpi that differ between the pages of two PDFs; every pixel where their number differs."""
    drawings = []
    for name, pdf in (("one", one), ("other", other)):
        (folder / f"{name}.pdf").write_bytes(pdf)
        command = ["pdftoppm", "-r", "60", "-gray", str(folder / f"{name}.pdf"), str(folder / name)]
        subprocess.run(command, check=True)
        drawings.append(b"".join(path.read_bytes() for path in sorted(folder.glob(f"{name}-*.pgm"))))
    if len(drawings[0]) != len(drawings[1]):
        return max(map(len, drawings))
    return sum(a != b for a, b in zip(*drawings, strict=True))


def cpu(work: Callable[[], object]) -> float:
    """CPU seconds of this process, all threads."""
    begun = time.process_time()
    work()
    return time.process_time() - begun
