"""What somebody may do to a sealed file. Each function takes a sealed PDF and returns a changed one."""

from __future__ import annotations

import re
import zlib
from functools import cache
from typing import Any, Final

from kolportal.pades.verification.document import Document
from kolportal.pades.verification.objects import Name, Ref
from kolportal.pades.verification.signatures import Found, find
from tests.vectors import sealing
from tests.vectors.writer import NewStream, Raw, Update, name, text, written

BOMB: Final = 100_000_000
_CONTENT = b"BT /F1 20 Tf 60 400 Td (Toi dong y tat ca) Tj ET"


def seal_of(pdf: bytes) -> Found:
    return find(Document(pdf).views[-1])[0]


# --- bytes ------------------------------------------------------------------------------------------------------------


def flipped(pdf: bytes, position: int) -> bytes:
    changed = bytearray(pdf)
    changed[position] ^= 0x01
    return bytes(changed)


def replaced(pdf: bytes, old: bytes, new: bytes) -> bytes:
    """``old`` for ``new`` of the same length, once."""
    if len(old) != len(new) or pdf.count(old) < 1:
        raise ValueError("not a replacement in place")
    return pdf.replace(old, new, 1)


# --- incremental updates ------------------------------------------------------------------------------------------------


def media_box(pdf: bytes) -> bytes:
    update = Update(pdf)
    update.change(update.page(), MediaBox=[0, 0, 595, 300])
    return update.write()


def annotation(pdf: bytes) -> bytes:
    update = Update(pdf)
    note = update.add(
        {"Type": name("Annot"), "Subtype": name("FreeText"), "Rect": [50, 400, 500, 700], "Contents": "Tôi không ký",
         "DA": text("/Helv 20 Tf"), "F": 4}
    )  # fmt: skip
    page = update.page()
    update.change(page, Annots=[*update.get(update.get(page)["Annots"]), note])
    return update.write()


def page_added(pdf: bytes) -> bytes:
    update = Update(pdf)
    pages: Ref = update.get(update.root_reference)["Pages"]
    page = update.add({"Type": name("Page"), "Parent": pages, "MediaBox": [0, 0, 595, 842], "Resources": {}})
    kids = update.get(pages)["Kids"]
    update.change(pages, Kids=[*kids, page], Count=len(kids) + 1)
    return update.write()


def page_removed(pdf: bytes) -> bytes:
    update = Update(pdf)
    update.change(update.get(update.root_reference)["Pages"], Kids=[], Count=0)
    return update.write()


def form_field(pdf: bytes) -> bytes:
    update = Update(pdf)
    page = update.page()
    field = update.add(
        {"FT": name("Tx"), "T": text("amount"), "V": text("1000"), "Type": name("Annot"), "Subtype": name("Widget"),
         "Rect": [50, 50, 200, 80], "P": page}
    )  # fmt: skip
    form: Ref = update.get(update.root_reference)["AcroForm"]
    update.change(form, Fields=[*update.get(form)["Fields"], field])
    update.change(page, Annots=[*update.get(update.get(page)["Annots"]), field])
    return update.write()


def attachment(pdf: bytes) -> bytes:
    update = Update(pdf)
    files = [
        (number, value)
        for number, value in _objects(update)
        if getattr(value, "entries", {}).get("Type") == "EmbeddedFile"
    ]
    update.objects[files[0][0]] = NewStream({"Type": Name("EmbeddedFile")}, b'{"name":"Somebody else"}\n')
    return update.write()


def metadata(pdf: bytes) -> bytes:
    update = Update(pdf)
    reference: Ref = update.get(update.root_reference)["Metadata"]
    update.objects[reference.number] = NewStream({"Type": Name("Metadata"), "Subtype": Name("XML")}, b"<x/>")
    return update.write()


def open_action(pdf: bytes) -> bytes:
    update = Update(pdf)
    update.change(update.root_reference, OpenAction={"S": name("URI"), "URI": text("https://example.org/")})
    return update.write()


def content(pdf: bytes) -> bytes:
    update = Update(pdf)
    reference: Ref = update.get(update.page())["Contents"]
    update.objects[reference.number] = NewStream({}, _CONTENT)
    return update.write()


def hidden_object(pdf: bytes) -> bytes:
    """An object that nothing refers to (yet), smuggled in with validation data."""
    update = sealing.with_validation_data(pdf, certificates=["issuing"], crls=sealing.lists())
    update.add(NewStream({}, _CONTENT))
    return update.write()


def hidden_bytes(pdf: bytes) -> bytes:
    """A comment between the objects of an otherwise permitted revision."""
    update = sealing.with_validation_data(pdf, certificates=["issuing"], crls=sealing.lists())
    number = max(update.objects)
    hidden = b"% 7 0 obj (hidden)"
    update.objects[number] = Raw(written(update.objects[number]) + b" " * len(hidden))
    return replaced(update.write(), b" " * len(hidden) + b"\nendobj\n", b"\nendobj\n" + hidden)


def second_signature(pdf: bytes, *, label: str, certify: bool = False) -> bytes:
    return sealing.sealed(label, pdf=pdf, field_name="Second", certify=certify)


# --- shadow attacks (Mainka et al., NDSS 2021) --------------------------------------------------------------------------


def shadow_base(kind: str) -> bytes:
    """The base document with what the attacker hid in it *before* it was sealed."""
    update = Update(sealing.base())
    page = update.page()
    if kind == "hide":
        cover = {"Type": name("XObject"), "Subtype": name("Form"), "BBox": [0, 0, 595, 842]}
        resources = dict(update.get(update.get(page)["Resources"]))
        overlay = update.add(NewStream(cover, b"1 1 1 rg 0 0 595 842 re f"))
        resources["XObject"] = {**resources.get("XObject", {}), "Cover": overlay}
        old: Ref = update.get(page)["Contents"]
        update.change(page, Resources=resources, Contents=[old, update.add(NewStream({}, b"/Cover Do"))])
    elif kind == "replace":
        form = {"Type": name("XObject"), "Subtype": name("Form"), "BBox": [0, 0, 200, 20]}
        field = update.add(
            {"FT": name("Tx"), "T": text("who"), "V": text("A"), "Type": name("Annot"), "Subtype": name("Widget"),
             "Rect": [50, 50, 250, 70], "P": page, "AP": {"N": update.add(NewStream(form, b""))}, "F": 4}
        )  # fmt: skip
        update.change(page, Annots=[field])
        update.change(update.root_reference, AcroForm=update.add({"Fields": [field], "SigFlags": 3}))
    else:  # hide-and-replace: a whole second page lies ready, unused
        pages: Ref = update.get(update.root_reference)["Pages"]
        update.add({"Type": name("Page"), "Parent": pages, "MediaBox": [0, 0, 595, 842], "Resources": {}})
    return update.write()


def shadow(pdf: bytes, kind: str) -> bytes:
    """The step after the seal that turns the hidden into the shown."""
    update = Update(pdf)
    page = update.page()
    if kind == "hide":
        overlay: Ref = update.get(update.get(page)["Resources"])["XObject"]["Cover"]
        update.objects[overlay.number] = NewStream(
            {"Type": name("XObject"), "Subtype": name("Form"), "BBox": [0, 0, 1, 1]}, b""
        )
    elif kind == "replace":
        field: Ref = update.get(update.get(page)["Annots"])[0]
        update.change(field, V=text("B"))
    else:
        hidden = next(
            number
            for number, value in _objects(update)
            if isinstance(value, dict) and value.get("Type") == "Page" and number != page.number
        )
        update.change(update.get(update.root_reference)["Pages"], Kids=[Ref(hidden, 0)])
    return update.write()


# --- signatures that are not what they seem (Mladenov et al., CCS 2019) -----------------------------------------------


def forged(pdf: bytes, **entries: Any) -> bytes:
    """Universal signature forgery: the signature dictionary written anew, with entries emptied or odd."""
    update = Update(pdf)
    seal = seal_of(pdf)
    update.change(seal.reference, **entries)
    return update.write()


def wide_range(pdf: bytes) -> bytes:
    """The byte range in place: the hole a little wider than the ``/Contents``, with room to change things."""
    a, b, c, d = seal_of(pdf).byte_range or (0, 0, 0, 0)
    old = re.search(rb"\[0 %d %d %d\] *" % (b, c, d), pdf)
    if old is None:
        raise ValueError("no byte range")
    new = b"[%d %d %d %d]" % (a, b, c + 8, d - 8)
    return pdf.replace(old[0], new.ljust(len(old[0])), 1)


def wrapped(pdf: bytes) -> bytes:
    """Signature wrapping: the signed end moved to the end of the file, something else where it was."""
    seal = seal_of(pdf)
    a, b, c, d = seal.byte_range or (0, 0, 0, 0)
    update = Update(pdf)
    update.change(update.page(), MediaBox=[0, 0, 595, 300])
    longer = update.write() + b"\n" + pdf[c : c + d]
    shift = len(longer) - d
    old = re.search(rb"\[0 %d %d %d\] *" % (b, c, d), longer)
    if old is None:
        raise ValueError("no byte range")
    return longer.replace(old[0], (b"[%d %d %d %d]" % (a, b, shift, d)).ljust(len(old[0])), 1)


def appended_without_index(pdf: bytes) -> bytes:
    """Incremental saving without a cross-reference section of its own: some readers repair it into the document."""
    page = Update(pdf).page()
    return pdf + b"%d 0 obj\n<</Type /Page /MediaBox [0 0 10 10]>>\nendobj\n%%%%EOF\n" % page.number


def swapped(pdf: bytes) -> bytes:
    """Two signatures whose values were exchanged."""
    double = second_signature(pdf, label="seal-rsa")
    fields = find(Document(double).views[-1])
    update = Update(double)
    form: Ref = update.get(update.root_reference)["AcroForm"]
    first, second = update.get(form)["Fields"][-2:]
    update.change(first, V=fields[1].reference)
    update.change(second, V=fields[0].reference)
    update.change(update.root_reference, Perms={"DocMDP": fields[1].reference})
    return update.write()


# --- time-stamps ------------------------------------------------------------------------------------------------------


def broken_document_stamp(pdf: bytes) -> bytes:
    """A document time-stamp of something else."""
    return sealing.stamped(Update(pdf), imprint=bytes(32))


# --- files that cost ----------------------------------------------------------------------------------------------------


@cache
def _bomb() -> bytes:
    return zlib.compress(bytes(BOMB), 9)


def bomb(place: str) -> bytes:
    """A sealed file with a stream that inflates to 100 MB: in an object stream, a cross-reference stream or a page."""
    body = _bomb()
    update = Update(sealing.base())
    if place == "content":
        update.change(update.page(), Contents=update.add(NewStream({"Filter": name("FlateDecode")}, body)))
        return sealing.sealed(pdf=update.write())
    if place == "validation-data":
        sealed = Update(sealing.sealed())
        stream = sealed.add(NewStream({"Filter": name("FlateDecode")}, body))
        sealed.change(sealed.root_reference, DSS=sealed.add({"Type": name("DSS"), "CRLs": [stream]}))
        return sealed.write()
    if place == "cross-reference":
        last = update.document.sections[-1].offset
        entries = {"Type": name("XRef"), "W": [1, 4, 2], "Size": 99, "Root": update.root_reference, "Prev": last,
                   "Filter": name("FlateDecode")}  # fmt: skip
        data = sealing.base() + b"98 0 obj\n" + written(NewStream(entries, body)) + b"\nendobj\n"
        return data + b"startxref\n%d\n%%%%EOF\n" % len(sealing.base())
    packed = {"Type": name("ObjStm"), "N": 1, "First": 5, "Filter": name("FlateDecode")}
    number = update.add(NewStream(packed, body)).number
    rows = (
        b"\x01"
        + len(sealing.base()).to_bytes(4, "big")
        + bytes(2)
        + b"\x02"
        + number.to_bytes(4, "big")
        + bytes(2)
    )
    data = sealing.base() + b"%d 0 obj\n" % number + written(update.objects[number]) + b"\nendobj\n"
    entries = {"Type": name("XRef"), "W": [1, 4, 2], "Size": number + 9, "Prev": update.document.sections[-1].offset,
               "Index": [number, 1, number + 1, 1], "Root": Ref(number + 1, 0)}  # fmt: skip
    return (
        data + b"%d 0 obj\n" % (number + 8) + written(NewStream(entries, rows))
        + b"\nendobj\nstartxref\n%d\n%%%%EOF\n" % len(data)
    )  # fmt: skip


def many_signatures(count: int) -> bytes:
    update = Update(sealing.base())
    fields = []
    for index in range(count):
        value = update.add({"Type": name("Sig"), "Contents": b"0", "ByteRange": [0, 1, 2, 3]})
        fields.append(update.add({"FT": name("Sig"), "T": text(f"s{index}"), "V": value}))
    update.change(update.root_reference, AcroForm=update.add({"Fields": fields, "SigFlags": 3}))
    return update.write()


def many_revisions(pdf: bytes, count: int) -> bytes:
    for _ in range(count):
        update = Update(pdf)
        update.add({"Type": name("Nothing")})
        pdf = update.write()
    return pdf


def deep(pdf: bytes) -> bytes:
    update = Update(pdf)
    update.add(Raw(b"[" * 3000 + b"]" * 3000))
    return update.write()


def _objects(update: Update) -> list[tuple[int, Any]]:
    numbers = sorted({number for section in update.document.sections for number in section.entries if number})
    return [(number, update.view.resolve(Ref(number, 0))) for number in numbers]
