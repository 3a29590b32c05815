"""Names for what somebody changed: which part of the document an object belongs to.

This only explains. That something is not permitted has been decided before, by :mod:`.changes`.
"""

from __future__ import annotations

from typing import Any, Final

from kolportal.pades.verification.document import View
from kolportal.pades.verification.objects import Ref, Stream
from kolportal.pades.verification.report import Change

MAX_PAGES: Final = 5_000
MAX_WALK: Final = 20_000

CATALOG_KEYS: Final = {
    "AF": Change.ATTACHMENT,
    "Names": Change.ATTACHMENT,
    "Metadata": Change.METADATA,
    "Perms": Change.SEAL_REMOVED,
}
_PAGE_KEYS: Final = {
    "MediaBox": Change.PAGE_SIZE,
    "CropBox": Change.PAGE_SIZE,
    "Rotate": Change.PAGE_SIZE,
    "UserUnit": Change.PAGE_SIZE,
    "Annots": Change.ANNOTATION,
    "AF": Change.ATTACHMENT,
}
_UPWARDS: Final = frozenset({"Parent", "P", "StructTreeRoot"})


def page_references(view: View) -> list[Ref]:
    """The pages, in order. A tree that leads in a circle or grows beyond MAX_PAGES ends early."""
    return _tree(view)[0]


def page_count(view: View) -> int:
    """Pages that are there, not what ``/Count`` says."""
    return len(page_references(view))


def names(number: int, before: View, after: View) -> list[tuple[Change, str]]:
    """What a change of, or a new, object ``number`` amounts to."""
    (old_pages, old_nodes), (new_pages, new_nodes) = _tree(before), _tree(after)
    detail = f"object {number}"
    page = next((one for one in new_pages if one.number == number and one in old_pages), None)
    if page is not None:
        return _page_names(before.dictionary(page), after.dictionary(page))
    gone, come = set(old_pages) - set(new_pages), set(new_pages) - set(old_pages)
    if any(one.number == number for group in (old_nodes, new_nodes, gone, come) for one in group):
        found = [(Change.PAGE_ADDED, f"{len(come)} pages")] if come else []
        found += [(Change.PAGE_REMOVED, f"{len(gone)} pages")] if gone else []
        return found or [(Change.CONTENT, f"the page tree, {detail}")]
    role = _roles(before).get(number) or _roles(after).get(number)
    return [(role or Change.HIDDEN_BYTES, detail)]


def _page_names(old: dict[str, Any], new: dict[str, Any]) -> list[tuple[Change, str]]:
    changed = [key for key in sorted(old.keys() | new.keys()) if old.get(key) != new.get(key)]
    return [(_PAGE_KEYS.get(key, Change.CONTENT), f"page /{key}") for key in changed] or [
        (Change.CONTENT, "a page was written anew")
    ]


def _tree(view: View) -> tuple[list[Ref], list[Ref]]:
    """Leaves and inner nodes of the page tree (ISO 32000-2 clause 7.7.3), found out once per view."""
    if "tree" not in view.memory:
        view.memory["tree"] = _walk_tree(view)
    tree: tuple[list[Ref], list[Ref]] = view.memory["tree"]
    return tree


def _walk_tree(view: View) -> tuple[list[Ref], list[Ref]]:
    leaves: list[Ref] = []
    nodes: list[Ref] = []
    waiting: list[Any] = [view.root.get("Pages")]
    seen: set[Ref] = set()
    while waiting and len(seen) < MAX_PAGES:
        reference = waiting.pop()
        if not isinstance(reference, Ref) or reference in seen:
            continue
        seen.add(reference)
        entries = view.dictionary(reference)
        if "Kids" in entries:
            nodes.append(reference)
            waiting += reversed(view.array(entries["Kids"]))
        else:
            leaves.append(reference)
    return leaves, nodes


def _roles(view: View) -> dict[int, Change]:
    """Object number → what a change of it changes; found out once per view."""
    if "roles" not in view.memory:
        view.memory["roles"] = _all_roles(view)
    roles: dict[int, Change] = view.memory["roles"]
    return roles


def _all_roles(view: View) -> dict[int, Change]:
    pages, nodes = _tree(view)
    roles: dict[int, Change] = {one.number: Change.CONTENT for one in (*pages, *nodes)}
    root = view.root
    _claim(view, [root.get("Metadata"), view.section.trailer.get("Info")], Change.METADATA, roles)
    names_tree = view.dictionary(root.get("Names"))
    _claim(view, [root.get("AF"), names_tree.get("EmbeddedFiles")], Change.ATTACHMENT, roles)
    _claim(view, [root.get("AcroForm")], Change.FORM_FIELD, roles)
    for page in pages:
        entries = view.dictionary(page)
        _claim(view, [entries.get("Contents"), entries.get("Resources")], Change.CONTENT, roles)
        _claim(view, [entries.get("Annots")], Change.ANNOTATION, roles)
    _claim(view, list(root.values()), Change.CATALOG, roles)
    return roles


def _claim(view: View, values: list[Any], change: Change, roles: dict[int, Change]) -> None:
    """Give ``change`` to all that ``values`` lead to and that has no role yet."""
    waiting, steps = list(values), 0
    while waiting and steps < MAX_WALK:
        steps += 1
        value = waiting.pop()
        if isinstance(value, Ref):
            if value.number in roles:
                continue
            roles[value.number] = change
            value = view.resolve(value)
        if isinstance(value, Stream):
            value = value.entries
        if isinstance(value, dict):
            waiting += [item for key, item in value.items() if key not in _UPWARDS]
        elif isinstance(value, list):
            waiting += value
