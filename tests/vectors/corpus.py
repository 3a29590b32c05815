"""Every vector: what it is, what it shows, and the verdict that must come out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

from tests.vectors import attacks, logs, pki, sealing, tokens
from tests.vectors.expected import Expected, Vector, changed, failed, unreadable
from tests.vectors.writer import Update

FOLDER: Final = Path(__file__).parent
STAMPED: Final = "2026-09-10T01:31:00+00:00"
_REVOKED: Final = pki.Revoked("seal-revoked", pki.REVOKED_AT)
_LATER: Final = pki.Revoked("seal-revoked-later", pki.REVOKED_LATER)
_DATA: Final = ("document-time-stamp", "validation-data")
_JPEG: Final = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xd9"


@cache
def corpus() -> tuple[Vector, ...]:
    """All vectors, in the order of the table."""
    return (*_levels(), *_logged(), *_bytes(), *_updates(), *_signatures(), *_trust(), *_stamps(), *_files())


def names() -> list[str]:
    """The names in the committed table; tests are collected by these, without making a file."""
    table = json.loads((FOLDER / "expected.json").read_bytes())
    return [row["name"] for row in table]


@cache
def by_name() -> dict[str, Vector]:
    return {vector.name: vector for vector in corpus()}


def _levels() -> Iterator[Vector]:
    yield Vector(
        "level-b-b", "a seal alone; nothing says whether it is revoked", sealing.sealed(), Expected()
    )
    yield Vector("level-b-b-rsa", "the same by an RSA key", sealing.sealed("seal-rsa"), Expected())
    yield Vector("level-b-b-p384", "the same by a P-384 key", sealing.sealed("seal-p384"), Expected())
    yield Vector(
        "level-b-t", "with a time-stamp over the seal", sealing.b_t(), Expected(proven=STAMPED, level="B-T")
    )
    lasting: dict[str, Any] = {
        "after": "permitted",
        "revocation": "good",
        "proven": STAMPED,
        "conclusion": "TOTAL-PASSED",
    }
    yield Vector(
        "level-b-lt",
        "with certificates and revocation lists",
        sealing.b_lt(),
        Expected(level="B-LT", changes=("validation-data",), **lasting),
    )
    yield Vector(
        "level-b-t-old-list",
        "with revocation lists that are older than the time-stamp: they say nothing of the seal's certificate",
        sealing.with_validation_data(
            sealing.b_t(), certificates=["seal", "issuing", "tsa"],
            crls=[pki.crl("issuing", this_update=pki.STAMPED_AT - timedelta(hours=1)), *sealing.lists()[1:]],
        ).write(),
        Expected(level="B-T", changes=("validation-data",), after="permitted", proven=STAMPED),
    )  # fmt: skip
    response = tokens.ocsp_response("seal", "issuing", at=pki.LISTED_AT)
    with_ocsp = sealing.with_validation_data(
        sealing.b_t(),
        certificates=["seal", "issuing", "tsa"],
        crls=[pki.crl("root"), pki.crl("tsa-root")],
        ocsps=[response],
    )
    yield Vector(
        "level-b-lt-ocsp",
        "with an OCSP response by a delegated responder",
        with_ocsp.write(),
        Expected(level="B-LT", changes=("validation-data",), **lasting),
    )
    yield Vector(
        "level-b-lta", "with a document time-stamp over all of that", sealing.b_lta(),
        Expected(level="B-LTA", changes=_DATA, **lasting),
    )  # fmt: skip
    yield Vector(
        "level-b-lta-2037",
        "the same in 2037: the authority of its time-stamps has ended, nobody renewed it",
        sealing.b_lta(),
        Expected(after="permitted", changes=_DATA, conclusion="OUT_OF_BOUNDS_NO_POE"),
        at=datetime(2037, 1, 1, tzinfo=UTC),
    )
    yield Vector(
        "renewed-2037",
        "renewed in 2030 by the next authority, judged in 2037, when the seal's certificate has ended",
        sealing.renewed(),
        Expected(level="B-LTA", changes=_DATA, **lasting),
        at=datetime(2037, 1, 1, tzinfo=UTC),
    )


def _logged() -> Iterator[Vector]:
    pdf = sealing.b_lta()
    good = Expected(
        level="B-LTA",
        changes=_DATA,
        after="permitted",
        revocation="good",
        proven=STAMPED,
        conclusion="TOTAL-PASSED",
    )

    def one(name: str, shows: str, proof: bytes, *problems: str, data: bytes = pdf) -> Vector:
        facts = {**vars(good), "logged": problems, "exit": 1 if problems else 0}
        return Vector(f"log-{name}", shows, data, Expected(**facts), proof=proof)

    yield one("good", "logged, cosigned by one of two witnesses", logs.proof(2))
    yield one("older-checkpoint", "logged, shown by an earlier tree", logs.proof(2, size=4))
    yield one("another-file", "the proof of another file", logs.proof(3), "another-file")
    yield one(
        "another-log",
        "the proof of a log that nobody named",
        logs.proof(2, origin=logs.OTHER_ORIGIN),
        "another-log",
    )
    yield one(
        "older-tree",
        "hashes for another tree than the checkpoint's",
        logs.proof_of_older_tree(),
        "not-included",
    )
    yield one(
        "forged-cosignature",
        "a cosignature of another checkpoint",
        logs.proof(2, forge=True),
        "cosignature-forged",
    )
    yield one("no-witness", "no witness cosigned", logs.proof(2, witnesses=()), "cosignatures-too-few")
    yield one(
        "unknown-witness", "a witness that nobody named", logs.proof(2, witnesses=(logs.witness("stranger"),)),
        "cosignatures-too-few",
    )  # fmt: skip
    invented = logs.sealed_entry(pdf).canonical()
    yield one(
        "invented-entry", "an entry that is not in the tree", logs.proof(2, extra=invented), "not-included"
    )
    yield one("not-a-proof", "something else as a proof", b"c2sp.org/tlog-proof@v2\n", "proof-unreadable")
    yield Vector(
        "log-good-changed-after",
        "logged when it was sealed, then a page was added",
        attacks.page_added(pdf),
        changed(*_DATA, "page-added", level="B-LTA", revocation="good", proven=STAMPED, logged=()),
        proof=logs.proof(2),
    )


def _bytes() -> Iterator[Vector]:
    pdf = sealing.sealed()
    yield Vector(
        "flipped-byte", "one bit of the sealed text", attacks.flipped(pdf, 700), failed("HASH_FAILURE")
    )
    yield Vector(
        "flipped-signature-value",
        "one bit of the signature's value",
        _value_changed(pdf),
        failed("SIG_CRYPTO_FAILURE"),
    )
    yield Vector(
        "changed-filling",
        "something hidden in the zeros behind the signature, which no signature covers",
        attacks.replaced(pdf, b"0" * 64 + b">", b"0" * 62 + b"41>"),
        failed("FORMAT_FAILURE", intact=True, trusted=True, level="B-B"),
    )
    yield Vector(
        "changed-time-in-place", "another claimed time",
        attacks.replaced(pdf, b"D:20260910013000Z".hex().encode(), b"D:20250910013000Z".hex().encode()),
        failed("HASH_FAILURE"),
    )  # fmt: skip
    yield Vector("truncated", "the last 600 bytes are missing", pdf[:-600], unreadable("no-seal"))
    yield Vector(
        "trailing-bytes", "bytes after the end", pdf + b"PK\x03\x04 more\n", changed("trailing-bytes")
    )


def _updates() -> Iterator[Vector]:
    pdf = sealing.sealed()
    yield Vector(
        "media-box", "the page cut by another MediaBox", attacks.media_box(pdf), changed("page-size")
    )
    yield Vector("annotation", "a free text over the page", attacks.annotation(pdf), changed("annotation"))
    yield Vector("page-added", "one more page", attacks.page_added(pdf), changed("page-added"))
    yield Vector("page-removed", "no page left", attacks.page_removed(pdf), changed("page-removed"))
    yield Vector(
        "form-field", "one more form field, filled in", attacks.form_field(pdf), changed("form-field")
    )
    yield Vector("attachment", "another attachment", attacks.attachment(pdf), changed("attachment"))
    yield Vector("metadata", "another XMP packet", attacks.metadata(pdf), changed("metadata"))
    yield Vector("content", "another page content", attacks.content(pdf), changed("content"))
    yield Vector(
        "open-action", "an action when the file is opened", attacks.open_action(pdf), changed("catalog")
    )
    yield Vector(
        "hidden-object", "an unused object beside validation data", attacks.hidden_object(pdf),
        changed("hidden-bytes", "validation-data", revocation="good"),
    )  # fmt: skip
    yield Vector(
        "hidden-bytes", "a comment beside validation data", attacks.hidden_bytes(pdf),
        changed("hidden-bytes", revocation="good"),
    )  # fmt: skip
    for kind, change in (("hide", "content"), ("replace", "form-field"), ("hide-and-replace", "page-added")):
        before = sealing.sealed(pdf=attacks.shadow_base(kind))
        changes = ("page-added", "page-removed") if kind == "hide-and-replace" else (change,)
        yield Vector(
            f"shadow-{kind}", f"shadow attack, {kind}: prepared before the seal, shown after it",
            attacks.shadow(before, kind), changed(*changes),
        )  # fmt: skip


def _signatures() -> Iterator[Vector]:
    pdf = sealing.sealed()
    intact = changed("form-field", "seal-removed")
    yield Vector("usf-contents-empty", "/Contents emptied", attacks.forged(pdf, Contents=b""), intact)
    yield Vector("usf-contents-zero", "/Contents of one zero", attacks.forged(pdf, Contents=b"\0"), intact)
    yield Vector("usf-contents-missing", "/Contents taken away", attacks.forged(pdf, Contents=None), intact)
    yield Vector("usf-range-missing", "/ByteRange taken away", attacks.forged(pdf, ByteRange=None), intact)
    yield Vector(
        "usf-range-odd", "/ByteRange of nothing", attacks.forged(pdf, ByteRange=[0, 0, 0, 0]), intact
    )
    yield Vector(
        "usf-range-negative",
        "/ByteRange with a negative length",
        attacks.forged(pdf, ByteRange=[0, -1, 9, 9]),
        intact,
    )
    unclear = failed("FORMAT_FAILURE", after="other", changes=("not-understood",))
    yield Vector("byte-range-wide", "the hole wider than the signature", attacks.wide_range(pdf), unclear)
    yield Vector(
        "swa-moved", "signature wrapping: the signed end moved behind a change", attacks.wrapped(pdf), unclear
    )
    yield Vector(
        "isa-without-index", "objects appended without an index", attacks.appended_without_index(pdf),
        changed("trailing-bytes"),
    )  # fmt: skip
    yield Vector(
        "two-signatures", "somebody signed as well", attacks.second_signature(pdf, label="foreign-seal"),
        changed("another-signature"),
    )  # fmt: skip
    yield Vector(
        "resealed-on-top", "somebody else certified the sealed file again",
        attacks.second_signature(pdf, label="foreign-seal", certify=True),
        changed("another-signature", "seal-removed"),
    )  # fmt: skip
    yield Vector(
        "signatures-swapped", "the values of two signatures exchanged", attacks.swapped(pdf),
        changed("another-signature", "form-field", "seal-removed"),
    )  # fmt: skip
    yield Vector(
        "approval-only", "a signature that certifies nothing", sealing.sealed(certify=False),
        Expected(whole=False, certifies=False, conclusion="SIG_CONSTRAINTS_FAILURE", exit=1),
    )  # fmt: skip
    yield Vector(
        "another-kind", "the same signature called adbe.pkcs7.detached",
        sealing.sealed(sub_filter="adbe.pkcs7.detached"), failed("FORMAT_FAILURE"),
    )  # fmt: skip


def _trust() -> Iterator[Vector]:
    nobody: dict[str, Any] = {"trusted": False, "conclusion": "NO_CERTIFICATE_CHAIN_FOUND"}
    yield Vector(
        "foreign-ca",
        "sealed by somebody else under the same name",
        sealing.sealed("foreign-seal"),
        Expected(**nobody),
    )
    yield Vector(
        "expired",
        "the certificate had ended",
        sealing.sealed("seal-expired"),
        Expected(conclusion="OUT_OF_BOUNDS_NO_POE"),
    )
    yield Vector(
        "not-yet-valid", "the certificate had not begun", sealing.sealed("seal-future"),
        Expected(conclusion="OUT_OF_BOUNDS_NO_POE"),
    )  # fmt: skip
    yield Vector(
        "expired-stamped", "the certificate had ended before the proven time",
        sealing.sealed("seal-expired", stamps=["tsa"]),
        Expected(conclusion="OUT_OF_BOUNDS_NO_POE", proven=STAMPED, level="B-T"),
    )  # fmt: skip
    yield Vector(
        "not-yet-valid-stamped", "the proven time lies before the certificate",
        sealing.sealed("seal-future", stamps=["tsa"]),
        Expected(conclusion="NOT_YET_VALID", proven=STAMPED, level="B-T", exit=1),
    )  # fmt: skip
    yield Vector(
        "revoked", "revoked before it was sealed",
        sealing.with_validation_data(
            sealing.sealed("seal-revoked"), certificates=["issuing"], crls=sealing.lists(_REVOKED)
        ).write(),
        Expected(conclusion="REVOKED_NO_POE", revocation="revoked", after="permitted", changes=("validation-data",), exit=1),
    )  # fmt: skip
    later = sealing.sealed("seal-revoked-later", stamps=["tsa"])
    listed = [
        pki.crl("issuing", _LATER, this_update=pki.REVOKED_LATER + timedelta(days=1)), pki.crl("root"), pki.crl("tsa-root"),
    ]  # fmt: skip
    yield Vector(
        "revoked-after-stamp", "revoked after the proven time: the seal stands",
        sealing.with_validation_data(later, certificates=["issuing", "tsa"], crls=listed).write(),
        Expected(
            conclusion="TOTAL-PASSED", revocation="revoked", proven=STAMPED, level="B-LT", after="permitted",
            changes=("validation-data",),
        ),
    )  # fmt: skip
    yield Vector(
        "revoked-foreign-list", "a revocation list signed by somebody else says nothing",
        sealing.with_validation_data(
            sealing.sealed(), certificates=["issuing"], crls=[pki.crl("foreign-root", pki.Revoked("seal", pki.REVOKED_AT))]
        ).write(),
        Expected(after="permitted", changes=("validation-data",)),
    )  # fmt: skip


def _stamps() -> Iterator[Vector]:
    yield Vector(
        "stamp-stripped", "the time-stamp taken out of the seal: no trace is left, no time is proven",
        sealing.sealed(stamps=[]), Expected(),
    )  # fmt: skip
    yield Vector(
        "stamp-foreign", "a time-stamp by a stranger", sealing.sealed(stamps=["foreign-tsa"]), Expected()
    )
    broken = changed(after="nothing", level="B-B")
    yield Vector(
        "stamp-of-another", "a time-stamp of something else",
        sealing.sealed(stamps=[tokens.timestamp(bytes(32))]), broken,
    )  # fmt: skip
    token = tokens.timestamp(bytes(32))
    yield Vector(
        "stamp-by-sealer", "a time-stamp by a certificate that is for something else",
        sealing.sealed(stamps=["seal"]), Expected(),
    )  # fmt: skip
    altered = token[:-1] + bytes((token[-1] ^ 1,))
    yield Vector("stamp-altered", "an altered time-stamp", sealing.sealed(stamps=[altered]), broken)
    yield Vector(
        "document-stamp-of-another", "a document time-stamp of something else",
        attacks.broken_document_stamp(sealing.sealed()), changed("broken-time-stamp", "document-time-stamp"),
    )  # fmt: skip
    yield Vector(
        "document-stamp-foreign", "a document time-stamp by a stranger",
        sealing.stamped(Update(sealing.sealed()), by="foreign-tsa"),
        Expected(after="permitted", changes=("document-time-stamp",)),
    )  # fmt: skip


def _files() -> Iterator[Vector]:
    yield Vector("empty", "an empty file", b"", unreadable("empty"))
    yield Vector("jpeg", "a renamed JPEG", _JPEG, unreadable("not-a-pdf"))
    yield Vector("unsealed", "the document without a seal", sealing.base(), unreadable("no-seal"))
    yield Vector("encrypted", "encrypted", (FOLDER / "encrypted.pdf").read_bytes(), unreadable("encrypted"))
    yield Vector("bomb-content", "a page of 100 MB: never inflated", attacks.bomb("content"), Expected())
    for place in ("object-stream", "cross-reference", "validation-data"):
        yield Vector(
            f"bomb-{place}", f"100 MB in a stream: {place}", attacks.bomb(place), unreadable("too-complex")
        )
    yield Vector(
        "many-signatures", "a thousand signatures", attacks.many_signatures(1000), unreadable("too-complex")
    )
    yield Vector(
        "many-revisions",
        "forty-one revisions",
        attacks.many_revisions(sealing.sealed(), 39),
        unreadable("too-complex"),
    )
    yield Vector("deep", "arrays in arrays", attacks.deep(sealing.sealed()), unreadable("too-complex"))


def _value_changed(pdf: bytes) -> bytes:
    """One hex digit of the signature's last number: the last before the filling."""
    seal = attacks.seal_of(pdf)
    start = seal.byte_range[1] if seal.byte_range else 0
    position = pdf.index(b"00000000", start) - 12
    while pdf[position : position + 1] not in b"01234567":
        position -= 1
    return attacks.flipped(pdf, position)
