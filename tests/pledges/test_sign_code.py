"""Confirming the signing by a code sent by e-mail: wrong, late, used and missing codes lose nothing."""

from __future__ import annotations

import smtplib
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from kolportal.accounts.models import ConfirmationCode
from pledges.models import Confirmation
from tests import factories
from tests.pledges.signing_pages import DRAWN, Person, code_in_mail, receipt_url, text_of

pytestmark = pytest.mark.django_db


def _person() -> Person:
    return Person(recent=False)


def test_login_longer_ago_asks_for_a_code_and_the_code_signs() -> None:
    person = _person()
    answers = person.answers()
    asked = person.send(answers)
    assert asked.status_code == 200
    assert "Nhập mã xác nhận" in text_of(asked)
    assert not person.signatures().exists()
    assert [message.to for message in mail.outbox] == [[person.user.email]]
    done = person.send({**answers, "code": code_in_mail()})
    signature = person.signatures().get()
    assert done.url == receipt_url(signature)
    assert signature.confirmation == Confirmation.EMAIL_CODE
    assert timezone.now() - signature.confirmed_at < timedelta(seconds=10)


def test_page_with_the_code_field_carries_every_answer() -> None:
    person = _person()
    channels = [factories.channel(profile=person.profile) for _ in range(2)]
    answers = person.answers(
        method="drawn", strokes=DRAWN, channels=[str(channel.pk) for channel in channels]
    )
    page = person.send(answers)
    carried = dict.fromkeys(answers)
    assert {name for name, _ in page.context["answers"]} == set(carried)
    sent: dict[str, Any] = {}
    for name, value in page.context["answers"]:
        sent.setdefault(name, []).append(value)
    assert person.send({**sent, "code": code_in_mail()}).status_code == 302
    assert person.signatures().get().channels.count() == 2
    assert person.signatures().get().method == "drawn"


def _wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


def test_wrong_code_signs_nothing_keeps_the_answers_and_the_right_one_still_works() -> None:
    person = _person()
    answers = person.answers()
    person.send(answers)
    code = code_in_mail()
    refused = person.send({**answers, "code": _wrong(code)})
    assert refused.status_code == 422
    assert "Mã không đúng" in text_of(refused)
    assert ("typed_name", person.profile.full_name) in refused.context["answers"]
    assert not person.signatures().exists()
    assert len(mail.outbox) == 1
    assert person.send({**answers, "code": code}).status_code == 302


def test_five_wrong_codes_close_the_code_and_a_new_one_works() -> None:
    person = _person()
    answers = person.answers()
    person.send(answers)
    code = code_in_mail()
    for _ in range(5):
        refused = person.send({**answers, "code": _wrong(code)})
    assert person.send({**answers, "code": code}).status_code == 422
    assert not person.signatures().exists()
    assert refused.status_code == 422
    again = person.send({**answers, "resend": "1"})
    assert "Chúng tôi vừa gửi mã tới email của anh/chị." in text_of(again)
    assert person.send({**answers, "code": code_in_mail()}).status_code == 302


def test_expired_code() -> None:
    person = _person()
    answers = person.answers()
    person.send(answers)
    ConfirmationCode.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    refused = person.send({**answers, "code": code_in_mail()})
    assert refused.status_code == 422
    assert "hết hạn" in text_of(refused)
    assert not person.signatures().exists()


def test_empty_code() -> None:
    person = _person()
    answers = person.answers()
    person.send(answers)
    refused = person.send({**answers, "code": "  "})
    assert refused.status_code == 422
    assert "Vui lòng nhập mã trong email." in text_of(refused)


def test_used_code_does_not_sign_another_pledge() -> None:
    person = _person()
    answers = person.answers()
    person.send(answers)
    code = code_in_mail()
    person.send({**answers, "code": code})
    other = Person(profile=person.profile, recent=False)
    refused = other.send({**other.answers(), "code": code})
    assert refused.status_code == 422
    assert not other.signatures().exists()


def test_code_of_another_person_is_wrong() -> None:
    person, other = _person(), _person()
    other.pledge = person.pledge
    other.send()
    foreign = code_in_mail()
    person.send()
    mine = code_in_mail()
    if foreign != mine:
        assert person.send({**person.answers(), "code": foreign}).status_code == 422
        assert not person.signatures().exists()


def test_form_sent_again_reaches_the_receipt_before_any_code_is_asked_for_or_used() -> None:
    person = _person()
    answers = person.answers()
    person.send(answers)
    first = person.send({**answers, "code": code_in_mail()})
    mail.outbox.clear()
    for again in ({**answers}, {**answers, "code": "000000"}, {**answers, "resend": "1"}):
        assert person.send(again).url == first.url
    assert mail.outbox == []
    assert person.signatures().count() == 1


def test_refused_act_is_told_before_a_code_is_sent() -> None:
    person = _person()
    assert person.send(typed_name="Một Người Khác").status_code == 422
    assert person.send(digest="0" * 64).status_code == 409
    assert person.send(basis="0" * 12).status_code == 409
    assert mail.outbox == []


def test_reloading_the_page_sends_no_second_message() -> None:
    person = _person()
    answers = person.answers()
    person.send(answers)
    assert person.send(answers).status_code == 200
    assert len(mail.outbox) == 1


def test_too_many_messages_are_refused_and_the_answers_kept(settings: Any) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "confirmation_code": "2/10m/user"}
    person = _person()
    answers = person.answers()
    for _ in range(2):
        person.send({**answers, "resend": "1"})
    refused = person.send({**answers, "resend": "1"})
    assert refused.status_code == 429
    assert "Anh/chị đã yêu cầu quá nhiều mã." in text_of(refused)
    assert ("digest", answers["digest"]) in refused.context["answers"]
    assert len(mail.outbox) == 2
    assert person.send({**answers, "code": code_in_mail()}).status_code == 302


def test_mail_server_down_is_said_and_nothing_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    person = _person()
    answers = person.answers()

    def refuse(*_: Any, **__: Any) -> int:
        raise smtplib.SMTPServerDisconnected

    with monkeypatch.context() as patched:
        patched.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", refuse)
        refused = person.send(answers)
    assert refused.status_code == 503
    assert ("digest", answers["digest"]) in refused.context["answers"]
    assert person.send(answers).status_code == 200
    assert person.send({**answers, "code": code_in_mail()}).status_code == 302


def test_back_to_the_answers_shows_them_without_errors_and_signs_nothing() -> None:
    person = _person()
    channel = factories.channel(profile=person.profile)
    answers = person.answers(channels=[str(channel.pk)], method="drawn", strokes=DRAWN)
    page = text_of(person.send({**answers, "edit": "1"}))
    assert 'id="id_consent" checked' in page
    assert f'id="channel-{channel.pk}" checked' in page
    assert 'id="method-drawn" checked' in page
    assert "&quot;points&quot;" in page
    assert "error-summary" not in page
    assert not person.signatures().exists()
