"""An open session that somebody else finds: it may look, but not take the account over nor confirm a signature."""

from __future__ import annotations

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from kolportal.accounts import confirmation
from kolportal.accounts.models import User
from tests import factories
from tests.kolportal.accounts.conftest import account, mailed_code

pytestmark = [pytest.mark.django_db, pytest.mark.servers]
NEW_PASSWORD = {"password1": "ke-gian-dat-mat-khau", "password2": "ke-gian-dat-mat-khau"}


@pytest.fixture
def found(english: Client) -> User:
    """An account without a password whose session is open since longer than five minutes (no record of a log-in)."""
    user = account("lan@example.com")
    factories.profile(user=user)
    english.force_login(user)
    return user


def test_no_password_is_set_without_logging_in_again(english: Client, found: User) -> None:
    response = english.post("/accounts/password/set/", NEW_PASSWORD)
    assert response.status_code == 403
    assert "Please log in again" in response.content.decode()
    found.refresh_from_db()
    assert not found.has_usable_password()


def test_no_other_address_takes_over_without_logging_in_again(english: Client, found: User) -> None:
    assert (
        english.post("/accounts/email/", {"email": "gian@example.com", "action_add": ""}).status_code == 403
    )
    assert mail.outbox == []


def test_the_owner_logs_in_again_and_goes_on_where_he_was(english: Client, found: User) -> None:
    login = "/accounts/login/code/?next=%2Faccounts%2Fpassword%2Fset%2F"
    assert f'name="next" value="{login}"' in english.get("/accounts/password/set/").content.decode()
    assert english.post("/accounts/logout/", {"next": login})["Location"] == login
    english.post("/accounts/login/code/", {"email": found.email, "next": "/accounts/password/set/"})
    response = english.post(
        "/accounts/login/code/confirm/", {"code": mailed_code(), "next": "/accounts/password/set/"}
    )
    assert response["Location"] == "/accounts/password/set/"
    english.post("/accounts/password/set/", NEW_PASSWORD)
    found.refresh_from_db()
    assert found.has_usable_password()


def test_with_a_password_it_is_asked_for(english: Client) -> None:
    english.force_login(account("an@example.com", "mot-mat-khau-dai"))
    response = english.post("/accounts/email/", {"email": "gian@example.com", "action_add": ""})
    assert response["Location"] == "/accounts/reauthenticate/?next=%2Faccounts%2Femail%2F"
    assert mail.outbox == []


def test_a_code_sent_to_the_old_address_confirms_nothing_for_the_new_one(found: User) -> None:
    at = timezone.now()
    confirmation.issue(user=found, purpose="sign", at=at)
    found.email = "moi@example.com"
    found.save()
    with pytest.raises(confirmation.WrongCode):
        confirmation.confirm(user=found, purpose="sign", code=mailed_code(), at=at)
