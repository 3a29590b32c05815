"""Witnesses: whose cosignatures count, when they were made, and how many are enough."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from kolportal.transparency import LogPolicy, Note, VerifierKey
from kolportal.transparency.cosignature import cosigned_by, signed_message
from kolportal.transparency.errors import MalformedCheckpoint, MalformedKey, PolicyInvalid, SignatureInvalid
from kolportal.transparency.note import COSIGNATURE_V1, ED25519, SignatureLine
from kolportal.transparency.signing import cosign, sign_checkpoint, sign_text, with_signatures
from tests.kolportal.transparency.builders import AT, LOG, NORTH, ORIGIN, SOUTH, WEST, key, log, witness

ALL = tuple(one.verifier for one in (NORTH, SOUTH, WEST))


def test_each_witness_is_seen_with_its_time() -> None:
    seen = cosigned_by(log().note(), witnesses=ALL)
    assert [(one.witness, one.at) for one in seen] == [
        (verifier, AT + timedelta(seconds=count)) for count, verifier in enumerate(ALL, 1)
    ]


def test_unknown_witnesses_are_ignored() -> None:
    note = log().note(witnesses=(witness("east"), NORTH))
    assert [one.witness for one in cosigned_by(note, witnesses=ALL)] == [NORTH.verifier]
    assert cosigned_by(note, witnesses=()) == ()


def test_a_witness_that_cosigned_twice_counts_once_at_the_later_time() -> None:
    note = sign_checkpoint(log().checkpoint, key=LOG)
    late, early = (cosign(note, key=NORTH, at=AT + timedelta(days=days)) for days in (9, 1))
    for lines in ((late, early), (early, late)):
        (seen,) = cosigned_by(Note(note.text, note.signatures + lines), witnesses=ALL)
        assert seen.at == AT + timedelta(days=9)


def test_a_witness_with_a_former_and_a_present_key_counts_once() -> None:
    former = key("f", name=NORTH.verifier.name, signature_type=COSIGNATURE_V1)
    note = sign_checkpoint(log().checkpoint, key=LOG)
    lines = (cosign(note, key=NORTH, at=AT), cosign(note, key=former, at=AT + timedelta(days=1)))
    (seen,) = cosigned_by(with_signatures(note, *lines), witnesses=(NORTH.verifier, former.verifier))
    assert (seen.witness, seen.at) == (former.verifier, AT + timedelta(days=1))
    with pytest.raises(PolicyInvalid):
        LogPolicy(
            origin=ORIGIN, log_keys=(LOG.verifier,), witnesses=(NORTH.verifier, former.verifier), quorum=2
        )


def test_fractions_of_a_second_are_dropped() -> None:
    note = sign_checkpoint(log().checkpoint, key=LOG)
    line = cosign(note, key=NORTH, at=AT + timedelta(milliseconds=999))
    assert line == cosign(note, key=NORTH, at=AT)


@pytest.mark.parametrize(
    "alter",
    [
        lambda raw: raw[:-1],
        lambda raw: raw + b"\x00",
        lambda raw: raw[:8],
        lambda raw: bytes(8) + raw[8:],
        lambda raw: (int.from_bytes(raw[:8], "big") + 1).to_bytes(8, "big") + raw[8:],
        lambda raw: b"\x7f" + b"\xff" * 7 + raw[8:],
        lambda raw: b"\xff" * 8 + raw[8:],
        lambda raw: raw[:8] + bytes((raw[8] ^ 1,)) + raw[9:],
    ],
)
def test_an_altered_cosignature_is_refused(alter: Callable[[bytes], bytes]) -> None:
    note = log().note(witnesses=(SOUTH,))
    good = cosign(note, key=NORTH, at=AT)
    line = SignatureLine(good.name, good.key_id, alter(good.signature))
    for lines in ((line,), (good, line), (line, good)):
        with pytest.raises(SignatureInvalid):
            cosigned_by(Note(note.text, note.signatures + lines), witnesses=ALL)


@pytest.mark.parametrize(
    ("seconds", "readable"), [(0, True), (253_402_300_799, True), (253_402_300_800, False), (2**63, False)]
)
def test_a_time_that_no_calendar_has_is_refused_however_well_it_is_signed(
    seconds: int, readable: bool
) -> None:
    note = log().note(witnesses=())
    message = signed_message(checkpoint_text=note.text, seconds=seconds)
    signature = seconds.to_bytes(8, "big") + NORTH.private_key.sign(message)
    signed = with_signatures(note, SignatureLine(NORTH.verifier.name, NORTH.verifier.id, signature))
    if readable:
        (seen,) = cosigned_by(signed, witnesses=ALL)
        assert seen.at.timestamp() == seconds
    else:
        with pytest.raises(SignatureInvalid):
            cosigned_by(signed, witnesses=ALL)


def test_a_cosignature_of_another_checkpoint_is_refused() -> None:
    other = log(size=200).note(witnesses=(NORTH,))
    note = log().note(witnesses=())
    with pytest.raises(SignatureInvalid):
        cosigned_by(with_signatures(note, other.signatures[-1]), witnesses=ALL)


def test_a_plain_signature_is_no_cosignature_and_the_other_way_round() -> None:
    """One Ed25519 key in both roles has two key ids, and its signed bytes begin differently."""
    plain = key("n", name="witness.example/north", signature_type=ED25519)
    note = log().note(witnesses=())
    line = sign_text(note.text, key=plain)
    assert cosigned_by(with_signatures(note, line), witnesses=ALL) == ()
    assert with_signatures(note, cosign(note, key=NORTH, at=AT)).signed_by([plain.verifier]) == ()
    disguised = SignatureLine(NORTH.verifier.name, NORTH.verifier.id, bytes(8) + line.signature)
    with pytest.raises(SignatureInvalid):
        cosigned_by(with_signatures(note, disguised), witnesses=ALL)


def test_extension_lines_are_cosigned_too() -> None:
    text = log().checkpoint.text() + "an extension\n"
    assert signed_message(checkpoint_text=text, seconds=7).endswith(b"\nan extension\n")


def test_a_witness_cosigns_checkpoints_only() -> None:
    note = Note("not a checkpoint\n", ())
    with pytest.raises(MalformedCheckpoint):
        cosign(note, key=NORTH, at=AT)
    with pytest.raises(MalformedKey):
        cosign(log().note(), key=LOG, at=AT)


def test_a_time_is_whole_and_in_utc() -> None:
    (seen,) = cosigned_by(log().note(witnesses=(NORTH,)), witnesses=ALL)
    assert seen.at == datetime(2026, 9, 10, 1, 30, 1, tzinfo=UTC)
    assert seen.at.utcoffset() == timedelta(0)


# --- Policies ----------------------------------------------------------------------------------------------------------


def test_a_policy_is_read_from_texts() -> None:
    policy = LogPolicy.of(
        origin=ORIGIN, log_keys=[str(LOG.verifier)], witnesses=[str(one) for one in ALL], quorum=2
    )
    assert policy == LogPolicy(origin=ORIGIN, log_keys=(LOG.verifier,), witnesses=ALL, quorum=2)


def test_a_policy_may_name_thirty_two_logs_and_witnesses() -> None:
    """C2SP tlog-policy: an implementation supports at least as many."""
    keys = [bytes((number,)) * 32 for number in range(64)]
    policy = LogPolicy(
        origin=ORIGIN,
        log_keys=tuple(VerifierKey(ORIGIN, ED25519, public) for public in keys[:32]),
        witnesses=tuple(VerifierKey(f"w{public[0]}", COSIGNATURE_V1, public) for public in keys[32:]),
        quorum=32,
    )
    assert len(policy.log_keys) == len(policy.witnesses) == 32


def renamed(verifier: VerifierKey, name: str) -> VerifierKey:
    return VerifierKey(name, verifier.signature_type, verifier.public_key)


@pytest.mark.parametrize(
    ("log_keys", "witnesses", "quorum"),
    [
        ((), ALL, 1),
        ((LOG.verifier,), ALL, 4),
        ((LOG.verifier,), ALL, -1),
        ((LOG.verifier,), (), 1),
        ((renamed(LOG.verifier, "other.example/log"),), ALL, 1),
        ((renamed(NORTH.verifier, ORIGIN),), ALL, 1),
        ((LOG.verifier,), (LOG.verifier,), 1),
        ((LOG.verifier,), (VerifierKey("witness.example/plain", ED25519, bytes(32)),), 1),
        ((LOG.verifier, LOG.verifier), ALL, 1),
        ((LOG.verifier,), (NORTH.verifier, renamed(NORTH.verifier, "twin.example")), 2),
        ((LOG.verifier,), (VerifierKey("twin.example", COSIGNATURE_V1, LOG.verifier.public_key),), 1),
        ((LOG.verifier,), tuple(VerifierKey("w", COSIGNATURE_V1, bytes((n,)) * 32) for n in range(33)), 1),
    ],
)  # fmt: skip
def test_policies_that_cannot_be_met_or_that_one_key_meets_twice_are_refused(
    log_keys: tuple[VerifierKey, ...], witnesses: tuple[VerifierKey, ...], quorum: int
) -> None:
    with pytest.raises(PolicyInvalid):
        LogPolicy(origin=ORIGIN, log_keys=log_keys, witnesses=witnesses, quorum=quorum)
