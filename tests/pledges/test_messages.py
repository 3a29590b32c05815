"""What signers are told by mail: that the PDF is ready, that a newer signing took its place, that a pledge was withdrawn."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from kolportal.mail.models import Message
from kolportal.privacy.signers import erase_signers
from kolportal.work import queue
from pledges import messages, signing
from pledges.models import Particulars, Signature
from tests import factories

pytestmark = pytest.mark.django_db

SIGNED = datetime(2025, 9, 10, 1, 30, tzinfo=UTC)


def told(*, purpose: str = "") -> list[mail.EmailMessage]:
    """Runs the queue; what was sent by then, of this purpose."""
    queue.sweep(within=timedelta(minutes=5))
    ids = set(Message.objects.filter(purpose__startswith=purpose).values_list("message_id", flat=True))
    return [sent for sent in mail.outbox if sent.extra_headers["Message-ID"] in ids]


def receipt(signature: Signature, settings: object) -> str:
    site: str = settings.SITE_URL  # type: ignore[attr-defined]  # pytest-django's settings
    return site + reverse("pledges:receipt", args=[signature.reference])


def in_english(**fields: object) -> Signature:
    """A signature on the English text of a pledge in two languages."""
    pledge, signer = factories.pledge(languages=("vi", "en")), factories.person()
    text = pledge.current_text("en")
    assert text is not None
    attempt = signing.prepare(
        text=text, person=signer, act=factories.act(text=text, person=signer), event=None, at=SIGNED
    )
    return signing.complete(
        attempt=attempt, proof=factories.proved(attempt.digest, at=SIGNED), at=SIGNED
    ).signature


def test_signer_is_told_that_the_pdf_is_ready_and_where_without_the_file(settings: object) -> None:
    signature = factories.signature(at=SIGNED)
    (message,) = told()
    assert message.to == [signature.person.email]
    assert message.subject == f"Bản PDF của bản cam kết {signature.reference_grouped} đã sẵn sàng"
    assert receipt(signature, settings) in str(message.body)
    assert "Thứ Tư, 10/09/2025 08:30 (+07:00)" in str(message.body)
    assert "“Bản cam kết thử nghiệm” (Phiên bản 1, tiếng Việt)" in str(message.body)
    assert f"{signature.particulars.keep_until:%d/%m/%Y}" in str(message.body)
    assert message.attachments == []
    assert told() == [message], "once"


def test_name_stands_as_it_is_in_plain_text() -> None:
    factories.signature(signer=factories.person(full_name="Nguyễn D'Arc & Con"))
    (message,) = told()
    assert "Nguyễn D'Arc & Con" in str(message.body)
    assert "&amp;" not in str(message.body)


def test_message_speaks_the_language_that_was_signed_in(settings: object) -> None:
    signature = in_english()
    (message,) = told()
    assert message.subject == f"Your signed pledge {signature.reference_grouped} is ready"
    assert "Time of signing: Wednesday, 10/09/2025 08:30 (+07:00)." in str(message.body)
    factories.withdraw(signature, at=SIGNED + timedelta(days=1))
    (withdrawn,) = told(purpose="pledge_withdrawn")
    for each in (message, withdrawn):
        assert f"“{signature.text.title}” (Version 1, English)" in str(each.body)
    assert withdrawn.subject == f"You withdrew the pledge {signature.reference_grouped}"
    assert "Time of withdrawal: Thursday, 11/09/2025 08:30 (+07:00)." in str(withdrawn.body)
    assert receipt(signature, settings) in str(withdrawn.body)


def test_withdrawn_before_it_was_sealed_is_said_in_the_message_of_the_pdf() -> None:
    factories.withdraw(factories.signature())
    sealed, withdrawn = told(purpose="pledge_sealed"), told(purpose="pledge_withdrawn")
    assert "anh/chị đã rút cam kết này" in str(sealed[0].body)
    assert (len(sealed), len(withdrawn)) == (1, 1)


def test_replaced_names_both_signings(settings: object) -> None:
    pledge, signer = factories.pledge(), factories.person()
    first = factories.signature(of=pledge, signer=signer, at=SIGNED)
    channel = factories.channel(person=signer)
    second = factories.signature(
        of=pledge, signer=signer, channel_ids=[channel.pk], at=SIGNED + timedelta(days=1)
    )
    (message,) = told(purpose="pledge_replaced")
    for words in (
        first.reference_grouped, second.reference_grouped, "Thứ Tư, 10/09/2025 08:30 (+07:00)",
        "Thứ Năm, 11/09/2025 08:30 (+07:00)", receipt(first, settings),
        "“Bản cam kết thử nghiệm” (Phiên bản 1, tiếng Việt)", "(Phiên bản 1, tiếng Việt; ",
    ):  # fmt: skip
        assert words in str(message.body)
    assert len(told(purpose="pledge_sealed")) == 2


def test_message_goes_to_the_address_that_the_account_has_now() -> None:
    signature = factories.signature()
    user = signature.person.user
    assert user is not None
    user.email = "dia-chi-moi@example.com"
    user.save()
    assert told()[0].to == ["dia-chi-moi@example.com"]


def test_somebody_without_an_account_is_told_at_the_address_given_or_not_at_all() -> None:
    signer = factories.person(user=None)
    signature = factories.signature(signer=signer)
    assert signature.particulars.email == ""
    assert told() == []
    given = Particulars(signature=signature, email="tai-cho@example.com", full_name="A")
    assert messages._address(signature, given) == "tai-cho@example.com"


def test_of_an_erased_person_nobody_is_told_anything() -> None:
    signature = factories.signature()
    erase_signers([signature.pk], actor_id=None, at=timezone.now())
    assert told() == []


def test_every_message_names_the_programme_and_whom_to_write_to(settings: object) -> None:
    pledge, signer = factories.pledge(), factories.person()
    factories.signature(of=pledge, signer=signer)
    second = factories.signature(of=pledge, signer=signer, channel_ids=[factories.channel(person=signer).pk])
    factories.withdraw(second)
    sent = told()
    assert len(sent) == 4
    for message in sent:
        assert settings.PROGRAMME_NAME in str(message.body)  # type: ignore[attr-defined]  # pytest-django's settings
        assert settings.CONTACT_EMAIL in str(message.body)  # type: ignore[attr-defined]  # as above
