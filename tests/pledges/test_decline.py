"""Declining: as easy as signing, recorded, reversible."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from kolportal.audit.models import AuditEvent
from pledges.models import Decline
from tests import factories
from tests.pledges.signing_pages import Person, text_of

pytestmark = pytest.mark.django_db


def _url(person: Person) -> str:
    return f"/pledges/{person.pledge.slug}/decline/"


def test_one_post_declines_and_the_page_confirms_it() -> None:
    person = Person()
    page = text_of(person.client.post(_url(person), follow=True))
    assert "Anh/chị đã từ chối ký" in page
    assert "không bị ảnh hưởng" in page
    answer = Decline.objects.get(signer=person.user)
    assert (answer.pledge, answer.version, answer.reversed_at) == (person.pledge, person.version, None)
    assert AuditEvent.objects.filter(action="pledge.declined").count() == 1


def test_button_stands_beside_sign_on_the_text_and_on_every_step() -> None:
    person = Person()
    assert f'action="{_url(person)}"' in text_of(person.client.get(f"/pledges/{person.pledge.slug}/"))
    assert text_of(person.client.get(person.url)).count(f'formaction="{_url(person)}"') == 5


def test_declining_needs_no_profile() -> None:
    person = Person()
    client = Client()
    user = factories.user()
    client.force_login(user)
    client.post(_url(person))
    assert Decline.objects.get().signer == user


def test_looking_declines_nothing() -> None:
    person = Person()
    assert person.client.get(_url(person)).status_code == 200
    assert not Decline.objects.exists()


def test_declining_twice_is_one_answer() -> None:
    person = Person()
    for _ in range(2):
        person.client.post(_url(person))
    assert Decline.objects.count() == 1
    assert AuditEvent.objects.filter(action="pledge.declined").count() == 1


def test_refusal_can_be_taken_back_and_given_again() -> None:
    person = Person()
    person.client.post(_url(person))
    page = text_of(person.client.post(f"{_url(person)}undo/", follow=True))
    assert "Việc từ chối đã được hủy." in page
    assert Decline.objects.get().reversed_at is not None
    person.client.post(f"{_url(person)}undo/")
    assert AuditEvent.objects.filter(action="pledge.decline_reversed").count() == 1
    person.client.post(_url(person))
    assert Decline.objects.count() == 2


def test_signed_pledge_is_withdrawn_not_declined() -> None:
    person = Person()
    person.send()
    response = person.client.post(_url(person))
    assert response.status_code == 409
    assert "rút cam kết" in text_of(response)
    assert not Decline.objects.exists()
    assert person.signatures().get().is_active


def test_stranger_is_sent_to_the_login_and_back_to_the_question() -> None:
    person = Person()
    response = Client().post(_url(person))
    assert response.status_code == 302
    assert response.headers["Location"] == f"/accounts/login/?next={_url(person)}"


def test_undoing_is_a_post() -> None:
    person = Person()
    assert person.client.get(f"{_url(person)}undo/").status_code == 405


def test_refusal_of_one_person_is_not_anothers() -> None:
    person, other = Person(), Person()
    person.client.post(_url(person))
    other.client.post(f"{_url(person)}undo/")
    assert Decline.objects.get().reversed_at is None
    assert timezone.now() >= Decline.objects.get().declined_at
