"""Finding the signatures of a file, and holding each to the one shape that leaves no room for tricks.

The attacks that this answers: universal signature forgery (emptied ``/Contents``, odd ``/ByteRange``), incremental saving
and signature wrapping (Mladenov et al., "1 Trillion Dollar Refund", CCS 2019). A signature of the right shape covers
everything from the first byte of the file to the end of its own revision, except its own ``/Contents`` token.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

from kolportal.pades.verification.document import View
from kolportal.pades.verification.objects import MAX_DEPTH, Ref, Text, TooComplex

MAX_NAME: Final = 1_000
"""Characters of a field's whole name, those above it included."""
MAX_FIELDS: Final = 2_000
MAX_SIGNATURES: Final = 12
"""More signatures than this are no document of ours, and each costs time to judge."""
MAX_CONTENTS: Final = 64 * 1024

_PLAIN_HEX = re.compile(rb"<(?:[0-9a-f]*|[0-9A-F]*)>")
_PDF_DATE = re.compile(
    r"D:(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?:Z(?:00'?00'?)?|([+-])(\d\d)'?(?:(\d\d)'?)?)?\Z"
)


@dataclass(frozen=True)
class Found:
    """A signature dictionary with its field. ``revision`` is the one that it covers, None where its shape is odd."""

    field_name: str
    reference: Ref
    entries: dict[str, Any]
    contents: bytes
    byte_range: tuple[int, int, int, int] | None
    revision: int | None
    faults: tuple[str, ...]

    @property
    def is_time_stamp(self) -> bool:
        return self.entries.get("Type") == "DocTimeStamp"

    @property
    def end(self) -> int:
        """Where the bytes that it claims to cover end; 0 where it claims nothing that can be followed."""
        return self.byte_range[2] + self.byte_range[3] if self.byte_range else 0

    @property
    def claimed_at(self) -> datetime | None:
        """``/M`` as an aware time; None where absent or unreadable."""
        return pdf_date(self.entries.get("M"))

    def digest(self, data: bytes, algorithm: str) -> bytes:
        """Hash over the byte range; ValueError where there is none."""
        if self.byte_range is None:
            raise ValueError("a signature without a byte range has no digest")
        a, b, c, d = self.byte_range
        view = memoryview(data)
        engine = hashlib.new(algorithm, view[a : a + b])
        engine.update(view[c : c + d])
        return engine.digest()


def find(view: View) -> list[Found]:
    """The filled signature fields of ``view``, in the order in which they were signed. Raises Damaged, TooComplex."""
    if "signatures" not in view.memory:
        view.memory["signatures"] = _find(view)
    signatures: list[Found] = view.memory["signatures"]
    return signatures


def _find(view: View) -> list[Found]:
    found: dict[Ref, Found] = {}
    for name, value in _signature_values(view):
        if value in found:
            continue
        if len(found) >= MAX_SIGNATURES:
            raise TooComplex(f"the file carries more than {MAX_SIGNATURES} signatures")
        entries = view.resolve(value)
        if isinstance(entries, dict):
            found[value] = _found(view, name, value, entries)
    return sorted(found.values(), key=lambda one: one.end)


def docmdp(view: View, found: Found) -> int | None:
    """Permission of the certification (ISO 32000-2 clause 12.8.2.2), None where ``found`` does not certify.

    It counts only when the catalog's ``/Perms`` names the same signature.
    """
    if view.dictionary(view.root.get("Perms")).get("DocMDP") != found.reference:
        return None
    for reference in view.array(found.entries.get("Reference")):
        entries = view.dictionary(reference)
        if entries.get("TransformMethod") == "DocMDP":
            permission = view.dictionary(entries.get("TransformParams")).get("P", 2)
            return permission if permission in (1, 2, 3) else None
    return None


def _signature_values(view: View) -> Iterator[tuple[str, Ref]]:
    """Name and ``/V`` of each signature field; ``/V`` must be a reference, as every writer makes it."""
    form = view.dictionary(view.root.get("AcroForm"))
    waiting = [(field, "", None, 0) for field in reversed(view.array(form.get("Fields")))]
    seen = 0
    while waiting:
        field, above, inherited, depth = waiting.pop()
        seen += 1
        if seen > MAX_FIELDS or depth > MAX_DEPTH:
            raise TooComplex("the file has more form fields than can be looked through")
        entries = view.dictionary(field)
        own = entries.get("T")
        name = ".".join(part for part in (above, text(own) if isinstance(own, Text) else "") if part)
        if len(name) > MAX_NAME:
            raise TooComplex(f"the name of a form field is longer than {MAX_NAME} characters")
        kind = entries.get("FT", inherited)
        value = entries.get("V")
        if kind == "Sig" and isinstance(value, Ref):
            yield name, value
        waiting += [(kid, name, kind, depth + 1) for kid in reversed(view.array(entries.get("Kids")))]


def _found(view: View, name: str, reference: Ref, entries: dict[str, Any]) -> Found:
    contents = entries.get("Contents")
    faults, byte_range, revision = _shape(view, reference, entries)
    return Found(
        field_name=name,
        reference=reference,
        entries=entries,
        contents=bytes(contents) if isinstance(contents, Text) else b"",
        byte_range=byte_range,
        revision=revision,
        faults=faults,
    )


def _shape(
    view: View, reference: Ref, entries: dict[str, Any]
) -> tuple[tuple[str, ...], tuple[int, int, int, int] | None, int | None]:
    """Faults, byte range and the revision that it ends with."""
    entry = view.entry(reference.number)
    if entry is None or entry.offset is None:
        return ("the signature stands in an object stream",), None, None
    contents, numbers = entries.get("Contents"), entries.get("ByteRange")
    if not isinstance(contents, Text) or not contents.is_hex:
        return ("the signature has no /Contents of the right kind",), None, None
    if not 0 < len(contents) <= MAX_CONTENTS:
        return (f"the /Contents of the signature is empty or longer than {MAX_CONTENTS} bytes",), None, None
    digits = contents.span[1] - contents.span[0] - 2
    if digits != 2 * len(contents) or _PLAIN_HEX.fullmatch(view.document.data, *contents.span) is None:
        # a signature does not cover its own digits: white space or changing case there could carry something
        return ("the /Contents of the signature is not written plainly",), None, None
    if (
        not isinstance(numbers, list)
        or len(numbers) != 4
        or any(type(n) is not int or n < 0 for n in numbers)
    ):
        return ("the /ByteRange of the signature is not four numbers",), None, None
    a, b, c, d = numbers
    byte_range = (a, b, c, d)
    if (a, b, c) != (0, *contents.span):
        return ("the /ByteRange leaves out something else than the /Contents",), byte_range, None
    revision = view.changed_in(reference.number)
    document = view.document
    if document.sections[revision].end != c + d:
        return ("the /ByteRange does not end with the revision of the signature",), byte_range, None
    for section in document.sections[: revision + 1]:
        if max(section.offset, section.last_offset) >= c + d:
            return ("the signed revision uses bytes behind its own end",), byte_range, None
    return (), byte_range, revision


def text(value: bytes) -> str:
    """A text string (ISO 32000-2 clause 7.9.2.2) for showing."""
    if value.startswith(b"\xfe\xff"):
        return value[2:].decode("utf-16-be", "replace")
    if value.startswith(b"\xef\xbb\xbf"):
        return value[3:].decode("utf-8", "replace")
    return value.decode("latin-1")


def pdf_date(value: Any) -> datetime | None:
    """A PDF date (7.9.4) as an aware time; without an offset it counts as UTC. None where it is none."""
    match = _PDF_DATE.match(value.decode("latin-1")) if isinstance(value, Text) else None
    if match is None:
        return None
    year, month, day, hour, minute, second = (
        int(match[i] or default) for i, default in enumerate((0, 1, 1, 0, 0, 0), 1)
    )
    zone = UTC
    try:
        if match[7]:
            offset = timedelta(hours=int(match[8]), minutes=int(match[9] or 0))
            zone = timezone(offset if match[7] == "+" else -offset)
        return datetime(year, month, day, hour, minute, second, tzinfo=zone)
    except ValueError:
        return None
