"""The document security store of a later revision (ETSI EN 319 142-1 clause 5.4.2): lists that grow, of what they are lists of.

A certificate, list or response is a stream of just that, in DER. Whatever else such a stream could be, page content for
one, it is not taken for validation data.
"""

from __future__ import annotations

import re
from typing import Any, Final

from kolportal.pades.verification import der
from kolportal.pades.verification.chains import loaded
from kolportal.pades.verification.document import View
from kolportal.pades.verification.inflating import decoded, is_whole
from kolportal.pades.verification.objects import Ref, Stream, Text
from kolportal.pades.verification.places import Places, same
from kolportal.pades.verification.revocation import read_list, read_response

LISTS: Final = {"Certs": "Cert", "CRLs": "CRL", "OCSPs": "OCSP"}
_KEYS: Final = frozenset({"Type", "VRI", *LISTS})
_STREAM_KEYS: Final = frozenset({"Length", "Filter"})
_RELATED_KEYS: Final = frozenset({"Type", "Cert", "CRL", "OCSP", "TU"})
_HASH = re.compile(r"[0-9A-F]{40}")
_DATE = re.compile(rb"D:[0-9]{14}(?:Z|[+-][0-9]{2}'[0-9]{2}'?)?")


def review(places: Places, old_value: Any, new_value: Any) -> bool:
    """Whether the store grew. Raises ValueError with the reason where it did something else."""
    old, new = places.dictionaries(old_value, new_value, "the document security store")
    if new.keys() - _KEYS or old.keys() - new.keys() or new.get("Type", "DSS") != "DSS":
        raise ValueError("a document security store of an unknown shape")
    known: set[Ref] = set()
    grown = False
    for key in LISTS:
        earlier, items = places.arrays(old.get(key), new.get(key), f"validation data /{key}")
        if not same(items[: len(earlier)], earlier):
            raise ValueError(f"validation data /{key} were removed or changed places")
        for item in items[len(earlier) :]:
            places.add(item, f"validation data /{key}")
            _check(places.after, item, key)
            grown = True
        known |= {item for item in items if isinstance(item, Ref)}
    return _related(places, old.get("VRI"), new.get("VRI"), known) or grown


def _check(view: View, item: Ref, key: str) -> None:
    stream = view.resolve(item)
    if not isinstance(stream, Stream) or stream.entries.keys() - _STREAM_KEYS or not is_whole(stream):
        raise ValueError(f"validation data /{key} are no plain new stream")
    data = decoded(stream, view.document.budget)
    try:
        read = _READERS[key](data)
    except der.MALFORMED:
        read = False
    if not read:
        raise ValueError(f"validation data /{key} hold something else")


def _is_certificate(data: bytes) -> bool:
    return loaded(data).der == data


def _is_list(data: bytes) -> bool:
    found = read_list(data)
    return found is not None and bool(found["tbs_cert_list"]["this_update"].native)


def _is_response(data: bytes) -> bool:
    found = read_response(data)
    return found is not None and bool(found.basic_ocsp_response["tbs_response_data"]["produced_at"].native)


_READERS: Final = {"Certs": _is_certificate, "CRLs": _is_list, "OCSPs": _is_response}


def _related(places: Places, old_value: Any, new_value: Any, known: set[Ref]) -> bool:
    """``/VRI`` (ISO 32000-2 clause 12.8.4.4): may only sort what the lists hold. Whether something was added."""
    old, new = places.dictionaries(old_value, new_value, "/VRI")
    if any(not same(value, new.get(key)) for key, value in old.items()):
        raise ValueError("an entry of /VRI was removed or changed")
    added = new.keys() - old.keys()
    for key in added:
        entries = places.dictionaries(None, new[key], "an entry of /VRI")[1]
        when = entries.get("TU", Text(b"D:20000101000000Z"))
        lists = [entries.get(kind, []) for kind in LISTS.values()]
        if (
            _HASH.fullmatch(key) is None
            or entries.keys() - _RELATED_KEYS
            or entries.get("Type", "VRI") != "VRI"
            or not (isinstance(when, Text) and _DATE.fullmatch(when))
            or not all(isinstance(items, list) and all(item in known for item in items) for items in lists)
        ):
            raise ValueError(f"/VRI /{key[:40]} has an unknown shape")
        for item in (item for items in lists for item in items):
            places.mention(item)
    return bool(added)
