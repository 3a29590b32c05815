"""Pledges sealed by the test PKI, at each level and years later, and what DSS needs to judge them without a network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from urllib.request import urlopen

from kolportal import pades
from kolportal.pades import Level
from tests import pki as loopback
from tests.conformance.documents import Made
from tests.conformance.judges import SealCase
from tests.pki.architecture import ARCHITECTURE
from tests.servers import PATIENCE

LATER: Final = timedelta(minutes=10)
"""From the sealing to the judging."""
ONE_LIST: Final = timedelta(days=1)
"""From one revocation list of the PKI to the next."""
RENEWED_AT: Final = datetime(
    2030, 6, 1, tzinfo=UTC
)  # the seal's certificate has ended, that of the time-stamps not yet
LONG_AFTER: Final = datetime(2033, 9, 10, tzinfo=UTC)


@dataclass(frozen=True)
class SealedPledge:
    """A sealed PDF of ours: what it shows (in English, for the table), and the level that DSS must find at ``at``."""

    name: str
    shows: str
    pdf: bytes
    level: Level
    at: datetime
    passes: bool = True


class Sealer:
    """Seals with a running PKI; writes trust anchors and revocation lists into ``folder``."""

    def __init__(self, pki: loopback.LoopbackPki, folder: Path) -> None:
        self._pki = pki
        self._folder = folder
        self._validation = pades.HttpValidationSource(seconds=PATIENCE)

    def each_level(self, pdf: bytes) -> Iterator[SealedPledge]:
        """One pledge at every level, with every kind of key and of revocation data, upgraded, and renewed."""
        at = self._pki.clock + LATER
        for level in Level:
            yield SealedPledge(f"seal-{level}", f"sealed at {level}", self._seal(pdf, level), level, at)
        for label, shows in (("seal-rsa", "RSA key"), ("seal-ocsp", "revocation by OCSP alone")):
            sealed = self._seal(pdf, Level.B_LTA, label)
            yield SealedPledge(f"{label}-B-LTA", f"sealed at B-LTA, {shows}", sealed, Level.B_LTA, at)
        raised = self._raised(self._seal(pdf, Level.B_B), at=self._pki.clock)
        yield SealedPledge("seal-upgraded", "sealed at B-B, upgraded to B-LTA", raised, Level.B_LTA, at)
        # only a list that is younger than the seal's time-stamp says that the certificate stood then
        raised = self._raised(self._seal(pdf, Level.B_T, "seal-crl"), at=self._pki.clock + ONE_LIST)
        shows = "sealed at B-T, upgraded to B-LTA by the next day's CRL"
        yield SealedPledge("seal-crl-B-LTA", shows, raised, Level.B_LTA, at + ONE_LIST)
        for level in (Level.B_LT, Level.B_LTA):
            shows = f"sealed at {level} in 2026, judged in 2030, after the end of the seal's certificate"
            yield SealedPledge(f"seal-{level}-2030", shows, self._seal(pdf, level), level, RENEWED_AT)
        renewed = self._renewed(self._seal(pdf, Level.B_LTA))
        for name, data, when in (
            ("seal-renewed", renewed, RENEWED_AT + LATER),
            ("seal-renewed-2033", renewed, LONG_AFTER),
        ):
            shows = f"sealed at B-LTA in 2026, renewed in 2030, judged in {when.year}"
            yield SealedPledge(name, shows, data, Level.B_LTA, when)

    def not_conclusive(self, pdf: bytes) -> Iterator[SealedPledge]:
        """Whole seals that nobody kept alive, and one whose authority tells nothing of revocation: none may pass."""
        marked = pades.make_test_pki(self._folder, at=self._pki.clock)
        sealed = pades.seal(pdf, key=marked.key, at=self._pki.clock).data
        shows = "sealed at B-B by the test key of the demo, whose authority is trusted here and publishes no revocation"
        yield SealedPledge("seal-demo", shows, sealed, Level.B_B, self._pki.clock + LATER, passes=False)
        for level, when in ((Level.B_B, RENEWED_AT), (Level.B_LT, LONG_AFTER), (Level.B_LTA, LONG_AFTER)):
            yield SealedPledge(
                f"seal-{level}-{when.year}",
                f"sealed at {level} in 2026, not renewed, judged in {when.year}",
                self._seal(pdf, level),
                level,
                when,
                passes=False,
            )

    def at_b_b(self, made: Made) -> SealedPledge:
        """A pledge sealed at B-B, as it leaves a portal that has no time-stamp authority."""
        sealed = self._seal(made.pdf, Level.B_B)
        name, shows = f"{made.name}-B-B", f"{made.shows}; sealed at B-B"
        return SealedPledge(name, shows, sealed, Level.B_B, self._pki.clock + LATER)

    def case(self, sealed: SealedPledge, file: Path) -> SealCase:
        """The question to DSS. Below B-LT a file holds no revocation data, so lists of that hour go with it."""
        bare = not sealed.level.reaches(Level.B_LT)
        with self._pki.at(sealed.at):
            crls = tuple(self._crl(label) for label in ("root", "issuing", "tsa-root")) if bare else ()
        return SealCase(file=file, at=sealed.at, roots=self._roots(), crls=crls)

    def _seal(self, pdf: bytes, level: Level, label: str = "seal") -> bytes:
        sealed = pades.seal(
            pdf,
            key=self._pki.seal_key(label),
            at=self._pki.clock,
            level=level,
            timestampers=[self._authority("tsa")],
            validation=self._validation,
        )
        return _reached(sealed)

    def _raised(self, pdf: bytes, *, at: datetime) -> bytes:
        with self._pki.at(at):
            raised = pades.upgrade(
                pdf,
                level=Level.B_LTA,
                timestampers=[self._authority("tsa")],
                validation=self._validation,
                at=at,
                pool=[self._pki.root, self._pki.tsa_root],
            )
        return _reached(raised)

    def _renewed(self, pdf: bytes) -> bytes:
        with self._pki.at(RENEWED_AT):
            renewed = pades.renew(
                pdf,
                timestampers=[self._authority("tsa-next")],
                validation=self._validation,
                at=RENEWED_AT,
                pool=[self._pki.root, self._pki.tsa_root],
            )
        return _reached(renewed)

    def _authority(self, label: str) -> pades.HttpTimestamper:
        return pades.HttpTimestamper(
            self._pki.tsa_url(label), seconds=PATIENCE, trust_roots=(self._pki.tsa_root,)
        )

    def _roots(self) -> tuple[Path, ...]:
        paths = []
        for label in ("root", "tsa-root"):
            paths.append(self._folder / f"{label}.cert.pem")
            paths[-1].write_bytes(self._pki.certificate_pem(label))
        return (*paths, *self._folder.glob("test-pki/root.cert.pem"))

    def _crl(self, label: str) -> Path:
        path = self._folder / f"{label}-{self._pki.clock:%Y%m%d}.crl"
        with urlopen(f"{self._pki.url}/{ARCHITECTURE}/crls/{label}/latest.crl") as answer:
            path.write_bytes(answer.read())
        return path


@contextmanager
def sealing(folder: Path) -> Iterator[Sealer]:
    """A running PKI for as long as the block lasts."""
    with loopback.running() as pki:
        yield Sealer(pki, folder)


def _reached(sealed: pades.Sealed) -> bytes:
    """The bytes of a seal that reached its level: what fell short is not what is to be judged."""
    if sealed.achieved is not sealed.intended:
        raise SystemExit(f"sealing reached {sealed.achieved} only: {'; '.join(map(str, sealed.shortfalls))}")
    return sealed.data
