"""Where a later revision may put something: places that stay what they were, and new objects with one role each.

Two kinds of objects can stand in a revision after the seal. One *carries on* a place: the catalog's form dictionary, say, under
the number that it had, referred to from there and from nowhere else. The other is *new*: a number that was not in use, that
nothing referred to while it stood for nothing, and that only its permitted places refer to now. So no object of the sealed
document can be given another meaning, neither by writing it anew nor by using it as something else.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from kolportal.pades.verification import references
from kolportal.pades.verification.document import View
from kolportal.pades.verification.objects import Ref


class Places:
    """What one revision did at its places. Every method but :meth:`faults` raises ValueError for what is not permitted."""

    def __init__(self, before: View, after: View) -> None:
        self.before, self.after = before, after
        self.touched = {number for number in after.section.entries if number}
        self.accounted: set[int] = set()
        self._mentioned: Counter[int] = Counter()
        self._alone: set[int] = set()
        size = before.section.trailer.get("Size")
        self._first_new = size if isinstance(size, int) else 0
        own = after.section.stream_number
        if own is not None and self._is_unused(own):
            self.accounted.add(own)
            self._mentioned[own] = 0

    def dictionaries(self, old: Any, new: Any, what: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """The dictionaries at one place, before and after; empty where there is none."""
        pair = self._pair(old, new, what)
        if not all(isinstance(one, dict | None) for one in pair):
            raise ValueError(f"{what} is no dictionary")
        return pair[0] or {}, pair[1] or {}

    def arrays(self, old: Any, new: Any, what: str) -> tuple[list[Any], list[Any]]:
        """The arrays at one place, before and after; empty where there is none."""
        pair = self._pair(old, new, what)
        if not all(isinstance(one, list | None) for one in pair):
            raise ValueError(f"{what} is no array")
        return pair[0] or [], pair[1] or []

    def _pair(self, old: Any, new: Any, what: str) -> tuple[Any, Any]:
        """A reference that stood stays that reference, a direct value stays direct; only what was not there is chosen freely."""
        if old is None:
            if isinstance(new, Ref):
                self.add(new, what)
            return None, self.after.resolve(new)
        if isinstance(old, Ref) or isinstance(new, Ref):
            if old != new or self.before.entry(new.number) is None:
                raise ValueError(f"{what} was moved")
            if new.number in self.touched:
                self.accounted.add(new.number)
                self._alone.add(new.number)
        return self.before.resolve(old), self.after.resolve(new)

    def add(self, value: Any, what: str) -> None:
        """``value`` is a new object, which this place and those of :meth:`mention` refer to, and no other."""
        if not isinstance(value, Ref) or value.generation or not self._is_unused(value.number):
            raise ValueError(f"{what}: no new object")
        if value.number in self.accounted:
            raise ValueError(f"{what}: one new object stands for two things")
        self.accounted.add(value.number)
        self._mentioned[value.number] += 1

    def mention(self, value: Ref) -> None:
        """One more permitted place that refers to ``value``."""
        self._mentioned[value.number] += 1

    def keep(self, reference: Any) -> None:
        """The object that ``reference`` names, a page or the catalog, was compared entry by entry; others may refer to it."""
        if isinstance(reference, Ref):
            self.accounted.add(reference.number)

    def _is_unused(self, number: int) -> bool:
        return (
            number in self.touched
            and number >= self._first_new
            and all(
                number not in section.entries
                for section in self.before.document.sections[: self.before.index + 1]
            )
        )

    def faults(self, before: Counter[int], after: Counter[int]) -> list[str]:
        """What the references of the whole file, before and after, say against it."""
        new = self.accounted & self._mentioned.keys()
        found = [f"object {n} was referred to before it was there" for n in new if before[n]]
        found += [f"object {n} has a second role" for n in new if after[n] != self._mentioned[n]]
        found += [f"object {n} has a second role" for n in self._alone if (before[n], after[n]) != (1, 1)]
        return sorted(found)


def bring_up(counts: Counter[int] | None, places: Places) -> tuple[Counter[int], Counter[int]]:
    """References before and after the revision of ``places``; ``counts`` are those before, where they are known."""
    before = references.counted(places.before) if counts is None else counts
    return before, references.after(before, places.before, places.after)


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same, type for type (Python holds 1, 1.0 and true for equal)."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)
