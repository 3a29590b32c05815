"""Declining: asked once on a page of its own, in no more steps than signing, recorded, reversible, and the end of an attempt."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from kolportal.audit.models import AuditEvent
from pledges.models import Decline, Pledge, PledgeState
from tests import factories
from tests.pledges.signing_pages import Person, says, text_of

pytestmark = pytest.mark.django_db


def test_page_asks_once_and_its_one_button_declines() -> None:
    person = Person()
    asked = text_of(person.client.get(person.decline_url))
    assert asked.count('<form method="post">') == 1
    assert not Decline.objects.exists()
    told = person.client.post(person.decline_url, follow=True)
    assert says(told, "You have declined")
    answer = Decline.objects.get(person=person.row)
    assert (answer.pledge, answer.text, answer.reversed_at) == (person.pledge, person.text, None)
    assert AuditEvent.objects.filter(action="pledge.declined").count() == 1


def test_way_to_it_stands_beside_signing_on_the_text_on_every_step_and_on_the_code_page() -> None:
    person = Person(recent=False)
    link = f'href="{person.decline_url}"'
    assert link in text_of(person.client.get(f"/pledges/{person.pledge.slug}/"))
    assert text_of(person.client.get(person.url)).count(link) == 5
    check = person.prepare()
    assert link in text_of(person.client.get(check))
    assert link in text_of(person.client.get(person.ask_for_code(check)))


def test_declining_in_one_tab_ends_the_attempt_in_the_other() -> None:
    person = Person(recent=False)
    code_url = person.ask_for_code(person.prepare())
    person.client.post(person.decline_url)
    attempt = person.attempts().get()
    assert (attempt.end, attempt.act) == ("declined", {})
    for response in (person.client.get(code_url), person.client.post(code_url, {"code": "12345678"})):
        assert response.status_code == 410
        assert says(
            response, "You declined to sign in another window, so this signing has ended. Nothing was signed."
        )
    assert not person.signatures().exists()


def test_of_somebody_who_has_not_said_who_it_is_nothing_is_kept() -> None:
    person = Person()
    client = Client()
    client.force_login(factories.user())
    for response in (client.get(person.decline_url), client.post(person.decline_url)):
        assert response.status_code == 200
        assert says(
            response,
            "You have not told us yet who you are, so there is nothing to decline and nothing is kept. You need not do anything else.",
        )
    assert not Decline.objects.exists()


def test_declining_twice_is_one_answer() -> None:
    person = Person()
    for _ in range(2):
        person.client.post(person.decline_url)
    assert Decline.objects.count() == 1
    assert AuditEvent.objects.filter(action="pledge.declined").count() == 1


def test_refusal_can_be_taken_back_and_given_again() -> None:
    person = Person()
    person.client.post(person.decline_url)
    person.client.post(f"{person.decline_url}undo/")
    assert Decline.objects.get().reversed_at is not None
    person.client.post(f"{person.decline_url}undo/")
    assert AuditEvent.objects.filter(action="pledge.decline_reversed").count() == 1
    person.client.post(person.decline_url)
    assert Decline.objects.count() == 2


def test_signed_pledge_is_withdrawn_not_declined() -> None:
    person = Person()
    signature = person.sign()
    for response, status in (
        (person.client.get(person.decline_url), 200),
        (person.client.post(person.decline_url), 409),
    ):
        assert response.status_code == status
        assert f"/receipts/{signature.reference}/withdraw/" in text_of(response)
    assert not Decline.objects.exists()
    assert person.signatures().get().is_active


def test_stranger_is_sent_to_the_login_and_back_to_the_question() -> None:
    person = Person()
    response = Client().post(person.decline_url)
    assert response.status_code == 302
    assert response.headers["Location"] == f"/accounts/login/?next={person.decline_url}"


def test_undoing_is_a_post() -> None:
    person = Person()
    assert person.client.get(f"{person.decline_url}undo/").status_code == 405


def test_refusal_of_one_person_is_not_anothers() -> None:
    person, other = Person(), Person()
    person.client.post(person.decline_url)
    other.client.post(f"{person.decline_url}undo/")
    assert Decline.objects.get().reversed_at is None
    assert timezone.now() >= Decline.objects.get().declined_at


def test_page_that_says_it_ends_the_draft_in_the_browser() -> None:
    person = Person()
    asked = text_of(person.client.get(person.decline_url))
    told = text_of(person.client.post(person.decline_url, follow=True))
    assert "data-draft-ended" not in asked
    assert "data-draft-ended" in told


def test_pledge_that_nobody_is_asked_for_any_more_is_not_declined_but_a_refusal_can_still_be_taken_back() -> (
    None
):
    person, other = Person(), Person()
    person.client.post(person.decline_url)
    Pledge.objects.update(state=PledgeState.CLOSED)
    for response in (other.client.get(other.decline_url), other.client.post(other.decline_url)):
        assert response.status_code == 409
        assert says(response, "This pledge cannot be signed now")
    assert Decline.objects.get().person == person.row
    assert says(person.client.get(person.decline_url), "You have declined")
    person.client.post(f"{person.decline_url}undo/")
    assert not Decline.objects.active().exists()
