"""A marked test key and small PDFs to seal."""

from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from kolportal import pades
from tests.pki import LoopbackPki, running

SEALED_AT = datetime(2026, 9, 10, 1, 30, tzinfo=UTC)


def small_pdf(*, pages: int = 2, **save_options: Any) -> bytes:
    """A valid PDF of blank A4 pages."""
    with pikepdf.new() as document:
        for _ in range(pages):
            document.add_blank_page(page_size=(595, 842))
        buffer = BytesIO()
        document.save(buffer, **save_options)
    return buffer.getvalue()


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> pades.PkiFiles:
    folder: Path = tmp_path_factory.mktemp("keys")
    return pades.make_test_pki(folder, at=SEALED_AT)


@pytest.fixture(scope="session")
def plain() -> bytes:
    return small_pdf()


@pytest.fixture(scope="session")
def sealed(pki: pades.PkiFiles, plain: bytes) -> pades.Sealed:
    return pades.seal(plain, key=pki.key, at=SEALED_AT, reason="Cam kết", location="Phú Thọ")


@pytest.fixture(scope="session")
def loopback() -> Iterator[LoopbackPki]:
    """A whole PKI over HTTP on 127.0.0.1, at ``SEALED_AT`` unless a test moves its clock."""
    with running() as pki:
        yield pki
