"""Loads the demo in the order of time, by the doors that people use. Loading again changes nothing: each part looks first.

A load that was stopped goes on where it was, so every step commits by itself.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from allauth.account.models import EmailAddress
from celery import current_app
from django.contrib.auth.models import Group
from django.core.files.base import ContentFile
from django.db import transaction
from django.test.utils import override_settings
from django.utils import timezone
from django.utils.module_loading import autodiscover_modules

from events import lifecycle
from events.models import AgendaItem, Event, EventUnit, Material
from kolportal.accounts.models import User
from kolportal.demo import attendance, drafting, people, pictures, pledging, texts
from kolportal.mail.models import Message, MessageState
from kolportal.mail.outbox import SEND
from kolportal.people.models import Person
from kolportal.units.models import OrganisingUnit
from kolportal.work import queue
from kolportal.work.models import Work
from pledges import documents, publishing, storage
from pledges.kinds import SEAL
from pledges.models import Document, DocumentState, EventPledge, Pledge, PledgeState

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
SEPTEMBER = datetime(2025, 9, 10, 1, 30, tzinfo=UTC)  # 08:30 in Vietnam
SECOND_EDITION = datetime(2026, 10, 12, 2, 0, tzinfo=UTC)
SLUG = "cam-ket-truyen-thong-co-trach-nhiem"


def load(*, say: Say) -> None:
    """The whole demo; ``say`` gets one line per step and, for long ones, how far it is."""
    say("Tài khoản và đơn vị / Accounts and units")
    units = _units()
    staff = _staff(units[0])
    drafting.law(texts.DATA_PROTECTION_LAW)
    say("Hội nghị tháng 9/2025 / The September meeting")
    september = _september(units)
    pledge = _pledge(units[0], september)
    attendance.fill(september, starts_at=SEPTEMBER, organiser=staff["organiser"], steward=staff["steward"])
    say(f"{attendance.COMING} đăng ký, {attendance.PRESENT} có mặt / registered, attended")
    pledging.sign_at_the_meeting(pledge, september, starts_at=SEPTEMBER)
    say("Hội nghị sắp tới và phiên bản 2 / The next meeting and the second edition")
    _publish(pledge, 2, at=SECOND_EDITION, publisher=staff["administrator"])
    pledging.sign_the_newer_text(pledge, at=SECOND_EDITION + timedelta(days=8))
    _next_meeting(units, pledge, organiser=staff["organiser"])
    _signer()
    _work(pledge, say=say)


# --- Accounts and units -----------------------------------------------------------------------------------------------------


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
        with transaction.atomic():
            user = User.objects.create_user(email, PASSWORD, **fields)
            EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


def _staff(unit: OrganisingUnit) -> dict[str, User]:
    """The accounts of ``LOGINS`` by role."""
    staff = {}
    for role, (email, name) in LOGINS.items():
        user = _account(email, name=name, is_staff=True)
        user.groups.add(Group.objects.get(name=role))
        unit.members.add(user)
        staff[role] = user
    return staff


def _signer() -> None:
    """Somebody who has given details and channels, and has done nothing else yet."""
    user = _account(SIGNER_EMAIL)
    if Person.objects.of_account(user) is None:
        attendance.say_who(people.generate(attendance.ACCOUNTS + 1)[-1], user, at=timezone.now())


# --- Meetings ---------------------------------------------------------------------------------------------------------------


def _event(
    slug: str,
    *,
    title: str,
    summary: str,
    starts_at: datetime,
    capacity: int,
    agenda: tuple[tuple[int, str, str], ...],
    units: tuple[OrganisingUnit, OrganisingUnit],
) -> Event:
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
    return event


def _september(units: tuple[OrganisingUnit, OrganisingUnit]) -> Event:
    slug = "hoi-nghi-kol-2025"
    event = Event.objects.filter(slug=slug).first()
    if event is None:
        with transaction.atomic():
            event = _event(
                slug,
                title=texts.SEPTEMBER_TITLE,
                summary=texts.SEPTEMBER_SUMMARY,
                starts_at=SEPTEMBER,
                capacity=attendance.COMING,
                agenda=texts.SEPTEMBER_AGENDA,
                units=units,
            )
            lifecycle.publish(event=event, actor_id=None, at=SEPTEMBER - timedelta(days=40))
    return event


def _next_meeting(units: tuple[OrganisingUnit, OrganisingUnit], pledge: Pledge, *, organiser: User) -> None:
    slug, now = "hoi-nghi-kiem-chung-thong-tin", timezone.now()
    text = pledge.current_text()
    if text is None or Event.objects.filter(slug=slug).exists():
        return
    day = timezone.localtime(now + timedelta(days=21))
    with transaction.atomic():
        event = _event(
            slug,
            title=texts.NEXT_TITLE,
            summary=texts.NEXT_SUMMARY,
            starts_at=day.replace(hour=8, minute=30, second=0, microsecond=0),
            capacity=120,
            agenda=texts.NEXT_AGENDA,
            units=units,
        )
        EventPledge.objects.create(event=event, pledge=pledge)
        Material(event=event, title="Văn bản cam kết (bản mẫu)").file.save(
            "ban-cam-ket-ban-mau.pdf", ContentFile(storage.read(text.specimen_sha256))
        )
        lifecycle.publish(event=event, actor_id=None, at=now)
        attendance.invite(event, organiser=organiser, at=now)


# --- The pledge -------------------------------------------------------------------------------------------------------------


def _pledge(unit: OrganisingUnit, september: Event) -> Pledge:
    pledge, _ = Pledge.objects.get_or_create(
        slug=SLUG,
        defaults={"name": "Cam kết truyền thông có trách nhiệm", "unit": unit, "state": PledgeState.OPEN},
    )
    EventPledge.objects.get_or_create(event=september, defaults={"pledge": pledge})
    publisher = User.objects.get(email=LOGINS["administrator"][0])
    _publish(pledge, 1, at=SEPTEMBER - timedelta(days=35), publisher=publisher)
    return pledge


def _publish(pledge: Pledge, number: int, *, at: datetime, publisher: User) -> None:
    edition = pledge.editions.filter(number=number).first()
    if edition is None:
        with transaction.atomic():
            edition = drafting.draft(pledge, number)
    if not edition.is_published:
        publishing.publish(edition=edition, publisher=publisher, at=at)


# --- What is due ------------------------------------------------------------------------------------------------------------


def _work(pledge: Pledge, *, say: Say) -> None:
    """Seals what invented people signed, as a worker would, and sends their messages nowhere: on the mailbox page they would bury
    the codes. Work of others is left to the workers."""
    autodiscover_modules("tasks")  # what does the work, as a worker loads it
    unsealed = Document.objects.unsealed().filter(signature__person__user__email__startswith=people.ADDRESSES)
    unsent = Message.objects.filter(to_address__startswith=people.ADDRESSES, state=MessageState.QUEUED)
    if count := unsealed.count():
        say(f"Đóng dấu {count} bản cam kết / sealing {count} pledges")
    with override_settings(EMAIL_BACKEND="django.core.mail.backends.dummy.EmailBackend"):
        # Sealing writes messages.
        for kind, subjects in ((SEAL, unsealed), (SEND, unsent)):
            keys = subjects.values_list("pk", flat=True)
            due = Work.objects.filter(kind=kind.name, subject__in=keys).order_by("pk")
            for work in list(due):
                queue.run(work.pk, at=timezone.now())
    if count:
        # What woke the workers for it: hundreds of messages, of which the folder broker hands out one a second.
        current_app.control.purge()
    sealed = Document.objects.filter(documents.in_state(DocumentState.SEALED), signature__pledge=pledge)
    say(f"{sealed.count()} bản đã đóng dấu / sealed")
