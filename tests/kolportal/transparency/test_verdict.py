"""``check_logged``: each fact by itself, each cause by its name, and no bytes that make it raise."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from datetime import timedelta
from itertools import pairwise
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kolportal.transparency import (
    LogPolicy,
    Note,
    Problem,
    Report,
    SignatureWithdrawn,
    TlogProof,
    check_logged,
)
from kolportal.transparency.note import MAX_NOTE_BYTES, SignatureLine, VerifierKey
from kolportal.transparency.proof import MAX_PROOF_BYTES
from kolportal.transparency.signing import SigningKey, cosign, sign_checkpoint, sign_text, with_signatures
from tests.kolportal.transparency.builders import (
    AT,
    LOG,
    NORTH,
    ORIGIN,
    PDF,
    SOUTH,
    WEST,
    Log,
    changed,
    digest,
    key,
    log,
    policy,
    sealed,
    witness,
)

OURS: Final = log()
PROOF: Final = OURS.proof()


def check(proof: bytes = PROOF.dump(), pdf: bytes = PDF, under: LogPolicy | None = None) -> Report:
    return check_logged(pdf=pdf, ends=[len(PDF)], proof=proof, policy=under or policy())


def test_a_logged_file() -> None:
    report = check()
    assert report.logged
    assert report.problems == ()
    assert report.entry == sealed()
    assert (report.file_matches, report.appended, report.included, report.cosigned_enough) == (
        True,
        0,
        True,
        True,
    )
    assert (report.origin, report.size, report.index, report.quorum) == (ORIGIN, 300, 123, 2)
    assert report.signed_by == (LOG.verifier,)
    assert [one.witness for one in report.cosignatures] == [NORTH.verifier, SOUTH.verifier, WEST.verifier]
    assert report.latest_cosignature_at == AT + timedelta(seconds=3)
    with pytest.raises(FrozenInstanceError):
        report.problems = ()  # type: ignore[misc]  # that it fails is the test


def test_a_file_raised_to_a_later_level_is_still_the_logged_one() -> None:
    report = check(pdf=PDF + b"validation data and a document time-stamp")
    assert report.logged
    assert report.appended == 41


def test_a_logged_beginning_that_is_not_a_whole_seal_is_another_file() -> None:
    longer = PDF + b"a document that was never logged"
    for ends in ([], [len(longer)], [len(PDF) - 1]):
        report = check_logged(pdf=longer, ends=ends, proof=PROOF.dump(), policy=policy())
        assert report.problems == (Problem.ANOTHER_FILE,)
        assert (report.file_matches, report.appended) == (False, None)


@pytest.mark.parametrize(
    "pdf", [b"", PDF[:-1], b"x" + PDF[1:], PDF[:-1] + b"x", b"\n" + PDF, b"another file"]
)
def test_another_file(pdf: bytes) -> None:
    report = check(pdf=pdf)
    assert report.problems == (Problem.ANOTHER_FILE,)
    assert (report.file_matches, report.appended, report.included) == (False, None, True)


def test_a_proof_of_another_file() -> None:
    report = check(proof=log(sealed(b"%PDF-1.7 another\n")).proof().dump())
    assert report.problems == (Problem.ANOTHER_FILE,)
    assert report.included


@pytest.mark.parametrize(
    "proof",
    [
        b"",
        b"%PDF-1.7",
        PROOF.dump()[1:],
        PROOF.dump().replace(b"index 123", b"index 0123"),
        b"x" * MAX_PROOF_BYTES * 2,
    ],
)
def test_an_unreadable_proof(proof: bytes) -> None:
    report = check(proof=proof)
    assert report.problems == (Problem.PROOF_UNREADABLE,)
    assert (report.included, report.file_matches, report.size) == (None, None, None)


@pytest.mark.parametrize(
    "checkpoint",
    [b"", b"log\n", OURS.note().text.encode(), b"not\na\ncheckpoint\n\n" + str(OURS.note().signatures[0]).encode(),
     OURS.note().dump() + b"\n", b"x" * MAX_NOTE_BYTES],
)  # fmt: skip
def test_an_unreadable_checkpoint(checkpoint: bytes) -> None:
    assert check(changed(PROOF, checkpoint=checkpoint)).problems == (Problem.CHECKPOINT_UNREADABLE,)


def test_a_proof_without_its_entry() -> None:
    report = check(changed(PROOF, extra=None))
    assert report.problems == (Problem.ENTRY_MISSING,)
    assert (report.included, report.file_matches, report.signed_by) == (None, None, (LOG.verifier,))


def test_an_entry_that_is_none() -> None:
    report = check(changed(PROOF, extra=b'{"type":"something else"}'))
    assert report.problems == (Problem.ENTRY_UNREADABLE, Problem.NOT_INCLUDED)


def test_an_entry_with_other_facts_is_not_in_the_tree() -> None:
    report = check(changed(PROOF, extra=replace(sealed(), text_sha256=digest("another text")).canonical()))
    assert report.problems == (Problem.NOT_INCLUDED,)
    assert (report.file_matches, report.included) == (True, False)


def test_an_entry_of_another_kind() -> None:
    report = check(log(SignatureWithdrawn(at=AT, signature=digest("s"))).proof().dump())
    assert report.problems == (Problem.ENTRY_OF_ANOTHER_KIND,)
    assert (report.included, report.file_matches) == (True, None)


def test_another_log() -> None:
    elsewhere = replace(OURS.checkpoint, origin="other.example/log")
    note = sign_checkpoint(elsewhere, key=key("o", name="other.example/log"))
    report = check(OURS.proof(note).dump(), under=policy(quorum=0))
    assert report.problems == (Problem.ANOTHER_LOG,)
    assert report.origin == "other.example/log"


def test_the_name_of_our_log_with_another_key() -> None:
    report = check(OURS.proof(OURS.note(by=key("x"))).dump())
    assert report.problems == (Problem.LOG_SIGNATURE_MISSING,)
    assert report.cosigned_enough


def test_a_forged_signature_of_the_log() -> None:
    note = OURS.note()
    forged = replace(sign_text(note.text, key=key("x")), key_id=LOG.verifier.id)
    report = check(OURS.proof(with_signatures(note, forged)).dump())
    assert report.problems == (Problem.LOG_SIGNATURE_FORGED,)


def test_a_former_key_of_the_log_still_counts() -> None:
    new = key("x")
    both = LogPolicy(origin=ORIGIN, log_keys=(new.verifier, LOG.verifier))
    assert check(under=both).signed_by == (LOG.verifier,)


def test_a_proof_of_another_tree() -> None:
    """Hashes of an older tree under a newer checkpoint, and of a log that was rewritten before the entry."""
    older = log(size=200).proof()
    rewritten = log(size=300, index=122).proof()
    for proof in (
        replace(older, checkpoint=PROOF.checkpoint),
        replace(rewritten, checkpoint=PROOF.checkpoint),
    ):
        assert check(proof.dump()).problems == (Problem.NOT_INCLUDED,)


def test_an_older_tree_proves_as_well() -> None:
    """A proof stays good for ever; a newer checkpoint adds nothing to it."""
    report = check(log(size=200).proof().dump())
    assert report.logged
    assert report.size == 200


@pytest.mark.parametrize("index", [0, 122, 124, 299, 300, 10**18])
def test_a_wrong_index(index: int) -> None:
    assert check(changed(PROOF, index=index)).problems == (Problem.NOT_INCLUDED,)


@pytest.mark.parametrize(
    ("witnesses", "quorum", "enough"),
    [((), 0, True), ((), 1, False), ((NORTH,), 1, True), ((NORTH,), 2, False), ((NORTH, WEST), 2, True),
     ((NORTH, NORTH), 2, False), ((NORTH, witness("east")), 2, False), ((NORTH, SOUTH, WEST), 3, True)],
)  # fmt: skip
def test_enough_witnesses(witnesses: tuple[SigningKey, ...], quorum: int, enough: bool) -> None:
    note = OURS.note(witnesses=())
    lines = tuple(cosign(note, key=one, at=AT + timedelta(days=day)) for day, one in enumerate(witnesses))
    proof = OURS.proof(Note(note.text, note.signatures + lines))
    report = check(proof.dump(), under=policy(quorum=quorum))
    assert report.cosigned_enough is report.logged is enough
    assert report.problems == (() if enough else (Problem.COSIGNATURES_TOO_FEW,))


def test_a_forged_cosignature_spoils_the_proof_even_where_enough_are_true() -> None:
    note = OURS.note(witnesses=(NORTH, SOUTH))
    forged = replace(
        cosign(note, key=witness("east"), at=AT), name=WEST.verifier.name, key_id=WEST.verifier.id
    )
    report = check(OURS.proof(with_signatures(note, forged)).dump())
    assert report.problems == (Problem.COSIGNATURE_FORGED,)
    assert report.cosignatures == ()
    assert report.latest_cosignature_at is None


def test_signatures_that_nobody_asked_for_change_nothing() -> None:
    note = OURS.note()
    unknown = [
        SignatureLine(f"unknown.example/{n}", b"abcd", b"a post-quantum signature" * 100) for n in range(16)
    ]
    assert check(OURS.proof(with_signatures(note, *unknown)).dump()).logged


def test_problems_stand_together() -> None:
    note = OURS.note(by=key("x"), witnesses=())
    report = check(changed(OURS.proof(note), index=5), pdf=b"another file")
    assert report.problems == (
        Problem.ANOTHER_FILE, Problem.LOG_SIGNATURE_MISSING, Problem.NOT_INCLUDED, Problem.COSIGNATURES_TOO_FEW,
    )  # fmt: skip


def test_a_log_of_one_entry() -> None:
    assert check(log(size=1, index=0).proof().dump()).logged


def test_every_byte_of_a_proof_matters() -> None:
    """Any one byte replaced, dropped or doubled: the file is refused or, in lines of unknown keys, means the same."""
    good = PROOF.dump()
    for at in range(len(good)):
        for other in (
            good[:at] + bytes((good[at] ^ 1,)) + good[at + 1 :],
            good[:at] + b"A" + good[at + 1 :],
            good[:at] + good[at + 1 :],
            good[: at + 1] + good[at:],
        ):
            report = check(other)
            if report.logged and other != good:
                assert_same_but_for_unknown_witnesses(other)


def assert_same_but_for_unknown_witnesses(data: bytes) -> None:
    """What still counts after a change: fewer of three witnesses, because a name or key id became unknown."""
    report = check(data)
    given = TlogProof.parse(data)
    assert replace(given, checkpoint=PROOF.checkpoint) == PROOF
    note = Note.parse(given.checkpoint)
    assert note.text == OURS.note().text
    assert note.signatures[0] == OURS.note().signatures[0]
    assert 2 == len(report.cosignatures) < len(note.signatures) - 1


@settings(max_examples=200, deadline=None)
@given(cuts=st.lists(st.integers(0, len(PROOF.dump())), min_size=2, max_size=6), noise=st.binary(max_size=20))
def test_shuffled_pieces_of_a_proof_never_raise(cuts: list[int], noise: bytes) -> None:
    good = PROOF.dump()
    pieces = [good[start:end] for start, end in pairwise(cuts)]
    report = check(noise.join(pieces))
    assert not report.logged or b"".join(pieces) == good


@settings(max_examples=200, deadline=None)
@given(lines=st.permutations(PROOF.dump().split(b"\n")))
def test_lines_in_another_order_never_raise(lines: list[bytes]) -> None:
    report = check(b"\n".join(lines))
    assert isinstance(report.problems, tuple)


def test_the_most_that_can_be_asked_is_little(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred lines in the name of one witness: verification ends at the first false one."""
    asked = 0
    real = VerifierKey.verify

    def counting(verifier: VerifierKey, signature: bytes, message: bytes) -> bool:
        nonlocal asked
        asked += 1
        return real(verifier, signature, message)

    monkeypatch.setattr(VerifierKey, "verify", counting)
    note = OURS.note(witnesses=())
    false = SignatureLine(NORTH.verifier.name, NORTH.verifier.id, bytes(72))
    report = check(OURS.proof(Note(note.text, note.signatures + (false,) * 99)).dump())
    assert report.problems == (Problem.COSIGNATURE_FORGED,)
    assert asked == 2


def test_a_log_can_hold_the_file_at_any_place() -> None:
    for size, index in ((2, 0), (2, 1), (255, 254), (256, 0), (257, 256), (1000, 777)):
        built: Log = log(size=size, index=index)
        assert check(built.proof().dump()).logged
