"""Confirming the signing by a code sent by e-mail: bound to this attempt; wrong, late, used and missing codes lose nothing."""

from __future__ import annotations

import smtplib
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from kolportal.accounts.models import ConfirmationCode
from pledges.models import Factor
from tests import factories
from tests.pledges.signing_pages import (
    DRAWN,
    Person,
    another_code,
    code_in_mail,
    receipt_url,
    says,
    text_of,
)

pytestmark = pytest.mark.django_db


def _asked(**fields: Any) -> tuple[Person, str]:
    """Somebody who logged in a while ago, and the address of the page that asks for the code."""
    person = Person(recent=False, **fields)
    return person, person.ask_for_code(person.prepare())


def test_login_longer_ago_asks_for_a_code_and_the_code_signs() -> None:
    person, url = _asked()
    assert not person.signatures().exists()
    assert [message.to for message in mail.outbox] == [[person.user.email]]
    done: Any = person.client.post(url, {"code": code_in_mail()})
    signature = person.signatures().get()
    assert done.url == receipt_url(signature)
    proof = signature.proofs.get()
    assert (proof.factor, proof.evidence.contact) == (Factor.EMAIL_CODE, "n***@example.com")
    assert timezone.now() - proof.proved_at < timedelta(minutes=5)


def test_mail_names_the_pledge() -> None:
    person, _ = _asked()
    assert person.text.title in str(mail.outbox[-1].body)


def test_code_page_is_a_step_with_its_way_out_the_codes_life_and_where_else_to_look() -> None:
    person, url = _asked()
    response = person.client.get(url)
    page = text_of(response)
    assert '<progress value="6" max="6"' in page
    assert f'href="{person.decline_url}"' in page
    expires = timezone.localtime(ConfirmationCode.objects.get().expires_at)
    assert f"{expires:%H:%M}" in page
    assert person.user.email in page
    assert says(
        response,
        "If it does not arrive within a few minutes, please look among unwanted mail too, or have a new code sent.",
    )


def test_enter_on_the_code_page_confirms() -> None:
    _, url = (asked := _asked())
    page = text_of(asked[0].client.get(url))
    form = page[page.index('name="code"') :]
    assert form.index("btn-primary") < form.index("</form>") < form.index('name="resend"')


def test_page_carries_the_attempts_key_and_no_answer() -> None:
    person = Person(recent=False)
    url = person.ask_for_code(person.prepare(method="drawn", strokes=DRAWN))
    page = text_of(person.client.get(url))
    assert person.attempts().get().key in url
    for name in ("ticked", "strokes", "typed_name", "digest", "consent", "channels"):
        assert f'name="{name}"' not in page


def test_code_asked_for_at_one_pledge_confirms_no_other() -> None:
    person, url = _asked()
    code = code_in_mail()
    other = Person(row=person.row, recent=False)
    other_url = other.ask_for_code(other.prepare())
    refused = other.client.post(other_url, {"code": code})
    assert refused.status_code == 422
    assert not other.signatures().exists()
    # Nor the first one any more: of two questions only the last is open.
    assert person.client.post(url, {"code": code}).status_code == 422


def test_code_of_the_attempt_before_does_not_confirm_other_answers() -> None:
    person, _ = _asked()
    code = code_in_mail()
    changed = person.ask_for_code(person.prepare(method="drawn", strokes=DRAWN))
    assert person.client.post(changed, {"code": code}).status_code == 422
    assert not person.signatures().exists()
    assert person.client.post(changed, {"code": code_in_mail()}).status_code == 302


@pytest.mark.parametrize("typed", ["{code}", " {code} ", "{plain}", "{wide}", "{half}-{rest}"])
def test_code_may_be_typed_in_any_shape(typed: str) -> None:
    person, url = _asked()
    code = code_in_mail()
    plain = code.replace(" ", "")
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in plain)
    sent = typed.format(code=code, plain=plain, wide=wide, half=plain[:4], rest=plain[4:])
    assert person.client.post(url, {"code": sent}).status_code == 302


def test_wrong_code_signs_nothing_is_told_at_the_field_and_the_right_one_still_works() -> None:
    person, url = _asked()
    code = code_in_mail()
    refused = person.client.post(url, {"code": another_code(code)})
    page = text_of(refused)
    assert refused.status_code == 422
    assert 'id="id_code_error"' in page
    assert 'aria-invalid="true"' in page
    assert "data-error-summary" in page
    assert says(refused, "Error:")
    assert not person.signatures().exists()
    assert len(mail.outbox) == 1
    assert person.client.post(url, {"code": code}).status_code == 302


def test_five_wrong_codes_close_the_code_and_a_new_one_works() -> None:
    person, url = _asked()
    code = code_in_mail()
    for _ in range(5):
        assert person.client.post(url, {"code": another_code(code)}).status_code == 422
    assert person.client.post(url, {"code": code}).status_code == 422
    assert not person.signatures().exists()
    again: Any = person.client.post(url, {"resend": "1"})
    assert again.url == url
    assert says(person.client.get(url), "A new code has just been sent.")
    assert person.client.post(url, {"code": code_in_mail()}).status_code == 302


def test_older_code_after_a_newer_one_says_so_and_costs_no_try() -> None:
    person, url = _asked()
    older = code_in_mail()
    person.client.post(url, {"resend": "1"})
    refused = person.client.post(url, {"code": older})
    assert says(refused, "A newer code was sent to you after this one. Please enter the newest one.")
    assert ConfirmationCode.objects.order_by("-id")[0].attempts == 0
    assert person.client.post(url, {"code": code_in_mail()}).status_code == 302


def test_expired_code() -> None:
    person, url = _asked()
    ConfirmationCode.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    refused = person.client.post(url, {"code": code_in_mail()})
    assert refused.status_code == 422
    assert says(refused, "The code has expired. Please ask for a new one.")
    assert not person.signatures().exists()


@pytest.mark.parametrize("sent", [{}, {"code": ""}, {"code": "  "}])
def test_empty_code(sent: dict[str, str]) -> None:
    person, url = _asked()
    refused = person.client.post(url, sent)
    assert refused.status_code == 422
    assert says(refused, "Please enter the code from the e-mail.")


def test_code_of_another_person_is_wrong() -> None:
    other, _ = _asked()
    foreign = code_in_mail()
    person, url = _asked(pledge=other.pledge)
    if foreign != code_in_mail():
        assert person.client.post(url, {"code": foreign}).status_code == 422
        assert not person.signatures().exists()


def test_same_code_sent_twice_reaches_the_same_receipt() -> None:
    person, url = _asked()
    code = code_in_mail()
    first: Any = person.client.post(url, {"code": code})
    again: Any = person.client.post(url, {"code": code})
    assert again.url == first.url
    assert person.signatures().count() == 1


def test_code_whose_request_broke_off_before_the_signature_signs_when_it_is_sent_again() -> None:
    """As when a worker process was killed between the two: the code is used, nothing is signed yet."""
    person, url = _asked()
    ConfirmationCode.objects.update(used_at=timezone.now(), attempts=1)
    assert person.client.post(url, {"code": another_code(code_in_mail())}).status_code == 422
    assert person.client.post(url, {"code": code_in_mail()}).status_code == 302
    assert person.signatures().count() == 1


def test_refused_act_is_told_before_a_code_is_sent() -> None:
    person = Person(recent=False)
    assert person.send(typed_name="Một Người Khác").status_code == 422
    assert person.send(digest="0" * 64).status_code == 409
    assert person.send(basis="0" * 12).status_code == 409
    url = person.prepare()
    edition = factories.edition(pledge=person.pledge, number=2)
    factories.draft_text(of=edition, closing="Bản mới.")
    factories.freeze(edition)
    assert person.client.post(url).status_code == 409
    assert mail.outbox == []


def test_going_back_and_forth_sends_no_second_message() -> None:
    person, url = _asked()
    person.client.get(url)
    assert person.client.post(url.replace("/code/", "/check/")).headers["Location"] == url
    assert len(mail.outbox) == 1


def test_language_switched_on_the_code_page_loses_nothing() -> None:
    person, url = _asked()
    code = code_in_mail()
    response = person.client.post("/language/setlang/", {"language": "en", "next": url})
    assert response.headers["Location"] == url
    assert "Enter the code" in text_of(person.client.get(url))
    assert person.client.post(url, {"code": code}).status_code == 302


def test_too_many_messages_are_refused_and_the_newest_code_still_works(settings: Any) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "confirmation_code": "2/10m/user"}
    person, url = _asked()
    person.client.post(url, {"resend": "1"})
    refused = person.client.post(url, {"resend": "1"})
    assert refused.status_code == 429
    assert 'role="alert"' in text_of(refused)
    assert len(mail.outbox) == 2
    assert person.client.post(url, {"code": code_in_mail()}).status_code == 302


def test_mail_server_down_is_said_and_nothing_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    person = Person(recent=False)
    url = person.prepare()

    def refuse(*_: Any, **__: Any) -> int:
        raise smtplib.SMTPServerDisconnected

    with monkeypatch.context() as patched:
        patched.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", refuse)
        refused = person.client.post(url)
    assert refused.status_code == 503
    assert says(
        refused,
        "The code could not be sent by e-mail just now. Nothing was lost; please try again in a few minutes.",
    )
    code_url = person.ask_for_code(url)
    assert person.client.post(code_url, {"code": code_in_mail()}).status_code == 302
