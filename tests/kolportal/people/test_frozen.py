"""People: every rule of the database by plain SQL."""

from __future__ import annotations

import pytest
from django.utils import timezone

from kolportal.people.models import Person
from tests import factories
from tests.frozen import Cases, Try, erased_person, insert, moment, run

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
    person, other, third = factories.person(user=None), factories.person(), factories.person()
    Person.objects.filter(pk=person.pk).update(merged_into=other, merged_at=timezone.now())
    return "UPDATE people_person SET merged_into_id = %s WHERE id = %s", [third.pk, person.pk]


@CASES.of("person_begins_unmerged")
def _merged_from_the_beginning() -> Try:
    return insert(
        factories.person(user=None), merged_into_id=factories.person().pk, merged_at=moment(timezone.now())
    )


MERGE = "UPDATE people_person SET merged_into_id = %s, merged_at = created_at WHERE id = %s"


@CASES.of("person_merged_into_an_account")
def _merged_into_somebody_without_an_account() -> Try:
    return MERGE, [factories.person(user=None).pk, factories.person(user=None).pk]


def test_who_has_an_account_is_never_merged_nor_is_anybody_into_the_erased() -> None:
    guest, person = factories.person(user=None), factories.person()
    CASES.refuse("person_merged_into_an_account", MERGE, [factories.person().pk, person.pk])
    CASES.refuse("person_merged_into_an_account", MERGE, [erased_person().pk, guest.pk])
    run(MERGE, [person.pk, guest.pk])
    account = "UPDATE people_person SET user_id = %s WHERE id = %s"
    CASES.refuse("person_merged_into_an_account", account, [factories.user().pk, guest.pk])


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
