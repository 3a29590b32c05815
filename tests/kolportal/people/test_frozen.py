"""People: every rule of the database by plain SQL."""

from __future__ import annotations

import pytest
from django.utils import timezone

from kolportal.people.models import Person
from tests import factories
from tests.frozen import Cases, Try, erased_person, insert, run

pytestmark = [pytest.mark.django_db, pytest.mark.servers]

CASES = Cases("kolportal.people")


@CASES.of("person_kept")
def _person_of_another_account() -> Try:
    return "UPDATE people_person SET user_id = %s WHERE id = %s", [factories.user().pk, factories.person().pk]


def test_person_without_an_account_is_claimed_once() -> None:
    person, user = factories.person(user=None), factories.user()
    run("UPDATE people_person SET user_id = %s WHERE id = %s", [user.pk, person.pk])
    CASES.refuse("person_kept", "UPDATE people_person SET user_id = NULL WHERE id = %s", [person.pk])
    CASES.refuse("person_kept", "UPDATE people_person SET id = 9999 WHERE id = %s", [person.pk])


@CASES.of("person_no_delete")
def _removed_person() -> Try:
    return "DELETE FROM people_person WHERE id = %s", [factories.person().pk]


@CASES.of("person_merged_once")
def _merged_again() -> Try:
    person, other, third = factories.person(), factories.person(), factories.person()
    Person.objects.filter(pk=person.pk).update(merged_into=other, merged_at=timezone.now())
    return "UPDATE people_person SET merged_into_id = %s WHERE id = %s", [third.pk, person.pk]


@CASES.of("person_erased_stays")
def _named_again() -> Try:
    return "UPDATE people_person SET full_name = 'Khác', erased_at = NULL WHERE id = %s", [erased_person().pk]


@CASES.of("people_contact_of_the_living")
def _contact_of_an_erased_person() -> Try:
    person = factories.person()
    contact = person.contacts.create(kind="email", value="a@example.com")
    return insert(contact, person_id=erased_person().pk)


@CASES.of("people_channel_of_the_living")
def _channel_of_an_erased_person() -> Try:
    return insert(factories.channel(), person_id=erased_person().pk)


test_rule_refuses = CASES.test()
