"""Files that staff upload: what is taken in, and under which name and type it goes out again."""

from __future__ import annotations

from pathlib import PurePath
from typing import IO, TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from PIL import Image, UnidentifiedImageError

from kolportal.vietnamese import fold

if TYPE_CHECKING:
    from collections.abc import Mapping

COVER_MAX_BYTES = 2_000_000
COVER_MAX_PIXELS = 12_000_000
MATERIAL_MAX_BYTES = 20_000_000

# Extension → Pillow's format and the type we serve.
PICTURES: Mapping[str, tuple[str, str]] = {
    "jpg": ("JPEG", "image/jpeg"),
    "jpeg": ("JPEG", "image/jpeg"),
    "png": ("PNG", "image/png"),
    "webp": ("WEBP", "image/webp"),
}
# Extension → how such a file begins. Office and OpenDocument files are ZIP archives.
DOCUMENTS: Mapping[str, bytes] = {
    "pdf": b"%PDF-",
    "docx": b"PK\x03\x04",
    "xlsx": b"PK\x03\x04",
    "pptx": b"PK\x03\x04",
    "odt": b"PK\x03\x04",
}


def extension(name: str) -> str:
    """``jpg`` for ``Ảnh.JPG``."""
    return PurePath(name).suffix.lstrip(".").lower()


def picture_type(name: str) -> str:
    """The type under which a picture of this name is served; unknown extensions as plain bytes."""
    return PICTURES[extension(name)][1] if extension(name) in PICTURES else "application/octet-stream"


def download_name(title: str, *, stored_name: str, otherwise: str) -> str:
    """The name under which a file goes out: its title without accents and the ending of ``stored_name``, such as
    ``tai-lieu-1.pdf``; ``otherwise`` (without ending) stands in for a title without a letter or digit of ASCII."""
    words = "".join(
        character if character.isalnum() and character.isascii() else "-" for character in fold(title)
    )
    stem = "-".join(filter(None, words.split("-")))[:80] or otherwise
    return f"{stem}.{extension(stored_name)}"


def check_picture(file: File[bytes], *, max_bytes: int = COVER_MAX_BYTES) -> None:
    """Raises ``ValidationError`` unless the file is a picture of the kind that its name says, within the limits."""
    _check_size(file, max_bytes)
    wanted = PICTURES.get(extension(file.name or ""))
    try:
        # Opening reads the header only: neither a bomb nor a broken tail is decoded here.
        with Image.open(_rewound(file)) as picture:
            found, (width, height) = picture.format, picture.size
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError) as error:
        raise ValidationError(_("This file is not a picture that can be opened.")) from error
    finally:
        file.seek(0)
    if wanted is None or found != wanted[0]:
        raise ValidationError(
            _("The file's ending does not fit its content. Please save it again as JPEG, PNG or WebP.")
        )
    if width * height > COVER_MAX_PIXELS:
        raise ValidationError(_("The picture has too many pixels. Please reduce it to at most 4000 × 3000."))


def check_material(file: File[bytes]) -> None:
    """Raises ``ValidationError`` unless the file begins as its name says and is not too large."""
    _check_size(file, MATERIAL_MAX_BYTES)
    kind = extension(file.name or "")
    if kind in PICTURES:
        check_picture(file, max_bytes=MATERIAL_MAX_BYTES)
    elif not _rewound(file).read(8).startswith(DOCUMENTS.get(kind, b"\0never")):
        raise ValidationError(
            _("The file's content is not what its ending says. Please save it again and upload it once more.")
        )
    file.seek(0)


def _rewound(file: File[bytes]) -> IO[bytes]:
    file.seek(0)
    return file


def _check_size(file: File[bytes], max_bytes: int) -> None:
    if (file.size or 0) > max_bytes:
        raise ValidationError(_("The file is larger than %(limit)s.") % {"limit": filesizeformat(max_bytes)})
