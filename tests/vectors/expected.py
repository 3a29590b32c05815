"""What every judge of the vectors must say: the words of a verdict, written by hand beside each vector."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from tests.vectors.sealing import AT


@dataclass(frozen=True)
class Expected:
    """The facts of a report that a vector is about; what is not said here is its default.

    ``conclusion`` is the sub-indication, or the indication where there is none. ``exit`` is that of ``kolportal-verify``.
    ``logged`` lists the problems of the proof; None where no proof is given.
    """

    readable: str = "yes"
    intact: bool = True
    certifies: bool = True
    whole: bool = True
    after: str = "nothing"
    changes: tuple[str, ...] = ()
    trusted: bool = True
    revocation: str = "unknown"
    proven: str | None = None
    level: str | None = "B-B"
    conclusion: str = "TRY_LATER"
    logged: tuple[str, ...] | None = None
    exit: int = 2


@dataclass(frozen=True)
class Vector:
    """A file, what it shows, and what must be said of it at ``at``."""

    name: str
    shows: str
    data: bytes
    expected: Expected
    at: datetime = AT
    proof: bytes | None = None

    def row(self) -> dict[str, Any]:
        """The vector in the committed table, without its bytes."""
        return {
            "name": self.name,
            "shows": self.shows,
            "at": self.at.isoformat(),
            "proof": self.proof is not None,
            "expected": asdict(self.expected),
        }


def failed(conclusion: str, **facts: Any) -> Expected:
    """Not intact: nothing more is judged."""
    defaults: dict[str, Any] = {"intact": False, "whole": False, "trusted": False, "level": None, "exit": 1}
    return Expected(conclusion=conclusion, **(defaults | facts))


def unreadable(why: str) -> Expected:
    return failed("FORMAT_FAILURE", readable=why, certifies=False)


def changed(*changes: str, **facts: Any) -> Expected:
    """Intact as it was sealed, and then something happened that is not permitted."""
    defaults: dict[str, Any] = {"whole": False, "after": "other", "conclusion": "FORMAT_FAILURE", "exit": 1}
    return Expected(changes=changes, **(defaults | facts))


def judged(report: dict[str, Any], logged: list[str] | None) -> dict[str, Any]:
    """The same facts out of a report's JSON."""
    conclusion = report["conclusion"]
    return {
        "readable": report["readable"],
        "intact": report["intact"],
        "certifies": report["certifies"],
        "whole": report["whole"],
        "after": report["after"],
        "changes": sorted({finding["change"] for finding in report["findings"]}),
        "trusted": report["chain"]["trusted"],
        "revocation": report["revocation"]["state"],
        "proven": report["time"]["proven"],
        "level": report["level"],
        "conclusion": conclusion["sub_indication"] or conclusion["indication"],
        "logged": logged,
    }
