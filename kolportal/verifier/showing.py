"""The outcome as text for a terminal of 80 columns, without colours; nothing of a hostile file reaches the terminal raw."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any, Final

from kolportal.pades.verification import PERMITTED, After, Readable, Report, Revocation
from kolportal.transparency import Report as LogReport
from kolportal.verifier.outcome import Outcome
from kolportal.verifier.words import (
    ANSWERS,
    CHANGES,
    FAULTS,
    HEADINGS,
    LIMITS,
    PROBLEMS,
    READABLE,
    REASONS,
    SAYS,
    Language,
)

WIDTH: Final = 78
VIETNAM: Final = timezone(timedelta(hours=7))
"""Asia/Ho_Chi_Minh: without summer time since 1975, and a machine may lack the table of time zones."""
MAX_SHOWN: Final = 160
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def shown(value: object) -> str:
    """``value`` as one harmless line: no control, bidi or invisible characters, not longer than MAX_SHOWN."""
    text = unicodedata.normalize("NFC", str(value))
    plain = "".join(
        "\ufffd" if unicodedata.category(one) in _HIDDEN else one for one in text[: MAX_SHOWN + 1]
    )
    return plain if len(plain) <= MAX_SHOWN else plain[:MAX_SHOWN] + "…"


def lines(
    outcome: Outcome, *, name: str, sha256: str | None, language: Language, names_log: bool
) -> Iterator[str]:
    """The whole text, line by line. ``sha256``: of the file, where all of it was read; ``names_log``: whether the trusted
    keys name a log."""
    page = _Page(outcome.seal, language)
    yield from _wrapped(ANSWERS[outcome.answer][language])
    for further in outcome.answers[1:]:
        yield from _wrapped(ANSWERS[further][language])
    yield ""
    yield from _wrapped(page.say("file", name=name))
    if sha256 is not None:
        yield from _wrapped(page.say("sha256", sha256=sha256))
    yield from _wrapped(page.say("at", at=_time(outcome.seal.at)))
    for heading, sentences in page.sections(outcome.log, names_log=names_log):
        yield ""
        yield HEADINGS[heading][language]
        for sentence in sentences:
            yield from _wrapped(sentence, indent="  ")
        yield from _wrapped(f"({LIMITS[heading][language]})", indent="  ")


class _Page:
    def __init__(self, seal: Report, language: Language) -> None:
        self.seal, self.language = seal, language

    def say(self, key: str, **values: Any) -> str:
        return SAYS[key][self.language].format_map({name: shown(value) for name, value in values.items()})

    def sections(self, log: LogReport | None, *, names_log: bool) -> Iterator[tuple[str, list[str]]]:
        yield "content", self._content()
        if self.seal.readable == Readable.YES:
            yield "sealer", self._sealer()
            yield "revocation", self._revocation()
            yield "time", self._time()
            yield (
                "level",
                [self.say("level", level=self.seal.level) if self.seal.level else self.say("no-level")],
            )
        yield "log", self._log(log, names_log=names_log)
        if self.seal.readable == Readable.YES:
            claim = self.seal.pdfa
            yield "pdfa", [self.say("pdfa", claim=claim) if claim else self.say("no-pdfa")]

    def _content(self) -> list[str]:
        seal = self.seal
        if seal.readable != Readable.YES:
            return [READABLE[seal.readable][self.language]]
        if not seal.intact or seal.errors:
            fault = FAULTS.get(seal.conclusion.sub_indication, FAULTS[None])
            found = [self.say("broken", detail=fault[self.language])]
        elif seal.after == After.NOTHING:
            return [self.say("intact")]
        else:
            found = []
        permitted = seal.after == After.PERMITTED
        changes = {one.change for one in seal.findings if permitted or one.change not in PERMITTED}
        if changes:
            words = ", ".join(sorted(CHANGES[change][self.language] for change in changes))
            found.append(self.say("intact-then" if permitted else "changed", changes=words))
        return found

    def _sealer(self) -> list[str]:
        sealer, chain = self.seal.sealer, self.seal.chain
        if sealer is None:
            return [self.say("unjudged")]
        if chain.trusted:
            found = [
                self.say("sealer", name=sealer.common_name, issuer=sealer.issuer),
                self.say("trusted", root=chain.root),
            ]
        else:
            found = [self.say("sealer-self", name=sealer.common_name, issuer=sealer.issuer)]
        if sealer.is_test:
            found.append(self.say("test"))
        return [*found, self.say("certificate", fingerprint=sealer.fingerprint)]

    def _revocation(self) -> list[str]:
        fact = self.seal.revocation
        if fact.state == Revocation.REVOKED and fact.revoked_at is not None:
            why = REASONS.get(fact.reason, REASONS[None])[self.language]
            return [self.say("revoked", at=_time(fact.revoked_at), reason=why)]
        if fact.state == Revocation.GOOD:
            times = [one.this_update for one in fact.evidence]
            return [self.say("good", since=_time(min(times)) if times else "–")]
        return [self.say("revocation-unknown")]

    def _time(self) -> list[str]:
        fact = self.seal.time
        found = [self.say("claimed", at=_time(fact.claimed))] if fact.claimed else []
        if fact.proven:
            found.append(self.say("proven", at=_time(fact.proven), authority=fact.authority or "?"))
        else:
            found.append(self.say("not-proven"))
        return found + [
            self.say("bad-stamp", authority=one.authority or "?") for one in fact.stamps if not one.trusted
        ]

    def _log(self, log: LogReport | None, *, names_log: bool) -> list[str]:
        if log is None:
            return [self.say("no-proof" if names_log else "no-log")]
        if not log.logged:
            return [PROBLEMS[problem][self.language] for problem in log.problems]
        return [self.say("logged", index=log.index, origin=log.origin, count=len(log.cosignatures))]


def _time(moment: datetime) -> str:
    try:
        return moment.astimezone(VIETNAM).strftime("%d/%m/%Y %H:%M:%S (+07:00)")
    except (OverflowError, ValueError):  # the first and last days that a datetime can say
        return moment.isoformat()


def _wrapped(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)
