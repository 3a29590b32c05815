"""Signed notes and keys as Go reads them (vectors of ``golang.org/x/mod/sumdb/note``), and what must be refused."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kolportal.transparency import Note, VerifierKey
from kolportal.transparency.errors import MalformedKey, MalformedNote, SignatureInvalid
from kolportal.transparency.note import COSIGNATURE_V1, MAX_NOTE_BYTES, is_name
from kolportal.transparency.signing import SigningKey, sign_text, with_signatures
from tests.kolportal.transparency import builders

PETER: Final = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_SECRET: Final = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
ENOCH: Final = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
TEXT: Final = (
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
)
PETER_LINE: Final = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
ENOCH_LINE: Final = "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"

peter, enoch = VerifierKey.parse(PETER), VerifierKey.parse(ENOCH)


def opened(*lines: str, text: str = TEXT) -> Note:
    return Note.parse(f"{text}\n{''.join(lines)}".encode())


# --- Keys --------------------------------------------------------------------------------------------------------------


def test_a_verifier_key_is_read_and_written() -> None:
    assert str(peter) == PETER
    assert (peter.name, peter.id.hex(), peter.signature_type) == ("PeterNeumann", "c74f20a3", 1)


def test_no_part_of_a_verifier_key_is_one() -> None:
    parts = {PETER[start:end] for start in range(len(PETER)) for end in range(start, len(PETER) + 1)} - {
        PETER
    }
    assert not any(is_key(part) for part in parts)


def test_no_changed_verifier_key_is_one() -> None:
    changed = {PETER[:at] + chr(ord(PETER[at]) + 1) + PETER[at + 1 :] for at in range(len(PETER))}
    assert not any(map(is_key, changed))


@pytest.mark.parametrize(
    "vkey",
    [
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",  # too long a key, fitting id
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",  # unknown type, fitting id
        PETER.replace("c74f20a3", "C74F20A3"),
        PETER + "\n",
        PETER.replace("+AR", "+ AR"),
        "\ud800" + PETER,
        "é" * 128 + PETER,
        "",
        "++",
    ],
)
def test_other_verifier_keys_are_refused(vkey: str) -> None:
    assert not is_key(vkey)


def test_a_signing_key_is_read_and_written() -> None:
    key = SigningKey.parse(PETER_SECRET)
    assert key.verifier == peter
    assert key.encoded() == PETER_SECRET


def test_no_part_and_no_change_of_a_signing_key_is_one() -> None:
    secret = PETER_SECRET
    parts = {secret[start:] for start in range(1, len(secret))} | {secret[:end] for end in range(len(secret))}
    changed = {secret[:at] + chr(ord(secret[at]) + 1) + secret[at + 1 :] for at in range(len(secret))}
    for encoded in parts | changed:
        with pytest.raises(MalformedKey):
            SigningKey.parse(encoded)


def test_a_signing_key_never_shows_its_seed() -> None:
    key = SigningKey.parse(PETER_SECRET)
    assert "PRIVATE" not in f"{key} {key!r}"
    with pytest.raises(MalformedKey) as caught:
        SigningKey.parse(PETER_SECRET.replace("c74f20a3", "c74f20a4"))
    assert PETER_SECRET[-44:] not in str(caught.value)


def test_a_new_key_signs_for_itself_alone() -> None:
    one, other = SigningKey.generate(name="EnochRoot"), SigningKey.generate(name="EnochRoot")
    line = sign_text(TEXT, key=one)
    note = Note(TEXT, (line,))
    assert SigningKey.parse(one.encoded()).verifier == one.verifier
    assert note.signed_by([one.verifier, other.verifier]) == (one.verifier,)


@pytest.mark.parametrize("name", ["a", "x" * 255, "é" * 127 + "x", "example.com/log-1", "sổ-minh-bạch"])
def test_names_that_a_key_may_have(name: str) -> None:
    key = SigningKey.from_seed(name=name, signature_type=1, seed=bytes(32))
    assert VerifierKey.parse(str(key.verifier)) == key.verifier


@pytest.mark.parametrize(
    "name", ["", "a b", "a+b", "a\tb", "a\u00a0b", "a\u2028b", "a\x00b", "\ud800", "x" * 256]
)
def test_names_that_no_key_may_have(name: str) -> None:
    assert not is_name(name)
    with pytest.raises(MalformedKey):
        SigningKey.from_seed(name=name, signature_type=1, seed=bytes(32))


# --- Notes -------------------------------------------------------------------------------------------------------------


def test_signing_gives_what_go_gives() -> None:
    line = sign_text(TEXT, key=SigningKey.parse(PETER_SECRET))
    assert Note(TEXT, (line,)).dump().decode() == f"{TEXT}\n{PETER_LINE}"


def test_a_new_signature_replaces_that_of_the_same_key() -> None:
    note = opened(PETER_LINE, ENOCH_LINE)
    again = with_signatures(note, sign_text(TEXT, key=SigningKey.parse(PETER_SECRET)))
    assert [line.name for line in again.signatures] == ["EnochRoot", "PeterNeumann"]


def test_known_signatures_are_verified_and_unknown_ones_ignored() -> None:
    note = opened(PETER_LINE, ENOCH_LINE)
    assert note.text == TEXT
    assert note.signed_by([peter]) == (peter,)
    assert note.signed_by([enoch, peter]) == (peter, enoch)
    assert note.signed_by([]) == ()
    assert note.dump() == f"{TEXT}\n{PETER_LINE}{ENOCH_LINE}".encode()


def test_a_doubled_signature_counts_once() -> None:
    assert opened(PETER_LINE, PETER_LINE, ENOCH_LINE, ENOCH_LINE).signed_by([peter]) == (peter,)


def test_a_false_signature_of_a_known_key_spoils_the_note() -> None:
    false = ENOCH_LINE.replace("EnochRoot rwz+eB", "PeterNeumann x08go/")
    longer = PETER_LINE[:60] + "ABCD" + PETER_LINE[60:]
    for lines in ([false], [longer], [PETER_LINE, false], [false, PETER_LINE], [PETER_LINE, longer]):
        with pytest.raises(SignatureInvalid):
            opened(*lines).signed_by([peter])
    with pytest.raises(SignatureInvalid):
        opened(PETER_LINE, text=TEXT.replace("If", "if")).signed_by([peter])


def test_a_key_of_the_same_name_or_id_alone_is_another_key() -> None:
    namesake = VerifierKey("PeterNeumann", 1, enoch.public_key)
    note = opened(PETER_LINE)
    assert note.signed_by([namesake]) == ()
    renamed = PETER_LINE.replace("PeterNeumann", "CarmenSandiego")
    assert opened(renamed).signed_by([peter]) == ()


def test_a_witness_key_signs_no_plain_note() -> None:
    witness = builders.key("w", name="PeterNeumann", signature_type=COSIGNATURE_V1)
    assert opened(PETER_LINE).signed_by([witness.verifier]) == ()
    with pytest.raises(MalformedKey):
        sign_text(TEXT, key=witness)


def test_the_text_ends_at_the_last_empty_line() -> None:
    text = "one\n\ntwo\n\n\nthree\n"
    assert opened(PETER_LINE, text=text).text == text


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        TEXT.encode(),
        f"{TEXT}\n".encode(),
        f"{TEXT}\n{PETER_LINE[:-1]}".encode(),
        f"\x01{TEXT}\n{PETER_LINE}".encode(),
        f"{TEXT}\r\n{PETER_LINE}".encode(),
        f"a\tb\n\n{PETER_LINE}".encode(),
        b"\xff" + f"{TEXT}\n{PETER_LINE}".encode(),
        f"{TEXT}\n{PETER_LINE.replace('PeterNeumann', 'Bad Name')}".encode(),
        f"{TEXT}\n{PETER_LINE.replace('PeterNeumann', 'Bad+Name')}".encode(),
        f"{TEXT}\n{PETER_LINE.replace('PeterNeumann ', ' ')}".encode(),
        f"{TEXT}\n{PETER_LINE}Unexpected line.\n".encode(),
        f"{TEXT}\n{PETER_LINE.replace('—', '-')}".encode(),
        f"{TEXT}\n{PETER_LINE.replace('—', '— ')}".encode(),
        f"{TEXT}\n— PeterNeumann x08gow==\n".encode(),  # a key id and nothing else
        f"{TEXT}\n— PeterNeumann \n".encode(),
        f"{TEXT}\n— PeterNeumann\n".encode(),
        f"{TEXT}\n{PETER_LINE.replace('nAM=', 'nAN=')}".encode(),  # other last bits, same bytes: a second spelling
        f"{TEXT}\n{PETER_LINE.replace('nAM=', 'nAM')}".encode(),
        f"{TEXT}\n{PETER_LINE.replace('/', '_')}".encode(),
        f"{TEXT}\n{PETER_LINE * 101}".encode(),
        b"x" * MAX_NOTE_BYTES + f"\n\n{PETER_LINE}".encode(),
    ],
)  # fmt: skip
def test_what_is_no_note_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedNote):
        Note.parse(data)


def test_sixteen_post_quantum_signatures_fit() -> None:
    """C2SP signed-note: verifiers accept at least 16 signatures, and some have nearly 5 kB."""
    large = Note(TEXT, tuple(type(PETER_SIGNATURE)(f"w{n}", b"1234", bytes(5000)) for n in range(16)))
    assert Note.parse(large.dump()) == large


PETER_SIGNATURE: Final = opened(PETER_LINE).signatures[0]


@settings(max_examples=300, deadline=None)
@given(data=st.binary(max_size=200) | st.text("— ab+=\nAB/9é", max_size=80).map(str.encode))
def test_no_bytes_crash_the_reader(data: bytes) -> None:
    try:
        note = Note.parse(data)
    except MalformedNote:
        return
    assert note.dump() == data


def is_key(vkey: str) -> bool:
    try:
        VerifierKey.parse(vkey)
    except MalformedKey:
        return False
    return True
