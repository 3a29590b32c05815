"""Handing out sealed PDFs: one, or all of a list as a ZIP that is written while it is sent.

Every document handed out is an audit event, written before its bytes leave. Memory stays flat: at any time the process holds
the keys of the list, one batch of files and a bounded piece of the index.
"""

from __future__ import annotations

import io
import re
import tempfile
import zipfile
from array import array
from dataclasses import dataclass
from datetime import datetime
from typing import IO, TYPE_CHECKING

from django.db.models import Prefetch
from django.utils import timezone
from django.utils.translation import get_language, override
from django.utils.translation import gettext_lazy as _

from kolportal.tables import BYTE_ORDER_MARK, Column, csv_line
from kolportal.vietnamese import fold
from pledges import columns, documents, history, storage
from pledges.models import DocumentState, Signature

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from pledges.models import Document, SealedFile, SignatureQuerySet

# A batch is read, recorded and then sent: at most so many files, and about so many bytes.
BATCH_FILES = 50
BATCH_BYTES = 8_000_000
_INDEX_IN_MEMORY = 1_000_000
_PIECE = 65_536
_NOT_IN_NAMES = re.compile(r"[^a-z0-9]+")
# Columns that no table of signatures shows, by their path from the signature.
BIG_COLUMNS = (
    "particulars__strokes", "particulars__consent_text", "text__canonical", "text__preamble", "text__closing", "event__summary",
)  # fmt: skip


class DocumentNotSealed(Exception):
    """There is no file: not yet, or no longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Who receives the files: the account's key and the role in which it asks (kept in the audit trail)."""

    actor_id: int
    role: str


def file_name(signature: Signature) -> str:
    """``<REFERENCE>-<name without accents>.pdf``, ASCII only."""
    name = _NOT_IN_NAMES.sub("-", fold(signature.particulars.full_name)).strip("-")[:60].strip("-")
    return f"{signature.reference}-{name}.pdf" if name else f"{signature.reference}.pdf"


def hand_out(*, document: Document, to: Recipient, at: datetime) -> bytes:
    """The sealed bytes of one document (its newest file), with the audit event.

    Raises ``DocumentNotSealed``, or ``storage.StoredFileDamaged`` when the stored file is gone or not what was sealed; then
    nothing was handed out and nothing is recorded.
    """
    file = _living(document)
    if file is None:
        raise DocumentNotSealed(document.pk)
    data = storage.read(file.sha256)
    _record([document], to=to, at=at, bulk=False)
    return data


def stream_zip(*, signatures: SignatureQuerySet, to: Recipient) -> Generator[bytes]:
    """A ZIP of every sealed document of ``signatures`` in their order, and ``index.csv`` with a row for each signature.

    A missing or damaged file does not stop the rest: its row in the index says so. The list is fixed when the first piece
    is asked for; words are in the language active when this is called.
    """
    return _stream(signatures, to, _Index(get_language() or "vi"))


def _stream(signatures: SignatureQuerySet, to: Recipient, index: _Index) -> Generator[bytes]:
    # Keys first, eight bytes each: no database cursor stays open while a slow client reads.
    keys = array("q", signatures.prefetch_related(None).values_list("pk", flat=True).iterator())
    pipe = _Pipe()
    with index, zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for start in range(0, len(keys), BATCH_FILES):
            for batch in _read(_load(keys[start : start + BATCH_FILES])):
                handed_out = [entry.signature.document for entry in batch if entry.data]
                _record(handed_out, to=to, at=timezone.now(), bulk=True)
                for entry in batch:
                    index.add(entry)
                    if entry.data and entry.file:
                        info = _info(file_name(entry.signature), entry.file.sealed_at)
                        archive.writestr(info, entry.data)
                        yield pipe.take()
        with archive.open(_info("index.csv", timezone.now()), "w", force_zip64=True) as target:
            for piece in index.pieces():
                target.write(piece)
                yield pipe.take()
    yield pipe.take()


@dataclass(slots=True)
class _Entry:
    """A signature with the file that its document has now, and the bytes; ``damaged``: they could not be read."""

    signature: Signature
    file: SealedFile | None
    data: bytes = b""
    damaged: bool = False


def _living(document: Document) -> SealedFile | None:
    return document.file if documents.state_of(document) == DocumentState.SEALED else None


def _load(keys: Sequence[int]) -> list[Signature]:
    found = (
        Signature.objects.select_related("particulars", "pledge", "text__edition", "event")
        .prefetch_related("channels", Prefetch("document", queryset=documents.for_list()))
        .defer(*BIG_COLUMNS)
        .in_bulk(list(keys))
    )
    return [found[key] for key in keys if key in found]


def _read(signatures: list[Signature]) -> Iterator[list[_Entry]]:
    """Batches whose files together are about ``BATCH_BYTES`` at most."""
    batch: list[_Entry] = []
    size = 0
    for signature in signatures:
        entry = _Entry(signature, _living(signature.document))
        if entry.file:
            try:
                entry.data = storage.read(entry.file.sha256)
            except (storage.StoredFileDamaged, OSError):
                entry.damaged = True
        batch.append(entry)
        size += len(entry.data)
        if size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _record(handed_out: Sequence[Document], *, to: Recipient, at: datetime, bulk: bool) -> None:
    """One event per document, with the key of the pledge's unit."""
    by_unit: dict[int | None, list[int]] = {}
    for document in handed_out:
        unit = document.signature.pledge.unit_id if document.signature else None
        by_unit.setdefault(unit, []).append(document.pk)
    for unit, keys in by_unit.items():
        history.downloaded(keys, actor_id=to.actor_id, role=to.role, unit=unit, bulk=bulk, at=at)


def _info(name: str, at: datetime) -> zipfile.ZipInfo:
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


def _remark(entry: _Entry) -> str:
    if entry.damaged:
        return str(_("the stored file is missing or damaged; it was left out"))
    if entry.signature.particulars.erased_at:
        return str(columns.ERASED)
    return "" if entry.data else str(_("not sealed yet; no file"))


_OF_THE_FILE = (
    Column[_Entry](_("File"), lambda entry: file_name(entry.signature) if entry.data else ""),
    Column[_Entry](_("SHA-256 of the file"), lambda entry: entry.file.sha256 if entry.file else ""),
    Column[_Entry](_("Remark"), _remark),
)


class _Index:
    """``index.csv``: kept in memory while it is small, in a nameless temporary file when it grows."""

    def __init__(self, language: str) -> None:
        # The request's language is no longer active while the response is being sent.
        self._language = language

    def __enter__(self) -> _Index:
        # Not before: a response whose client has gone is never begun.
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=_INDEX_IN_MEMORY)
        with override(self._language):
            titles = [str(column.title) for column in (*columns.INDEX, *_OF_THE_FILE)]
        self._file.write(BYTE_ORDER_MARK + csv_line(titles))
        return self

    def __exit__(self, *_exception: object) -> None:
        self._file.close()

    def add(self, entry: _Entry) -> None:
        with override(self._language):
            cells = [column.text(entry.signature) for column in columns.INDEX]
            cells += [column.text(entry) for column in _OF_THE_FILE]
        self._file.write(csv_line(cells))

    def pieces(self) -> Iterator[bytes]:
        self._file.seek(0)
        while piece := self._file.read(_PIECE):
            yield piece
