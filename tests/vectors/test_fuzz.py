"""Changed files, many of them: never whole, never an exception, each within five seconds.

Seeded, so every run looks at the same files. ``FUZZ=20 pytest tests/vectors/test_fuzz.py`` goes twenty times as deep, with
other seeds.
"""

from __future__ import annotations

import json
import os
import random
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from types import FrameType
from typing import Any

import pikepdf
import pytest

from kolportal.pades import Report, Trust, verify
from kolportal.pades.verification.document import Document
from kolportal.pades.verification.objects import Name, Ref, Stream
from tests.vectors import pki, sealing
from tests.vectors.writer import NewStream, Update

DEPTH = int(os.environ.get("FUZZ", "1"))
SECONDS = 5
TRUST = Trust(seal_roots=(pki.der("root"),), timestamp_roots=(pki.der("tsa-root"),))
SUBJECTS: dict[str, Callable[[], bytes]] = {
    "level-b-b": sealing.sealed,
    "level-b-t": sealing.b_t,
    "level-b-lta": sealing.b_lta,
}


class Overrun(BaseException):
    """No ``Exception``: what is watched must not be able to catch it."""


@contextmanager
def watched() -> Iterator[None]:
    """Stops what takes longer than SECONDS of processor time, which a busy machine does not change."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise Overrun

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def look(pdf: bytes) -> Report:
    with watched():
        report = verify(pdf, trust=TRUST, at=sealing.AT)
    json.dumps(report.as_dict())
    return report


def enclosed(pdf: bytes) -> tuple[int, int]:
    """Where the certificate of the issuing authority stands in the seal."""
    digits = pki.der("issuing").hex().encode()
    begin = pdf.index(digits)
    return begin, begin + len(digits)


def test_the_watchdog_bites() -> None:
    """Negative control: work without an end is stopped, whatever it catches."""

    def endless() -> None:
        while True:
            try:
                sum(range(1000))
            except Exception:  # noqa: BLE001 - as hostile as it can be
                continue

    with pytest.raises(Overrun), watched():
        signal.setitimer(signal.ITIMER_VIRTUAL, 0.05)
        endless()


@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_flipped_bit_anywhere_is_noticed(subject: str) -> None:
    """Every byte of these files stands under a signature or time-stamp, or is one.

    What is enclosed in the signature without being signed (the certificates of authorities) breaks the way to the root
    instead: then the text is whole, and nobody vouches for it.
    """
    pdf = SUBJECTS[subject]()
    assert look(pdf).trusted
    begin, end = enclosed(pdf)
    stride = max(1, len(pdf) // (400 * DEPTH) | 1)
    for position in range(DEPTH // 2 % stride, len(pdf), stride):
        changed = bytearray(pdf)
        changed[position] ^= 1 << (position % 8)
        report = look(bytes(changed))
        assert not (report.whole and report.trusted), position
        assert not report.whole or begin < position < end, position


@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_truncated_file_is_noticed(subject: str) -> None:
    pdf = SUBJECTS[subject]()
    ends = {section.end for section in Document(pdf).sections}
    stride = max(1, len(pdf) // (120 * DEPTH) | 1)
    for length in {*range(0, len(pdf), stride), *range(len(pdf) - 40, len(pdf))} - ends:
        assert not look(pdf[:length]).whole, length


def _value(chance: random.Random) -> Any:
    return chance.choice(
        [0, 1, -1, 2**31, True, None, Name("X"), b"text", [], [0, 0, 1, 1], {}, {"Type": Name("Page")}, Ref(1, 0),
         Ref(9999, 0), [Ref(2, 0)] * 3]
    )  # fmt: skip


def _updated(pdf: bytes, chance: random.Random) -> bytes:
    """An incremental update that changes entries of one or two objects, or replaces or adds some."""
    update = Update(pdf)
    information = update.view.section.trailer.get("Info")
    numbers = sorted({number for section in update.document.sections for number in section.entries if number})
    for _ in range(chance.choice((1, 1, 2))):
        number = chance.choice(numbers)
        value = update.view.resolve(Ref(number, 0))
        if Ref(number, 0) == information:  # that dates may be written anew there is meant
            continue
        if isinstance(value, dict) and chance.random() < 0.8:
            known = [*value, "Contents", "Annots", "AA", "AP", "DSS", "V", "Kids", "Names", "OpenAction"]
            update.objects[number] = {**value, chance.choice(known): _value(chance)}
        elif isinstance(value, Stream):
            update.objects[number] = NewStream({**value.entries, "X": 1}, value.raw[: chance.randrange(40)])
        else:
            update.objects[number] = _value(chance)
    if not update.objects:
        update.add(_value(chance))
    return update.write()


def test_no_incremental_mutation_is_whole() -> None:
    chance = random.Random(20260910 + DEPTH)
    subjects = [make() for make in SUBJECTS.values()]
    for number in range(250 * DEPTH):
        changed = _updated(chance.choice(subjects), chance)
        assert not look(changed).whole, number


def _rewritten(pdf: bytes, chance: random.Random) -> bytes:
    """The file written anew by pikepdf after a change to its objects, in one of its shapes."""
    with pikepdf.open(BytesIO(pdf)) as document:
        objects = [item for item in document.objects if isinstance(item, pikepdf.Dictionary | pikepdf.Stream)]
        item = chance.choice(objects)
        keys = [key for key in list(item.keys()) if key not in ("/Length", "/Filter", "/Type")]
        if keys and chance.random() < 0.7:
            key = chance.choice(keys)
            if chance.random() < 0.5:
                del item[key]
            else:
                item[key] = chance.choice([0, pikepdf.Array([1, 2]), pikepdf.Name.X, pikepdf.String("x")])
        elif isinstance(item, pikepdf.Stream):
            item.write(chance.randbytes(chance.randrange(200)))
        else:
            item["/AA"] = pikepdf.Dictionary(S=pikepdf.Name.JavaScript)
        buffer = BytesIO()
        mode = chance.choice(list(pikepdf.ObjectStreamMode))
        document.save(buffer, object_stream_mode=mode, linearize=chance.random() < 0.2, static_id=True)
    return buffer.getvalue()


@pytest.mark.filterwarnings("ignore:This document has")  # pikepdf sees that the mutation was no good idea
def test_no_mutation_written_by_pikepdf_is_whole() -> None:
    chance = random.Random(19450902 + DEPTH)
    subjects = [make() for make in SUBJECTS.values()]
    looked = 0
    while looked < 500 * DEPTH:
        try:
            changed = _rewritten(chance.choice(subjects), chance)
        except (pikepdf.PdfError, ValueError, TypeError, RuntimeError, KeyError):
            continue  # what pikepdf itself refuses to write is no file
        looked += 1
        assert not look(changed).whole, looked
        # the same bytes behind the sealed ones: the newest of two documents in one file
        assert not look(subjects[0] + changed).whole, looked
