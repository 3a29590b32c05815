"""The file of trusted keys: what is documented is read, anything else is refused."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from kolportal.verifier import trusted
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
    "changes",
    [
        {"format": "kolportal-trusted/2"},
        {"format": ...},
        {"seal_roots": ...},
        {"log": ...},
        {"more": 1},
        {"seal_roots": GOOD["seal_roots"][0]},
        {"seal_roots": [1]},
        {"seal_roots": ["-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]},
        {"seal_roots": [GOOD["seal_roots"][0] * 2]},
        {"seal_roots": GOOD["seal_roots"] * 65},
        {"crls": ["not base64!"]},
        {"log": []},
        {"log": {**GOOD["log"], "quorum": 3}},
        {"log": {**GOOD["log"], "quorum": True}},
        {"log": {**GOOD["log"], "keys": []}},
        {"log": {**GOOD["log"], "keys": ["x"]}},
        {"log": {**GOOD["log"], "extra": 1}},
        {"log": {"origin": "x"}},
    ],
)
def test_anything_else_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(trusted.BadKeys):
        read(**changes)


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"null", b"\xff", b'{"format": 1, "format": 1}', b"[" * 100_000]
)
def test_what_is_no_such_file_is_refused(data: bytes) -> None:
    with pytest.raises(trusted.BadKeys):
        trusted.read(data)


def test_a_gigantic_file_is_refused() -> None:
    with pytest.raises(trusted.BadKeys, match="longer"):
        trusted.read(bytes(trusted.MAX_BYTES + 1))
