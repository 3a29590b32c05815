"""Where the sealing key comes from: a PEM text, a PKCS#12 file or a PKCS#11 token, and never two of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from django.utils import timezone

from kolportal import checks, pades, sealing_key
from tests.production import seal_key_and_certificate
from tests.softhsm import PIN, TOKEN, Answer, in_fork, library, make_token


@pytest.fixture
def pair() -> tuple[str, str]:
    """PEM of a production's key and certificate."""
    return seal_key_and_certificate(at=timezone.now())


@pytest.fixture(autouse=True)
def _own_key() -> Iterator[None]:
    sealing_key.current.cache_clear()
    yield
    sealing_key.current.cache_clear()


@pytest.fixture
def production(settings: Any) -> Any:
    """Settings of a production without a key yet."""
    settings.DEBUG = False
    settings.SEAL_TEST_KEY_ALLOWED = False
    return settings


@pytest.fixture
def archive(tmp_path: Path, pair: tuple[str, str]) -> Path:
    """A PKCS#12 file, passphrase "mat khau"."""
    key = serialization.load_pem_private_key(pair[0].encode(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    path = tmp_path / "seal.p12"
    path.write_bytes(
        pkcs12.serialize_key_and_certificates(
            None,
            key,
            x509.load_pem_x509_certificate(pair[1].encode()),
            None,
            serialization.BestAvailableEncryption(b"mat khau"),
        )
    )
    return path


def test_a_pkcs12_file_is_the_key(production: Any, archive: Path) -> None:
    production.SEAL_PKCS12_FILE, production.SEAL_KEY_PASSPHRASE = str(archive), "mat khau"
    assert checks.sealing_key_is_real() == []
    assert sealing_key.current() is sealing_key.current(), "parsed once"


@pytest.mark.parametrize(("passphrase", "told"), [("sai", "wrong passphrase"), ("", "wrong passphrase")])
def test_a_pkcs12_file_that_does_not_open_stops_the_start(
    production: Any, archive: Path, passphrase: str, told: str
) -> None:
    production.SEAL_PKCS12_FILE, production.SEAL_KEY_PASSPHRASE = str(archive), passphrase
    (error,) = checks.sealing_key_is_real()
    assert error.id == "kolportal.E101"
    assert "SEAL_PKCS12_FILE" in error.msg
    assert told in error.msg


def test_a_token_holds_the_key(
    production: Any, tmp_path: Path, pair: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in make_token(tmp_path, {"seal": pair[0].encode()}).items():
        monkeypatch.setenv(name, value)
    production.SEAL_PKCS11_MODULE, production.SEAL_PKCS11_TOKEN = str(library()), TOKEN
    production.SEAL_PKCS11_KEY, production.SEAL_CERTIFICATE_PEM = "seal", pair[1]
    production.SEAL_PKCS11_PIN = PIN

    def attempt(answer: Answer) -> None:
        told = [str(error.msg) for error in checks.sealing_key_is_real()]
        answer.put(f"{told} {sealing_key.current().fingerprint}")

    certificate = x509.load_pem_x509_certificate(pair[1].encode())
    assert in_fork(attempt) == f"[] {certificate.fingerprint(hashes.SHA256()).hex()}"


@pytest.mark.parametrize("variable", ["SEAL_PKCS11_TOKEN", "SEAL_PKCS11_PIN"])
def test_half_a_token_is_named(production: Any, variable: str) -> None:
    production.SEAL_PKCS11_MODULE = "/usr/lib/libhsm.so"
    production.SEAL_PKCS11_TOKEN, production.SEAL_PKCS11_PIN = "token", "1234"
    setattr(production, variable, "")
    assert [error for error in checks.whole_production() if str(error.msg).startswith(variable)]
    assert checks.sealing_key_is_real() == [], "said once"


def test_two_keys_are_a_mistake(production: Any, pair: tuple[str, str], archive: Path) -> None:
    production.SEAL_KEY_PEM, production.SEAL_CERTIFICATE_PEM = pair
    production.SEAL_PKCS12_FILE = str(archive)
    (error,) = checks.sealing_key_is_real()
    assert error.id == "kolportal.E103"
    assert "SEAL_PKCS12_FILE, SEAL_KEY_PEM" in error.msg


def test_no_key_is_no_key(production: Any) -> None:
    with pytest.raises(pades.KeyMissing):
        sealing_key.current()
