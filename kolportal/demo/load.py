"""Loads the demo. Running it again changes nothing that is there: each part is looked for before it is made."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group
from django.core.files.base import ContentFile
from django.db import transaction
from django.test.utils import override_settings
from django.utils import timezone

from events import lifecycle, registration
from events.models import AgendaItem, Attendee, AttendeeState, Event, EventState, EventUnit, Material
from kolportal.units.models import OrganisingUnit
from kolportal.accounts.models import User
from kolportal.people.models import Channel, Person
from kolportal.demo import people, pictures, texts
from pledges import documents, publishing, signing, storage, strokes
from pledges.models import (
    Confirmation,
    EventPledge,
    LegalReference,
    Pledge,
    PledgeState,
    PledgeVersion,
    Signature,
    Undertaking,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    Say = Callable[[str], None]

PASSWORD = "minh-hoa-2025"  # noqa: S105  (printed at every start of the demo; the demo never runs with DEBUG off)
SIGNER_EMAIL = "nguoi-ky@example.com"
LOGINS = {
    "organiser": ("can-bo@example.com", "Cán bộ tổ chức (minh họa)"),
    "steward": ("don-tiep@example.com", "Cán bộ đón tiếp (minh họa)"),
    "official": ("lanh-dao@example.com", "Lãnh đạo (minh họa)"),
    "administrator": ("quan-tri@example.com", "Quản trị (minh họa)"),
}
ATTENDEES = 120
CHECKED_IN = 104
SIGNED = 60
DECLINED = 5
SEPTEMBER = datetime(2025, 9, 10, 1, 30, tzinfo=UTC)  # 08:30 in Vietnam
SLUG = "cam-ket-truyen-thong-co-trach-nhiem"


def load(*, say: Say) -> None:
    """The whole demo; ``say`` gets one line per step and, for long ones, how far it is."""
    say("Tài khoản và đơn vị / Accounts and units")
    unit, partner = _units()
    _staff(unit)
    _reference(texts.DATA_PROTECTION_LAW)
    attendees = _people(say=say)
    say("Hội nghị tháng 9/2025 / The September meeting")
    september = _september(unit, partner)
    pledge = _pledge(unit, september)
    _attend(september, attendees, say=say)
    _sign(pledge, attendees, say=say)
    say("Hội nghị sắp tới và bản cam kết số 2 / The next meeting and the second text")
    _second_version(pledge)
    _next_meeting(unit, partner, pledge)
    _signer()


def _units() -> tuple[OrganisingUnit, OrganisingUnit]:
    police, _ = OrganisingUnit.objects.get_or_create(
        name=texts.POLICE,
        defaults={
            "short_name": "Phòng An ninh mạng",
            "contact_email": "lien-he@example.com",
            "address": "tỉnh Phú Thọ",
        },
    )
    party, _ = OrganisingUnit.objects.get_or_create(
        name=texts.PARTY, defaults={"short_name": "Ban Tuyên giáo và Dân vận"}
    )
    return police, party


def _account(email: str, **fields: object) -> User:
    user = User.objects.filter(email=email).first()
    if user is None:
        user = User.objects.create_user(email, PASSWORD, **fields)
        EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


def _staff(unit: OrganisingUnit) -> None:
    for role, (email, name) in LOGINS.items():
        user = _account(email, name=name, is_staff=True)
        user.groups.add(Group.objects.get(name=role))
        unit.members.add(user)


def _profile(person: people.DemoPerson, user: User) -> Person:
    profile, made = Person.objects.get_or_create(
        user=user,
        defaults={
            "full_name": person.full_name,
            "stage_name": person.stage_name,
            "kind": person.kind,
            "commune_code": person.commune_code,
            "organisation": texts.MARK,
        },
    )
    if made:
        now = timezone.now()
        for channel in person.channels:
            Channel.objects.create(
                profile=profile,
                platform=channel.platform,
                url=channel.url,
                name=channel.name,
                role=channel.role,
                followers=channel.followers,
                followers_declared_at=now,
            )
    return profile


@transaction.atomic
def _people(*, say: Say) -> list[Person]:
    profiles = []
    for person in people.generate(ATTENDEES):
        user = User.objects.filter(email=person.email).first()
        if user is None:
            # No password: nobody logs in as an invented attendee.
            user = User.objects.create_user(person.email)
        profiles.append(_profile(person, user))
    say(f"{len(profiles)} người tham dự minh họa / generated attendees")
    return profiles


def _signer() -> None:
    person = people.generate(ATTENDEES + 1)[-1]
    _profile(person, _account(SIGNER_EMAIL))


def _event(
    slug: str,
    *,
    title: str,
    summary: str,
    starts_at: datetime,
    capacity: int,
    agenda: tuple[tuple[int, str, str], ...],
    units: tuple[OrganisingUnit, OrganisingUnit],
) -> tuple[Event, bool]:
    event = Event.objects.filter(slug=slug).first()
    if event is not None:
        return event, False
    event = Event(
        slug=slug,
        title=title,
        programme="Không gian số Phú Thọ văn minh, an toàn",
        summary=summary,
        venue="Hội trường trung tâm (địa điểm minh họa)",
        address="phường Việt Trì, tỉnh Phú Thọ",
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=3),
        capacity=capacity,
        registration_opens_at=starts_at - timedelta(days=40),
        registration_closes_at=starts_at - timedelta(hours=12),
        cover_description="Tranh vẽ những lớp đồi xanh dưới nắng sớm",
    )
    event.cover.save(f"{slug}.jpg", ContentFile(pictures.cover(seed=len(slug))), save=False)
    event.save()
    for position, (unit, part) in enumerate(zip(units, ("Chủ trì", "Phối hợp tổ chức"), strict=True)):
        EventUnit.objects.create(event=event, unit=unit, part=part, position=position)
    for minutes, item, role in agenda:
        AgendaItem.objects.create(
            event=event,
            starts_at=starts_at - timedelta(minutes=30) + timedelta(minutes=minutes),
            title=item,
            speaker_role=role,
        )
    return event, True


def _september(unit: OrganisingUnit, partner: OrganisingUnit) -> Event:
    event, made = _event(
        "hoi-nghi-kol-2025",
        title=texts.SEPTEMBER_TITLE,
        summary=texts.SEPTEMBER_SUMMARY,
        starts_at=SEPTEMBER,
        capacity=150,
        agenda=texts.SEPTEMBER_AGENDA,
        units=(unit, partner),
    )
    if made:
        lifecycle.publish(event=event, actor_id=None, at=SEPTEMBER - timedelta(days=40))
    return event


def _next_meeting(unit: OrganisingUnit, partner: OrganisingUnit, pledge: Pledge) -> None:
    day = timezone.localtime(timezone.now() + timedelta(days=21)).replace(
        hour=8, minute=30, second=0, microsecond=0
    )
    event, made = _event(
        "hoi-nghi-kiem-chung-thong-tin",
        title=texts.NEXT_TITLE,
        summary=texts.NEXT_SUMMARY,
        starts_at=day,
        capacity=120,
        agenda=texts.NEXT_AGENDA,
        units=(unit, partner),
    )
    if made:
        EventPledge.objects.create(event=event, pledge=pledge)
        version = pledge.current_version()
        if version is not None:
            Material(event=event, title="Nội dung bản cam kết (bản mẫu)").file.save(
                "ban-cam-ket-ban-mau.pdf", ContentFile(storage.read(version.specimen_sha256))
            )
        lifecycle.publish(event=event, actor_id=None, at=timezone.now())


def _reference(source: texts.Reference) -> LegalReference:
    reference, _ = LegalReference.objects.get_or_create(
        number=source.number,
        title=source.title,
        defaults={"issued_date": source.issued_date, "in_force_date": source.in_force_date},
    )
    return reference


def _draft(pledge: Pledge, number: int, language: str) -> PledgeVersion:
    vietnamese = language == "vi"
    version = PledgeVersion.objects.create(
        pledge=pledge,
        number=number,
        language=language,
        title=texts.TITLE_VI if vietnamese else texts.TITLE_EN,
        preamble=texts.PREAMBLE_VI if vietnamese else texts.PREAMBLE_EN,
        closing=texts.CLOSING_VI if vietnamese else texts.CLOSING_EN,
    )
    matter = list(texts.UNDERTAKINGS_VI)
    english = list(texts.UNDERTAKINGS_EN)
    if number > 1:
        matter[1], english[1] = texts.SECOND_VI, texts.SECOND_EN
    for position, ((vi, source), en) in enumerate(zip(matter, english, strict=True), start=1):
        # The second text is of 2026, when the law of 2018 that the first one cites was being replaced.
        cited = None if number > 1 and source == texts.CYBERSECURITY_LAW else source
        reference = _reference(cited) if cited else None
        Undertaking.objects.create(
            version=version, position=position, text=vi if vietnamese else en, legal_reference=reference
        )
    return version


def _publish(pledge: Pledge, number: int, *, at: datetime) -> None:
    if pledge.versions.published().filter(number=number).exists():
        return
    with transaction.atomic():
        # Drafts may be there already, from a start that was stopped before they were published.
        drafted = set(pledge.versions.filter(number=number).values_list("language", flat=True))
        for language in ("vi", "en"):
            if language not in drafted:
                _draft(pledge, number, language)
    publisher = User.objects.get(email=LOGINS["administrator"][0])
    publishing.publish(pledge=pledge, number=number, publisher=publisher, at=at)


def _pledge(unit: OrganisingUnit, september: Event) -> Pledge:
    pledge, _ = Pledge.objects.get_or_create(
        slug=SLUG,
        defaults={"name": "Cam kết truyền thông có trách nhiệm", "unit": unit, "state": PledgeState.OPEN},
    )
    EventPledge.objects.get_or_create(event=september, defaults={"pledge": pledge})
    _publish(pledge, 1, at=SEPTEMBER - timedelta(days=12))
    return pledge


def _second_version(pledge: Pledge) -> None:
    _publish(pledge, 2, at=timezone.now())


def _attend(event: Event, profiles: list[Person], *, say: Say) -> None:
    # Each step commits by itself; a load that was stopped half-way goes on where it was.
    if event.state != EventState.PUBLISHED:
        return
    for number, profile in enumerate(profiles):
        registration.register(
            event=event,
            profile=profile,
            actor_id=profile.user_id,
            at=SEPTEMBER - timedelta(days=20) + timedelta(hours=3 * number),
        )
    # The door itself comes with the event desk; here the rows are written as it will leave them.
    present = list(event.attendees.order_by("pk").values_list("pk", flat=True)[:CHECKED_IN])
    at = SEPTEMBER - timedelta(minutes=10)
    Attendee.objects.filter(pk__in=present).update(
        state=AttendeeState.CHECKED_IN,
        checked_in_at=at,
        state_changed_at=at,
        checked_in_by=_account(LOGINS["steward"][0]),
    )
    lifecycle.close(event=event, actor_id=None, at=SEPTEMBER + timedelta(hours=4))
    say(f"{len(profiles)} đăng ký, {CHECKED_IN} có mặt / registered, attended")


def _sign(pledge: Pledge, profiles: list[Person], *, say: Say) -> None:
    version = pledge.versions.published().get(number=1, language="vi")
    if pledge.current_version() == version:
        signed = set(Signature.objects.filter(version=version).values_list("signer", flat=True))
        for number, profile in enumerate(profiles[: SIGNED + DECLINED]):
            at = SEPTEMBER + timedelta(hours=2, minutes=20, seconds=20 * number)
            if profile.user_id in signed:
                continue
            if number >= SIGNED:
                signing.decline(version=version, signer=_user_of(profile), at=at)
            else:
                _sign_one(version, profile, number=number, at=at)
    # 60 messages to invented addresses would bury the codes on the mailbox page.
    with override_settings(EMAIL_BACKEND="django.core.mail.backends.dummy.EmailBackend"):
        pending = pledge.signatures.filter(document__state="pending").count()
        if pending:
            say(f"Đóng dấu {pending} bản cam kết / sealing {pending} pledges")
            documents.sweep(within=timedelta(hours=1))
    say(f"{pledge.signatures.filter(document__state='sealed').count()} bản đã đóng dấu / sealed")


def _user_of(profile: Person) -> User:
    if profile.user is None:
        raise ValueError("a demo person without an account")
    return profile.user


def _sign_one(version: PledgeVersion, profile: Person, *, number: int, at: datetime) -> None:
    typed = number % 6 == 5
    drawn = None if typed else strokes.parse(json.dumps(pictures.scribble(seed=number))).as_lists()
    signing.sign(
        version=version,
        signer=_user_of(profile),
        act=signing.Act(
            shown_digest=version.digest,
            basis="",
            ticked=range(1, len(version.text.undertakings) + 1),
            channel_ids=list(profile.channels.values_list("pk", flat=True)),
            strokes=drawn,
            typed_name=profile.full_name if typed else "",
            consent_text=f"Tôi đồng ý để {texts.POLICE} xử lý dữ liệu tôi khai nhằm quản lý bản cam kết này. ({texts.MARK})",
            confirmation=Confirmation.EMAIL_CODE,
            confirmed_at=at - timedelta(seconds=40),
            user_agent=texts.MARK,
        ),
        at=at,
    )
