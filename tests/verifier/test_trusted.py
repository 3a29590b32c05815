"""The file of trusted keys: what is documented is read, anything else is refused."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from kolportal.verifier import trusted
from kolportal.verifier.trusted import KeysFault
from tests.vectors import make, pki

GOOD = make.trusted_keys()


def read(**changes: Any) -> trusted.TrustedKeys:
    given = {key: value for key, value in {**GOOD, **changes}.items() if value is not ...}
    return trusted.read(json.dumps(given).encode())


def test_what_is_documented_is_read() -> None:
    keys = read(crls=[base64.b64encode(pki.crl("issuing")).decode()], ocsps=[])
    assert keys.trust.seal_roots == (pki.der("root"),)
    assert keys.trust.timestamp_roots == (pki.der("tsa-root"),)
    assert keys.trust.crls == (pki.crl("issuing"),)
    assert keys.log is not None
    assert keys.log.quorum == 1
    assert read(log=None).log is None


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"format": "kolportal-trusted/2"}, KeysFault.ANOTHER_FORMAT),
        ({"format": ...}, KeysFault.ANOTHER_FORMAT),
        ({"seal_roots": ...}, KeysFault.NAMES),
        ({"log": ...}, KeysFault.NAMES),
        ({"more": 1}, KeysFault.NAMES),
        ({"seal_roots": GOOD["seal_roots"][0]}, KeysFault.VALUE),
        ({"seal_roots": [1]}, KeysFault.VALUE),
        (
            {"seal_roots": ["-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]},
            KeysFault.CERTIFICATE,
        ),
        (
            {"seal_roots": ["-----BEGIN CERTIFICATE-----\nAAA\n-----END CERTIFICATE-----\n"]},
            KeysFault.CERTIFICATE,
        ),
        ({"seal_roots": [GOOD["seal_roots"][0] * 2]}, KeysFault.CERTIFICATE),
        ({"seal_roots": GOOD["seal_roots"] * 65}, KeysFault.VALUE),
        ({"crls": ["not base64!"]}, KeysFault.BASE64),
        ({"ocsps": ["ẹ"]}, KeysFault.BASE64),
        ({"log": []}, KeysFault.VALUE),
        ({"log": {**GOOD["log"], "quorum": 3}}, KeysFault.LOG),
        ({"log": {**GOOD["log"], "quorum": True}}, KeysFault.VALUE),
        ({"log": {**GOOD["log"], "keys": []}}, KeysFault.LOG),
        ({"log": {**GOOD["log"], "keys": ["x"]}}, KeysFault.LOG),
        ({"log": {**GOOD["log"], "extra": 1}}, KeysFault.NAMES),
        ({"log": {"origin": "x"}}, KeysFault.NAMES),
    ],
)
def test_anything_else_is_refused(changes: dict[str, Any], fault: KeysFault) -> None:
    with pytest.raises(trusted.BadKeys) as refused:
        read(**changes)
    assert refused.value.fault == fault


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"", KeysFault.NOT_JSON),
        (b"[]", KeysFault.ANOTHER_FORMAT),
        (b"null", KeysFault.ANOTHER_FORMAT),
        (b"\xff", KeysFault.NOT_JSON),
        (b'{"format": 1, "format": 1}', KeysFault.NOT_JSON),
        (b"[" * 100_000, KeysFault.NOT_JSON),
        (bytes(trusted.MAX_BYTES + 1), KeysFault.TOO_LONG),
    ],
    ids=map(str, range(7)),
)
def test_what_is_no_such_file_is_refused(data: bytes, fault: KeysFault) -> None:
    with pytest.raises(trusted.BadKeys) as refused:
        trusted.read(data)
    assert refused.value.fault == fault
