"""What the page hands to the browser for its drafts: a key and a place of this account alone, and what ticks are bound to.

What the browser does with it is seen in ``tests/e2e/test_drafts.py``.
"""

from __future__ import annotations

import base64
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from pledges import consent
from pledges.models import Edition
from tests import factories
from tests.pledges.signing_pages import DRAWN, Person, receipt_url, says, text_of

pytestmark = pytest.mark.django_db


def _handed(person: Person, *, language: str = "vi") -> dict[str, str]:
    """The form's ``data-draft-…`` attributes."""
    person.client.cookies["django_language"] = language
    page = text_of(person.client.get(person.url, {"again": "1"}))
    found = dict(re.findall(r'data-draft-(key|name|life|bound)="([^"]*)"', page))
    assert set(found) == {"key", "name", "life", "bound"}
    return found


def test_key_and_place_are_the_same_for_one_account_however_its_session_ended() -> None:
    person = Person()
    first = _handed(person)
    person.log_in(person.client)
    assert _handed(person) == first
    assert len(base64.b64decode(first["key"])) == 32
    person.user.log_out_everywhere()
    person.user.set_password("mot mat khau dai")
    person.user.save()
    person.log_in(person.client)
    assert _handed(person) == first


def test_login_that_leads_to_signing_says_that_answers_of_this_device_come_back() -> None:
    person = Person()
    words = (
        "If you had begun to fill in the signing form on this device, your answers are kept here and come back once you log in"
        " with the same account."
    )
    check_url = person.prepare()
    person.user.log_out_everywhere()
    for url in (person.url, f"{person.url}?again=1", check_url):
        assert says(person.client.get(url, follow=True), words), url
    for url in ("/me/", person.pledge.get_absolute_url(), "//nowhere.example/", ""):
        assert not says(Client().get("/accounts/login/", {"next": url}), words), url


def test_every_account_and_every_pledge_has_another_place_and_no_account_anothers_key() -> None:
    person, other = Person(), Person()
    other.pledge = person.pledge
    elsewhere = Person(row=person.row)
    mine, foreign, second = _handed(person), _handed(other), _handed(elsewhere)
    assert len({mine["name"], foreign["name"], second["name"]}) == 3
    assert mine["key"] != foreign["key"]
    # The owner's part ends them all at the log-out, and reveals no account.
    assert mine["name"].split(":")[0] == second["name"].split(":")[0] != foreign["name"].split(":")[0]
    assert re.fullmatch(r"[0-9a-f]{24}:[0-9a-f]{24}", mine["name"])
    assert person.user.email not in mine["name"]


def test_log_out_form_names_the_owner_on_every_page() -> None:
    person = Person()
    owner = _handed(person)["name"].split(":")[0]
    # The log-out, and the log-out everywhere.
    assert text_of(person.client.get("/me/")).count(f'data-draft-owner="{owner}"') == 2
    assert "data-draft-owner" not in text_of(Client().get("/"))


def test_receipt_and_refusal_name_the_draft_that_they_end() -> None:
    person = Person()
    name = _handed(person)["name"]
    assert f'data-draft-ended="{name}"' in text_of(person.client.get(receipt_url(person.sign())))
    other = Person()
    name = _handed(other)["name"]
    assert f'data-draft-ended="{name}"' in text_of(other.client.post(other.decline_url, follow=True))


def test_draft_of_before_a_signing_a_withdrawal_or_a_refusal_is_over() -> None:
    person = Person()
    lives = [_handed(person)["life"]]
    person.client.post(person.decline_url)
    lives.append(_handed(person)["life"])
    signature = person.sign(method="drawn", strokes=DRAWN)
    lives.append(_handed(person)["life"])
    person.client.post(f"{receipt_url(signature)}withdraw/")
    lives.append(_handed(person)["life"])
    assert len(set(lives)) == 4


def test_ticks_are_bound_to_text_and_consent_in_every_language_alike() -> None:
    person = Person(pledge=factories.pledge(languages=("vi", "en")))
    bound = _handed(person)["bound"]
    assert _handed(person, language="en")["bound"] == bound


def test_new_text_makes_ticks_void() -> None:
    person = Person()
    before = _handed(person)["bound"]
    edition = factories.edition(pledge=person.pledge, number=2)
    factories.draft_text(of=edition, closing="Lời kết mới.")
    factories.freeze(edition)
    assert _handed(person)["bound"] != before


def test_other_words_of_the_consent_make_ticks_void() -> None:
    person = Person()
    before = _handed(person)["bound"]
    unit = person.pledge.unit
    unit.name = "Đơn vị đổi tên"
    unit.save()
    assert _handed(person)["bound"] != before


def test_midnight_makes_no_tick_void() -> None:
    text = Person().text
    today = timezone.now()
    shown = [consent.text(of=text, at=at) for at in (today - timedelta(days=1), today)]
    assert shown[0].as_shown != shown[1].as_shown
    assert shown[0].digest == shown[1].digest


@pytest.mark.parametrize("name", ["DATA_RETENTION_MONTHS", "DATA_RETENTION_MONTHS_AT_MOST"])
def test_other_months_of_keeping_make_ticks_void(name: str, settings: Any) -> None:
    person = Person()
    before = _handed(person)["bound"]
    setattr(settings, name, getattr(settings, name) - 1)
    assert _handed(person)["bound"] != before


def test_another_end_of_keeping_makes_ticks_void() -> None:
    person = Person()
    bounds = set()
    for number, days in ((2, 30), (3, 60)):
        valid_until = timezone.localdate() + timedelta(days=days)
        edition: Edition = factories.edition(pledge=person.pledge, number=number, valid_until=valid_until)
        factories.draft_text(of=edition)
        factories.freeze(edition)
        bounds.add(_handed(person)["bound"])
    assert len(bounds) == 2
