"""Two reports, one answer: is this file whole and logged, is it not, or can that not be told?"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from kolportal.pades.verification import Indication, Readable, Report, SubIndication
from kolportal.transparency import Report as LogReport

WHOLE_AND_LOGGED, NOT, CANNOT_TELL, USAGE = 0, 1, 2, 64
"""Exit codes; USAGE is EX_USAGE of sysexits.h."""


class Answer(StrEnum):
    """The sentence on top."""

    WHOLE_AND_LOGGED = "whole-and-logged"

    UNREADABLE = "unreadable"
    NO_SEAL = "no-seal"
    BROKEN = "broken"
    CHANGED = "changed"
    NOT_A_CERTIFICATION = "not-a-certification"
    REVOKED = "revoked"
    NOT_VALID_THEN = "not-valid-then"
    NOT_LOGGED = "not-logged"

    STRANGER = "stranger"
    OUT_OF_DATE = "out-of-date"
    UNDECIDED = "undecided"
    REVOCATION_UNKNOWN = "revocation-unknown"
    LOG_NOT_SHOWN = "log-not-shown"


_REVOKED: Final = (SubIndication.REVOKED_NO_POE, SubIndication.REVOKED_CA_NO_POE)
_EXIT: Final = {
    Answer.WHOLE_AND_LOGGED: WHOLE_AND_LOGGED,
    **dict.fromkeys(
        (
            Answer.STRANGER,
            Answer.OUT_OF_DATE,
            Answer.UNDECIDED,
            Answer.REVOCATION_UNKNOWN,
            Answer.LOG_NOT_SHOWN,
        ),
        CANNOT_TELL,
    ),
}


@dataclass(frozen=True)
class Outcome:
    """``answers``: every reason that counts, the gravest first. ``log`` is None where no proof was given."""

    seal: Report
    log: LogReport | None
    answers: tuple[Answer, ...]

    @property
    def answer(self) -> Answer:
        return self.answers[0]

    @property
    def exit(self) -> int:
        """Exit code; the gravest answer decides."""
        return _EXIT.get(self.answer, NOT)


def outcome(seal: Report, log: LogReport | None) -> Outcome:
    """Put the two together."""
    bad = _bad(seal)
    if bad is not None:
        return Outcome(seal, log, (bad,))
    if log is not None and not log.logged:
        return Outcome(seal, log, (Answer.NOT_LOGGED,))
    seal_question, log_question = _open(seal), None if log else Answer.LOG_NOT_SHOWN
    questions = [seal_question, log_question]
    if seal_question == Answer.REVOCATION_UNKNOWN:  # the milder of the two: most seals are never revoked
        questions.reverse()
    open_questions = [answer for answer in questions if answer]
    return Outcome(seal, log, tuple(open_questions) or (Answer.WHOLE_AND_LOGGED,))


def _bad(seal: Report) -> Answer | None:
    if seal.readable == Readable.NO_SEAL:
        return Answer.NO_SEAL
    if seal.readable != Readable.YES:
        return Answer.UNREADABLE
    if not seal.intact:
        return Answer.BROKEN
    if not seal.certifies:
        return Answer.NOT_A_CERTIFICATION
    if not seal.whole:
        return Answer.CHANGED if seal.findings else Answer.BROKEN
    if seal.conclusion.sub_indication in _REVOKED:
        return Answer.REVOKED
    if seal.conclusion.indication == Indication.TOTAL_FAILED:
        return Answer.NOT_VALID_THEN
    return None


def _open(seal: Report) -> Answer | None:
    if seal.passed:
        return None
    if not seal.chain.trusted:
        return Answer.STRANGER
    known = {
        SubIndication.TRY_LATER: Answer.REVOCATION_UNKNOWN,
        SubIndication.OUT_OF_BOUNDS_NO_POE: Answer.OUT_OF_DATE,
    }
    sub = seal.conclusion.sub_indication
    return known.get(sub, Answer.UNDECIDED) if sub else Answer.UNDECIDED
