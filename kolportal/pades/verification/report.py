"""What a look at a file finds: separate facts, never one word for all of them."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from kolportal.pades.levels import Level


class Readable(StrEnum):
    """Whether the file could be read, or why not."""

    YES = "yes"
    NOT_A_PDF = "not-a-pdf"
    EMPTY = "empty"
    ENCRYPTED = "encrypted"
    TOO_LARGE = "too-large"
    TOO_COMPLEX = "too-complex"
    """Beyond the bounds on revisions, objects, signatures or inflated bytes that keep a look short."""
    DAMAGED = "damaged"
    NO_SEAL = "no-seal"


class After(StrEnum):
    """What came after the seal."""

    NOTHING = "nothing"
    PERMITTED = "permitted"
    OTHER = "other"


class Change(StrEnum):
    """One kind of thing that came after the seal. The first two are permitted, by content and not by name."""

    TIME_STAMP = "document-time-stamp"
    VALIDATION_DATA = "validation-data"

    ANNOTATION = "annotation"
    ANOTHER_SIGNATURE = "another-signature"
    ATTACHMENT = "attachment"
    BROKEN_TIME_STAMP = "broken-time-stamp"
    CATALOG = "catalog"
    CONTENT = "content"
    FORM_FIELD = "form-field"
    HIDDEN_BYTES = "hidden-bytes"
    METADATA = "metadata"
    NOT_UNDERSTOOD = "not-understood"
    PAGE_ADDED = "page-added"
    PAGE_REMOVED = "page-removed"
    PAGE_SIZE = "page-size"
    SEAL_REMOVED = "seal-removed"
    TRAILING_BYTES = "trailing-bytes"


PERMITTED = frozenset({Change.TIME_STAMP, Change.VALIDATION_DATA})


class Revocation(StrEnum):
    """What the evidence says of a certificate at the time that counts."""

    GOOD = "good"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


class Indication(StrEnum):
    """Main status of ETSI EN 319 102-1 clause 5.1.3."""

    TOTAL_PASSED = "TOTAL-PASSED"
    TOTAL_FAILED = "TOTAL-FAILED"
    INDETERMINATE = "INDETERMINATE"


class SubIndication(StrEnum):
    """Reasons of ETSI EN 319 102-1 clause 5.1.3, in its own words."""

    FORMAT_FAILURE = "FORMAT_FAILURE"
    HASH_FAILURE = "HASH_FAILURE"
    SIG_CRYPTO_FAILURE = "SIG_CRYPTO_FAILURE"
    SIG_CONSTRAINTS_FAILURE = "SIG_CONSTRAINTS_FAILURE"
    CRYPTO_CONSTRAINTS_FAILURE_NO_POE = "CRYPTO_CONSTRAINTS_FAILURE_NO_POE"
    NO_SIGNING_CERTIFICATE_FOUND = "NO_SIGNING_CERTIFICATE_FOUND"
    NO_CERTIFICATE_CHAIN_FOUND = "NO_CERTIFICATE_CHAIN_FOUND"
    CERTIFICATE_CHAIN_GENERAL_FAILURE = "CERTIFICATE_CHAIN_GENERAL_FAILURE"
    CHAIN_CONSTRAINTS_FAILURE = "CHAIN_CONSTRAINTS_FAILURE"
    REVOKED_NO_POE = "REVOKED_NO_POE"
    REVOKED_CA_NO_POE = "REVOKED_CA_NO_POE"
    OUT_OF_BOUNDS_NO_POE = "OUT_OF_BOUNDS_NO_POE"
    NOT_YET_VALID = "NOT_YET_VALID"
    TRY_LATER = "TRY_LATER"


@dataclass(frozen=True)
class Conclusion:
    """After ETSI EN 319 102-1: the indication, and why it is not TOTAL-PASSED."""

    indication: Indication
    sub_indication: SubIndication | None = None


def undecided(sub: SubIndication) -> Conclusion:
    """INDETERMINATE, because of ``sub``."""
    return Conclusion(Indication.INDETERMINATE, sub)


@dataclass(frozen=True)
class Sealer:
    """The certificate of the seal: what it says of itself. ``fingerprint`` is SHA-256 over its DER, 64 hex digits."""

    subject: str
    common_name: str
    issuer: str
    serial: str
    fingerprint: str
    not_before: datetime
    not_after: datetime
    is_test: bool


@dataclass(frozen=True)
class Chain:
    """Whether the certificate leads to a root that was handed in. ``root`` is that root's subject; else ``why_not``."""

    trusted: bool = False
    root: str | None = None
    root_fingerprint: str | None = None
    why_not: str | None = None


@dataclass(frozen=True)
class RevocationFact:
    """``state`` of the whole chain below its root at the time that counts.

    REVOKED carries ``revoked_at`` and ``reason`` (RFC 5280 clause 5.3.1) of the certificate whose subject is
    ``certificate``. ``evidence`` names what was believed: kind, where it came from, and from when until when it speaks.
    """

    state: Revocation = Revocation.UNKNOWN
    revoked_at: datetime | None = None
    reason: str | None = None
    certificate: str | None = None
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True)
class Evidence:
    """A CRL or OCSP response that was believed. ``source`` is ``embedded`` or ``handed-in``."""

    kind: str
    source: str
    issuer: str
    this_update: datetime
    next_update: datetime | None


@dataclass(frozen=True)
class TimeStamp:
    """One time-stamp. ``kind`` is ``signature`` (over the seal's value) or ``document`` (over the file up to it)."""

    kind: str
    time: datetime | None
    authority: str | None
    intact: bool
    trusted: bool
    why_not: str | None = None
    revocation: Revocation = Revocation.UNKNOWN


@dataclass(frozen=True)
class TimeFact:
    """``claimed`` is what the sealer says (``/M``), and nothing more. ``proven`` is the earliest trusted time-stamp."""

    claimed: datetime | None = None
    proven: datetime | None = None
    authority: str | None = None
    stamps: tuple[TimeStamp, ...] = ()


@dataclass(frozen=True)
class Finding:
    """One thing that came after the seal, in which revision (1 is the first after it), with a detail for an engineer."""

    change: Change
    revision: int
    detail: str = ""


@dataclass(frozen=True)
class Report:
    """What was found at ``at``, each fact by itself; facts that could not be found out are False, 0, None or UNKNOWN.

    ``intact``: the sealed bytes are unchanged and the signature over them is by the key of its certificate. ``certifies``:
    the seal is a certification (DocMDP) that forbids other changes. ``after`` with ``findings``: what came after the seal.
    ``ends``: bytes of the file as it was sealed, and as it was after each later revision.
    ``chain``, ``revocation``, ``time``: as their types say. ``level`` is the one that the file
    really reaches, None without an intact seal. ``pdfa`` is the claim of the XMP packet ("3B"), only a
    claim. ``errors``: in words for an engineer, in English; a whole file has none.
    """

    at: datetime
    readable: Readable
    conclusion: Conclusion
    signatures: int = 0
    pages: int = 0
    intact: bool = False
    certifies: bool = False
    after: After = After.NOTHING
    findings: tuple[Finding, ...] = ()
    ends: tuple[int, ...] = ()
    sealer: Sealer | None = None
    field_name: str | None = None
    chain: Chain = Chain()
    revocation: RevocationFact = RevocationFact()
    time: TimeFact = TimeFact()
    level: Level | None = None
    pdfa: str | None = None
    errors: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Sealed, unchanged, and followed by nothing but time-stamps and validation data. Says nothing of who sealed."""
        return (
            self.readable == Readable.YES
            and self.intact
            and self.certifies
            and self.after != After.OTHER
            and not self.errors
        )

    @property
    def sealed_whole(self) -> bool:
        """As ``whole``, and nothing at all came after: what a freshly sealed file must be."""
        return self.whole and self.after == After.NOTHING and self.signatures == 1

    @property
    def trusted(self) -> bool:
        """The certificate of the seal leads to a root that was handed in."""
        return self.chain.trusted

    @property
    def passed(self) -> bool:
        """Whole, and TOTAL-PASSED: by a trusted, unrevoked certificate."""
        return self.whole and self.chain.trusted and self.conclusion.indication == Indication.TOTAL_PASSED

    @property
    def fingerprint(self) -> str | None:
        """SHA-256 of the seal's certificate, 64 lower-case hex digits."""
        return self.sealer.fingerprint if self.sealer else None

    @property
    def subject(self) -> str | None:
        """Name to show of who sealed."""
        return self.sealer.common_name if self.sealer else None

    @property
    def is_test(self) -> bool:
        """Whether the certificate itself says that it is for tests."""
        return self.sealer is not None and self.sealer.is_test

    @property
    def claimed_at(self) -> datetime | None:
        """When the sealer says that it sealed."""
        return self.time.claimed

    @property
    def fault(self) -> str:
        """Why the file is not whole, for an engineer; empty where nothing speaks against it."""
        findings = [f"{one.change}: {one.detail}" for one in self.findings if one.change not in PERMITTED]
        uncertified = ["the seal forbids no changes"] if self.intact and not self.certifies else []
        return "; ".join((*self.errors, *findings, *uncertified))

    def as_dict(self) -> dict[str, Any]:
        """The report in JSON's own types: enumerations by value, times in ISO 8601 with offset, tuples as arrays."""
        plain: dict[str, Any] = _plain(self)
        return {"whole": self.whole, "passed": self.passed} | plain


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value
