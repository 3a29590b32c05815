"""Handing out sealed PDFs: one, or all of a list as a ZIP that is written while it is sent.

Every document handed out is an audit event, written before its bytes leave. Memory stays flat: at any time the process holds
the keys of the list, one batch of files and a bounded piece of the index.
"""

from __future__ import annotations

import csv
import io
import re
import tempfile
import zipfile
from array import array
from dataclasses import dataclass
from datetime import datetime
from typing import IO, TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext as _

from kolportal.accounts.models import Platform, SignerKind
from kolportal.audit import events as audit
from kolportal.vietnamese import fold
from pledges import storage
from pledges.models import Document, DocumentState, Language, Signature

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from pledges.models import SignatureQuerySet

DOWNLOADED = "document.downloaded"

# A batch is read, recorded and then sent: at most so many files, and about so many bytes.
BATCH_FILES = 50
BATCH_BYTES = 8_000_000
_INDEX_IN_MEMORY = 1_000_000
_PIECE = 65_536
# OWASP, "CSV Injection"; the full-width forms are folded to these by some spreadsheet programs.
_FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")
_NOT_IN_NAMES = re.compile(r"[^a-z0-9]+")


class DocumentNotSealed(Exception):
    """There is no file yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Who receives the files: the account's key and the role in which it asks (kept in the audit trail)."""

    actor_id: int
    role: str


def file_name(signature: Signature) -> str:
    """``<REFERENCE>-<name without accents>.pdf``, ASCII only."""
    name = _NOT_IN_NAMES.sub("-", fold(signature.full_name)).strip("-")[:60].strip("-")
    return f"{signature.reference}-{name}.pdf" if name else f"{signature.reference}.pdf"


def hand_out(*, document: Document, to: Recipient, at: datetime) -> bytes:
    """The sealed bytes of one document, with the audit event.

    Raises ``DocumentNotSealed``, or ``storage.StoredFileDamaged`` when the stored file is gone or not what was sealed; then
    nothing was handed out and nothing is recorded.
    """
    if document.state != DocumentState.SEALED:
        raise DocumentNotSealed(document.pk)
    data = storage.read(document.sha256)
    _record([document], to=to, at=at, bulk=False)
    return data


def safe_cell(value: str) -> str:
    """``value`` so that no spreadsheet program takes it for a formula: with ``'`` before ``= + - @``, tab, CR or LF."""
    return f"'{value}" if value.lstrip(" ").startswith(_FORMULA_STARTS) else value


def stream_zip(*, signatures: SignatureQuerySet, to: Recipient) -> Generator[bytes]:
    """A ZIP of every sealed document of ``signatures`` in their order, and ``index.csv`` with a row for each signature.

    A missing or damaged file does not stop the rest: its row in the index says so. The list is fixed when the first piece
    is asked for; words are in the language active when this is called.
    """
    return _stream(signatures, to, _Index())


def _stream(signatures: SignatureQuerySet, to: Recipient, index: _Index) -> Generator[bytes]:
    # Keys first, eight bytes each: no database cursor stays open while a slow client reads.
    keys = array("q", signatures.values_list("pk", flat=True).iterator())
    pipe = _Pipe()
    with index, zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for start in range(0, len(keys), BATCH_FILES):
            for batch in _read(_load(keys[start : start + BATCH_FILES])):
                _record(
                    [entry.signature.document for entry in batch if entry.data],
                    to=to,
                    at=timezone.now(),
                    bulk=True,
                )
                for entry in batch:
                    index.add(entry)
                    if entry.data:
                        archive.writestr(
                            _info(file_name(entry.signature), entry.signature.document.sealed_at), entry.data
                        )
                        yield pipe.take()
        with archive.open(_info("index.csv", timezone.now()), "w", force_zip64=True) as target:
            for piece in index.pieces():
                target.write(piece)
                yield pipe.take()
    yield pipe.take()


@dataclass(slots=True)
class _Entry:
    """A signature with its file, or ``b""`` and the word for what is wrong (``""``: not sealed yet)."""

    signature: Signature
    data: bytes = b""
    damaged: bool = False


def _load(keys: Sequence[int]) -> list[Signature]:
    found = (
        Signature.objects.select_related("document", "pledge", "version", "event")
        .prefetch_related("channels")
        .defer(
            "strokes",
            "consent_text",
            "version__canonical",
            "version__preamble",
            "version__closing",
            "event__summary",
        )
        .in_bulk(list(keys))
    )
    return [found[key] for key in keys if key in found]


def _read(signatures: list[Signature]) -> Iterator[list[_Entry]]:
    """Batches whose files together are about ``BATCH_BYTES`` at most."""
    batch: list[_Entry] = []
    size = 0
    for signature in signatures:
        entry = _Entry(signature)
        if signature.document.state == DocumentState.SEALED:
            try:
                entry.data = storage.read(signature.document.sha256)
            except (storage.StoredFileDamaged, OSError):
                entry.damaged = True
        batch.append(entry)
        size += len(entry.data)
        if size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _record(documents: Sequence[Document], *, to: Recipient, at: datetime, bulk: bool) -> None:
    """One event per document. ``detail`` has the role and the key of the pledge's unit, never a name."""
    by_unit: dict[int, list[int]] = {}
    for document in documents:
        by_unit.setdefault(document.signature.pledge.unit_id, []).append(document.pk)
    for unit_id, keys in by_unit.items():
        audit.record_many(
            action=DOWNLOADED,
            actor_id=to.actor_id,
            subject_type="document",
            subject_ids=keys,
            at=at,
            detail={"role": to.role, "unit": unit_id, "bulk": bulk},
        )


def _info(name: str, at: datetime | None) -> zipfile.ZipInfo:
    moment = timezone.localtime(at)
    info = zipfile.ZipInfo(
        name, date_time=(moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second)
    )
    # Deflated although PDFs hardly shrink: some unpackers refuse stored entries whose length follows the data.
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o640 << 16
    return info


class _Pipe(io.RawIOBase):
    """Where ``ZipFile`` writes: it cannot seek, and what was written is taken away at once."""

    def __init__(self) -> None:
        self._written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        view = memoryview(data)  # type: ignore[arg-type]  # whatever has a buffer, as RawIOBase says
        self._written += view
        return view.nbytes

    def take(self) -> bytes:
        piece = bytes(self._written)
        self._written.clear()
        return piece


class _Index:
    """``index.csv``: kept in memory while it is small, in a nameless temporary file when it grows."""

    def __init__(self) -> None:
        # Words now: the request's language is no longer active while the response is being sent.
        self._columns = [
            _("Reference code"), _("Full name"), _("Public (stage) name"), _("Kind"), _("Commune"), _("Organisation"),
            _("Channels covered"), _("Event"), _("Pledge"), _("Version"), _("Language"), _("Signed at"), _("State"),
            _("Sealed at"), _("File"), _("SHA-256 of the file"), _("Remark"),
        ]  # fmt: skip
        self._states = {"active": _("signed"), "withdrawn": _("withdrawn"), "superseded": _("replaced")}
        self._not_sealed = _("not sealed yet; no file")
        self._damaged = _("the stored file is missing or damaged; it was left out")
        self._kinds = {value: str(label) for value, label in SignerKind.choices}
        self._languages = {value: str(label) for value, label in Language.choices}

    def __enter__(self) -> _Index:
        # Not before: a response whose client has gone is never begun.
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=_INDEX_IN_MEMORY)
        # Excel takes a file for UTF-8 only by its byte-order mark.
        self._file.write(b"\xef\xbb\xbf")
        self._row(self._columns)
        return self

    def __exit__(self, *_exception: object) -> None:
        self._file.close()

    def add(self, entry: _Entry) -> None:
        signature, document = entry.signature, entry.signature.document
        state = (
            "withdrawn" if signature.withdrawn_at else "superseded" if signature.superseded_at else "active"
        )
        self._row(
            [
                signature.reference_grouped,
                signature.full_name,
                signature.stage_name,
                self._kinds.get(signature.kind, signature.kind),
                signature.commune_label,
                signature.organisation,
                "; ".join(
                    f"{Platform(channel.platform).label}: {channel.url}"
                    for channel in signature.channels.all()
                ),
                signature.event.title if signature.event else "",
                signature.pledge.name,
                str(signature.version.number),
                self._languages.get(signature.language, signature.language),
                _moment(signature.signed_at),
                self._states[state],
                _moment(document.sealed_at),
                file_name(signature) if entry.data else "",
                document.sha256,
                self._damaged if entry.damaged else "" if entry.data else self._not_sealed,
            ]
        )

    def pieces(self) -> Iterator[bytes]:
        self._file.seek(0)
        while piece := self._file.read(_PIECE):
            yield piece

    def _row(self, cells: list[str]) -> None:
        line = io.StringIO()
        csv.writer(line, quoting=csv.QUOTE_ALL).writerow([safe_cell(cell) for cell in cells])
        self._file.write(line.getvalue().encode())


def _moment(at: datetime | None) -> str:
    """``2025-09-10 08:30 +07:00``: sorts as text and says its zone."""
    return timezone.localtime(at).isoformat(" ", "minutes").replace("+", " +") if at else ""
