"""``verify``: bytes in, report out, whatever the bytes are."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial
from typing import Any, Final

from kolportal.pades.trust import Trust
from kolportal.pades.verification import changes, messages, stamps
from kolportal.pades.verification.chains import Certificate, loaded, readable
from kolportal.pades.verification.document import MAX_BYTES, Document, View
from kolportal.pades.verification.inflating import decoded
from kolportal.pades.verification.judging import Judge, Verdict
from kolportal.pades.verification.keys import WeakAlgorithm, counted
from kolportal.pades.verification.messages import BadMessage, Message
from kolportal.pades.verification.naming import page_count
from kolportal.pades.verification.objects import Damaged, Ref, Stream, TooComplex
from kolportal.pades.verification.report import (
    PERMITTED,
    After,
    Change,
    Conclusion,
    Finding,
    Indication,
    Readable,
    Report,
    Sealer,
    SubIndication,
    TimeFact,
    undecided,
)
from kolportal.pades.verification.revocation import Item, Pool
from kolportal.pades.verification.signatures import Found, docmdp, find
from kolportal.pades.verification.xmp import pdfa_claim

MAX_EVIDENCE: Final = 40
"""Streams of each kind of validation data that are looked at."""
_SUB_FILTER: Final = "ETSI.CAdES.detached"

NO_TRUST: Final = Trust()


def verify(pdf: bytes, *, trust: Trust = NO_TRUST, at: datetime) -> Report:
    """Report on ``pdf``, which may be anything, at the time ``at`` (aware). Never raises on the file; contacts nobody.

    With an empty ``trust`` nothing is trusted; that alone is no error. ValueError for a naive ``at`` or a root that is no
    certificate.
    """
    if at.tzinfo is None:
        raise ValueError("the time of validation must be aware")
    anchors = _anchors(trust)
    refused = _refusal(pdf)
    if refused is not None:
        return _unreadable(at, *refused)
    try:
        with counted():
            return _Look(pdf, trust, anchors, at).report()
    except TooComplex as error:
        return _unreadable(at, Readable.TOO_COMPLEX, str(error))
    except Damaged as error:
        return _unreadable(at, Readable.DAMAGED, str(error))
    except Exception as error:  # noqa: BLE001 - hostile bytes make parsers raise anything; a report is owed
        return _unreadable(at, Readable.DAMAGED, f"{type(error).__name__}: {str(error)[:200]}")


def _refusal(pdf: bytes) -> tuple[Readable, str] | None:
    if not pdf:
        return Readable.EMPTY, "the file is empty"
    if len(pdf) > MAX_BYTES:
        return Readable.TOO_LARGE, f"the file is larger than {MAX_BYTES} bytes"
    if not pdf.startswith(b"%PDF-"):
        return Readable.NOT_A_PDF, "the file does not begin with %PDF-"
    return None


def _unreadable(at: datetime, why: Readable, error: str) -> Report:
    failed = Conclusion(Indication.TOTAL_FAILED, SubIndication.FORMAT_FAILURE)
    return Report(at=at, readable=why, conclusion=failed, errors=(error,))


@lru_cache(maxsize=8)
def _anchors(trust: Trust) -> tuple[tuple[Certificate, ...], tuple[Certificate, ...]]:
    return tuple(map(loaded, trust.seal_roots)), tuple(map(loaded, trust.timestamp_roots))


@dataclass(frozen=True)
class _Seal:
    """What the seal itself gave: its message, or why there is none; ``failed`` where nothing more can be judged."""

    message: Message | None
    intact: bool
    errors: tuple[str, ...]
    failed: Conclusion | None


class _Look:
    """One file, looked at once."""

    def __init__(
        self,
        pdf: bytes,
        trust: Trust,
        anchors: tuple[tuple[Certificate, ...], tuple[Certificate, ...]],
        at: datetime,
    ) -> None:
        self.pdf, self.trust, self.at = pdf, trust, at
        self.seal_anchors, self.stamp_anchors = anchors
        self.document = Document(pdf)
        self.newest = self.document.views[-1]

    def report(self) -> Report:
        if any("Encrypt" in section.trailer for section in self.document.sections):
            return _unreadable(self.at, Readable.ENCRYPTED, "the file is encrypted")
        present = find(self.newest)
        first = self._first()
        if first is None:
            kind = "nothing but time-stamps" if present else "no seal"
            return _unreadable(self.at, Readable.NO_SEAL, f"the file carries {kind}")
        view, seal = first
        ordinary = [one for one in present if not one.is_time_stamp]
        judged = self._seal(seal)
        errors = list(judged.errors)
        if len(ordinary) != 1:
            errors.append(f"the file carries {len(ordinary)} signatures")
        if self.document.has_foreign_mark(seal.end):
            errors.append("the sealed bytes hold the end of another document")
        certifies = docmdp(view, seal) is not None
        tokens = self._stamps(seal, judged, present)
        findings = self._findings(seal, tokens)
        errors += [f"time-stamp: {one.fault}" for one in tokens if one.fault and one.kind == "signature"]
        verdict = self._verdict(seal, judged, tokens)
        return Report(
            at=self.at,
            readable=Readable.YES,
            conclusion=_conclusion(judged, verdict, findings, errors, certifies=certifies),
            signatures=len(ordinary),
            pages=page_count(self.newest),
            intact=judged.intact,
            certifies=certifies,
            after=_after(findings),
            findings=tuple(findings),
            ends=self._ends(seal),
            sealer=_sealer(judged.message.signer if judged.message else None),
            field_name=seal.field_name,
            pdfa=pdfa_claim(self.newest),
            errors=tuple(errors),
            **_facts(verdict, seal),
        )

    def _first(self) -> tuple[View, Found] | None:
        """The first certification, else the first signature, in the oldest revision that has one."""
        for view in self.document.views:
            if "Root" not in view.section.trailer:
                continue  # the further part of a linearized file, no state of its own
            ordinary = [one for one in find(view) if not one.is_time_stamp]
            if ordinary:
                certified = [one for one in ordinary if docmdp(view, one) is not None]
                return view, (certified or ordinary)[0]
        return None

    def _ends(self, seal: Found) -> tuple[int, ...]:
        if seal.revision is None:
            return ()
        return tuple(one.end for one in self.document.sections[seal.revision :] if one.end is not None)

    def _seal(self, seal: Found) -> _Seal:
        """Clause 5.3 of EN 319 102-1 up to cryptographic verification."""
        form = Conclusion(Indication.TOTAL_FAILED, SubIndication.FORMAT_FAILURE)
        if seal.faults:
            return _Seal(None, False, seal.faults, form)
        if seal.entries.get("SubFilter") != _SUB_FILTER:
            return _Seal(None, False, (f"the signature is not of the kind {_SUB_FILTER}",), form)
        try:
            message = messages.read(seal.contents)
        except BadMessage as error:
            return _Seal(None, False, (str(error),), form)
        if message.content_type != "data" or message.content is not None:
            return _Seal(message, False, ("the signature is not of detached data",), form)
        if seal.digest(self.pdf, message.digest_name) != message.message_digest:
            failed = Conclusion(Indication.TOTAL_FAILED, SubIndication.HASH_FAILURE)
            return _Seal(message, False, ("the sealed bytes were changed",), failed)
        if message.signer is None:
            failed = undecided(SubIndication.NO_SIGNING_CERTIFICATE_FOUND)
            return _Seal(message, False, ("the seal does not enclose its certificate",), failed)
        try:
            signed = message.is_signed()
        except WeakAlgorithm as error:
            failed = undecided(SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE)
            return _Seal(message, False, (str(error),), failed)
        if not signed:
            failed = Conclusion(Indication.TOTAL_FAILED, SubIndication.SIG_CRYPTO_FAILURE)
            return _Seal(message, False, ("the signature is not by the key of its certificate",), failed)
        return _Seal(message, True, message.faults, form if message.faults else None)

    def _stamps(self, seal: Found, judged: _Seal, present: list[Found]) -> list[stamps.Stamp]:
        if judged.message is None or seal.revision is None:
            return []
        value = judged.message.signature
        found = [
            stamps.read("signature", token, seal.revision, lambda name: hashlib.new(name, value).digest())
            for token in judged.message.tokens
        ]
        return found + [
            stamps.read("document", one.contents, one.revision, partial(one.digest, self.pdf))
            for one in present
            if one.is_time_stamp and one.revision is not None and one.revision > seal.revision
        ]

    def _findings(self, seal: Found, tokens: list[stamps.Stamp]) -> list[Finding]:
        found = changes.after_seal(self.document, seal)
        return found + [
            Finding(Change.BROKEN_TIME_STAMP, one.revision - (seal.revision or 0), one.fault)
            for one in tokens
            if one.kind == "document" and one.fault
        ]

    def _verdict(self, seal: Found, judged: _Seal, tokens: list[stamps.Stamp]) -> Verdict | None:
        if not judged.intact or judged.message is None or judged.message.signer is None:
            return None
        certificates, items = self._embedded()
        handed_in = [Item("CRL", data, None) for data in self.trust.crls]
        handed_in += [Item("OCSP", data, None) for data in self.trust.ocsps]
        judge = Judge(
            at=self.at,
            seal_anchors=self.seal_anchors,
            stamp_anchors=self.stamp_anchors,
            others=(*judged.message.certificates, *certificates),
            pool=Pool(handed_in=handed_in, embedded=items),
            stamps=tokens,
        )
        return judge.verdict(judged.message.signer, seal.claimed_at)

    def _embedded(self) -> tuple[list[Certificate], list[Item]]:
        """Certificates and evidence of the document security store (ETSI EN 319 142-1 clause 5.4.2)."""
        store = self.newest.dictionary(self.newest.root.get("DSS"))
        certificates = [data for data, _ in self._streams(store.get("Certs"))]
        items = [
            Item(kind, data, revision)
            for key, kind in (("CRLs", "CRL"), ("OCSPs", "OCSP"))
            for data, revision in self._streams(store.get(key))
        ]
        return readable(certificates), items

    def _streams(self, value: Any) -> list[tuple[bytes, int]]:
        found = []
        items = self.newest.array(value)
        if len(items) > MAX_EVIDENCE:
            raise TooComplex(f"the file holds more than {MAX_EVIDENCE} pieces of validation data of one kind")
        for item in items:
            stream = self.newest.resolve(item)
            if isinstance(item, Ref) and isinstance(stream, Stream):
                found.append((decoded(stream, self.document.budget), self.newest.changed_in(item.number)))
        return found


def _after(findings: list[Finding]) -> After:
    if not findings:
        return After.NOTHING
    return After.PERMITTED if all(one.change in PERMITTED for one in findings) else After.OTHER


def _conclusion(
    judged: _Seal, verdict: Verdict | None, findings: list[Finding], errors: list[str], *, certifies: bool
) -> Conclusion:
    if judged.failed is not None or verdict is None:
        return judged.failed or Conclusion(Indication.TOTAL_FAILED, SubIndication.FORMAT_FAILURE)
    if errors or _after(findings) == After.OTHER:
        return Conclusion(Indication.TOTAL_FAILED, SubIndication.FORMAT_FAILURE)
    if not certifies:
        return undecided(SubIndication.SIG_CONSTRAINTS_FAILURE)
    return verdict.conclusion


def _facts(verdict: Verdict | None, seal: Found) -> dict[str, Any]:
    if verdict is None:
        return {"time": TimeFact(claimed=seal.claimed_at), "level": None}
    return {
        "chain": verdict.chain,
        "revocation": verdict.revocation,
        "time": verdict.time,
        "level": verdict.level,
    }


def _sealer(certificate: Certificate | None) -> Sealer | None:
    if certificate is None:
        return None
    return Sealer(
        subject=certificate.name,
        common_name=certificate.common_name,
        issuer=certificate.issuer_name,
        serial=f"{certificate.serial:x}",
        fingerprint=certificate.fingerprint,
        not_before=certificate.not_before,
        not_after=certificate.not_after,
        is_test=certificate.is_test,
    )
