"""How often each object is referred to: what tells an object with one role from one that plays two."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from kolportal.pades.verification.document import View
from kolportal.pades.verification.objects import Ref, Stream


def counted(view: View) -> Counter[int]:
    """References by object number, over the trailer and all objects that ``view`` lists, whether anything leads to them or not.

    A number that stands for nothing is counted as well. Raises Damaged, TooComplex.
    """
    sections = view.document.sections[: view.index + 1]
    numbers = {number for section in sections for number in section.entries}
    found = of([view.section.trailer])
    for number in numbers:
        found.update(of([_object(view, number)]))
    return found


def after(before: Counter[int], old: View, new: View) -> Counter[int]:
    """``before``, which is of ``old``, brought up to ``new``, the next revision, with an equal trailer."""
    found = before.copy()
    for number in new.section.entries:
        found.subtract(of([_object(old, number)]))
        found.update(of([_object(new, number)]))
    return found


def of(values: Iterable[Any]) -> Counter[int]:
    """References in ``values`` themselves."""
    found: Counter[int] = Counter()
    waiting = list(values)
    while waiting:
        value = waiting.pop()
        if isinstance(value, Ref):
            found[value.number] += 1
        elif isinstance(value, Stream):
            waiting.append(value.entries)
        elif isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    return found


def _object(view: View, number: int) -> Any:
    entry = view.entry(number)
    if entry is None:
        return None
    return view.resolve(Ref(number, 0 if entry.container is not None else entry.generation))
