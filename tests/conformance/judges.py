"""Building the Java judges with Maven, and asking them."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

HOME: Final = Path(__file__).resolve().parent
TARGET: Final = HOME.parent.parent / "var" / "conformance"
FLAVOURS: Final = {"3b": "PDF/A-3b", "3a": "PDF/A-3a", "ua1": "PDF/UA-1"}


@dataclass(frozen=True)
class PageVerdict:
    """veraPDF on one file and one flavour (a key of ``FLAVOURS``). ``findings`` are broken rules in its own words."""

    file: Path
    flavour: str
    passed: bool
    checks: int
    findings: tuple[str, ...]


@dataclass(frozen=True)
class SealCase:
    """A sealed file for DSS: judged at ``at`` (aware), trusting ``roots``, knowing ``crls``; paths of PEM or DER files."""

    file: Path
    at: datetime
    roots: tuple[Path, ...]
    crls: tuple[Path, ...] = ()


@dataclass(frozen=True)
class SignatureVerdict:
    """DSS on one signature: its format, the indication and sub-indication of EN 319 102-1, and what it remarked."""

    level: str
    indication: str
    reason: str
    said: tuple[str, ...]


@dataclass(frozen=True)
class SealVerdict:
    """DSS on one file. ``error``: why it could not be read at all.

    ``signatures`` are judged under the policy that DSS comes with, ``strictly`` where changes after a signature fail it.
    """

    file: Path
    signatures: tuple[SignatureVerdict, ...] = ()
    strictly: tuple[SignatureVerdict, ...] = ()
    error: str = ""

    @property
    def passed(self) -> bool:
        """Whether there is a signature and every one is TOTAL_PASSED under DSS's own policy."""
        return _all_passed(self.signatures)

    @property
    def passed_strictly(self) -> bool:
        """The same under the stricter policy."""
        return _all_passed(self.strictly)


@dataclass(frozen=True)
class Judges:
    """The built judges; make them with :func:`build`."""

    class_path: str
    versions: dict[str, str]

    def pages(self, files: Iterable[Path]) -> list[PageVerdict]:
        """veraPDF's verdict on each file in each flavour."""
        cases = [
            {"judge": "veraPDF", "file": str(file), "flavour": flavour}
            for file in files
            for flavour in FLAVOURS
        ]
        return [
            PageVerdict(
                file=Path(answer["file"]),
                flavour=answer["flavour"],
                passed=answer["passed"],
                checks=answer["checks"],
                findings=tuple(answer["findings"]),
            )
            for answer in self._ask(cases)
        ]

    def seals(self, cases: Iterable[SealCase]) -> list[SealVerdict]:
        """DSS's verdict on each case, in order."""
        answers = self._ask([{"judge": "DSS"} | asdict(case) | {"at": case.at.isoformat()} for case in cases])
        return [
            SealVerdict(
                file=Path(answer["file"]),
                signatures=_signatures(answer["signatures"]),
                strictly=_signatures(answer["strictly"]),
                error=answer.get("error", ""),
            )
            for answer in answers
        ]

    def _ask(self, cases: list[dict[str, Any]]) -> list[dict[str, Any]]:
        path = TARGET / "cases.json"
        path.write_text(json.dumps(cases, default=str), encoding="utf-8")
        command = ["java", "-Xmx1g", "-cp", self.class_path, "Judges", str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=1200)
        if done.returncode:
            raise SystemExit(f"the judges stopped with {done.returncode}:\n{done.stderr[-4000:]}")
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        if len(answers) != len(cases):
            raise SystemExit(f"{len(cases)} cases, {len(answers)} answers")
        return answers


def _signatures(answers: list[dict[str, Any]]) -> tuple[SignatureVerdict, ...]:
    return tuple(
        SignatureVerdict(one["level"], one["indication"], one["reason"], tuple(one["said"]))
        for one in answers
    )


def _all_passed(signatures: tuple[SignatureVerdict, ...]) -> bool:
    return bool(signatures) and all(one.indication == "TOTAL_PASSED" for one in signatures)


def build() -> Judges:
    """Compile ``java/`` and fetch what it stands on; raises SystemExit with Maven's own words."""
    TARGET.mkdir(parents=True, exist_ok=True)
    listed = TARGET / "classpath"
    maven = ("mvn", "-q", "-B", "-ntp", "-f", str(HOME / "pom.xml"))
    goals = ("compile", "dependency:build-classpath", f"-Dmdep.outputFile={listed}")
    done = subprocess.run([*maven, *goals], capture_output=True, text=True, check=False, timeout=900)
    if done.returncode:
        raise SystemExit(f"Maven could not build the judges:\n{done.stdout[-4000:]}{done.stderr[-2000:]}")
    jars = listed.read_text(encoding="utf-8").strip()
    return Judges(os.pathsep.join((str(TARGET / "target" / "classes"), jars)), _versions(jars))


def _versions(jars: str) -> dict[str, str]:
    """Versions of the two judges, as their jars are named."""
    names = [Path(jar).stem for jar in jars.split(os.pathsep)]
    return {
        judge: next(name for name in names if name.startswith(prefix)).removeprefix(prefix)
        for judge, prefix in (("veraPDF", "validation-model-jakarta-"), ("EU DSS", "dss-validation-"))
    }
