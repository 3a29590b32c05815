"""Registering with an e-mail address and a code."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client

from kolportal.accounts.models import User
from tests.clients import english_client
from tests.kolportal.accounts.conftest import mailed_code, shown, wrong

pytestmark = pytest.mark.django_db
CONFIRM = "/accounts/confirm-email/"


def signed_up(client: Client, *, email: str = "moi@example.com", next_: str = "") -> None:
    response = client.post("/accounts/signup/", {"email": email, "next": next_})
    assert response.status_code == 302
    assert response["Location"].startswith(CONFIRM)


def test_code_opens_the_account_and_leads_to_the_profile_then_on(english: Client) -> None:
    signed_up(english, email="Moi.Nguoi@Example.com", next_="/pledges/cam-ket/sign/")
    response = english.post(CONFIRM, {"code": mailed_code()}, follow=True)
    assert response.redirect_chain[-1][0] == "/me/profile/?next=%2Fpledges%2Fcam-ket%2Fsign%2F"
    assert b'name="next" value="/pledges/cam-ket/sign/"' in response.content
    user = User.objects.get()
    assert user.email == "moi.nguoi@example.com"
    assert not user.has_usable_password()
    assert EmailAddress.objects.get(user=user).verified


def test_page_works_without_scripts_and_asks_for_the_address_only(english: Client) -> None:
    page = english.get("/accounts/signup/").content.decode()
    assert page.count('<input type="email"') == 1
    assert 'type="password"' not in page
    assert "We never ask for an identity card" in page


def test_mail_is_vietnamese_for_whoever_reads_vietnamese(client: Client) -> None:
    client.cookies.load({"django_language": "vi"})
    signed_up(client)
    message = mail.outbox[-1]
    assert message.subject == f"{mailed_code()} là mã xác nhận địa chỉ email"
    assert "10 phút" in str(message.body)
    assert 'lang="vi"' in str(message.alternatives[0][0])  # type: ignore[attr-defined]  # it has an HTML part


def test_wrong_code_says_so_and_three_end_it(english: Client) -> None:
    signed_up(english)
    code = mailed_code()
    for _ in range(2):
        response = english.post(CONFIRM, {"code": wrong(code)})
        assert "Incorrect code." in response.content.decode()
        assert 'aria-invalid="true"' in response.content.decode()
        assert "<title>Error:" in response.content.decode()
    english.post(CONFIRM, {"code": wrong(code)})
    english.post(CONFIRM, {"code": code})
    assert english.get("/me/").status_code == 302
    assert not EmailAddress.objects.filter(verified=True).exists()


def test_used_code_does_not_open_a_second_session(english: Client) -> None:
    signed_up(english)
    code = mailed_code()
    english.post(CONFIRM, {"code": code})
    other = Client()
    assert other.post(CONFIRM, {"code": code}).status_code == 302
    assert other.get("/me/").status_code == 302


def test_known_address_is_not_told_apart_from_a_new_one(person: User, english: Client) -> None:
    fresh = english_client()
    answers = []
    for client, email in ((english, "lan@example.com"), (fresh, "moi@example.com")):
        response = client.post("/accounts/signup/", {"email": email}, follow=True)
        answers.append(
            (
                response.redirect_chain,
                shown(response, email),
            )
        )
    assert answers[0] == answers[1]
    assert mail.outbox[0].subject == "You have an account already"
    assert "/accounts/login/" in str(mail.outbox[0].body)
    assert User.objects.count() == 2


@pytest.mark.parametrize(
    "email", ["", "khong-phai-email", "a@b", "lan@example.com\u202e", "a" * 300 + "@example.com"]
)
def test_what_is_no_address_is_refused_in_words_and_kept(english: Client, email: str) -> None:
    response = english.post("/accounts/signup/", {"email": email})
    page = response.content.decode()
    assert response.status_code == 200
    assert "data-error-summary" in page
    assert 'href="#id_email"' in page
    assert not User.objects.exists()
    assert not mail.outbox
