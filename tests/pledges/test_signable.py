"""Whether a pledge can be signed now: one rule, asked of the database for many and of a row in hand for one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from pledges.models import Pledge, PledgeState
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("state", PledgeState.values)
@pytest.mark.parametrize(
    ("starts", "ends"),
    [(a, b) for a in (None, -1, 0, 1) for b in (None, -1, 0, 1) if a is None or b is None or a <= b],
)
def test_row_in_hand_answers_as_the_database_does(state: str, starts: int | None, ends: int | None) -> None:
    at, today = timezone.now(), timezone.localdate()
    pledge = factories.pledge(state=state)
    edition = factories.edition(
        pledge=pledge,
        number=2,
        valid_from=None if starts is None else today + timedelta(days=starts),
        valid_until=None if ends is None else today + timedelta(days=ends),
    )
    factories.draft_text(of=edition)
    expected = Pledge.objects.signable(at=at).filter(pk=pledge.pk)
    # Not while it is a draft: the first one, valid for ever, is in force.
    assert expected.exists() == (state == PledgeState.OPEN)
    assert not edition.is_signable(at=at)
    edition = factories.freeze(edition)
    assert edition.is_signable(at=at) == expected.exists()
