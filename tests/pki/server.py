"""The test PKI as a running HTTP server, and its certificates and keys as Python objects."""

from __future__ import annotations

import socket
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from io import BytesIO
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any

from certomancer.integrations.animator import Animator, AnimatorArchStore
from certomancer.registry import ArchLabel, CertLabel, CertomancerConfig, KeyLabel
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from kolportal import pades
from tests.pki import faults
from tests.pki.architecture import ARCHITECTURE, CLOCK, configuration, write_keys
from tests.pki.faults import Fault

PEM = serialization.Encoding.PEM


class LoopbackPki:
    """A running PKI; get one from :func:`running`. Labels are those of :mod:`tests.pki.architecture`."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.clock = CLOCK
        self.requests: Counter[str] = Counter()
        """Requests by service: ``tsa``, ``ocsp``, ``crls``, ``certs``."""
        self.spent: defaultdict[str, list[float]] = defaultdict(list)
        """Seconds that each answer took to make, by service."""
        self.closing = Event()
        self._folder = folder
        self._lock = Lock()
        self._laid: dict[str, Fault] = {}
        write_keys(folder)
        config = CertomancerConfig(configuration(url), str(folder), external_url_prefix=url)
        self._architecture = config.get_pki_arch(ArchLabel(ARCHITECTURE))
        self._store = AnimatorArchStore(config.pki_archs)
        for label in configuration(url)["pki-architectures"][ARCHITECTURE]["certs"]:
            self._architecture.get_cert(CertLabel(label))  # issued now, before threads could issue one twice

    # --- what tests ask for ----------------------------------------------------------------------------------------

    @property
    def root(self) -> x509.Certificate:
        """Trust anchor of seals."""
        return self.certificate("root")

    @property
    def tsa_root(self) -> x509.Certificate:
        """Trust anchor of time-stamps."""
        return self.certificate("tsa-root")

    def certificate(self, label: str) -> x509.Certificate:
        return x509.load_der_x509_certificate(self._architecture.get_cert(CertLabel(label)).dump())

    def key_pem(self, label: str) -> bytes:
        """Private key, PKCS#8, unencrypted."""
        return (self._folder / f"{label}.pem").read_bytes()

    def certificate_pem(self, *labels: str) -> bytes:
        return b"".join(self.certificate(label).public_bytes(PEM) for label in labels)

    def seal_key(self, label: str = "seal") -> pades.SealKey:
        """The seal key of that label, with the issuing CA and the root as its chain."""
        return pades.load_pem(
            key_pem=self.key_pem(label), certificate_pem=self.certificate_pem(label, "issuing", "root")
        )

    def tsa_url(self, label: str = "tsa", *, fault: Fault | None = None) -> str:
        """Where to ask for a time-stamp. With ``fault`` the answer is wrong in that way."""
        return f"{self.url}{f'/{fault}' if fault else ''}/{ARCHITECTURE}/tsa/{label}"

    def closed_url(self) -> str:
        """A loopback URL where nobody listens."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return f"http://127.0.0.1:{probe.getsockname()[1]}/"

    @contextmanager
    def at(self, moment: datetime) -> Iterator[None]:
        """Let the PKI live at ``moment`` (aware) for a while."""
        before, self.clock = self.clock, moment
        try:
            yield
        finally:
            self.clock = before

    @contextmanager
    def failing(self, **services: Fault) -> Iterator[None]:
        """Let services fail for a while: ``failing(ocsp="unavailable", crls="garbage")``; also ``tsa``, ``certs``."""
        before, self._laid = self._laid, {**self._laid, **services}
        try:
            yield
        finally:
            self._laid = before

    # --- the WSGI application --------------------------------------------------------------------------------------

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        begun = time.perf_counter()
        response = self._answer(environ)
        _, parts = _asked(environ)
        self.spent[parts[1] if len(parts) > 2 else ""].append(time.perf_counter() - begun)
        return response(environ, start_response)

    def _answer(self, environ: dict[str, Any]) -> Response:
        fault, parts = _asked(environ)
        service, label = (parts[1], parts[2]) if len(parts) > 2 else ("", "")
        fault = fault or self._laid.get(service, "")
        with self._lock:
            self.requests[service] += 1
        if response := faults.instead(fault, closing=self.closing):
            return response
        body = Request(environ).get_data()
        if service == "tsa":
            body = faults.spoil_request(fault, body)
        inner = {
            **environ,
            "PATH_INFO": "/" + "/".join(parts),
            "wsgi.input": BytesIO(body),
            "CONTENT_LENGTH": str(len(body)),
        }
        moment = self.clock - faults.OUTDATED_BY if fault == "outdated" else self.clock
        with self._lock:
            animator = Animator(self._store, at_time=moment, with_web_ui=False, allow_time_override=False)
            response = Response.from_app(animator, inner)
            if service == "tsa" and response.status_code == 200:
                key = self._architecture.key_set.get_private_key(KeyLabel(label))
                response = faults.finished_token(response, key=key, spoiled=fault == "altered")
        return faults.drip(response, closing=self.closing) if fault == "drip" else response


def _asked(environ: dict[str, Any]) -> tuple[str, list[str]]:
    """The fault that the path asks for, and the rest of the path: architecture, service, label."""
    parts = environ["PATH_INFO"].strip("/").split("/")
    fault = parts.pop(0) if parts[0] in faults.FAULTS else ""
    return fault, parts


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - werkzeug's own name
        """Say nothing: what was asked is counted."""


@contextmanager
def running() -> Iterator[LoopbackPki]:
    """A PKI that answers on 127.0.0.1 until the block ends."""
    held: list[LoopbackPki] = []

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        return held[0](environ, start_response)

    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=_Quiet)
    with tempfile.TemporaryDirectory(prefix="loopback-pki-") as folder:
        pki = LoopbackPki(f"http://127.0.0.1:{server.server_port}", Path(folder))
        held.append(pki)
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield pki
        finally:
            pki.closing.set()
            server.shutdown()
            thread.join()
            server.server_close()
