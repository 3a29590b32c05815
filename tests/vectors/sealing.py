"""Sealed files at each level, made by the vectors' own writer and keys."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from kolportal.pades.verification.objects import Name
from tests.vectors import pki, tokens
from tests.vectors.writer import NewStream, Update, name, signed, text

BASE: Final = Path(__file__).with_name("base.pdf")
AT: Final = datetime(2026, 10, 1, tzinfo=UTC)
"""When the vectors are judged, unless they say otherwise."""
RENEWED_AT: Final = datetime(2030, 6, 1, tzinfo=UTC)


@cache
def base() -> bytes:
    return BASE.read_bytes()


def sealed(
    label: str = "seal",
    *,
    pdf: bytes | None = None,
    stamps: Sequence[Any] = (),
    field_name: str = "Seal",
    certify: bool = True,
    sub_filter: str = "ETSI.CAdES.detached",
) -> bytes:
    """The base document (or ``pdf``) with a seal by ``label``; ``stamps`` are authorities, or tokens in DER."""
    chain = ["issuing"] if pki.certificate(label).issuer == pki.certificate("issuing").subject else []
    reference = {
        "Type": Name("SigRef"),
        "TransformMethod": Name("DocMDP"),
        "TransformParams": {"Type": Name("TransformParams"), "V": Name("1.2"), "P": 2},
    }
    entries = {
        "Type": Name("Sig"),
        "Filter": Name("Adobe.PPKLite"),
        "SubFilter": Name(sub_filter),
        "M": text("D:20260910013000Z"),
        **({"Reference": [reference]} if certify else {}),
    }
    return signed(
        Update(base() if pdf is None else pdf),
        field_name=field_name,
        entries=entries,
        contents=lambda data: tokens.signed_data(label, data, enclosed=chain, tokens=stamps),
        room=tokens.ROOM if stamps else 2600,
        certify=certify,
    )


def with_validation_data(
    pdf: bytes, *, certificates: Sequence[str], crls: Sequence[bytes], ocsps: Sequence[bytes] = ()
) -> Update:
    """An update that adds a document security store, not yet written."""
    update = Update(pdf)
    store: dict[str, Any] = {"Type": name("DSS")}
    for key, items in (("Certs", [pki.der(one) for one in certificates]), ("CRLs", crls), ("OCSPs", ocsps)):
        if items:
            store[key] = [update.add(NewStream({}, item)) for item in items]
    update.change(update.root_reference, DSS=update.add(store))
    return update


def stamped(
    update: Update,
    *,
    by: str = "tsa",
    at: datetime = pki.STAMPED_AT,
    field_name: str = "Stamp1",
    imprint: bytes | None = None,
) -> bytes:
    """The file with ``update`` and a document time-stamp, of the file unless ``imprint`` is given, in one revision."""
    entries = {
        "Type": name("DocTimeStamp"),
        "Filter": name("Adobe.PPKLite"),
        "SubFilter": name("ETSI.RFC3161"),
    }
    return signed(
        update,
        field_name=field_name,
        entries=entries,
        contents=lambda data: tokens.timestamp(imprint or hashlib.sha256(data).digest(), by=by, at=at),
        room=tokens.STAMP_ROOM,
    )


def lists(*revoked: pki.Revoked) -> list[bytes]:
    """CRLs of all issuers of a seal and its time-stamp."""
    return [pki.crl("issuing", *revoked), pki.crl("root"), pki.crl("tsa-root")]


@cache
def b_t() -> bytes:
    return sealed(stamps=["tsa"])


def _with_lists() -> Update:
    return with_validation_data(b_t(), certificates=["seal", "issuing", "tsa"], crls=lists())


@cache
def b_lt() -> bytes:
    return _with_lists().write()


@cache
def b_lta() -> bytes:
    return stamped(_with_lists(), at=datetime(2026, 9, 10, 2, 5, tzinfo=UTC))


@cache
def renewed() -> bytes:
    """B-LTA with another document time-stamp, made before the first authority ended."""
    begin, end = datetime(2030, 5, 30, tzinfo=UTC), datetime(2030, 7, 1, tzinfo=UTC)
    update = Update(b_lta())
    store = dict(update.get(update.get(update.root_reference)["DSS"]))
    newer = pki.crl("tsa-root", this_update=begin, next_update=end)
    store["CRLs"] = [*store["CRLs"], update.add(NewStream({}, newer))]
    reference = update.get(update.root_reference)["DSS"]
    update.objects[reference.number] = store
    return stamped(update, by="tsa-next", at=RENEWED_AT, field_name="Stamp2")
