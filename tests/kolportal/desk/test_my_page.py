"""“My page”: where one stands with meetings and pledges, and what can be done next."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from events.models import Answer, AttendeeSource, Entry
from kolportal.accounts.models import User
from kolportal.people.models import Person
from kolportal.privacy.signers import erase_signers
from pledges import history, signing
from pledges.models import PledgeState
from tests import factories
from tests.clients import english_client, main

pytestmark = [pytest.mark.django_db, pytest.mark.servers]


@pytest.fixture
def english() -> Client:
    return english_client()


def test_my_page_asks_a_newcomer_for_details(english: Client) -> None:
    english.force_login(User.objects.create_user("lan@example.com"))
    page = main(english.get("/me/"))
    assert 'href="/me/profile/"' in page
    assert "Meetings that you are invited to or registered for will be here." in page


def test_my_page_shows_meetings_with_what_can_be_done(english: Client) -> None:
    me = factories.person()
    assert me.user
    coming, other = (
        factories.event(title="Hội nghị đã đăng ký"),
        factories.event(title="Hội nghị chưa trả lời"),
    )
    now = timezone.now()
    factories.attendee(
        at_event=coming, person=me, source=AttendeeSource.REGISTERED, answer=Answer.COMING, answered_at=now
    )
    english.force_login(me.user)
    page = main(english.get("/me/"))
    assert f"/events/{coming.slug}/cancel/" in page
    for verb in ("register", "decline"):
        assert f"/events/{other.slug}/{verb}/" in page
        assert f"/events/{coming.slug}/{verb}/" not in page


def test_my_page_says_that_a_pledge_was_withdrawn_and_not_that_it_was_never_signed(english: Client) -> None:
    signature = factories.withdraw(factories.signature())
    assert signature.person.user is not None
    english.force_login(signature.person.user)
    page = main(english.get("/me/"))
    assert "you withdrew the pledge that you had signed (Version 1, Vietnamese)." in page
    assert page.count('class="chip chip-withdrawn"') == 2, "on the pledge, and on the signing"
    assert "not signed yet" not in page


def test_my_page_shows_pledges_state_and_who_downloaded_the_pdf(english: Client) -> None:
    me = factories.person()
    assert me.user
    pledge = factories.pledge()
    english.force_login(me.user)
    assert f"/pledges/{pledge.slug}/sign/" in main(english.get("/me/"))

    signature = factories.signature(of=pledge, signer=me)
    page = main(english.get("/me/"))
    assert f"/pledges/{pledge.slug}/sign/" not in page
    assert "being sealed" in page
    assert signature.reference_grouped in page

    factories.sealed_file(signature)
    official = User.objects.create_user("lanh-dao@example.com", name="Phạm Văn Lãnh Đạo", is_staff=True)
    for actor, role in ((me.user, "signer"), (official, "official")):
        history.downloaded(
            [signature.document.pk],
            actor_id=actor.pk,
            role=role,
            unit=pledge.unit_id,
            bulk=False,
            at=timezone.now(),
        )
    page = main(english.get("/me/"))
    assert "Downloaded 2 times" in page
    assert f"Phạm Văn Lãnh Đạo (official, {pledge.unit})" in page
    assert "official@" not in page

    factories.withdraw(signature)
    page = main(english.get("/me/"))
    assert "withdrawn" in page
    assert "Download the PDF" in page, "the PDF stays after withdrawing"


def test_my_page_says_until_when_the_particulars_are_kept(english: Client) -> None:
    signature = factories.signature()
    assert signature.person.user
    english.force_login(signature.person.user)
    until = signature.particulars.keep_until
    assert f"kept until {until:%d/%m/%Y}, then erased" in main(english.get("/me/"))


def test_my_page_bears_that_the_particulars_are_gone(english: Client) -> None:
    signature = factories.signature()
    assert signature.person.user
    erase_signers([signature.pk], actor_id=None, at=timezone.now())
    english.force_login(signature.person.user)
    page = main(english.get("/me/"))
    assert signature.reference_grouped in page
    assert f"were erased on {timezone.localdate():%d/%m/%Y}" in page
    assert "Download the PDF" not in page


def test_my_page_shows_what_was_signed_at_a_tablet_before_there_was_an_account(english: Client) -> None:
    me = factories.person()
    assert me.user
    at_tablet = factories.signature(signer=factories.person(user=None))
    Person.objects.filter(pk=at_tablet.person_id).update(merged_into=me, merged_at=timezone.now())
    english.force_login(me.user)
    assert at_tablet.reference_grouped in main(english.get("/me/"))


def test_my_page_tells_where_the_person_stands_with_each_meeting(english: Client) -> None:
    me = factories.person()
    assert me.user
    now = timezone.now()
    answers = {
        Answer.INVITED: "not answered yet",
        Answer.NOT_COMING: "not coming",
        Answer.WAITING: "on the waiting list",
        Answer.CANCELLED: "cancelled",
    }
    for answer in answers:
        factories.attendee(person=me, answer=answer, answered_at=None if answer == Answer.INVITED else now)
    came = factories.attendee(person=me, answer=Answer.COMING, answered_at=now)
    Entry.objects.create(attendee=came, entered_at=now, steward=factories.user(is_staff=True))
    called_off = factories.attendee(
        at_event=factories.event(state="cancelled"), person=me, answer=Answer.COMING, answered_at=now
    )
    english.force_login(me.user)
    page = main(english.get("/me/"))
    for words in (*answers.values(), "checked in", "meeting cancelled"):
        assert words in page
    for row in (came, called_off):
        assert f"/events/{row.event.slug}/register/" not in page
        assert f"/events/{row.event.slug}/cancel/" not in page


def test_my_page_takes_nothing_from_a_list_that_the_person_did_not_answer(english: Client) -> None:
    me = factories.person()
    assert me.user
    row = factories.attendee(
        email=me.user.email, full_name=me.full_name, at_event=factories.event(state="closed")
    )
    english.force_login(me.user)
    assert row.event.title not in main(english.get("/me/"))


def test_my_page_shows_a_decline_and_offers_the_text_again(english: Client) -> None:
    me = factories.person()
    assert me.user
    pledge = factories.pledge()
    text = pledge.current_text()
    assert text is not None
    signing.decline(text=text, person=me, at=timezone.now())
    english.force_login(me.user)
    page = main(english.get("/me/"))
    assert "declined" in page
    assert f"/pledges/{pledge.slug}/sign/" in page
    pledge.state = PledgeState.CLOSED
    pledge.save()
    page = main(english.get("/me/"))
    assert f"/pledges/{pledge.slug}/sign/" not in page
    assert f'/pledges/{pledge.slug}/"' in page


def test_my_page_shows_nobody_elses_pledges(english: Client) -> None:
    signature = factories.signature()
    english.force_login(User.objects.create_user("lan@example.com"))
    assert signature.reference_grouped not in main(english.get("/me/"))


def test_my_page_needs_the_same_queries_for_one_pledge_and_for_five(
    english: Client, django_assert_max_num_queries: Any
) -> None:
    me = factories.person()
    assert me.user
    for _ in range(5):
        factories.signature(signer=me, of=factories.pledge())
    english.force_login(me.user)
    english.get("/me/")
    # Session, user; person, phone, channels; attendances, who is present, open events; signatures, their channels, documents
    # and files, downloads; declines; pledges.
    with django_assert_max_num_queries(15):
        english.get("/me/")
