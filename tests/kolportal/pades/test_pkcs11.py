"""Sealing with a key on a PKCS#11 token (SoftHSM): the key stays there, and every process has its own session."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pkcs11
import pytest
from cryptography.hazmat.primitives import serialization

from kolportal import pades
from kolportal.pades.pkcs11 import Pkcs11Signer
from tests.kolportal.pades.conftest import SEALED_AT
from tests.pki import LoopbackPki
from tests.softhsm import PIN, TOKEN, Answer, in_fork, library, make_token


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory, loopback: LoopbackPki) -> Iterator[Path]:
    """SoftHSM's library, with a token that holds P-256 and RSA keys; its store lies in a folder of this test."""
    labels = ("seal", "seal-rsa", "seal-expired")
    environment = make_token(
        tmp_path_factory.mktemp("hsm"), {label: loopback.key_pem(label) for label in labels}
    )
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        yield library()


def _key(so: Path, loopback: LoopbackPki, label: str = "seal", **changes: Any) -> pades.SealKey:
    arguments: dict[str, Any] = {
        "module": so,
        "token_label": TOKEN,
        "pin": PIN,
        "key_label": label,
        "certificate_pem": loopback.certificate_pem(label, "issuing", "root"),
    }
    return pades.load_pkcs11(**{**arguments, **changes})


def _session(key: pades.SealKey) -> pkcs11.Session:
    assert isinstance(key.signer, Pkcs11Signer)
    return key.signer.session()


@pytest.mark.parametrize("label", ["seal", "seal-rsa"])
def test_a_key_on_the_token_seals(module: Path, loopback: LoopbackPki, plain: bytes, label: str) -> None:
    key = _key(module, loopback, label)
    sealed = pades.seal(plain, key=key, at=SEALED_AT)
    assert pades.upgrade(sealed.data, level=pades.Level.B_B, at=SEALED_AT).achieved is pades.Level.B_B
    assert PIN not in repr(key)


def test_the_key_can_be_named_by_its_id(module: Path, loopback: LoopbackPki, plain: bytes) -> None:
    key = _key(module, loopback, key_label=None, key_id=b"\x01")
    assert pades.seal(plain, key=key, at=SEALED_AT).key_fingerprint == loopback.seal_key().fingerprint


def test_the_certificate_may_lie_on_the_token(module: Path, loopback: LoopbackPki, plain: bytes) -> None:
    der = loopback.certificate("seal").public_bytes(serialization.Encoding.DER)
    _key(module, loopback)  # logs this process in
    with pkcs11.lib(str(module)).get_token(token_label=TOKEN).open(rw=True) as session:
        session.create_object(
            {
                pkcs11.Attribute.CLASS: pkcs11.ObjectClass.CERTIFICATE,
                pkcs11.Attribute.CERTIFICATE_TYPE: pkcs11.CertificateType.X_509,
                pkcs11.Attribute.LABEL: "seal",
                pkcs11.Attribute.SUBJECT: b"",
                pkcs11.Attribute.VALUE: der,
                pkcs11.Attribute.TOKEN: True,
            }
        )
    key = _key(module, loopback, certificate_pem=b"", chain_pem=loopback.certificate_pem("issuing"))
    assert key.fingerprint == loopback.seal_key().fingerprint
    assert pades.seal(plain, key=key, at=SEALED_AT).achieved is pades.Level.B_B


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"module": Path("/nowhere/libpkcs11.so")}, pades.TokenMissing),
        ({"token_label": "other"}, pades.TokenMissing),
        ({"key_label": "other"}, pades.TokenMissing),
        ({"key_label": "seal-rsa"}, pades.KeyMismatch),
        ({"key_label": "seal-expired"}, pades.KeyMismatch),
        ({"key_label": "seal-rsa", "certificate_pem": b""}, pades.KeyMissing),
    ],
)
def test_what_is_not_there_or_does_not_fit_is_named(
    module: Path, loopback: LoopbackPki, changes: dict[str, Any], error: type[pades.SealingError]
) -> None:
    with pytest.raises(error):
        _key(module, loopback, **changes)


def test_a_wrong_pin_is_named(module: Path, loopback: LoopbackPki) -> None:
    def attempt(answer: Answer) -> None:
        try:
            _key(module, loopback, pin="000000")
        except pades.SealingError as error:
            answer.put(type(error).__name__)

    assert in_fork(attempt) == "WrongPassphrase", "in a process where nobody has logged in yet"


def test_a_forked_process_opens_a_session_of_its_own(
    module: Path, loopback: LoopbackPki, plain: bytes
) -> None:
    key = _key(module, loopback)
    before = _session(key)

    def attempt(answer: Answer) -> None:
        sealed = pades.seal(plain, key=key, at=SEALED_AT)
        own = _session(key)
        answer.put(f"{sealed.achieved} {own is not before} {os.getpid()}")

    level, fresh, child = in_fork(attempt).split()
    assert (level, fresh) == ("B-B", "True")
    assert int(child) != os.getpid()
    assert pades.seal(plain, key=key, at=SEALED_AT).achieved is pades.Level.B_B, "the parent goes on"
    assert _session(key) is before


@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # what the lost session leaves behind
def test_a_lost_session_is_opened_again(module: Path, loopback: LoopbackPki, plain: bytes) -> None:
    key = _key(module, loopback)
    _session(key).close()
    assert pades.seal(plain, key=key, at=SEALED_AT).achieved is pades.Level.B_B
