"""``manage.py trusted_keys``: the verifier reads it, and it holds nothing secret."""

from io import StringIO

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from django.core.management import CommandError, call_command

from kolportal import pades, sealing_key
from kolportal.verifier import trusted


def printed() -> str:
    out = StringIO()
    call_command("trusted_keys", stdout=out)
    return out.getvalue()


def test_the_verifier_reads_what_the_site_prints() -> None:
    key = sealing_key.current()
    keys = trusted.read(printed().encode())
    assert keys.trust.seal_roots == (key.chain[-1].public_bytes(Encoding.DER),)
    assert (keys.trust.timestamp_roots, keys.log) == ((), None)
    assert "PRIVATE" not in printed()


def test_a_site_without_a_key_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> pades.SealKey:
        raise pades.KeyMissing("no sealing key is configured")

    monkeypatch.setattr(sealing_key, "current", missing)
    with pytest.raises(CommandError, match="no sealing key"):
        printed()
