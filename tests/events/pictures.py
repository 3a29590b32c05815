"""Pictures for tests."""

from __future__ import annotations

from io import BytesIO

from django.core.files.base import ContentFile
from PIL import Image


def a_picture(
    name: str = "anh.png", *, kind: str = "PNG", size: tuple[int, int] = (40, 30)
) -> ContentFile[bytes]:
    """A real picture file; ``kind`` is Pillow's name of the format, whatever the name says."""
    buffer = BytesIO()
    Image.new("RGB", size, (11, 107, 58)).save(buffer, kind)
    return ContentFile(buffer.getvalue(), name)
