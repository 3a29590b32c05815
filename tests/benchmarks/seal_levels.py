"""What each seal level costs, with the authorities of the loopback PKI; and our B-B seal over that of ``@libpdf/core``.

``@libpdf/core`` is the library that Documenso seals with. Both seal the same PDF with the same P-256 key and chain, and both
load the PDF from its bytes each time; the Node process is warm and times itself. Wall time, median of all rounds.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from cryptography.hazmat.primitives import serialization

from kolportal import pades
from kolportal.pades import HttpTimestamper, HttpValidationSource, Level
from pledges import rendering
from tests.pki import LoopbackPki, running
from tests.pledges.sheets import sheet

ROUNDS = 100
HERE = Path(__file__).parent
DER = serialization.Encoding.DER


def run() -> Iterator[tuple[str, float, str]]:
    """``seal_bb_ms``, ``seal_bt_ms``, ``seal_blta_ms``, ``tsa_ms`` (one token, the authority's own share), ``seal_vs_libpdf_ratio``.

    B-T asks for one token, B-LTA for two; validation data is kept from the first round on, as a worker keeps it.
    """
    with running() as loopback, tempfile.TemporaryDirectory(prefix="kolportal-libpdf-") as folder:
        yield from _measured(loopback, Path(folder))


def _measured(loopback: LoopbackPki, folder: Path) -> Iterator[tuple[str, float, str]]:
    key = loopback.seal_key()
    page = rendering.render(sheet(seal_subject=key.subject, seal_fingerprint=key.fingerprint))
    timestamper = HttpTimestamper(loopback.tsa_url(), trust_roots=(loopback.tsa_root,))
    validation = HttpValidationSource()

    def seal(level: Level) -> None:
        sealed = pades.seal(
            page, key=key, at=loopback.clock, level=level, timestampers=[timestamper], validation=validation
        )
        if sealed.achieved is not level:
            raise SystemExit(f"{level} was not reached: {sealed.shortfalls}")

    ours = _milliseconds(lambda: seal(Level.B_B))
    theirs = _libpdf(loopback, page, folder)
    yield "seal_bb_ms", ours, "ms"
    yield "libpdf_bb_ms", theirs, "ms"
    yield "seal_vs_libpdf_ratio", ours / theirs, "ratio"
    yield "seal_bt_ms", _milliseconds(lambda: seal(Level.B_T)), "ms"
    yield "seal_blta_ms", _milliseconds(lambda: seal(Level.B_LTA)), "ms"
    loopback.spent.clear()
    for _ in range(ROUNDS):
        seal(Level.B_T)
    yield "tsa_ms", statistics.median(loopback.spent["tsa"]) * 1000, "ms"


def _libpdf(loopback: LoopbackPki, page: bytes, folder: Path) -> float:
    """Median milliseconds of a seal by ``@libpdf/core``; what it made must be a seal over the whole file."""
    (folder / "page.pdf").write_bytes(page)
    key = serialization.load_pem_private_key(loopback.key_pem("seal"), None)
    (folder / "key.p8").write_bytes(
        key.private_bytes(DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    (folder / "certificate.der").write_bytes(loopback.certificate("seal").public_bytes(DER))
    (folder / "issuer.der").write_bytes(loopback.certificate("issuing").public_bytes(DER))
    path = os.pathsep.join((os.environ["PATH"], str(HERE.parents[1] / "var/node/bin")))
    node = shutil.which("node", path=path)
    if node is None:
        raise SystemExit("no Node here: `.ci/setup test` brings one")
    done = subprocess.run(
        [node, str(HERE / "libpdf.mjs"), str(folder), str(ROUNDS)], capture_output=True, text=True, check=True
    )
    said = subprocess.run(["pdfsig", str(folder / "libpdf.pdf")], capture_output=True, text=True, check=False)
    if "Signature is Valid." not in said.stdout or "Total document signed" not in said.stdout:
        raise SystemExit(f"what @libpdf/core made is no seal: the ratio would mean nothing\n{said.stdout}")
    times: list[float] = json.loads(done.stdout)
    return statistics.median(times)


def _milliseconds(work: Callable[[], None]) -> float:
    for _ in range(10):
        work()
    times = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return statistics.median(times) * 1000
