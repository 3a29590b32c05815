"""What came after the seal: an allowlist over every object and every byte of each later revision.

Permitted are document time-stamps and validation data (ETSI EN 319 142-1 clauses 5.4 and 5.5) with the few entries of
catalog, form and page that carry them. Whatever is not understood is never permitted, so a way to hide something that
nobody has thought of yet is refused as well (Mainka, Mladenov, Rohlmann, "Shadow Attacks", NDSS 2021).
"""

from __future__ import annotations

from typing import Any, Final

from kolportal.pades.verification import naming
from kolportal.pades.verification.document import Document, View
from kolportal.pades.verification.objects import Damaged, Ref, Stream, Text
from kolportal.pades.verification.report import Change, Finding
from kolportal.pades.verification.signatures import Found, find

_WHITE: Final = b"\x00\t\n\x0c\r "
_MAX_GAP: Final = 4
"""White space between objects that still counts as nothing."""
MAX_NAMED: Final = 20
"""Objects of one revision that are named; more would say nothing new."""
_TRAILER_OF_ITS_OWN: Final = frozenset(
    {"Size", "Prev", "ID", "Type", "W", "Index", "Filter", "Length", "DecodeParms"}
)
_FIELD_KEYS: Final = frozenset({"Type", "Subtype", "FT", "T", "V", "F", "Rect", "P", "Ff"})
_STAMP_KEYS: Final = frozenset({"Type", "Filter", "SubFilter", "Contents", "ByteRange", "M", "V"})
_EXTENSION_KEYS: Final = frozenset({"Type", "BaseVersion", "ExtensionLevel", "ExtensionRevision", "URL"})
_DSS_LISTS: Final = {"Certs": "Cert", "CRLs": "CRL", "OCSPs": "OCSP"}
_VRI_KEYS: Final = frozenset({"Type", "Cert", "CRL", "OCSP", "TU"})


def after_seal(document: Document, seal: Found) -> list[Finding]:
    """Findings in every revision behind ``seal``; none where nothing came."""
    if seal.revision is None:
        return [Finding(Change.NOT_UNDERSTOOD, 0, "what the seal covers cannot be told")]
    found: list[Finding] = []
    last = len(document.views) - 1
    for index in range(seal.revision + 1, last + 1):
        review = _Review(document.views[index - 1], document.views[index])
        found += [Finding(change, index - seal.revision, detail) for change, detail in review.run()]
    if not any(
        one.reference == seal.reference and one.entries is seal.entries for one in find(document.views[-1])
    ):
        found.append(Finding(Change.SEAL_REMOVED, last - seal.revision))
    if document.trailing:
        found.append(Finding(Change.TRAILING_BYTES, last - seal.revision + 1, f"{document.trailing} bytes"))
    return list(dict.fromkeys(found))


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same, type for type (Python holds 1, 1.0 and true for equal)."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


class _Review:
    """One revision against the one before it."""

    def __init__(self, before: View, after: View) -> None:
        self.before, self.after = before, after
        self.section = after.section
        self.touched = {number for number, entry in self.section.entries.items() if not entry.is_free}
        self.touched.discard(self.section.stream_number or 0)
        self.accounted: set[int] = set()
        self.new_fields: list[Ref] = []
        self.found: list[tuple[Change, str]] = []

    def run(self) -> list[tuple[Change, str]]:
        """What this revision does. Raises Damaged, TooComplex."""
        if not self._bytes_are_accounted_for():
            return self.found
        self._trailer()
        self._catalog()
        self._pages()
        for number in sorted(self.touched - self.accounted)[:MAX_NAMED]:
            self.found += naming.names(number, self.before, self.after)
        if not self.found:
            self._note(Change.NOT_UNDERSTOOD, "a revision that changes nothing")
        return self.found

    def _note(self, change: Change, detail: str) -> None:
        self.found.append((change, detail))

    # --- bytes -----------------------------------------------------------------------------------------------------------

    def _bytes_are_accounted_for(self) -> bool:
        """Whether the revision is a row of whole objects, each listed at its place, and its cross-reference section."""
        document, section = self.after.document, self.section
        start = self.before.section.end
        if start is None or section.end is None or not start <= section.offset:
            self._note(Change.NOT_UNDERSTOOD, "the revisions do not follow one another")
            return False
        for number, entry in section.entries.items():
            if (entry.is_free and number) or entry.container is not None:
                self._note(Change.NOT_UNDERSTOOD, f"object {number} is freed or packed")
                return False
        listed = {(entry.offset, number) for number, entry in section.entries.items() if not entry.is_free}
        standing: set[tuple[int | None, int]] = set()
        position = self._past_white(start)
        while position < section.offset:
            try:
                reference, _, end = document.object_at(position)
            except Damaged as error:
                self._note(Change.HIDDEN_BYTES, str(error))
                return False
            standing.add((position, reference.number))
            position = self._past_white(end)
        if section.stream_number is not None:
            listed.discard((section.offset, section.stream_number))
        if position != section.offset or standing != listed:
            self._note(
                Change.HIDDEN_BYTES, f"objects that are not listed, or bytes between them, from {start}"
            )
            return False
        return True

    def _past_white(self, position: int) -> int:
        end = position
        while end - position <= _MAX_GAP and self.after.document.data[end : end + 1] in _white_bytes:
            end += 1
        return end

    # --- trailer and catalog -----------------------------------------------------------------------------------------

    def _trailer(self) -> None:
        old, new = self.before.section.trailer, self.section.trailer
        for key in sorted((old.keys() | new.keys()) - _TRAILER_OF_ITS_OWN):
            if key == "Info":
                self._information(old.get(key), new.get(key))
            elif not same(old.get(key), new.get(key)):
                self._note(Change.CATALOG, f"trailer /{key}")
        one, other = old.get("ID"), new.get("ID")
        if isinstance(one, list) and (not isinstance(other, list) or len(other) != 2 or other[0] != one[0]):
            self._note(Change.METADATA, "trailer /ID")

    def _information(self, old_value: Any, new_value: Any) -> None:
        """The information dictionary: a writer may say when it wrote last, and that it was it."""
        old, new = self.before.dictionary(old_value), self._take(new_value)
        if not isinstance(new, dict):
            self._note(Change.METADATA, "the information dictionary was taken away")
            return
        for key in sorted(old.keys() | new.keys()):
            marks_update = key in ("ModDate", "Producer") and isinstance(new.get(key), Text)
            if not marks_update and not same(old.get(key), new.get(key)):
                self._note(Change.METADATA, f"information /{key}")

    def _catalog(self) -> None:
        old, new = self.before.root, self.after.root
        root = self.section.trailer.get("Root")
        if isinstance(root, Ref):
            self.accounted.add(root.number)
        for key in sorted((old.keys() | new.keys()) - {"AcroForm", "DSS", "Extensions"}):
            if not same(old.get(key), new.get(key)):
                self._note(naming.CATALOG_KEYS.get(key, Change.CATALOG), f"catalog /{key}")
        self._form(old.get("AcroForm"), new.get("AcroForm"))
        self._validation_data(old.get("DSS"), new.get("DSS"))
        self._extensions(old.get("Extensions"), new.get("Extensions"))

    def _take(self, value: Any) -> Any:
        """What ``value`` is or refers to now, accounted for: whoever takes it compares it to the last entry."""
        if isinstance(value, Ref):
            self.accounted.add(value.number)
        return self.after.resolve(value)

    def _is_new(self, value: Any) -> bool:
        return (
            isinstance(value, Ref)
            and value.number in self.touched
            and self.before.entry(value.number) is None
        )

    def _extensions(self, old_value: Any, new_value: Any) -> None:
        old, new = self.before.dictionary(old_value), self._take(new_value)
        if new is None and not old:
            return
        if not isinstance(new, dict) or any(not same(old[key], new.get(key)) for key in old):
            self._note(Change.CATALOG, "catalog /Extensions")
            return
        for key in new.keys() - old.keys():
            entries = self._take(new[key])
            plain = isinstance(entries, dict) and not entries.keys() - _EXTENSION_KEYS
            if not plain or any(isinstance(value, dict | list | Ref) for value in entries.values()):
                self._note(Change.CATALOG, f"catalog /Extensions /{key}")

    # --- document time-stamps ----------------------------------------------------------------------------------------

    def _form(self, old_value: Any, new_value: Any) -> None:
        old, new = self.before.dictionary(old_value), self._take(new_value)
        if not isinstance(new, dict):
            self._note(Change.FORM_FIELD, "the form was taken away")
            return
        for key in sorted((old.keys() | new.keys()) - {"Fields", "SigFlags"}):
            if not same(old.get(key), new.get(key)):
                self._note(Change.FORM_FIELD, f"form /{key}")
        if not same(old.get("SigFlags"), new.get("SigFlags")) and new.get("SigFlags") != 3:
            self._note(Change.FORM_FIELD, "form /SigFlags")
        fields, earlier = self._take(new.get("Fields")), self.before.array(old.get("Fields"))
        if not isinstance(fields, list) or not same(fields[: len(earlier)], earlier):
            self._note(Change.FORM_FIELD, "fields were removed or changed places")
            return
        for field in fields[len(earlier) :]:
            self._field(field)

    def _field(self, field: Any) -> None:
        entries = self.after.dictionary(field)
        value = self.after.dictionary(entries.get("V"))
        if entries.get("FT") != "Sig":
            self._note(Change.FORM_FIELD, "a field was added")
        elif value.get("Type") != "DocTimeStamp":
            self._note(
                Change.ANOTHER_SIGNATURE if value else Change.FORM_FIELD, "a signature field was added"
            )
        elif (
            not self._is_new(field)
            or not self._is_new(entries["V"])
            or not self._is_plain_stamp(entries, value)
        ):
            self._note(Change.BROKEN_TIME_STAMP, "a time-stamp field of an unknown shape")
        else:
            self._note(Change.TIME_STAMP, "")
        self.new_fields.append(field)  # noted above for what it is; that a page lists it says nothing new
        for reference in (field, entries.get("V")):
            if isinstance(reference, Ref) and self._is_new(reference):
                self.accounted.add(reference.number)

    def _is_plain_stamp(self, field: dict[str, Any], value: dict[str, Any]) -> bool:
        """Whether a field shows nothing, and its value is a document time-stamp over all up to this revision's end."""
        unseen = same(field.get("Rect", [0, 0, 0, 0]), [0, 0, 0, 0])
        known = not field.keys() - _FIELD_KEYS and not value.keys() - _STAMP_KEYS
        if not unseen or not known or value.get("SubFilter") != "ETSI.RFC3161":
            return False
        stamps = [one for one in find(self.after) if one.reference == field["V"]]
        return len(stamps) == 1 and not stamps[0].faults and stamps[0].revision == self.after.index

    def _pages(self) -> None:
        """A page may list the new fields among its annotations, and change in nothing else."""
        if not self.touched - self.accounted:
            return
        for reference in naming.page_references(self.before):
            old, new = self.before.dictionary(reference), self.after.dictionary(reference)
            lists = old.get("Annots"), new.get("Annots")
            involved = {one.number for one in (reference, *lists) if isinstance(one, Ref)}
            if not involved & self.touched:
                continue
            rest = (old.keys() | new.keys()) - {"Annots"}
            earlier, annotations = self.before.array(lists[0]), self.after.array(lists[1])
            added = annotations[len(earlier) :]
            if (
                all(same(old.get(key), new.get(key)) for key in rest)
                and same(annotations[: len(earlier)], earlier)
                and added
                and all(one in self.new_fields for one in added)
            ):
                self.accounted |= involved

    # --- validation data ---------------------------------------------------------------------------------------------

    def _validation_data(self, old_value: Any, new_value: Any) -> None:
        old, new = self.before.dictionary(old_value), self._take(new_value)
        if new is None and not old:
            return
        if not isinstance(new, dict) or new.keys() - {"Type", "VRI", *_DSS_LISTS}:
            self._note(Change.NOT_UNDERSTOOD, "the validation data have an unknown shape")
            return
        known: set[Ref] = set()
        added = False
        for key in _DSS_LISTS:
            earlier = self.before.array(old.get(key))
            items = self._take(new.get(key)) or []
            if not isinstance(items, list) or not all(isinstance(item, Ref) for item in items):
                self._note(Change.NOT_UNDERSTOOD, f"the validation data /{key} are no list of references")
                return
            if any(item not in items for item in earlier):
                self._note(Change.NOT_UNDERSTOOD, f"validation data /{key} were removed")
            for item in items:
                if item in earlier:
                    continue
                added = True
                self._validation_stream(item, key)
            known |= set(items)
        added = self._related(old.get("VRI"), new.get("VRI"), known) or added
        if new.get("Type", "DSS") != "DSS" or not (added or old):
            self._note(Change.NOT_UNDERSTOOD, "a document security store of an unknown shape")
        elif added:
            self._note(Change.VALIDATION_DATA, "")

    def _validation_stream(self, item: Ref, key: str) -> None:
        stream = self.after.resolve(item)
        plain = isinstance(stream, Stream) and not stream.entries.keys() - {"Length", "Filter"}
        if not self._is_new(item) or not plain:
            self._note(Change.NOT_UNDERSTOOD, f"validation data /{key} are no plain new stream")
            return
        self.accounted.add(item.number)

    def _related(self, old_value: Any, new_value: Any, known: set[Ref]) -> bool:
        """``/VRI`` (ISO 32000-2 clause 12.8.4.4): may only sort what the lists hold. Whether something was added."""
        old, new = self.before.dictionary(old_value), self._take(new_value)
        if new is None and not old:
            return False
        if not isinstance(new, dict) or old.keys() - new.keys():
            self._note(Change.NOT_UNDERSTOOD, "/VRI was removed")
            return False
        added = False
        for key, value in new.items():
            entries = self._take(value)
            if not isinstance(entries, dict) or entries.keys() - _VRI_KEYS:
                self._note(Change.NOT_UNDERSTOOD, f"/VRI /{key[:40]} has an unknown shape")
                continue
            added = added or not same(self.before.dictionary(old.get(key)), entries)
            for kind in _DSS_LISTS.values():
                items = self._take(entries.get(kind)) or []
                if not isinstance(items, list) or not all(item in known for item in items):
                    self._note(Change.NOT_UNDERSTOOD, f"/VRI /{key[:40]} names what the lists do not hold")
            if not isinstance(entries.get("TU", Text()), Text):
                self._note(Change.NOT_UNDERSTOOD, f"/VRI /{key[:40]} has an unknown shape")
        return added


_white_bytes: Final = frozenset(bytes((code,)) for code in _WHITE)
