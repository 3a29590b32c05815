"""Planted values of one person are found nowhere after the erasure, and all that was proved of the act still holds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.files.storage import storages
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from events import invitations, lists, registration
from events.details import ListDetails
from events.models import Attendee, AttendeeSource
from kolportal.accounts import notices
from kolportal.ledger.models import Leaf
from kolportal.people import details
from kolportal.people.models import Person, SignerKind
from kolportal.privacy import erasing
from kolportal.transparency import entries
from kolportal.work import queue
from pledges import commitments, documents, history, signing, storage
from pledges.models import Document, DocumentKind, DocumentState, SealedFile, Signature
from tests import factories
from tests.kolportal.privacy import traces
from tests.pledges.sealed import seal

pytestmark = pytest.mark.servers

CANARIES = {
    "name before": "Hoàng Thị Yến Cũ",
    "name": "Hoàng Thị Yến Phụng",
    "search key": "hoang thi yen phung",
    "public name": "Chim Yến Vàng",
    "organisation": "Câu lạc bộ Chim Xanh",
    "address before": "chim.cu@example.com",
    "address": "chim.yen@example.com",
    "other address": "chim.khac@example.com",
    "masked address": "c***@example.com",
    "phone": "+84987654321",
    "channel's link": "https://www.facebook.com/chim.yen",
    "channel's name": "Trang Chim Yến",
    "name of a channel removed": "Kênh Chim Đã Gỡ",
    "strokes": "731, 732",
    "consent": "Tôi đồng ý như chim yến.",
    "consent of a signing under way": "Tôi đồng ý lần nữa như chim yến.",
    "browser": "ChimYenBrowser/9",
    "network address": "203.0.113.77",
    "note of staff": "Ghi chú về chim yến",
    "group": "Đoàn Chim Yến",
    "reason not to come": "Bận nuôi chim yến",
    "another list": "Hoàng Thị Yến Phụng (trong danh sách)",
    "words on paper": "%PDF giấy của chim yến",
    "certificate": "%PDF giấy chứng nhận của chim yến",
}


@pytest.fixture
def mail_on_disk(settings: Any, committed_db: None) -> Iterator[None]:
    """The embedded default's mail, which the test runner replaces."""
    settings.EMAIL_BACKEND = "kolportal.mailbox.MailboxBackend"
    yield
    for path in settings.MAILBOX_DIR.glob("*.eml"):
        path.unlink()


@dataclass(frozen=True)
class Planted:
    """Somebody who left a trace wherever one can be left, with the browser of a session of hers."""

    person: Person
    signature: Signature
    row: Attendee
    browser: Client


def _plant() -> Planted:
    now = timezone.now()
    user = factories.user(email=CANARIES["address before"])
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    said = {
        "full_name": CANARIES["name before"],
        "stage_name": CANARIES["public name"],
        "kind": SignerKind.KOL.value,
        "commune_code": "04795",
        "organisation": CANARIES["organisation"],
        "phone": CANARIES["phone"],
    }
    person = details.save(person=None, user=user, data=said, at=now)
    user.email = CANARIES["address"]
    user.save()
    EmailAddress.objects.filter(user=user).update(email=user.email)
    notices.address_changed(
        user=user, old=CANARIES["address before"], language="vi", ip=CANARIES["network address"], at=now
    )
    person = details.save(person=person, user=user, data={**said, "full_name": CANARIES["name"]}, at=now)
    person.contacts.create(kind="email", value=CANARIES["other address"])
    channel = details.declare_channel(
        person=person,
        data={
            "platform": "facebook",
            "url": CANARIES["channel's link"],
            "name": CANARIES["channel's name"],
            "role": "owner",
            "followers": 12,
        },
        at=now,
    )
    removed = factories.channel(person=person, name=CANARIES["name of a channel removed"])
    details.remove_channel(channel=removed, at=now)
    attempt = factories.attempt(
        of=factories.pledge(),
        signer=person,
        channel_ids=[channel.pk],
        strokes=[[[731, 732], [733, 734], [740, 741]]],
        consent_text=CANARIES["consent"],
        user_agent=CANARIES["browser"],
        ip_address=CANARIES["network address"],
    )
    proof = factories.proved(attempt.digest, contact=CANARIES["masked address"])
    signature = signing.complete(attempt=attempt, proof=proof, at=timezone.now()).signature
    factories.attempt(signer=person, consent_text=CANARIES["consent of a signing under way"])
    seal(signature, data=CANARIES["words on paper"].encode())
    row = _plant_on_lists(person)
    _plant_certificate(row)
    browser = Client()
    browser.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    session = browser.session
    session["account_authentication_methods"] = [{"method": "code", "email": user.email, "at": 1}]
    session.save()
    queue.sweep()
    return Planted(person, Signature.objects.get(pk=signature.pk), row, browser)


def _plant_on_lists(person: Person) -> Attendee:
    """A row joined by registering, one by declining, and one of another list that bears name and proved address."""
    now, staff = timezone.now(), factories.user(is_staff=True)
    listed = ListDetails(
        full_name=CANARIES["another list"],
        email=CANARIES["address"],
        note=CANARIES["note of staff"],
        group=CANARIES["group"],
    )
    event = factories.event()
    lists.add(event=event, data=listed, source=AttendeeSource.IMPORTED, actor=staff, at=now)
    row = registration.register(event=event, person=person, at=now)
    invitations.issue(attendee=row, actor_id=staff.pk, at=now)
    LogEntry.objects.create(
        user=staff,
        content_type=ContentType.objects.get_for_model(Attendee),
        object_id=str(row.pk),
        object_repr=str(row),
        action_flag=CHANGE,
        change_message=json.dumps([{"changed": {"name": str(row)}}]),
    )
    registration.decline(
        event=factories.event(), person=person, reason=CANARIES["reason not to come"], at=now
    )
    unlinked = ListDetails(full_name=CANARIES["name"].upper(), email=CANARIES["address"])
    lists.add(event=factories.event(), data=unlinked, source=AttendeeSource.DESK, actor=staff, at=now)
    return row


def _plant_certificate(row: Attendee) -> None:
    document = Document.objects.create(
        reference="0" * 12, kind=DocumentKind.ATTENDANCE, attendee=row, created_at=timezone.now()
    )
    data = CANARIES["certificate"].encode()
    sha256, at = storage.put(data), timezone.now()
    history.SEALED.record(document.pk, actor_id=None, at=at, detail={"sha256": sha256})
    SealedFile.objects.create(
        document=document, sha256=sha256, size=len(data), pages=1, sealed_at=at,
        intended_level="B-B", achieved_level="B-B", certificate_sha256="c" * 64, unsealed_sha256="d" * 64,
    )  # fmt: skip


def _found() -> set[str]:
    kept = traces.everything()
    return {what for what, words in CANARIES.items() if words in kept}


@pytest.mark.usefixtures("mail_on_disk")
def test_no_trace_of_the_person_stays_in_rows_files_broker_and_mailbox() -> None:
    planted = _plant()
    assert _found() == set(CANARIES), "what is not found before proves nothing after"
    assert erasing.erase(person=planted.person, actor_id=None, at=timezone.now())
    queue.sweep()
    assert _found() == set()
    assert planted.browser.get(reverse("my_page")).status_code == 302


@pytest.mark.django_db
def test_what_was_proved_of_the_act_still_holds() -> None:
    planted = _plant()
    sha256 = SealedFile.objects.get(document=planted.signature.document).sha256
    erasing.erase(person=planted.person, actor_id=None, at=timezone.now())
    queue.sweep()
    signature = Signature.objects.get(pk=planted.signature.pk)
    assert commitments.of_act(signature, signature.proofs.all()) == signature.commitment
    told = [
        entries.parse(leaf.entry.encode())
        for leaf in Leaf.objects.filter(subject=f"signature:{signature.reference}").order_by("pk")
    ]
    assert [type(entry) for entry in told] == [entries.PledgeSigned, entries.ParticularsErased]
    assert isinstance(told[0], entries.PledgeSigned)
    assert (told[0].signature, told[0].person) == (signature.commitment, signature.particulars_commitment)
    assert documents.state_of(signature.document) == DocumentState.DESTROYED
    assert not storages["documents"].exists(f"{sha256[:2]}/{sha256[2:4]}/{sha256}.pdf")
    page = Client().get(reverse("verification:detail", args=[signature.reference]))
    assert page.status_code == 200
    assert sha256 in page.content.decode().replace("<wbr>", "")


@pytest.mark.django_db
def test_scans_and_keys_of_rows_stand() -> None:
    planted = _plant()
    before = (Attendee.objects.count(), Person.objects.count())
    erasing.erase(person=planted.person, actor_id=None, at=timezone.now() + timedelta(minutes=1))
    assert (Attendee.objects.count(), Person.objects.count()) == before
    row = Attendee.objects.get(pk=planted.row.pk)
    assert (str(row), row.person_id) == (f"#{row.pk}", planted.person.pk)
