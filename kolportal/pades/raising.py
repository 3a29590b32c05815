"""From one level to the next: validation data, then a document time-stamp over it, each in an incremental update."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from typing import Final

from cryptography import x509
from pyhanko.sign.signers.pdf_byterange import DocumentTimestamp

from kolportal.pades import revisions, timestamps
from kolportal.pades.errors import ReserveTooSmall, ServiceFailed
from kolportal.pades.levels import Cause, Level, Obstacle
from kolportal.pades.revocation import Question
from kolportal.pades.timestamps import Timestamper, Token
from kolportal.pades.validation_data import ValidationData, ValidationSource, collect

TIMESTAMP_FIELD: Final = "TimeStamp"


@dataclass(frozen=True)
class Progress:
    """A document on its way up. ``tokens``: the time-stamps in it, oldest first."""

    data: bytes = field(repr=False)
    achieved: Level
    obstacles: tuple[Obstacle, ...] = ()
    tokens: tuple[Token, ...] = ()


def raised(
    progress: Progress,
    *,
    level: Level,
    signer: x509.Certificate,
    pool: Iterable[x509.Certificate],
    timestampers: Sequence[Timestamper],
    validation: ValidationSource | None,
    at: datetime,
) -> Progress:
    """``progress``, which is at B-T or higher, at ``level`` or as high as it gets. Raises nothing that services cause."""
    if progress.achieved.reaches(level):
        return progress
    if validation is None:
        missing = Obstacle(Level.B_LT, Cause.NONE_GIVEN, detail="no source of validation data")
        return replace(progress, obstacles=(*progress.obstacles, missing))
    try:
        roots = [root for timestamper in timestampers for root in timestamper.trust_roots]
        data = validation_data(signer, progress.tokens, pool=[*pool, *roots], source=validation, at=at)
    except ServiceFailed as error:
        return replace(progress, obstacles=(*progress.obstacles, error.obstacle(Level.B_LT)))
    if level is Level.B_LTA:
        return archived(progress, data, timestampers=timestampers, validation=validation, at=at)
    return stored(progress, data)


def validation_data(
    signer: x509.Certificate,
    tokens: Sequence[Token],
    *,
    pool: Iterable[x509.Certificate],
    source: ValidationSource,
    at: datetime,
) -> ValidationData:
    """What validating the seal and ``tokens`` takes. The first token proves when the seal existed. Raises ServiceFailed.

    The revocation data of the seal's own certificate must be younger than that: an older one cannot know whether the
    certificate stood when it sealed, and once the certificate has ended no younger one is to be had (compare the freshness
    of revocation data in ETSI EN 319 102-1 clause 5.2.5).
    """
    known = [*pool, *(certificate for token in tokens for certificate in token.enclosed)]
    proven_at = tokens[0].time
    found = collect(signer, Question(at, proven_at, since=proven_at), pool=known, source=source)
    for token in tokens:
        found |= collect(token.certificate, Question(at, proven_at=at), pool=known, source=source)
    return found


def stored(progress: Progress, data: ValidationData) -> Progress:
    """``progress`` at B-LT, with ``data`` in its document security store."""
    writer = revisions.updating(revisions.read(progress.data))
    return replace(progress, data=revisions.with_validation_data(writer, data), achieved=Level.B_LT)


def archived(
    progress: Progress,
    data: ValidationData,
    *,
    timestampers: Sequence[Timestamper],
    validation: ValidationSource,
    at: datetime,
) -> Progress:
    """``progress`` at B-LTA: ``data`` and a document time-stamp over everything, in one revision.

    No token: B-LT, with ``data`` alone. A token of an authority whose validation data is not in the file yet gets it in one
    more revision, so that the file still stands by itself; where that cannot be had it is the level's obstacle no more
    (clause 6.3 asks for it at the next time-stamp), yet it is told.
    """
    document, token, obstacles = stamped(
        progress.data, data, timestampers=timestampers, at=at, level=Level.B_LTA
    )
    told = (*progress.obstacles, *obstacles)
    if document is None or token is None:
        return replace(stored(progress, data), obstacles=told)
    done = Progress(data=document, achieved=Level.B_LTA, obstacles=told, tokens=(*progress.tokens, token))
    if token.certificate in data.certificates:
        return done
    try:
        more = collect(token.certificate, Question(at, proven_at=at), pool=token.enclosed, source=validation)
    except ServiceFailed as error:
        return replace(done, obstacles=(*told, error.obstacle(Level.B_LTA)))
    writer = revisions.updating(revisions.read(document))
    return replace(done, data=revisions.with_validation_data(writer, more))


def stamped(
    pdf: bytes,
    data: ValidationData | None,
    *,
    timestampers: Sequence[Timestamper],
    at: datetime,
    level: Level,
) -> tuple[bytes | None, Token | None, tuple[Obstacle, ...]]:
    """``pdf`` with ``data`` and a document time-stamp (ETSI EN 319 142-1 clause 5.4.3) in one more revision.

    None for the bytes and the token where no authority gave one. A token may turn out larger than the room that was left
    for it; then its authority is asked once more.
    """
    if not timestampers:
        return None, None, (Obstacle(level, Cause.NONE_GIVEN, detail="no time-stamp authority"),)
    obstacles: tuple[Obstacle, ...] = ()
    given: list[Token] = []

    def contents(document_digest: bytes, _room: int) -> bytes:
        nonlocal obstacles
        # those that failed before are not asked again
        token, more = timestamps.obtain(
            document_digest, timestampers=timestampers[len(obstacles) :], at=at, level=level
        )
        obstacles += more
        if token is None:
            raise _NoTokenError
        given.append(token)
        return token.der

    for _ in range(len(timestampers) + 1):
        reader = revisions.read(pdf)
        taken = {signature.field_name for signature in reader.embedded_signatures}
        writer = revisions.updating(reader)
        if data is not None:
            revisions.store(writer, data)
        try:
            document = revisions.with_signature(
                writer,
                field_name=next(name for n in count(1) if (name := f"{TIMESTAMP_FIELD}{n}") not in taken),
                placeholder=DocumentTimestamp(bytes_reserved=2 * timestamps.room_for_token(timestampers)),
                digest_name=timestamps.IMPRINT_DIGEST,
                contents=contents,
            )
        except _NoTokenError:
            return None, None, obstacles
        except ReserveTooSmall:
            continue
        else:
            return document, given[-1], obstacles
    grown = Obstacle(level, Cause.TOO_LARGE, detail="every token was larger than the one before")
    return None, None, (*obstacles, grown)


class _NoTokenError(Exception):
    """No authority gave a token; ``obstacles`` says why."""
