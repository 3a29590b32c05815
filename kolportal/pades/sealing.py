"""Sealing: one PDF in, the same PDF with an invisible PAdES certification signature appended, at the level asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.signers.cms_embedder import SigMDPSetup
from pyhanko.sign.signers.pdf_byterange import SignatureObject

from kolportal.pades import raising, revisions, timestamps
from kolportal.pades.cms import bytes_needed, sign
from kolportal.pades.errors import AlreadySealed, ReserveTooSmall
from kolportal.pades.keys import SealKey
from kolportal.pades.levels import Level, Obstacle
from kolportal.pades.timestamps import Timestamper, Token
from kolportal.pades.validation_data import ValidationSource

DEFAULT_FIELD: Final = "Seal"


@dataclass(frozen=True)
class Sealed:
    """A sealed PDF. ``sha256`` is of the whole file, 64 lower-case hex digits.

    ``intended`` is the level that was asked for, ``achieved`` the one that was reached, never more. ``obstacles``
    holds everything that went wrong on the way, also where the next authority helped. ``renew_before`` is the end of the
    certificate behind the last time-stamp; None without one.
    """

    data: bytes = field(repr=False)
    sha256: str
    intended: Level
    achieved: Level
    obstacles: tuple[Obstacle, ...]
    field_name: str
    key_fingerprint: str
    sealed_at: datetime
    renew_before: datetime | None = None

    @property
    def shortfalls(self) -> tuple[Obstacle, ...]:
        """Why ``achieved`` is less than ``intended``; empty where it is not."""
        return tuple(one for one in self.obstacles if not self.achieved.reaches(one.level))


def seal(
    pdf: bytes,
    *,
    key: SealKey,
    at: datetime,
    level: Level = Level.B_B,
    timestampers: Sequence[Timestamper] = (),
    validation: ValidationSource | None = None,
    field_name: str = DEFAULT_FIELD,
    reason: str | None = None,
    location: str | None = None,
    bytes_reserved: int | None = None,
) -> Sealed:
    """Seal ``pdf`` with ``key`` at ``level``, or at the highest one below that the authorities let it reach.

    ``at`` (aware) is the claimed time, written to ``/M``; what proves a time are the tokens of ``timestampers``, asked in
    order until one answers well. ``validation`` is where certificates and revocation data come from (B-LT and above).
    Whatever fails there lowers ``achieved`` and is told in ``shortfalls``; it raises nothing.

    The seal certifies the document with "form filling" permission: nothing but later time-stamps and validation data
    may follow, so that a raise to B-LTA stays possible (NO_CHANGES would forbid even that). The original bytes stay a
    prefix of the result. ``bytes_reserved`` counts hex digits and is measured from key and authority by default.

    It runs no event loop and may be called from inside one. Raises CertificateNotYetValid, CertificateExpired, NotAPdf,
    EncryptedPdf, AlreadySealed, ReserveTooSmall, TokenFailed; ValueError for a naive ``at`` or an odd ``bytes_reserved``.
    """
    if at.tzinfo is None:
        raise ValueError("the time of sealing must be aware")
    key.check_valid_at(at)
    maker = _Maker(
        key=key,
        at=at,
        timestampers=timestampers if level.reaches(Level.B_T) else None,
        field_name=field_name,
        reason=reason,
        location=location,
        bytes_reserved=bytes_reserved,
    )
    data = maker.sealed(pdf)
    progress = raising.Progress(data=data, achieved=Level.B_B, obstacles=maker.obstacles)
    if maker.token is not None:
        progress = raising.Progress(
            data=data, achieved=Level.B_T, obstacles=maker.obstacles, tokens=(maker.token,)
        )
        progress = raising.raised(
            progress,
            level=level,
            signer=key.certificate,
            pool=key.chain,
            timestampers=timestampers,
            validation=validation,
            at=at,
        )
    return sealed_of(
        progress,
        intended=level,
        field_name=field_name,
        key_fingerprint=key.fingerprint,
        sealed_at=at,
    )


def sealed_of(
    progress: raising.Progress, *, intended: Level, field_name: str, key_fingerprint: str, sealed_at: datetime
) -> Sealed:
    """The outcome of ``progress`` as callers get it."""
    return Sealed(
        data=progress.data,
        sha256=hashlib.sha256(progress.data).hexdigest(),
        intended=intended,
        achieved=progress.achieved,
        obstacles=progress.obstacles,
        field_name=field_name,
        key_fingerprint=key_fingerprint,
        sealed_at=sealed_at,
        renew_before=progress.tokens[-1].certificate.not_valid_after_utc if progress.tokens else None,
    )


class _TokenTooLargeError(ReserveTooSmall):
    """The token does not fit; its size is known now."""


@dataclass
class _Maker:
    """Makes the first revision. ``timestampers`` is None where no time-stamp is wanted."""

    key: SealKey
    at: datetime
    timestampers: Sequence[Timestamper] | None
    field_name: str
    reason: str | None
    location: str | None
    bytes_reserved: int | None
    token: Token | None = None
    obstacles: tuple[Obstacle, ...] = ()

    def sealed(self, pdf: bytes) -> bytes:
        for _ in self.timestampers or ():
            try:
                return self._sealed(pdf)
            except _TokenTooLargeError:
                # larger than this authority's tokens were, or than tokens usually are: once more, with room for it
                continue
        return self._sealed(pdf)

    def _sealed(self, pdf: bytes) -> bytes:
        reader = revisions.read(pdf)
        if reader.embedded_signatures:
            raise AlreadySealed(f"the file carries {len(reader.embedded_signatures)} signature(s)")
        return revisions.with_signature(
            revisions.updating(reader),
            field_name=self.field_name,
            placeholder=SignatureObject(
                timestamp=self.at,
                subfilter=SigSeedSubFilter.PADES,
                reason=self.reason,
                location=self.location,
                bytes_reserved=self._reserve() if self.bytes_reserved is None else self.bytes_reserved,
            ),
            digest_name=self.key.digest_name,
            contents=self._contents,
            certification=SigMDPSetup(
                md_algorithm=self.key.digest_name, certify=True, docmdp_perms=MDPPerm.FILL_FORMS
            ),
        )

    def _reserve(self) -> int:
        if not self.timestampers:
            return bytes_needed(self.key)
        return bytes_needed(self.key) + 2 * timestamps.room_for_token(self.timestampers)

    def _contents(self, document_digest: bytes, room: int) -> bytes:
        signed = sign(self.key, document_digest)
        if self.timestampers is None:
            return signed.message()
        self.token, obstacles = timestamps.obtain(
            hashlib.sha256(signed.value).digest(),
            # those that failed before are not asked again
            timestampers=self.timestampers[len(self.obstacles) :],
            at=self.at,
            level=Level.B_T,
        )
        self.obstacles += obstacles
        if self.token is None:
            return signed.message()
        message = signed.message(timestamp=self.token.der)
        if len(message) > room:
            if self.bytes_reserved is not None:
                raise ReserveTooSmall(f"the signature takes {len(message)} bytes, {room} were reserved")
            raise _TokenTooLargeError(f"the signature takes {len(message)} bytes, {room} were reserved")
        return message
