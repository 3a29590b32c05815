"""Things that tests need, made through the models with honest defaults. Every person is generated, at example.com."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone

from events.models import Event, EventState, EventUnit, OrganisingUnit
from kolportal.accounts.models import Channel, ChannelRole, Platform, SignerKind, SignerProfile, User
from pledges.models import EventPledge, Pledge, PledgeState, PledgeVersion, Signature, Undertaking
from pledges.text import PledgeText

_count = itertools.count(1)

NOW = datetime(2025, 9, 10, 1, 30, tzinfo=UTC)
STROKES = [[[100, 300], [300, 90], [520, 330], [800, 140]], [[150, 360], [900, 350]]]


def user(**fields: Any) -> User:
    """An account without a password."""
    number = next(_count)
    return User.objects.create_user(**{"email": f"nguoi-thu-{number}@example.com", **fields})


def profile(**fields: Any) -> SignerProfile:
    """A signer with an account."""
    number = next(_count)
    defaults: dict[str, Any] = {
        "full_name": f"Nguyễn Thị Thử {'ABCDEFGHIKLMNOPQRSTUVXY'[number % 23]}",
        "kind": SignerKind.KOL,
        "commune_code": "04795",
    }
    if "user" not in fields:
        defaults["user"] = user()
    return SignerProfile.objects.create(**{**defaults, **fields})


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
    if "profile" not in fields:
        defaults["profile"] = profile()
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


def draft_version(*, pledge: Pledge, undertakings: int = 3, **fields: Any) -> PledgeVersion:
    """An unpublished text."""
    defaults: dict[str, Any] = {
        "number": 1,
        "language": "vi",
        "title": "Bản cam kết thử nghiệm",
        "preamble": "Tôi đã đọc và hiểu **các quy định** nêu dưới đây.",
        "closing": "Tôi tự nguyện ký bản cam kết này.",
    }
    version = PledgeVersion.objects.create(pledge=pledge, **{**defaults, **fields})
    for position in range(1, undertakings + 1):
        Undertaking.objects.create(
            version=version, position=position, text=f"Kiểm tra thông tin trước khi chia sẻ, điều {position}."
        )
    return version


def freeze(version: PledgeVersion) -> PledgeVersion:
    """Publishes without rendering a specimen, for tests that are about something else."""
    text: PledgeText = PledgeVersion.objects.get(pk=version.pk).text
    PledgeVersion.objects.filter(pk=version.pk).update(
        canonical=text.canonical().decode(), digest=text.digest, published_at=timezone.now()
    )
    return PledgeVersion.objects.get(pk=version.pk)


def pledge(
    *,
    keeper: OrganisingUnit | None = None,
    asked_at: Event | None = None,
    languages: tuple[str, ...] = ("vi",),
    **fields: Any,
) -> Pledge:
    """A pledge open for signing with a published first version."""
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
    for language in languages:
        title = "Bản cam kết thử nghiệm" if language == "vi" else "Test pledge"
        freeze(draft_version(pledge=made, language=language, title=title))
    if asked_at:
        EventPledge.objects.create(event=asked_at, pledge=made)
    return made


def signature(*, of: Pledge | None = None, signer: SignerProfile | None = None, **act: Any) -> Signature:
    """A signature made through ``signing.sign``; its document is pending."""
    from pledges import signing
    from pledges.models import Confirmation

    of = of or pledge()
    signer = signer or profile()
    version = of.current_version()
    assert version is not None
    assert signer.user is not None
    newest = signing.newest_signature(pledge=of, signer=signer.user)
    defaults: dict[str, Any] = {
        "shown_digest": version.digest,
        "basis": signing.basis_of(newest),
        "ticked": range(1, len(version.text.undertakings) + 1),
        "channel_ids": [],
        "strokes": STROKES,
        "typed_name": "",
        "consent_text": "Tôi đồng ý.",
        "confirmation": Confirmation.EMAIL_CODE,
        "confirmed_at": timezone.now(),
    }
    return signing.sign(
        version=version, signer=signer.user, act=signing.Act(**{**defaults, **act}), at=timezone.now()
    ).signature
