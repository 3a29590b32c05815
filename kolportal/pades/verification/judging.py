"""Who vouches for what, and when: time-stamps, revocation, level and the conclusion of ETSI EN 319 102-1.

Proof of existence runs backwards through the file. The newest time-stamp is judged at the time of validation; what it covers
is proven to have existed at its time, so the next older one is judged then, and so on down to the seal (clauses 5.5 and
5.6). Certificates must be within their dates at that proven time. docs/adr/0016 says where this is stricter or milder.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from kolportal.pades.levels import Level
from kolportal.pades.verification.chains import Certificate, NoPath, Path, path
from kolportal.pades.verification.purposes import may_seal, may_stamp
from kolportal.pades.verification.report import (
    Chain,
    Conclusion,
    Evidence,
    Indication,
    Revocation,
    RevocationFact,
    SubIndication,
    TimeFact,
    TimeStamp,
    undecided,
)
from kolportal.pades.verification.revocation import Pool, Statement
from kolportal.pades.verification.stamps import Stamp

PASSED = Conclusion(Indication.TOTAL_PASSED)


@dataclass(frozen=True)
class _Judged:
    """A time-stamp with what was found of its authority; ``path`` is None unless it is trusted."""

    stamp: Stamp
    time: datetime
    path: Path | None
    why_not: str | None
    revocation: Revocation = Revocation.UNKNOWN


@dataclass(frozen=True)
class Verdict:
    """What :func:`judge` found."""

    chain: Chain
    revocation: RevocationFact
    time: TimeFact
    level: Level
    conclusion: Conclusion


class Judge:
    """One sealed file at one time. ``others`` are the certificates that stand in the file, ``pool`` all evidence."""

    def __init__(
        self,
        *,
        at: datetime,
        seal_anchors: Sequence[Certificate],
        stamp_anchors: Sequence[Certificate],
        others: Sequence[Certificate],
        pool: Pool,
        stamps: Sequence[Stamp],
    ) -> None:
        self.at, self.pool = at, pool
        self.seal_anchors, self.stamp_anchors, self.others = seal_anchors, stamp_anchors, others
        self.judged: list[_Judged] = []
        self._not_older: tuple[Certificate, datetime] | None = None
        # newest first; a time-stamp over the seal's value is as old as the seal's revision and comes last
        for stamp in sorted(stamps, key=lambda one: (one.kind == "document", one.revision), reverse=True):
            self.judged.append(self._judge(stamp))

    # --- time --------------------------------------------------------------------------------------------------------

    def existed(self, revision: int | None, *, before: Stamp | None = None) -> datetime:
        """Earliest proven time of what stands in ``revision``; handed-in things (None) exist since now.

        ``before`` leaves out that time-stamp and older ones: none proves itself.
        """
        if revision is None:
            return self.at
        times = [
            one.time
            for one in self.judged
            if one.path and one.stamp.kind == "document" and one.stamp.revision >= revision
            and (before is None or before.kind != "document" or one.stamp.revision > before.revision)
        ]  # fmt: skip
        return min(times, default=self.at)

    def _judge(self, stamp: Stamp) -> _Judged:
        signer = stamp.message.signer if stamp.message else None
        if stamp.fault is not None or stamp.message is None or signer is None or stamp.time is None:
            return _Judged(stamp, self.at, None, stamp.fault or "the time-stamp says no time")
        known = self.existed(stamp.revision, before=stamp)
        try:
            found = path(signer, (*stamp.message.certificates, *self.others), self.stamp_anchors)
        except NoPath as error:
            return _Judged(stamp, stamp.time, None, str(error))
        state = self._state(found, stamp.time, known)
        why_not = self._why_not(stamp.time, found, signer, known, state)
        return _Judged(stamp, stamp.time, None if why_not else found, why_not, state)

    @staticmethod
    def _why_not(
        time: datetime, found: Path, signer: Certificate, known: datetime, state: Revocation
    ) -> str | None:
        if (purpose := may_stamp(signer)) is not None:
            return purpose
        if time > known:
            return "its time lies after the time at which it is known to exist"
        if (outside := found.outside(time) or found.outside(known)) is not None:
            return f"the certificate of {outside[0].common_name} is outside its dates"
        if state == Revocation.REVOKED:
            return "the certificate of the authority is revoked"
        return None

    def proven(self) -> _Judged | None:
        """The earliest trusted time-stamp."""
        return min((one for one in self.judged if one.path), key=lambda one: one.time, default=None)

    # --- revocation --------------------------------------------------------------------------------------------------

    def _state(self, found: Path, time: datetime, known: datetime) -> Revocation:
        """Of an authority: revoked by ``known``, or good as of ``time``, or not known."""
        states = []
        for certificate, issuer in found.pairs():
            said = self._said(found, certificate, issuer)
            if any(one.revoked_at is not None and one.revoked_at <= known for one in said):
                return Revocation.REVOKED
            good = any(self._holds(one, certificate, issuer, found, time) for one in said)
            states.append(Revocation.GOOD if good else Revocation.UNKNOWN)
        return Revocation.UNKNOWN if Revocation.UNKNOWN in states else Revocation.GOOD

    def _holds(
        self, one: Statement, certificate: Certificate, issuer: Certificate, found: Path, time: datetime
    ) -> bool:
        """Whether a statement can be relied on for ``time``: fresh enough, and its own signer valid when it is known."""
        if self._not_older is not None:
            sealer, proven = self._not_older
            if certificate == sealer and one.this_update < proven:
                return False  # what was said before the seal was made cannot know what happened in between
        known = self.existed(one.item.revision)
        signers = [signer for signer in (one.by, issuer) if signer is not None and signer != found.anchor]
        return (
            one.revoked_at is None
            and one.this_update <= known
            and one.this_update <= certificate.not_after
            and one.speaks_of(time)
            and all(signer.not_before <= known <= signer.not_after for signer in signers)
        )

    def _said(self, found: Path, certificate: Certificate, issuer: Certificate) -> list[Statement]:
        """Statements of ``certificate``, those of its issuer's other keys among them."""
        return self.pool.statements(certificate, issuer, self._same_authority(issuer, found.anchor))

    def _same_authority(self, issuer: Certificate, anchor: Certificate) -> list[Certificate]:
        """Other certificates of the authority ``issuer``, after a change of its key, under the same anchor."""
        found = []
        for other in self.others:
            if other != issuer and other.subject == issuer.subject and other.is_ca:
                try:
                    path(other, self.others, [anchor])
                except NoPath:
                    continue
                found.append(other)
        return found

    def _fact(self, found: Path, time: datetime) -> tuple[RevocationFact, bool]:
        """What is said of each certificate of the way as of ``time``, and whether it is enough: none is left out.

        Enough is for each one a "good" that holds, or a revocation that came later than ``time`` and has happened by now:
        whoever says since when something is revoked says that it was not before. The worst news is reported.
        """
        evidence: list[Evidence] = []
        news: list[tuple[Statement, Certificate]] = []
        complete = True
        for certificate, issuer in found.pairs():
            said = self._said(found, certificate, issuer)
            revoked = [one for one in said if one.revoked_at is not None]
            news += [(one, certificate) for one in revoked]
            good = [one for one in said if self._holds(one, certificate, issuer, found, time)]
            if good:
                evidence.append(max(good, key=lambda one: one.this_update).evidence)
            since = min((one.revoked_at for one in revoked if one.revoked_at), default=None)
            complete = complete and (bool(good) or (since is not None and time < since <= self.at))
        if news:
            # stable: of two at one time the lower certificate's
            first, of = min(news, key=lambda pair: pair[0].revoked_at or self.at)
            told = (first.revoked_at, first.reason, of.name, (first.evidence,))
            return RevocationFact(Revocation.REVOKED, *told), complete
        state = Revocation.GOOD if complete and found.certificates else Revocation.UNKNOWN
        return RevocationFact(state, evidence=tuple(evidence)), complete

    # --- the seal ----------------------------------------------------------------------------------------------------

    def verdict(self, sealer: Certificate, claimed: datetime | None) -> Verdict:
        """All facts of an intact seal by ``sealer``."""
        proven = self.proven()
        if proven is not None:
            self._not_older = (sealer, proven.time)
        time = TimeFact(
            claimed=claimed,
            proven=proven.time if proven else None,
            authority=_authority(proven) if proven else None,
            stamps=tuple(_fact_of(one) for one in reversed(self.judged)),
        )
        try:
            found = path(sealer, self.others, self.seal_anchors)
        except NoPath as error:
            sub = (
                SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE
                if error.is_known
                else SubIndication.NO_CERTIFICATE_CHAIN_FOUND
            )
            level = Level.B_T if proven else Level.B_B
            return Verdict(Chain(why_not=str(error)), RevocationFact(), time, level, undecided(sub))
        fact, conclusion = self._concluded(sealer, found, proven)
        level = self._level(found, proven)
        why_not = may_seal(sealer)
        chain = Chain(why_not is None, found.anchor.name, found.anchor.fingerprint, why_not)
        return Verdict(chain, fact, time, level, conclusion)

    def _concluded(
        self, sealer: Certificate, found: Path, proven: _Judged | None
    ) -> tuple[RevocationFact, Conclusion]:
        """Basic validation now (clause 5.3); where that does not pass, validation at the proven time (5.5.4)."""
        fact, complete = self._fact(found, self.at)
        if may_seal(sealer) is not None:
            return fact, undecided(SubIndication.CHAIN_CONSTRAINTS_FAILURE)
        now = self._at(found, self.at, fact, complete=complete)
        if now == PASSED or proven is None:
            return fact, now
        then_fact, complete = self._fact(found, proven.time)
        then = self._at(found, proven.time, then_fact, complete=complete)
        if then == PASSED and proven.revocation != Revocation.GOOD:
            then = undecided(SubIndication.TRY_LATER)
        return then_fact, then

    def _at(self, found: Path, time: datetime, fact: RevocationFact, *, complete: bool) -> Conclusion:
        outside = found.outside(time)
        if outside is not None:
            if outside[1] and time != self.at:
                return Conclusion(Indication.TOTAL_FAILED, SubIndication.NOT_YET_VALID)
            return undecided(SubIndication.OUT_OF_BOUNDS_NO_POE)
        if fact.revoked_at is not None and fact.revoked_at <= time:
            leaf = fact.certificate == found.certificates[0].name
            return undecided(SubIndication.REVOKED_NO_POE if leaf else SubIndication.REVOKED_CA_NO_POE)
        return PASSED if complete else undecided(SubIndication.TRY_LATER)

    # --- level -------------------------------------------------------------------------------------------------------

    def _level(self, found: Path, proven: _Judged | None) -> Level:
        """By what the file holds, each part judged: a token nobody trusts or evidence that says nothing gives no level."""
        if proven is None:
            return Level.B_B
        if not self._is_complete(found, proven, None):
            return Level.B_T
        covered = any(
            one.path and one.stamp.kind == "document" and self._is_complete(found, proven, one.stamp.revision)
            for one in self.judged
        )
        return Level.B_LTA if covered else Level.B_LT

    def _is_complete(self, found: Path, proven: _Judged, until: int | None) -> bool:
        """Whether embedded evidence, of revisions up to ``until``, speaks of every certificate of seal and time-stamp."""
        ways = [found, *([proven.path] if proven.path else [])]
        return all(
            any(
                one.item.revision is not None
                and (until is None or one.item.revision <= until)
                and (one.revoked_at is not None or self._holds(one, certificate, issuer, way, proven.time))
                for one in self._said(way, certificate, issuer)
            )
            for way in ways
            for certificate, issuer in way.pairs()
        )


def _authority(one: _Judged) -> str | None:
    signer = one.stamp.message.signer if one.stamp.message else None
    return signer.common_name if signer else None


def _fact_of(one: _Judged) -> TimeStamp:
    return TimeStamp(
        kind=one.stamp.kind,
        time=one.stamp.time,
        authority=_authority(one),
        intact=one.stamp.fault is None,
        trusted=one.path is not None,
        why_not=one.why_not,
        revocation=one.revocation,
    )
