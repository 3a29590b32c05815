"""What came after the seal: a strict description of the one thing that may, over every object and every byte of it.

A later revision of a sealed file adds a document time-stamp, or validation data (ETSI EN 319 142-1 clauses 5.4 and 5.5), or
both, with the few entries of catalog, form and page that carry them. :mod:`.layout` says what its bytes look like,
:mod:`.places` what numbers its objects may have and who may refer to them, :mod:`.stores` what validation data are. Nothing
is listed here that is forbidden: whatever is not described is not permitted, so a way to hide something that nobody has
thought of yet is refused as well (Mainka, Mladenov, Rohlmann, "Shadow Attacks", NDSS 2021).
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any, Final

from kolportal.pades.verification import layout, naming, stores
from kolportal.pades.verification.document import Document, View
from kolportal.pades.verification.objects import Name, Ref, Text
from kolportal.pades.verification.places import Places, bring_up, same
from kolportal.pades.verification.report import PERMITTED, Change, Finding
from kolportal.pades.verification.signatures import Found, find

MAX_NAMED: Final = 20
"""Objects of one revision that are named; more would say nothing new."""
_NAME = re.compile(rb"[A-Za-z0-9_-]{1,64}")
_FIELD: Final = frozenset({"Type", "Subtype", "FT", "T", "V", "F", "Rect", "P"})
_STAMP: Final = frozenset({"Type", "Filter", "SubFilter", "Contents", "ByteRange"})
_UNSEEN: Final = 132
"""Flags of the invisible field: printed if it were to be seen, and locked (ISO 32000-2 table 167)."""
_EXTENSION: Final = frozenset({"Type", "BaseVersion", "ExtensionLevel"})
_IDENTIFIER_BYTES: Final = range(1, 65)


def after_seal(document: Document, seal: Found) -> list[Finding]:
    """Findings in every revision behind ``seal``; none where nothing came."""
    if seal.revision is None:
        return [Finding(Change.NOT_UNDERSTOOD, 0, "what the seal covers cannot be told")]
    found: list[Finding] = []
    reviews: list[_Review] = []
    last = len(document.views) - 1
    for index in range(seal.revision + 1, last + 1):
        reviews.append(_Review(document.views[index - 1], document.views[index]))
        found += [Finding(change, index - seal.revision, detail) for change, detail in reviews[-1].run()]
    if not any(
        one.reference == seal.reference and one.entries is seal.entries for one in find(document.views[-1])
    ):
        found.append(Finding(Change.SEAL_REMOVED, last - seal.revision))
    if document.trailing:
        found.append(Finding(Change.TRAILING_BYTES, last - seal.revision + 1, f"{document.trailing} bytes"))
    if all(one.change in PERMITTED for one in found):
        found += _second_roles(reviews)
    return list(dict.fromkeys(found))


def _second_roles(reviews: list[_Review]) -> list[Finding]:
    """Objects that are more than they seem; asked last, because every object of the file must be read for it."""
    found: list[Finding] = []
    counts: Counter[int] | None = None
    for number, review in enumerate(reviews, 1):
        before, counts = bring_up(counts, review.places)
        faults = review.places.faults(before, counts)
        found += [Finding(Change.NOT_UNDERSTOOD, number, one) for one in faults[:MAX_NAMED]]
    return found


def _is_identifier(value: Any) -> bool:
    return isinstance(value, Text) and len(value) in _IDENTIFIER_BYTES


class _Review:
    """One revision against the one before it."""

    def __init__(self, before: View, after: View) -> None:
        self.before, self.after = before, after
        self.places = Places(before, after)
        self.found: list[tuple[Change, str]] = []

    def run(self) -> list[tuple[Change, str]]:
        """What this revision does. Raises Damaged, TooComplex."""
        fault = layout.fault(self.after.document, self.after.index)
        if fault is not None:
            return [fault]
        self._trailer()
        self._catalog()
        for number in sorted(self.places.touched - self.places.accounted)[:MAX_NAMED]:
            self.found += naming.names(number, self.before, self.after)
        if not self.found:
            self._note(Change.NOT_UNDERSTOOD, "a revision that changes nothing")
        return self.found

    def _note(self, change: Change, detail: str) -> None:
        self.found.append((change, detail))

    # --- trailer and catalog -----------------------------------------------------------------------------------------

    def _trailer(self) -> None:
        old, new = self.before.section.trailer, self.after.section.trailer
        for key in ("Root", "Info"):
            if not same(old.get(key), new.get(key)):
                self._note(Change.METADATA if key == "Info" else Change.CATALOG, f"trailer /{key}")
        one, other = old.get("ID"), new.get("ID")
        if one is None and other is None:
            return
        plain = isinstance(other, list) and len(other) == 2 and all(map(_is_identifier, other))
        if not plain or (isinstance(one, list) and not same(one[:1], (other or [])[:1])):
            self._note(Change.METADATA, "trailer /ID")

    def _catalog(self) -> None:
        old, new = self.before.root, self.after.root
        self.places.keep(self.after.section.trailer.get("Root"))
        for key in sorted((old.keys() | new.keys()) - {"AcroForm", "DSS", "Extensions"}):
            if not same(old.get(key), new.get(key)):
                self._note(naming.CATALOG_KEYS.get(key, Change.CATALOG), f"catalog /{key}")
        try:
            self._form(old.get("AcroForm"), new.get("AcroForm"))
        except ValueError as error:
            self._note(Change.FORM_FIELD, str(error))
        try:
            if stores.review(self.places, old.get("DSS"), new.get("DSS")):
                self._note(Change.VALIDATION_DATA, "")
        except ValueError as error:
            self._note(Change.NOT_UNDERSTOOD, str(error))
        try:
            self._extensions(old.get("Extensions"), new.get("Extensions"))
        except ValueError as error:
            self._note(Change.CATALOG, str(error))

    def _extensions(self, old_value: Any, new_value: Any) -> None:
        """ETSI's mark (EN 319 142-1 clause 5.6), where the catalog had none yet."""
        old, new = self.places.dictionaries(old_value, new_value, "catalog /Extensions")
        if any(not same(value, new.get(key)) for key, value in old.items()):
            raise ValueError("catalog /Extensions were removed or changed")
        for key in new.keys() - old.keys():
            entries = new[key]
            plain = key == "ESIC" and isinstance(entries, dict) and not entries.keys() - _EXTENSION
            if not plain or not all(isinstance(value, Name | int) for value in entries.values()):
                raise ValueError(f"catalog /Extensions /{key[:40]}")

    # --- document time-stamps ----------------------------------------------------------------------------------------

    def _form(self, old_value: Any, new_value: Any) -> None:
        old, new = self.places.dictionaries(old_value, new_value, "the form")
        for key in sorted((old.keys() | new.keys()) - {"Fields", "SigFlags"}):
            if not same(old.get(key), new.get(key)):
                raise ValueError(f"form /{key}")
        if not same(old.get("SigFlags"), new.get("SigFlags")) and not same(new.get("SigFlags"), 3):
            raise ValueError("form /SigFlags")
        earlier, fields = self.places.arrays(old.get("Fields"), new.get("Fields"), "form /Fields")
        if not same(fields[: len(earlier)], earlier):
            raise ValueError("fields were removed or changed places")
        added = fields[len(earlier) :]
        taken = [self.before.dictionary(field).get("T") for field in earlier]
        for field in added[:MAX_NAMED]:
            self._note(*self._field(field, is_alone=len(added) == 1, taken=taken))
        self._pages(added)

    def _field(self, field: Any, *, is_alone: bool, taken: list[Any]) -> tuple[Change, str]:
        """What the new ``field`` is. Two time-stamps cannot both cover all of one revision: it must be alone."""
        entries = self.after.dictionary(field)
        value = self.after.dictionary(entries.get("V"))
        if not same(entries.get("FT"), Name("Sig")):
            change, why = Change.FORM_FIELD, "a field was added"
        elif value.get("Type") != "DocTimeStamp":
            change = Change.ANOTHER_SIGNATURE if value else Change.FORM_FIELD
            why = "a signature field was added"
        elif not is_alone or entries.get("T") in taken or not self._is_plain_stamp(entries, value):
            change, why = Change.BROKEN_TIME_STAMP, "a time-stamp field of an unknown shape"
        else:
            change, why = Change.TIME_STAMP, ""
        try:
            self.places.add(field, "a field")
            self.places.add(entries.get("V"), "the value of a field")
        except ValueError as error:
            if change == Change.TIME_STAMP:
                return Change.BROKEN_TIME_STAMP, str(error)
        return change, why

    def _is_plain_stamp(self, field: dict[str, Any], value: dict[str, Any]) -> bool:
        """Whether a field shows nothing, and its value is a document time-stamp over all up to this revision's end."""
        name = field.get("T")
        known = field.keys() == _FIELD and value.keys() == _STAMP
        if not known or not isinstance(name, Text) or _NAME.fullmatch(name) is None:
            return False
        form = (field["Type"], field["Subtype"], field["F"], field["Rect"])
        if not same(list(form), [Name("Annot"), Name("Widget"), _UNSEEN, [0, 0, 0, 0]]):
            return False
        if field["P"] not in naming.page_references(self.before) or value["SubFilter"] != "ETSI.RFC3161":
            return False
        if not isinstance(value["Filter"], Name):
            return False
        stamps = [one for one in find(self.after) if one.reference == field["V"]]
        return len(stamps) == 1 and not stamps[0].faults and stamps[0].revision == self.after.index

    def _pages(self, fields: list[Any]) -> None:
        """The page of a new field lists it behind its other annotations, and changes in nothing else. Raises ValueError."""
        own = [self.after.dictionary(field).get("P") for field in fields[:MAX_NAMED]]
        for page in naming.page_references(self.before):
            if page not in own:
                continue
            old, new = self.before.dictionary(page), self.after.dictionary(page)
            rest = (old.keys() | new.keys()) - {"Annots"}
            if old.get("Type") != "Page" or any(not same(old.get(key), new.get(key)) for key in rest):
                continue  # left unaccounted for: whoever names it says what happened to it
            earlier, listed = self.places.arrays(old.get("Annots"), new.get("Annots"), "page /Annots")
            if not same(listed[: len(earlier)], earlier):
                continue
            if all(field in fields for field in listed[len(earlier) :]):
                self.places.keep(page)
            for field in listed[len(earlier) :]:
                if isinstance(field, Ref):
                    self.places.mention(field)
