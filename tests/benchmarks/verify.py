"""What it costs to look at a sealed pledge at the highest level: ``verify_ms`` and ``verify_per_core_minute``.

The file has everything: seal, time-stamp, revocation lists, document time-stamp. Each round is a different file (its base has
another length), so no signature is remembered from the round before; the certificates are, as they are for a real sealer.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import timedelta
from statistics import median

from kolportal.pades import Trust, verify
from tests.vectors import pki, sealing
from tests.vectors.writer import Update

ROUNDS = 60


def run() -> Iterable[tuple[str, float, str]]:
    trust = Trust(seal_roots=(pki.der("root"),), timestamp_roots=(pki.der("tsa-root"),))
    files = [_file(number) for number in range(ROUNDS)]
    verify(files[0], trust=trust, at=sealing.AT)
    took = []
    for pdf in files[1:]:
        begun = time.process_time()
        report = verify(pdf, trust=trust, at=sealing.AT)
        took.append(time.process_time() - begun)
        if not report.passed:
            raise RuntimeError(f"not what was to be measured: {report.conclusion}")
    yield "verify_ms", 1000 * median(took), "ms"
    yield "verify_per_core_minute", 60 / (sum(took) / len(took)), "files"


def _file(number: int) -> bytes:
    """A B-LTA file that differs from all others."""
    base = Update(sealing.base())
    base.add({"Number": number})
    sealed = sealing.sealed(pdf=base.write(), stamps=["tsa"])
    data = sealing.with_validation_data(sealed, certificates=["seal", "issuing", "tsa"], crls=sealing.lists())
    return sealing.stamped(data, at=pki.LISTED_AT + timedelta(minutes=5))
