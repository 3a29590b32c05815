"""Answers from outside: carried within limits, and hostile ones told apart without harm."""

import random
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from kolportal import pades
from kolportal.pades import Cause, HttpTimestamper, HttpValidationSource, Level, ServiceFailed
from kolportal.pades import exchange as exchanges
from kolportal.pades.exchange import exchange
from kolportal.pades.revocation import Question
from kolportal.pades.timestamps import obtain
from kolportal.pades.validation_data import collect
from tests.kolportal.pades.conftest import SEALED_AT
from tests.pki import LoopbackPki
from tests.servers import PATIENCE

DIGEST = bytes(range(32))
ROUNDS = 400


@dataclass(frozen=True)
class Tampering:
    """An authority whose answers are changed on the way."""

    inner: HttpTimestamper
    change: Callable[[bytes], bytes]
    name: str = "tampering"
    policy: str | None = None
    trust_roots: tuple[x509.Certificate, ...] = ()
    tolerance: timedelta = timedelta(minutes=10)

    def send(self, query: bytes) -> bytes:
        return self.change(self.inner.send(query))


def mutations(seed: int) -> Callable[[bytes], bytes]:
    """A function that flips, cuts, repeats or replaces bytes, differently each time."""
    dice = random.Random(seed)

    def change(data: bytes) -> bytes:
        spot = dice.randrange(len(data))
        match dice.randrange(5):
            case 0:
                return data[:spot]
            case 1:
                return data[:spot] + data[dice.randrange(len(data)) :]
            case 2:
                return data[:spot] + dice.randbytes(dice.randrange(1, 9)) + data[spot:]
            case 3:
                return data[:spot] + bytes((dice.randrange(256),)) + data[spot + 1 :]
            case _:
                return data[:spot] + bytes((data[spot] ^ 1 << dice.randrange(8),)) + data[spot + 1 :]

    return change


def test_a_tampered_token_is_never_taken(loopback: LoopbackPki) -> None:
    """Bits of a token that nothing signs may change (certificates on the side); what was asked and who answered may not."""
    change = mutations(1)
    told: set[Cause] = set()
    for _ in range(ROUNDS // 8):
        token, obstacles = obtain(
            DIGEST,
            timestampers=[
                Tampering(
                    HttpTimestamper(loopback.tsa_url(), seconds=PATIENCE),
                    change,
                    trust_roots=(loopback.tsa_root,),
                )
            ],
            at=SEALED_AT,
            level=Level.B_T,
        )
        if token is not None:
            assert (token.imprint, token.time) == (("sha256", DIGEST), SEALED_AT)
            assert token.certificate == loopback.certificate("tsa")
        told |= {one.cause for one in obstacles}
    assert {Cause.MALFORMED, Cause.BAD_SIGNATURE} <= told


def test_tampered_validation_data_is_never_taken(loopback: LoopbackPki) -> None:
    """Whatever arrives, the collection ends with data that stands or with a named cause."""
    honest = HttpValidationSource(seconds=PATIENCE)
    seal, issuing = loopback.certificate("seal"), loopback.certificate("issuing")
    pool = [issuing, loopback.root]
    ocsp = honest.ocsp_response(seal, issuing, at=SEALED_AT)
    lists = {one: honest.crl(one, at=SEALED_AT) for one in (seal, issuing)}
    change = mutations(2)

    class Source:
        def issuers(self, certificate: x509.Certificate, **_: object) -> list[x509.Certificate]:
            raise ServiceFailed(Cause.UNREACHABLE)

        def ocsp_response(
            self, certificate: x509.Certificate, issuer: x509.Certificate, **_: object
        ) -> bytes:
            return change(ocsp)

        def crl(self, certificate: x509.Certificate, **_: object) -> bytes:
            return change(lists[certificate])

    told: set[Cause] = set()
    for _ in range(ROUNDS):
        try:
            found = collect(seal, Question(SEALED_AT, SEALED_AT), pool=pool, source=Source())
        except ServiceFailed as error:
            told.add(error.cause)
        else:
            assert seal in found.certificates
    assert {Cause.MALFORMED, Cause.BAD_SIGNATURE} <= told


def test_a_sealed_file_with_hostile_parts_is_refused_by_name(loopback: LoopbackPki, plain: bytes) -> None:
    sealed = pades.seal(
        plain,
        key=loopback.seal_key(),
        at=SEALED_AT,
        level=Level.B_LTA,
        timestampers=[HttpTimestamper(loopback.tsa_url(), seconds=PATIENCE)],
        validation=HttpValidationSource(seconds=PATIENCE),
    )
    change = mutations(3)
    for _ in range(ROUNDS // 8):
        try:
            pades.upgrade(change(sealed.data), level=Level.B_B, at=SEALED_AT)
        except pades.SealingError:
            continue


# --- the way there ------------------------------------------------------------------------------------------------------


@contextmanager
def answering(answer: bytes, *, context: ssl.SSLContext | None = None) -> Iterator[tuple[int, list[bytes]]]:
    """A server that reads one request and says ``answer``, whatever that is."""
    listener = socket.create_server(("127.0.0.1", 0))
    heard: list[bytes] = []

    def serve() -> None:
        try:
            connection, _ = listener.accept()
            with context.wrap_socket(connection, server_side=True) if context else connection as peer:
                heard.append(peer.recv(65536))
                peer.sendall(answer)
        except OSError:
            return

    thread = Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1], heard
    finally:
        listener.shutdown(socket.SHUT_RDWR)  # closing alone would not wake the thread
        listener.close()
        thread.join(PATIENCE)


def get(url: str, *, max_bytes: int = 1000) -> bytes:
    return exchange(url, seconds=PATIENCE, max_bytes=max_bytes)


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody and more", b"body"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nbo\r\n2\r\ndy\r\n0\r\n\r\n", b"body"),
        (b"HTTP/1.0 200 OK\r\n\r\nbody", b"body"),
    ],
)
def test_bodies_are_read_as_http_says(answer: bytes, body: bytes) -> None:
    with answering(answer) as (port, heard):
        assert get(f"http://127.0.0.1:{port}/path?query") == body
        assert heard[0].startswith(b"GET /path?query HTTP/1.1\r\n")


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (b"SSH-2.0-OpenSSH\r\n", Cause.MALFORMED),
        (b"", Cause.MALFORMED),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n", Cause.MALFORMED),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000, Cause.TOO_LARGE),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 20_000, Cause.TOO_LARGE),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n" + bytes(1001), Cause.TOO_LARGE),
        (b"HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1:1/\r\n\r\n", Cause.HTTP_STATUS),
        (b"HTTP/1.1 204 No Content\r\n\r\n", Cause.HTTP_STATUS),
    ],
)
def test_answers_that_are_none_are_named(answer: bytes, cause: Cause) -> None:
    with answering(answer) as (port, _), pytest.raises(ServiceFailed) as caught:
        get(f"http://127.0.0.1:{port}/")
    assert caught.value.cause is cause


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "ftp://127.0.0.1/", "http:///nobody", "http://127.0.0.1:99999/", "//127.0.0.1/", "http://127.0.0.1:1/a\x0bb"],
)  # fmt: skip
def test_addresses_that_are_none_are_not_asked(url: str) -> None:
    with pytest.raises(ServiceFailed) as caught:
        get(url)
    assert caught.value.cause is Cause.UNREACHABLE


def test_user_and_password_go_into_the_header_and_nowhere_else() -> None:
    with answering(b"HTTP/1.1 403 Forbidden\r\n\r\n") as (port, heard):
        with pytest.raises(ServiceFailed) as caught:
            get(f"http://portal:m%C3%A2t@127.0.0.1:{port}/tsa")
        assert b"Authorization: Basic cG9ydGFsOm3DonQ=\r\n" in heard[0]
    assert "portal" not in str(caught.value)


@pytest.fixture
def secure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A server's side of TLS; its certificate for 127.0.0.1 is trusted through ``SSL_CERT_FILE``, as an own authority's is."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "TLS on loopback")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (tmp_path / "tls.pem").write_bytes(certificate.public_bytes(pem))
    (tmp_path / "tls.key").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "tls.pem", tmp_path / "tls.key")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "tls.pem"))
    return context


def test_https_is_spoken_with_those_who_are_trusted(secure: ssl.SSLContext) -> None:
    exchanges._tls.cache_clear()
    try:
        with answering(b"HTTP/1.1 200 OK\r\n\r\nbody", context=secure) as (port, _):
            assert get(f"https://127.0.0.1:{port}/") == b"body"
    finally:
        exchanges._tls.cache_clear()


def test_https_is_not_spoken_with_strangers(secure: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    exchanges._tls.cache_clear()
    with answering(b"", context=secure) as (port, _), pytest.raises(ServiceFailed) as caught:
        get(f"https://127.0.0.1:{port}/")
    assert caught.value.cause is Cause.UNREACHABLE
    assert "certificate" in caught.value.detail.lower()
