"""A small PDF writer of our own for the vectors: incremental updates, byte for byte the same each time.

It also writes what no honest writer would: every attack of the corpus is made with it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from kolportal.pades.verification.document import Document
from kolportal.pades.verification.objects import Name, Ref, Stream, Text

_DELIMITERS: Final = b"()<>[]{}/%#"


@dataclass(frozen=True)
class Raw:
    """Bytes that stand in the file as they are."""

    data: bytes


@dataclass(frozen=True)
class NewStream:
    """A stream to write; ``/Length`` is added."""

    entries: dict[str, Any]
    body: bytes


def name(text: str) -> Name:
    return Name(text)


def written(value: Any) -> bytes:
    """``value`` in PDF syntax (ISO 32000-2 clause 7.3)."""
    if isinstance(value, Raw):
        return value.data
    if value is None or isinstance(value, bool):
        return {"None": b"null", "True": b"true", "False": b"false"}[str(value)]
    if isinstance(value, Ref):
        return b"%d %d R" % value
    if isinstance(value, Name):
        return b"/" + b"".join(
            b"#%02x" % code if code < 33 or code > 126 or code in _DELIMITERS else bytes((code,))
            for code in value.encode("latin-1")
        )
    if isinstance(value, bytes | str):
        octets = value if isinstance(value, bytes) else b"\xfe\xff" + value.encode("utf-16-be")
        return b"<" + octets.hex().encode() + b">"
    if isinstance(value, list):
        return b"[" + b" ".join(map(written, value)) + b"]"
    if isinstance(value, dict):
        return (
            b"<<"
            + b" ".join(written(Name(key)) + b" " + written(item) for key, item in value.items())
            + b">>"
        )
    if isinstance(value, Stream | NewStream):
        body = value.raw if isinstance(value, Stream) else value.body
        return written({**value.entries, "Length": len(body)}) + b"\nstream\n" + body + b"\nendstream"
    return str(value).encode()


@dataclass
class Update:
    """One more revision after ``data``; nothing is written before :meth:`write`."""

    data: bytes
    objects: dict[int, Any] = field(default_factory=dict)
    trailer: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.document = Document(self.data)
        self.view = self.document.views[-1]
        self.next = max(max(section.entries, default=0) for section in self.document.sections) + 1

    @property
    def root_reference(self) -> Ref:
        reference: Ref = self.view.section.trailer["Root"]
        return reference

    def get(self, value: Any) -> Any:
        """What ``value`` refers to, with this update's changes."""
        if isinstance(value, Ref):
            return self.objects[value.number] if value.number in self.objects else self.view.resolve(value)
        return value

    def change(self, reference: Ref, **entries: Any) -> None:
        """Set entries of the dictionary that ``reference`` refers to; None takes one away."""
        new = {**self.get(reference), **entries}
        self.objects[reference.number] = {key: value for key, value in new.items() if value is not None}

    def add(self, value: Any) -> Ref:
        """A new object."""
        reference = Ref(self.next, 0)
        self.objects[self.next] = value
        self.next += 1
        return reference

    def page(self, index: int = 0) -> Ref:
        """Reference of a page; the tree of these files is flat."""
        kids: list[Ref] = self.get(self.get(self.get(self.root_reference)["Pages"])["Kids"])
        return kids[index]

    def write(self) -> bytes:
        """The file with this revision: objects in order, a cross-reference stream without filter, end mark."""
        out = bytearray(self.data)
        if not out.endswith(b"\n"):
            out += b"\n"
        offsets = {}
        for number, value in sorted(self.objects.items()):
            offsets[number] = len(out)
            out += b"%d 0 obj\n" % number + written(value) + b"\nendobj\n"
        own = self.next
        offsets[own] = len(out)
        rows = b"".join(
            b"\x01" + offset.to_bytes(4, "big") + b"\x00\x00" for _, offset in sorted(offsets.items())
        )
        index = [part for number in sorted(offsets) for part in (number, 1)]
        old = self.view.section.trailer
        kept: dict[str, Any] = {key: old[key] for key in ("Root", "Info") if key in old}
        identifier = hashlib.sha256(bytes(out)).digest()[:16]
        entries: dict[str, Any] = {
            "Type": Name("XRef"),
            **kept,
            "Size": own + 1,
            "Prev": self.document.sections[-1].offset,
            "ID": [bytes(old["ID"][0]), identifier],
            "W": [1, 4, 2],
            "Index": index,
            **self.trailer,
        }
        out += b"%d 0 obj\n" % own + written(NewStream(entries, rows)) + b"\nendobj\n"
        out += b"startxref\n%d\n%%%%EOF\n" % offsets[own]
        return bytes(out)


_RANGE_PLACE: Final = b"[0 0000000001 0000000002 0000000003]"


def signed(
    update: Update,
    *,
    field_name: str,
    entries: dict[str, Any],
    contents: Callable[[bytes], bytes],
    room: int,
    certify: bool = False,
) -> bytes:
    """``update`` with a signature field whose value covers all but its ``/Contents``; ``contents`` gets what is covered."""
    value = update.add(
        {"Contents": Raw(b"<" + b"0" * (2 * room) + b">"), "ByteRange": Raw(_RANGE_PLACE), **entries}
    )
    page = update.page()
    widget = {
        "FT": Name("Sig"), "Type": Name("Annot"), "Subtype": Name("Widget"), "T": field_name.encode(), "F": 132,
        "Rect": [0, 0, 0, 0], "P": page, "V": value,
    }  # fmt: skip
    reference = update.add(widget)
    annotations = list(update.get(update.get(page).get("Annots", [])))
    update.change(page, Annots=[*annotations, reference])
    root = update.get(update.root_reference)
    form = root.get("AcroForm")
    if isinstance(form, Ref):
        update.change(form, Fields=[*update.get(update.get(form)["Fields"]), reference])
    else:
        update.change(update.root_reference, AcroForm=update.add({"Fields": [reference], "SigFlags": 3}))
    if certify:
        update.change(update.root_reference, Perms={"DocMDP": value})
    out = bytearray(update.write())
    start = out.rindex(b"<" + b"0" * (2 * room) + b">")
    end = start + 2 * room + 2
    numbers = b"[0 %d %d %d]" % (start, end, len(out) - end)
    place = out.rindex(_RANGE_PLACE)
    out[place : place + len(_RANGE_PLACE)] = numbers.ljust(len(_RANGE_PLACE))
    der = contents(bytes(out[:start] + out[end:]))
    if len(der) > room:
        raise ValueError(f"{len(der)} bytes do not fit into {room}")
    out[start + 1 : start + 1 + 2 * len(der)] = der.hex().encode()
    return bytes(out)


def text(value: str) -> Text:
    return Text(value.encode())
