"""allauth's hooks, with what happens in the rooms above people's: a new address follows into the lists of meetings to come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from events import registration
from kolportal.people.adapter import AccountAdapter
from kolportal.people.models import Person

if TYPE_CHECKING:
    from allauth.account.models import EmailAddress
    from django.http import HttpRequest


class SiteAdapter(AccountAdapter):
    """The adapter of the whole site (``settings.ACCOUNT_ADAPTER``)."""

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """The rows of lists that the person made follow to the new address in the same transaction.

        Nothing is confirmed for somebody who was erased while the code was under way: the address would stand again.
        """
        with transaction.atomic():
            # Held first, as whoever registers, corrects or erases the person holds it: the one order of locks.
            people = Person.objects.select_for_update(no_key=True)
            person = people.filter(user=email_address.user_id).first()
            if person is not None and person.erased_at is not None:
                return False
            confirmed = super().confirm_email(request, email_address)
            if confirmed and person is not None:
                registration.follow(person=person, at=timezone.now())
        return confirmed
