"""Who works in the administration."""

from __future__ import annotations

import pytest
from django.test import Client

from kolportal.accounts import roles
from kolportal.accounts.models import User
from kolportal.units.models import OrganisingUnit
from tests import factories


@pytest.fixture
def unit(db: None) -> OrganisingUnit:
    """A unit that organises."""
    return factories.unit()


@pytest.fixture
def organiser(client: Client, unit: OrganisingUnit) -> User:
    """Its organiser, logged in, in English (the words are checked as msgids)."""
    user = roles.grant(factories.user(is_staff=True, name="Cán bộ thử"), roles.Role.ORGANISER)
    unit.members.add(user)
    client.force_login(user)
    client.cookies["django_language"] = "en"
    return user
