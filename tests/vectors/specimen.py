"""Makes what the vectors begin with: a pledge of nobody, tagged PDF/A-3, with an attachment; and its seal encrypted.

    python -m tests.vectors.specimen

Made once and committed as ``base.pdf`` and ``encrypted.pdf``: WeasyPrint's bytes change with its version and its fonts, and
encryption is salted; the vectors must not change. After new ones, run ``python -m tests.vectors.make``.
"""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Final

import pikepdf
from weasyprint import CSS, HTML, Attachment

from tests.vectors import sealing

ENCRYPTED: Final = Path(__file__).with_name("encrypted.pdf")
_HTML: Final = """<html lang="vi"><head><title>Bản cam kết mẫu</title><meta name="author" content="Không của ai"></head>
<body><h1>BẢN CAM KẾT MẪU</h1><p>Kiểm tra thông tin trước khi chia sẻ.</p><p>Người ký: Nguyễn Văn Mẫu</p></body></html>"""
_STYLE: Final = "@page { size: A4; margin: 2cm } body { font-family: Tinos; font-size: 14pt }"
_MADE_AT: Final = datetime(2026, 9, 10, 1, 0, tzinfo=UTC)


def make() -> bytes:
    """The document, of the fonts and the WeasyPrint of this machine."""
    data = Attachment(
        string='{"name":"Nguyễn Văn Mẫu","pledge":"mau"}\n',
        name="pledge.json",
        description="Dữ liệu của bản cam kết",
        created=_MADE_AT,
        modified=_MADE_AT,
        relationship="Data",
    )
    document = HTML(string=_HTML)
    pdf = document.write_pdf(
        stylesheets=[CSS(string=_STYLE)],
        pdf_variant="pdf/a-3a",
        pdf_identifier=b"kolportal vectors",
        attachments=[data],
    )
    return bytes(pdf or b"")


def encrypted() -> bytes:
    """The document as it is now, sealed and then encrypted."""
    with pikepdf.open(BytesIO(sealing.sealed())) as document:
        buffer = BytesIO()
        document.save(buffer, encryption=pikepdf.Encryption(owner="chu", user="", R=6))
    return buffer.getvalue()


if __name__ == "__main__":
    sealing.BASE.write_bytes(make())
    ENCRYPTED.write_bytes(encrypted())
