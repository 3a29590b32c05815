"""Files that try to pass for whole: what somebody appends to a sealed file, made byte by byte.

Each takes a sealed file and gives it with one more revision; :func:`appended` is the honest twin of them all.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from kolportal.pades.verification.document import Document
from kolportal.pades.verification.objects import Ref
from tests.vectors import pki, sealing, tokens
from tests.vectors.writer import NewStream, Update, name, signed, written

RED: Final = b"q 1 0 0 rg 50 50 400 700 re f Q"
"""Page content that covers everything in red."""
STAMPED_AT: Final = datetime(2026, 9, 10, 2, 0, tzinfo=UTC)
STAMP: Final = {
    "Type": name("DocTimeStamp"),
    "Filter": name("Adobe.PPKLite"),
    "SubFilter": name("ETSI.RFC3161"),
}


def content_of(update: Update) -> Ref:
    """The object of the page's content."""
    found: Ref = update.get(update.page())["Contents"]
    return found


def store_of(update: Update) -> Ref:
    found: Ref = update.get(update.root_reference)["DSS"]
    return found


def grown(pdf: bytes) -> Update:
    """An update that adds a certificate to the store of ``pdf``, not yet written."""
    update = Update(pdf)
    return stored(update, update.add(NewStream({}, pki.der("root"))))


def stored(update: Update, item: Ref, key: str = "Certs") -> Update:
    """``update`` with ``item`` in a list of the store."""
    store = dict(update.get(store_of(update)))
    update.objects[store_of(update).number] = {**store, key: [*store.get(key, []), item]}
    return update


def stamped(update: Update, **entries: Any) -> bytes:
    """``update`` with a document time-stamp over it."""
    return signed(
        update,
        field_name="Stamp1",
        entries={**STAMP, **entries},
        contents=lambda data: tokens.timestamp(hashlib.sha256(data).digest(), at=STAMPED_AT),
        room=tokens.STAMP_ROOM,
    )


# --- one object, two roles ----------------------------------------------------------------------------------------------


def content_as_list_of_certificates(pdf: bytes) -> bytes:
    update = Update(pdf)
    content = content_of(update)
    store = dict(update.get(store_of(update)))
    update.objects[content.number] = [*store["Certs"], update.add(NewStream({}, RED))]
    update.objects[store_of(update).number] = {**store, "Certs": content}
    return update.write()


def content_as_information(pdf: bytes) -> bytes:
    update = grown(pdf)
    content = content_of(update)
    update.objects[content.number] = dict(update.get(update.view.section.trailer["Info"]))
    update.trailer["Info"] = content
    return update.write()


def content_as_form(pdf: bytes) -> bytes:
    update = grown(pdf)
    content = content_of(update)
    update.objects[content.number] = dict(update.get(update.get(update.root_reference)["AcroForm"]))
    update.change(update.root_reference, AcroForm=content)
    return update.write()


def content_as_store(pdf: bytes) -> bytes:
    update = Update(pdf)
    content = content_of(update)
    update.objects[content.number] = dict(update.get(store_of(update)))
    update.change(update.root_reference, DSS=content)
    return update.write()


def content_as_annotations(pdf: bytes) -> bytes:
    update = grown(pdf)
    content, page = content_of(update), update.page()
    update.objects[content.number] = list(update.get(page)["Annots"])
    update.change(page, Annots=content)
    return update.write()


def dangling() -> tuple[bytes, int]:
    """A file sealed with a reference to nothing in its page, and the number of that nothing."""
    update = Update(sealing.base())
    update.change(update.page(), Contents=[content_of(update), Ref(900, 0)])
    return sealing.sealed(pdf=update.write()), 900


def filled(pdf: bytes, number: int) -> bytes:
    """The nothing filled with a real certificate, which page content it thereby is."""
    update = Update(pdf)
    update.objects[number] = NewStream({}, pki.der("issuing"))
    update.next = number + 1
    update.change(update.root_reference, DSS=update.add({"Type": name("DSS"), "Certs": [Ref(number, 0)]}))
    return update.write()


def shared_list() -> bytes:
    """A file sealed while its page content and its list of certificates are one and the same array."""
    update = Update(sealing.base())
    both = update.add([content_of(update)])
    update.change(update.page(), Contents=both)
    update.change(update.root_reference, DSS=update.add({"Type": name("DSS"), "Certs": both}))
    return sealing.sealed(pdf=update.write())


def with_longer_shared_list(pdf: bytes) -> bytes:
    update = Update(pdf)
    both: Ref = update.get(store_of(update))["Certs"]
    update.objects[both.number] = [*update.get(both), update.add(NewStream({}, pki.der("issuing")))]
    return update.write()


# --- bytes --------------------------------------------------------------------------------------------------------------


@dataclass
class Appended:
    """A revision that adds a certificate to the store, with a hand on every byte of it."""

    pdf: bytes
    is_table: bool = True
    number_of_stream: int | None = None
    size: Any = None
    free: bytes = b"0000000000 65535 f \n"
    generation: int = 0
    widths: tuple[int, int, int] = (1, 4, 2)
    trailer: dict[str, Any] = field(default_factory=dict)
    between: bytes = b""
    before_trailer: bytes = b""
    in_object: bytes = b""
    after_mark: bytes = b""
    mark: bytes = b"startxref\n%d\n%%%%EOF\n"
    body: bytes | None = None

    def write(self) -> bytes:
        update = grown(self.pdf)
        if self.body is not None:
            update.objects[max(update.objects)] = NewStream({}, self.body)
        last = max(update.objects)
        out = bytearray(self.pdf + self.after_mark)
        places = {}
        for number, value in sorted(update.objects.items()):
            places[number] = len(out)
            text = written(value)
            if number != last and self.in_object:
                text = text.removesuffix(b">>") + self.in_object + b">>"
            out += b"%d 0 obj\n" % number + text + b"\nendobj\n"
        out += self.between
        own = last + 1 if self.number_of_stream is None else self.number_of_stream
        size = last + (1 if self.is_table else 2) if self.size is None else self.size
        old = update.view.section.trailer
        entries: dict[str, Any] = {
            "Root": old["Root"],
            "Info": old["Info"],
            "Size": size,
            "Prev": update.document.sections[-1].offset,
            "ID": [bytes(part) for part in old["ID"]],
            **self.trailer,
        }
        start = len(out)
        out += self._table(places, entries) if self.is_table else self._stream(places, entries, own, start)
        return bytes(out) + self.mark % start

    def _table(self, places: dict[int, int], entries: dict[str, Any]) -> bytes:
        rows = b"".join(
            b"%d 1\n%010d %05d n \n" % (number, place, self.generation)
            for number, place in sorted(places.items())
        )
        return (
            b"xref\n0 1\n" + self.free + rows + self.before_trailer + b"trailer\n" + written(entries) + b"\n"
        )

    def _stream(self, places: dict[int, int], entries: dict[str, Any], own: int, start: int) -> bytes:
        places[own] = start
        a, b, c = self.widths
        rows = b"".join(
            (1).to_bytes(a, "big") + place.to_bytes(b, "big") + self.generation.to_bytes(c, "big")
            for _, place in sorted(places.items())
        )
        index = [part for number in sorted(places) for part in (number, 1)]
        stream = NewStream({"Type": name("XRef"), **entries, "W": [a, b, c], "Index": index}, rows)
        return b"%d 0 obj\n" % own + written(stream) + b"\nendobj\n"


def forged_update(pdf: bytes) -> bytes:
    """An ordinary update that shows another page; what :func:`hidden_from_the_index` hides."""
    update = Update(pdf)
    update.objects[content_of(update).number] = NewStream({}, RED)
    return update.write()


def closed_again(pdf: bytes, behind: bytes, *, before_mark: bytes = b"") -> bytes:
    """``pdf`` and anything ``behind`` it, closed by an end mark that leads back to the last section of ``pdf``."""
    offset = Document(pdf).sections[-1].offset
    return pdf + behind + before_mark + b"startxref\n%d\n%%%%EOF\n" % offset


_PLACE_OF_RANGE: Final = b"[0 0000000001 0000000002 0000000003]"


def document_behind(pdf: bytes) -> bytes:
    """``pdf``, and behind it a whole other document with no way back, sealed from the first byte to the last."""
    room = b"<" + b"0" * (2 * tokens.ROOM) + b">"
    content = b"<</Length %d>>\nstream\n" % len(RED) + RED + b"\nendstream"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[5 0 R]/SigFlags 3>>/Perms<</DocMDP 6 0 R>>>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Annots[5 0 R]>>",
        content,
        b"<</FT/Sig/Type/Annot/Subtype/Widget/T(Seal)/F 132/Rect[0 0 0 0]/P 3 0 R/V 6 0 R>>",
        b"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/Reference[<</Type/SigRef/TransformMethod/DocMDP"
        b"/TransformParams<</Type/TransformParams/V/1.2/P 2>>>>]/ByteRange " + _PLACE_OF_RANGE + b"/Contents " + room + b">>",
    ]  # fmt: skip
    out, rows = bytearray(pdf), b"0000000000 65535 f \n"
    for number, value in enumerate(objects, 1):
        rows += b"%010d 00000 n \n" % len(out)
        out += b"%d 0 obj\n" % number + value + b"\nendobj\n"
    start = len(out)
    out += b"xref\n0 7\n" + rows + b"trailer\n<</Size 7/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % start
    begin = out.rindex(room)
    end = begin + len(room)
    place = out.rindex(_PLACE_OF_RANGE)
    numbers = b"[0 %d %d %d]" % (begin, end, len(out) - end)
    out[place : place + len(_PLACE_OF_RANGE)] = numbers.ljust(len(_PLACE_OF_RANGE))
    covered = bytes(out[:begin] + out[end:])
    message = tokens.signed_data("seal", covered, enclosed=["issuing"], tokens=["tsa"])
    out[begin + 1 : begin + 1 + 2 * len(message)] = message.hex().encode()
    return bytes(out)
