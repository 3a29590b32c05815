"""Streams out of their filters, never past a limit (ISO 32000-2 clause 7.4).

Only what a verifier must read is ever inflated: cross-reference and object streams, validation data, the XMP packet.
Page content, fonts and images are not touched, so a bomb among them never goes off.
"""

from __future__ import annotations

import zlib
from typing import Any, Final

from kolportal.pades.verification.objects import Budget, Damaged, Name, Stream, TooComplex

MAX_STREAM: Final = 4 * 1024 * 1024
"""Decoded bytes of one stream."""
_PNG_PREDICTORS: Final = range(10, 16)


def decoded(stream: Stream, budget: Budget, *, limit: int = MAX_STREAM) -> bytes:
    """The decoded bytes of ``stream``: no filter, or one ``/FlateDecode``. Raises Damaged, TooComplex."""
    filters = _one(stream.entries.get("Filter"))
    if filters is None:
        if stream.length > limit:
            raise TooComplex(f"a stream holds more than {limit} bytes")
        budget.take_inflated(stream.length)
        return stream.raw
    if filters != "FlateDecode" or not isinstance(filters, Name):
        raise TooComplex(f"a stream that must be read is encoded with {str(filters)[:40]!r}")
    parameters = _one(stream.entries.get("DecodeParms"))
    return _predicted(_inflate(stream.raw, budget, limit), parameters or {}, budget)


def is_whole(stream: Stream) -> bool:
    """Whether nothing stands behind the end of the compressed data, and nothing but the filter says how to read it."""
    if "DecodeParms" in stream.entries or "F" in stream.entries:
        return False
    if stream.entries.get("Filter") is None:
        return True
    engine = zlib.decompressobj()
    try:
        engine.decompress(stream.raw, MAX_STREAM)
    except zlib.error:
        return False
    return engine.eof and not engine.unused_data


def _one(entry: Any) -> Any:
    """A filter entry is a value or an array of such; chains of filters are how small files become huge."""
    if not isinstance(entry, list):
        return entry
    if len(entry) > 1:
        raise TooComplex("a stream is encoded more than once")
    return entry[0] if entry else None


def _inflate(raw: bytes, budget: Budget, limit: int) -> bytes:
    # streams can share their bytes, and blocks can be empty: reading is work too
    budget.take_inflated(len(raw))
    engine = zlib.decompressobj()
    try:
        data = engine.decompress(raw, limit + 1)
    except zlib.error as error:
        raise Damaged(f"a compressed stream is damaged: {error}") from error
    if len(data) > limit:
        raise TooComplex(f"a stream inflates to more than {limit} bytes")
    budget.take_inflated(len(data))
    return data


def _predicted(data: bytes, parameters: dict[str, Any], budget: Budget) -> bytes:
    """Undo the PNG predictors (7.4.4.4), as cross-reference streams use them: bytes, one column each."""
    predictor = parameters.get("Predictor", 1)
    if predictor == 1:
        return data
    columns = parameters.get("Columns", 1)
    plain = (parameters.get("Colors", 1), parameters.get("BitsPerComponent", 8)) == (1, 8)
    if predictor not in _PNG_PREDICTORS or not plain or not isinstance(columns, int) or not 0 < columns < 256:
        raise TooComplex("a stream that must be read uses an unusual predictor")
    if len(data) % (columns + 1):
        raise Damaged("the rows of a stream are not complete")
    budget.take_tokens(len(data) // (columns + 1))
    rows, above = bytearray(), bytes(columns)
    for start in range(0, len(data), columns + 1):
        above = _row(data[start], data[start + 1 : start + columns + 1], above)
        rows += above
    return bytes(rows)


def _row(kind: int, row: bytes, above: bytes) -> bytes:
    """One row of PNG filter ``kind`` (PNG specification, third edition, clause 9.2): none, sub, up."""
    if kind == 0:
        return row
    if kind == 2:
        return bytes((a + b) & 0xFF for a, b in zip(row, above, strict=True))
    if kind == 1:
        out = bytearray(row)
        for i in range(1, len(out)):
            out[i] = (out[i] + out[i - 1]) & 0xFF
        return bytes(out)
    raise TooComplex("a stream that must be read uses an unusual predictor")
