"""Pledges sealed at each level by the test PKI, and what DSS needs to judge them without a network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final
from urllib.request import urlopen

from kolportal import pades
from tests import pki as loopback
from tests.conformance.judges import SealCase
from tests.pki.architecture import ARCHITECTURE

AUTHORITIES: Final = ("root", "issuing", "tsa-root")
LATER: Final = timedelta(minutes=10)
"""From the sealing to the judging: revocation data must be no older than the time that it is asked for."""


@dataclass(frozen=True)
class Sealer:
    """Seals PDFs with the running PKI and writes trust anchors and revocation lists into ``folder``."""

    pki: loopback.LoopbackPki
    folder: Path

    def seal(self, pdf: bytes) -> bytes:
        """Level B-B, by the certificate ``seal`` of the PKI, at its clock."""
        return pades.seal(pdf, key=self.pki.seal_key(), at=self.pki.clock).data

    def case(self, file: Path) -> SealCase:
        """The question to DSS about a file that was sealed here."""
        with self.pki.at(self.pki.clock + LATER):
            crls = tuple(self._crl(label) for label in AUTHORITIES)
        return SealCase(file=file, at=self.pki.clock + LATER, roots=self.roots(), crls=crls)

    def roots(self) -> tuple[Path, ...]:
        """The two trust anchors, of seals and of time-stamps, as files."""
        paths = []
        for label in ("root", "tsa-root"):
            paths.append(self.folder / f"{label}.cert.pem")
            paths[-1].write_bytes(self.pki.certificate_pem(label))
        return tuple(paths)

    def _crl(self, label: str) -> Path:
        path = self.folder / f"{label}.crl"
        with urlopen(f"{self.pki.url}/{ARCHITECTURE}/crls/{label}/latest.crl") as answer:
            path.write_bytes(answer.read())
        return path


@contextmanager
def sealing(folder: Path) -> Iterator[Sealer]:
    """A running PKI for as long as the block lasts."""
    with loopback.running() as pki:
        yield Sealer(pki, folder)
