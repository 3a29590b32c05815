"""Things that tests need, made through the models with honest defaults. Every person is generated, at example.com."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.utils import timezone

from events.models import Attendee, AttendeeSource, Event, EventState, EventUnit
from kolportal.accounts.models import User
from kolportal.people.models import Channel, ChannelRole, Person, Platform, SignerKind
from kolportal.units.models import OrganisingUnit
from pledges import history, signing
from pledges.factors import Proved
from pledges.models import (
    Attempt,
    Edition,
    EventPledge,
    Factor,
    Pledge,
    PledgeState,
    SealedFile,
    Signature,
    Text,
    Undertaking,
)
from pledges.text import PledgeText

_count = itertools.count(1)

NOW = datetime(2025, 9, 10, 1, 30, tzinfo=UTC)
STROKES = [[[100, 300], [300, 90], [520, 330], [800, 140]], [[150, 360], [900, 350]]]


def user(**fields: Any) -> User:
    """An account without a password."""
    number = next(_count)
    return User.objects.create_user(**{"email": f"nguoi-thu-{number}@example.com", **fields})


def person(**fields: Any) -> Person:
    """Somebody with an account."""
    number = next(_count)
    defaults: dict[str, Any] = {
        "full_name": f"Nguyễn Thị Thử {'ABCDEFGHIKLMNOPQRSTUVXY'[number % 23]}",
        "kind": SignerKind.KOL,
        "commune_code": "04795",
    }
    if "user" not in fields:
        defaults["user"] = user()
    return Person.objects.create(**{**defaults, **fields})


def channel(**fields: Any) -> Channel:
    """A channel of a signer."""
    number = next(_count)
    defaults: dict[str, Any] = {
        "platform": Platform.FACEBOOK,
        "url": f"https://www.facebook.com/trang.thu.{number}",
        "name": f"Trang thử {number}",
        "role": ChannelRole.OWNER,
        "followers": 12_000,
        "followers_declared_at": timezone.now(),
    }
    if "person" not in fields:
        defaults["person"] = person()
    return Channel.objects.create(**{**defaults, **fields})


def unit(**fields: Any) -> OrganisingUnit:
    """An organising unit."""
    number = next(_count)
    return OrganisingUnit.objects.create(
        **{"name": f"Đơn vị thử {number}", "short_name": f"ĐV {number}", **fields}
    )


def event(*, organiser: OrganisingUnit | None = None, **fields: Any) -> Event:
    """A published event next week with registration open now."""
    number = next(_count)
    now = timezone.now()
    defaults: dict[str, Any] = {
        "slug": f"hoi-nghi-thu-{number}",
        "title": f"Hội nghị thử {number}",
        "venue": "Hội trường thử",
        "address": "phường Việt Trì, tỉnh Phú Thọ",
        "starts_at": now + timedelta(days=7),
        "ends_at": now + timedelta(days=7, hours=3),
        "capacity": 100,
        "registration_opens_at": now - timedelta(days=1),
        "registration_closes_at": now + timedelta(days=6),
        "state": EventState.PUBLISHED,
    }
    made = Event.objects.create(**{**defaults, **fields})
    EventUnit.objects.create(event=made, unit=organiser or unit(), part="Chủ trì")
    return made


def attendee(*, at_event: Event | None = None, **fields: Any) -> Attendee:
    """A row of an event's list that nobody has linked to a person."""
    number = next(_count)
    defaults: dict[str, Any] = {
        "event": at_event or event(),
        "source": AttendeeSource.IMPORTED,
        "full_name": f"Trần Văn Thử {'ABCDEFGHIKLMNOPQRSTUVXY'[number % 23]}",
        "kind": SignerKind.KOL,
        "commune_code": "04795",
    }
    return Attendee.objects.create(**{**defaults, **fields})


def edition(*, pledge: Pledge, number: int = 1, **fields: Any) -> Edition:
    """An unpublished edition without texts."""
    return Edition.objects.create(pledge=pledge, number=number, **fields)


def draft_text(
    *, pledge: Pledge | None = None, of: Edition | None = None, undertakings: int = 3, **fields: Any
) -> Text:
    """An unpublished text, in ``of`` or in a new first edition of ``pledge``."""
    if of is None:
        assert pledge is not None
        of = Edition.objects.filter(pledge=pledge, number=1).first() or edition(pledge=pledge)
    defaults: dict[str, Any] = {
        "language": "vi",
        "title": "Bản cam kết thử nghiệm",
        "preamble": "Tôi đã đọc và hiểu **các quy định** nêu dưới đây.",
        "closing": "Tôi tự nguyện ký bản cam kết này.",
    }
    text = Text.objects.create(edition=of, **{**defaults, **fields})
    for position in range(1, undertakings + 1):
        Undertaking.objects.create(
            text=text, position=position, body=f"Kiểm tra thông tin trước khi chia sẻ, điều {position}."
        )
    return text


def freeze(edition: Edition) -> Edition:
    """Publishes without rendering a specimen, for tests that are about something else."""
    for text in Text.objects.filter(edition=edition):
        content: PledgeText = text.content
        Text.objects.filter(pk=text.pk).update(
            canonical=content.canonical().decode(), digest=content.digest, specimen_sha256="0" * 64
        )
    Edition.objects.filter(pk=edition.pk).update(published_at=timezone.now())
    return Edition.objects.get(pk=edition.pk)


def pledge(
    *,
    keeper: OrganisingUnit | None = None,
    asked_at: Event | None = None,
    languages: tuple[str, ...] = ("vi",),
    valid_until: date | None = None,
    **fields: Any,
) -> Pledge:
    """A pledge open for signing with a published first edition in these languages; with none of them, without an edition."""
    number = next(_count)
    made = Pledge.objects.create(
        **{
            "slug": f"cam-ket-thu-{number}",
            "name": f"Cam kết thử {number}",
            "unit": keeper or unit(),
            "state": PledgeState.OPEN,
            **fields,
        }
    )
    if languages:
        first = edition(pledge=made, valid_until=valid_until)
        for language in languages:
            title = "Bản cam kết thử nghiệm" if language == "vi" else "Test pledge"
            draft_text(of=first, language=language, title=title)
        freeze(first)
    if asked_at:
        EventPledge.objects.create(event=asked_at, pledge=made)
    return made


def act(*, text: Text, person: Person, **fields: Any) -> signing.Act:
    """A complete act for this text as it stands now."""
    newest = signing.newest_signature(pledge=text.edition.pledge_id, person=person)
    defaults: dict[str, Any] = {
        "shown_digest": text.digest,
        "basis": signing.basis_of(newest),
        "ticked": signing.asked_of(text.content, person=person),
        "channel_ids": [],
        "of_age": True,
        "strokes": STROKES,
        "typed_name": "",
        "consent_text": "Tôi đồng ý.",
    }
    return signing.Act(**{**defaults, **fields})


def proved(digest: str, *, at: datetime | None = None, **fields: Any) -> Proved:
    """What a code by e-mail would have proved."""
    defaults: dict[str, Any] = {
        "factor": Factor.EMAIL_CODE,
        "at": at or timezone.now(),
        "contact": "n***@example.com",
    }
    return Proved(digest=digest, **{**defaults, **fields})


def attempt(*, of: Pledge | None = None, signer: Person | None = None, **fields: Any) -> Attempt:
    """A prepared attempt."""
    at = fields.pop("at", None) or timezone.now()
    event = fields.pop("event", None)
    text = (of or pledge()).current_text()
    assert text is not None
    signer = signer or person()
    return signing.prepare(
        text=text, person=signer, act=act(text=text, person=signer, **fields), event=event, at=at
    )


def signature(*, of: Pledge | None = None, signer: Person | None = None, **fields: Any) -> Signature:
    """A signature made through ``signing.prepare`` and ``signing.complete``; its document is pending."""
    at = fields.pop("at", None) or timezone.now()
    made = attempt(of=of, signer=signer, at=at, **fields)
    return signing.complete(attempt=made, proof=proved(made.digest, at=at), at=at).signature


def withdraw(signature: Signature, *, at: datetime | None = None) -> Signature:
    """Withdrawn by its signer."""
    at = at or timezone.now()
    signing.withdraw(signature=signature, proof=proved(signing.withdrawal_digest(signature), at=at), at=at)
    return signature


def sealed_file(signature: Signature, **fields: Any) -> SealedFile:
    """A row that says the document was sealed; no file stands behind it."""
    number = next(_count)
    defaults: dict[str, Any] = {
        "generation": 1,
        "sha256": f"{number:064x}",
        "size": 1000,
        "pages": 2,
        "sealed_at": timezone.now(),
        "intended_level": "B-B",
        "achieved_level": "B-B",
        "certificate_sha256": "c" * 64,
        "unsealed_sha256": "d" * 64,
    }
    file = SealedFile(document=signature.document, **{**defaults, **fields})
    history.SEALED.record(file.document_id, actor_id=None, at=file.sealed_at, detail={"sha256": file.sha256})
    file.save(force_insert=True)
    return file
