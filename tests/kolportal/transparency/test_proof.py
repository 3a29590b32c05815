"""``.tlog-proof`` files: read and written strictly (C2SP tlog-proof)."""

from __future__ import annotations

import base64
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kolportal.transparency import TlogProof
from kolportal.transparency.errors import MalformedProof
from kolportal.transparency.merkle import MAX_SIZE
from kolportal.transparency.note import MAX_NOTE_BYTES
from kolportal.transparency.proof import MAX_EXTRA_BYTES, MAX_PROOF_BYTES
from tests.kolportal.transparency.builders import changed

HASH: Final = base64.b64encode(bytes(range(32))).decode()
HEAD: Final = "c2sp.org/tlog-proof@v1\n"


def test_the_parts_of_a_proof() -> None:
    data = f"{HEAD}extra {base64.b64encode(b'an entry').decode()}\nindex 73894\n{HASH}\n{HASH}\n\nlog\n1\nx\n\n— log y\n"
    proof = TlogProof.parse(data.encode())
    assert proof == TlogProof(73894, (bytes(range(32)),) * 2, "log\n1\nx\n\n— log y\n".encode(), b"an entry")
    assert proof.dump() == data.encode()


def test_a_proof_without_extra_and_without_hashes() -> None:
    data = f"{HEAD}index 0\n\ncheckpoint\n".encode()
    assert TlogProof.parse(data) == TlogProof(0, (), b"checkpoint\n")
    assert TlogProof.parse(data).dump() == data


def test_the_largest_proof_fits_and_one_byte_more_does_not() -> None:
    largest = TlogProof(MAX_SIZE, (bytes(32),) * 64, bytes(MAX_NOTE_BYTES), bytes(MAX_EXTRA_BYTES))
    assert TlogProof.parse(largest.dump()) == largest
    assert len(largest.dump()) < MAX_PROOF_BYTES
    for wrong in (
        {"index": MAX_SIZE + 1}, {"index": -1}, {"hashes": (bytes(32),) * 65}, {"hashes": (bytes(31),)},
        {"checkpoint": bytes(MAX_NOTE_BYTES + 1)}, {"extra": bytes(MAX_EXTRA_BYTES + 1)}, {"extra": b""},
    ):  # fmt: skip
        with pytest.raises(MalformedProof):
            changed(largest, **wrong)


@settings(deadline=None)
@given(
    index=st.integers(0, MAX_SIZE),
    hashes=st.lists(st.binary(min_size=32, max_size=32), max_size=64).map(tuple),
    checkpoint=st.binary(max_size=200),
    extra=st.none() | st.binary(min_size=1, max_size=300),
)
def test_what_was_written_is_read(
    index: int, hashes: tuple[bytes, ...], checkpoint: bytes, extra: bytes | None
) -> None:
    proof = TlogProof(index, hashes, checkpoint, extra)
    assert TlogProof.parse(proof.dump()) == proof


@pytest.mark.parametrize(
    "data",
    [
        "", "\n\n", HEAD, f"{HEAD}\n", f"{HEAD}index 0\n", f"{HEAD}index 0\n{HASH}\n", f" {HEAD}index 0\n\nx\n",
        "c2sp.org/tlog-proof@v2\nindex 0\n\nx\n", f"{HEAD.strip()}\r\nindex 0\r\n\r\nx\r\n", f"{HEAD}index 0\n\r\nx\n",
        f"{HEAD}\nx\n", f"{HEAD}{HASH}\n\nx\n", f"{HEAD}index\n\nx\n", f"{HEAD}index \n\nx\n", f"{HEAD}index  0\n\nx\n",
        f"{HEAD}index -5\n\nx\n", f"{HEAD}index 05\n\nx\n", f"{HEAD}index +5\n\nx\n", f"{HEAD}index 5 \n\nx\n",
        f"{HEAD}index x\n\nx\n", f"{HEAD}index {MAX_SIZE + 1}\n\nx\n", f"{HEAD}index {'9' * 10_000}\n\nx\n",
        f"{HEAD}index 0\nindex 0\n\nx\n", f"{HEAD}index 0\nextra YQ==\n\nx\n", f"{HEAD}extra YQ==\n\nx\n",
        f"{HEAD}extra YQ==\nextra YQ==\nindex 0\n\nx\n", f"{HEAD}extra \nindex 0\n\nx\n", f"{HEAD}extra\nindex 0\n\nx\n",
        f"{HEAD}extra !!\nindex 0\n\nx\n", f"{HEAD}extra YR==\nindex 0\n\nx\n", f"{HEAD}extra YQ\nindex 0\n\nx\n",
        f"{HEAD}index 0\n!!\n\nx\n", f"{HEAD}index 0\n{HASH[:-4]}\n\nx\n", f"{HEAD}index 0\n{HASH} \n\nx\n",
        f"{HEAD}index 0\n{HASH}{HASH}\n\nx\n", f"{HEAD}index 0\n{base64.b64encode(bytes(64)).decode()}\n\nx\n",
        f"{HEAD}index 0\né\n\nx\n", HEAD + "index 0\n" + f"{HASH}\n" * 65 + "\nx\n",
        f"{HEAD}extra {base64.b64encode(bytes(MAX_EXTRA_BYTES + 1)).decode()}\nindex 0\n\nx\n",
        f"{HEAD}index 0\n\n" + "x" * MAX_PROOF_BYTES,
    ],
)  # fmt: skip
def test_other_files_are_refused(data: str) -> None:
    with pytest.raises(MalformedProof):
        TlogProof.parse(data.encode())


@settings(max_examples=300, deadline=None)
@given(
    data=st.binary(max_size=100)
    | st.text("extraindex 019\nAQ=", max_size=90).map(lambda t: HEAD.encode() + t.encode())
)
def test_no_bytes_crash_the_reader(data: bytes) -> None:
    try:
        proof = TlogProof.parse(data)
    except MalformedProof:
        return
    assert proof.dump() == data
