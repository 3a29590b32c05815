"""What people say of themselves, written: each change once, with what was there before."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from kolportal.audit.models import AuditEvent, HistoryValue
from kolportal.people import details, history
from kolportal.people.models import MOST_CHANNELS, Channel, Contact, ContactKind, Person
from tests import factories

pytestmark = pytest.mark.servers
NOW = timezone.now()
SAID = {
    "full_name": "Lê Thị Lan",
    "stage_name": "",
    "kind": "kol",
    "commune_code": "04795",
    "organisation": "",
    "phone": "+84912345678",
}
CHANNEL: dict[str, Any] = {
    "platform": "facebook",
    "url": "https://www.facebook.com/lan.dat.to",
    "name": "Lan Đất Tổ",
    "role": "owner",
    "followers": 12_500,
}


def saved(person: Person | None = None, **changed: str) -> Person:
    user = factories.user() if person is None else None
    return details.save(person=person, user=user, data={**SAID, **changed}, at=NOW)


@pytest.mark.django_db
def test_first_words_are_kept_with_the_number_apart() -> None:
    person = saved()
    assert (person.full_name, person.phone) == ("Lê Thị Lan", "+84912345678")
    contact = Contact.objects.get()
    assert (contact.kind, contact.verified_at) == (ContactKind.PHONE, None)
    entry = history.CREATED.about(person.pk).get()
    assert entry.detail == {"fields": ["commune_code", "full_name", "kind", "phone"]}
    assert entry.values.fields["phone"] == ["", "+84912345678"]
    assert "Lan" not in str(entry.detail)


@pytest.mark.django_db
def test_a_change_keeps_old_and_new_of_what_changed_and_of_nothing_else() -> None:
    person = saved()
    details.save(person=person, user=None, data={**SAID, "full_name": "Lê Thị Hương Lan"}, at=NOW)
    entry = history.CHANGED.about(person.pk).get()
    assert entry.values.fields == {"full_name": ["Lê Thị Lan", "Lê Thị Hương Lan"]}
    assert entry.actor_id == str(person.user_id)
    person.refresh_from_db()
    assert person.search_key == "le thi huong lan"


@pytest.mark.django_db
def test_saving_the_same_leaves_no_trace() -> None:
    person = saved()
    assert details.save(person=person, user=None, data=SAID, at=NOW) == person
    assert AuditEvent.objects.count() == 1


@pytest.mark.django_db
def test_a_number_that_stays_stays_verified() -> None:
    person = saved()
    Contact.objects.update(verified_at=NOW)
    details.save(person=person, user=None, data={**SAID, "stage_name": "Lan Đất Tổ"}, at=NOW)
    assert Contact.objects.get().verified_at == NOW
    details.save(person=person, user=None, data={**SAID, "phone": "+84987654321"}, at=NOW)
    assert Contact.objects.get().verified_at is None


@pytest.mark.django_db
def test_an_account_that_sends_its_first_words_twice_is_one_person() -> None:
    user = factories.user()
    first, second = (details.save(person=None, user=user, data=SAID, at=NOW) for _ in range(2))
    assert first == second
    assert Contact.objects.count() == 1


@pytest.mark.django_db
def test_somebody_without_an_account_has_words_of_his_own_too() -> None:
    person = details.save(person=None, user=None, data=SAID, at=NOW)
    assert person.user is None
    assert history.CREATED.about(person.pk).get().actor_id == ""


@pytest.mark.django_db
def test_channel_is_declared_changed_and_removed_with_its_history() -> None:
    person = factories.person()
    channel = details.declare_channel(person=person, data=CHANNEL, at=NOW)
    assert channel.followers_declared_at == NOW
    later = NOW + timedelta(days=1)
    channel = details.change_channel(channel=channel, data={**CHANNEL, "name": "Tên mới"}, at=later)
    assert channel.followers_declared_at == NOW, "only a new number has a new date"
    channel = details.change_channel(channel=channel, data={**CHANNEL, "followers": 13_000}, at=later)
    assert channel.followers_declared_at == later
    assert details.remove_channel(channel=channel, at=later)
    assert not details.remove_channel(channel=channel, at=later)
    entries = list(AuditEvent.objects.about("channel", channel.pk).order_by("id"))
    assert [entry.action for entry in entries] == [
        "channel.declared", "channel.changed", "channel.changed", "channel.removed",
    ]  # fmt: skip
    assert entries[1].values.fields == {"name": ["Lan Đất Tổ", "Tên mới"]}
    assert entries[2].values.fields == {
        "followers": ["12500", "13000"],
        "name": ["Tên mới", "Lan Đất Tổ"],
    }
    assert not HistoryValue.objects.filter(event=entries[3]).exists()


@pytest.mark.django_db
def test_a_channel_changed_to_the_same_leaves_no_trace() -> None:
    channel = details.declare_channel(person=factories.person(), data=CHANNEL, at=NOW)
    details.change_channel(channel=channel, data=CHANNEL, at=NOW)
    assert AuditEvent.objects.count() == 1


@pytest.mark.django_db
def test_one_link_once_and_no_more_than_the_list_can_hold() -> None:
    person = factories.person()
    details.declare_channel(person=person, data=CHANNEL, at=NOW)
    with pytest.raises(details.ChannelDeclared):
        details.declare_channel(person=person, data=CHANNEL, at=NOW)
    for number in range(MOST_CHANNELS - 1):
        other = {**CHANNEL, "url": f"https://www.facebook.com/trang.{number}"}
        details.declare_channel(person=person, data=other, at=NOW)
    with pytest.raises(details.TooManyChannels):
        details.declare_channel(
            person=person, data={**CHANNEL, "url": "https://www.facebook.com/mot.nua"}, at=NOW
        )


@pytest.mark.usefixtures("committed_db")
def test_the_same_form_sent_many_times_at_once_is_written_once() -> None:
    user = factories.user()
    outcomes: list[str] = []
    barrier = threading.Barrier(8)

    def send() -> None:
        barrier.wait()
        try:
            person = details.save(person=None, user=user, data=SAID, at=NOW)
            details.declare_channel(person=person, data=CHANNEL, at=NOW)
            outcomes.append("declared")
        except details.ChannelDeclared:
            outcomes.append("declared already")
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["declared", *["declared already"] * 7]
    assert (Person.objects.count(), Contact.objects.count(), Channel.objects.count()) == (1, 1, 1)
