"""Log entries: one form of bytes for each, nothing personal in any, everything else refused."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, fields
from datetime import datetime, timedelta, timezone
from hashlib import sha256
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kolportal.transparency import (
    DocumentSealed,
    Entry,
    FileDigest,
    ParticularsErased,
    PledgeSigned,
    SignatureWithdrawn,
    TextPublished,
)
from kolportal.transparency.commitment import Domain, commit, new_salt, opens
from kolportal.transparency.entries import MAX_ENTRY_BYTES, parse
from kolportal.transparency.errors import MalformedEntry
from tests.kolportal.transparency.builders import AT, digest, sealed

EXAMPLES: Final[list[Entry]] = [
    TextPublished(at=AT, pledge="khong-gian-so", number=3, language="vi", text_sha256=digest("t")),
    PledgeSigned(at=AT, signature=digest("s"), person=digest("p"), text_sha256=digest("t")),
    PledgeSigned(
        at=AT, signature=digest("s"), person=digest("p"), text_sha256=digest("t"), replaces=digest("r")
    ),
    sealed(),
    SignatureWithdrawn(at=AT, signature=digest("s")),
    ParticularsErased(at=AT, signature=digest("s")),
]
digests = st.binary(min_size=32, max_size=32).map(bytes.hex)
times = st.integers(-(10**10), 10**11).map(lambda seconds: AT + timedelta(seconds=seconds))
numbers = st.integers(1, 2**53 - 1)
entries = st.one_of(
    st.builds(
        TextPublished, at=times, pledge=st.from_regex(r"\A[a-z0-9][a-z0-9_-]{0,99}\Z"), number=numbers,
        language=st.sampled_from(["vi", "en", "zh-hant"]), text_sha256=digests,
    ),
    st.builds(
        PledgeSigned, at=times, signature=digests, person=digests, text_sha256=digests, replaces=st.none() | digests
    ),
    st.builds(
        DocumentSealed, at=times, signature=digests, text_sha256=digests,
        file=st.builds(FileDigest, sha256=digests, size=numbers),
    ),
    st.builds(SignatureWithdrawn, at=times, signature=digests),
    st.builds(ParticularsErased, at=times, signature=digests),
)  # fmt: skip


@settings(deadline=None)
@given(entry=entries)
def test_what_was_written_is_read(entry: Entry) -> None:
    assert parse(entry.canonical()) == entry
    assert entry.leaf_hash() == sha256(b"\x00" + entry.canonical()).digest()


def test_an_entry_in_full() -> None:
    """Keys sorted, no blanks (RFC 8785): anybody can write it down by hand."""
    entry = SignatureWithdrawn(at=AT, signature="ab" * 32)
    assert entry.canonical().decode() == (
        '{"at":"2026-09-10T01:30:00Z","signature":"'
        + "ab" * 32
        + '","type":"kolportal/log/signature-withdrawn/1"}'
    )


def test_a_time_of_another_zone_is_logged_in_utc() -> None:
    local = datetime(2026, 9, 10, 8, 30, tzinfo=timezone(timedelta(hours=7)))
    assert b"2026-09-10T01:30:00Z" in SignatureWithdrawn(at=local, signature="ab" * 32).canonical()


@pytest.mark.parametrize("entry", EXAMPLES, ids=lambda entry: entry.TYPE)
def test_entries_are_small_and_frozen(entry: Entry) -> None:
    assert len(entry.canonical()) < 600
    with pytest.raises(FrozenInstanceError):
        entry.at = AT  # type: ignore[misc]  # that it fails is the test


@pytest.mark.parametrize("entry", EXAMPLES, ids=lambda entry: entry.TYPE)
def test_every_value_is_a_digest_a_number_a_time_or_names_a_public_text(entry: Entry) -> None:
    """No place is left where a name, an address or a reference code could stand."""
    given = {field.name for field in fields(entry)}
    assert given <= {
        "at", "signature", "person", "text_sha256", "replaces", "file", "pledge", "number", "language",
    }  # fmt: skip
    for name in {"signature", "person", "text_sha256", "replaces"} & given:
        for personal in ("Nguyễn Văn A", "a@example.com", "ABCD-EFGH-JKMN"):
            with pytest.raises(MalformedEntry):
                type(entry)(
                    **{field.name: getattr(entry, field.name) for field in fields(entry)} | {name: personal}
                )


def altered(entry: Entry, **values: Any) -> bytes:
    return json.dumps(
        json.loads(entry.canonical()) | values, sort_keys=True, separators=(",", ":"), ensure_ascii=False
    ).encode()


@pytest.mark.parametrize("entry", EXAMPLES, ids=lambda entry: entry.TYPE)
def test_missing_unknown_and_mistyped_keys_are_refused(entry: Entry) -> None:
    facts = json.loads(entry.canonical())
    assert altered(entry) == entry.canonical()
    for key in facts:
        for value in (
            None,
            True,
            1.5,
            10**400,
            -1,
            0,
            "",
            "X y",
            [],
            {},
            {"sha256": None},
            [facts[key]],
            {"a": facts[key]},
        ):
            if value != facts[key] and (key, value) != ("replaces", None):
                refuse(altered(entry, **{key: value}))
        refuse(
            json.dumps({name: facts[name] for name in facts if name != key}, separators=(",", ":")).encode()
        )
    refuse(altered(entry, name="Nguyễn Văn A"))
    for key in {"file", "text"} & facts.keys():
        refuse(altered(entry, **{key: facts[key] | {"name": "x"}}))


@pytest.mark.parametrize("entry", EXAMPLES, ids=lambda entry: entry.TYPE)
def test_other_spellings_of_the_same_are_refused(entry: Entry) -> None:
    data = entry.canonical()
    text = data.decode()
    for other in (
        text + "\n", " " + text, text.replace(":", ": ", 1), text.replace(",", ", ", 1), "\ufeff" + text,
        text.replace("{", '{"at":"2026-09-10T01:30:00Z",', 1), text.replace('"at"', '"\\u0061t"'),
        text.replace("01:30:00Z", "01:30:00+00:00"), text.replace("01:30:00Z", "01:30:00.000Z"), text.replace("T01", "t01"),
        text.replace("2026-09-10T01:30:00Z", "2026-02-30T01:30:00Z"), text.replace('"kolportal/log/', '"kolportal/log/9'),
        text.upper(), text.replace("}", ',"type":"x"}'), f"[{text}]", f'"{text}"',
    ):  # fmt: skip
        refuse(other.encode())
    for at in range(len(data)):
        refuse(data[:at])


def test_numbers_have_one_spelling() -> None:
    text = sealed().canonical().decode()
    assert '"size":26}' in text
    for other in (
        "26.0",
        "2.6e1",
        "26e0",
        "026",
        "+26",
        "-26",
        '"26"',
        "true",
        "NaN",
        "Infinity",
        str(2**53),
    ):
        refuse(text.replace('"size":26}', f'"size":{other}}}').encode())


@pytest.mark.parametrize(
    "data",
    [b"", b"null", b"{}", b"[]", b"\xff\xfe", b"{" * 4000, b"[" * 4000, b"1" * 4000, b"-" * 10, b'{"type":[]}',
     b'{"type":{}}', b'{"type":null}', b'{"type":"kolportal/log/signature-withdrawn/1","at":5}', b'"\\ud800"',
     b" " * (MAX_ENTRY_BYTES + 1)],
)  # fmt: skip
def test_what_is_no_entry_is_refused(data: bytes) -> None:
    refuse(data)


@settings(max_examples=200, deadline=None)
@given(entry=entries, data=st.data())
def test_no_changed_byte_is_overlooked(entry: Entry, data: st.DataObject) -> None:
    good = bytearray(entry.canonical())
    good[data.draw(st.integers(0, len(good) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    try:
        other = parse(bytes(good))
    except MalformedEntry:
        return
    assert other.canonical() == bytes(good) != entry.canonical()
    assert other != entry


@pytest.mark.parametrize("at", [datetime(2026, 9, 10), AT.replace(microsecond=1)])  # noqa: DTZ001 - what is refused
def test_a_time_without_zone_or_with_fractions_is_refused(at: datetime) -> None:
    with pytest.raises(MalformedEntry):
        SignatureWithdrawn(at=at, signature="ab" * 32)


def refuse(data: bytes) -> None:
    with pytest.raises(MalformedEntry):
        parse(data)


# --- Commitments ---------------------------------------------------------------------------------------------------------

FACTS: Final = {"name": "Nguyễn Văn A", "email": "a@example.com", "phone": None}


def test_a_commitment_opens_with_its_salt_and_facts_alone() -> None:
    salt = new_salt()
    made = commit(domain=Domain.PERSON, salt=salt, facts=FACTS)
    assert opens(made, domain=Domain.PERSON, salt=salt, facts=dict(reversed(FACTS.items())))
    assert not opens(made, domain=Domain.ACT, salt=salt, facts=FACTS)
    assert not opens(made, domain=Domain.PERSON, salt=new_salt(), facts=FACTS)
    for key in FACTS:
        assert not opens(made, domain=Domain.PERSON, salt=salt, facts=FACTS | {key: "x"})
        assert not opens(
            made, domain=Domain.PERSON, salt=salt, facts={k: FACTS[k] for k in FACTS if k != key}
        )


def test_a_commitment_can_be_computed_by_hand() -> None:
    salt = bytes(range(32))
    facts = '{"name":"Nguyễn Văn A"}'.encode()
    by_hand = sha256(b"kolportal/commitment/person/1\x00" + salt + len(facts).to_bytes(8, "big") + facts)
    assert commit(domain=Domain.PERSON, salt=salt, facts={"name": "Nguyễn Văn A"}) == by_hand.hexdigest()


def test_the_same_person_twice_looks_like_two() -> None:
    assert len({commit(domain=Domain.PERSON, salt=new_salt(), facts=FACTS) for _ in range(50)}) == 50


@pytest.mark.parametrize("size", [0, 16, 31, 33])
def test_a_salt_of_another_length_is_refused(size: int) -> None:
    with pytest.raises(ValueError):
        commit(domain=Domain.PERSON, salt=bytes(size), facts=FACTS)
