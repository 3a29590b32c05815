"""Publishing, closing and cancelling an event."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from events import lifecycle
from events.models import Event, EventState
from kolportal.audit.models import AuditEvent
from tests import factories
from tests.events.samples import OPEN, an_event

VERBS: dict[str, Callable[..., None]] = {
    "publish": lifecycle.publish,
    "close": lifecycle.close,
    "cancel": lifecycle.cancel,
}


@pytest.mark.django_db
@pytest.mark.parametrize("state", list(EventState))
@pytest.mark.parametrize("verb", list(VERBS))
def test_every_state_changes_as_the_table_says(verb: str, state: EventState) -> None:
    event, transition, actor = an_event(state=state), lifecycle.TRANSITIONS[verb], factories.user()
    if state == transition.source:
        VERBS[verb](event=event, actor_id=actor.pk, at=OPEN)
        assert event.state == Event.objects.get().state == transition.target
        written = AuditEvent.objects.get()
        assert (written.action, written.actor_id, written.subject_id) == (
            transition.told_as.name,
            str(actor.pk),
            str(event.pk),
        )
    else:
        with pytest.raises(lifecycle.TransitionRefused) as refused:
            VERBS[verb](event=event, actor_id=actor.pk, at=OPEN)
        assert refused.value.state == Event.objects.get().state == state
        assert not AuditEvent.objects.exists()


@pytest.mark.django_db
def test_the_second_of_two_people_who_close_and_cancel_at_once_is_refused() -> None:
    event = an_event()
    seen_by_the_other = Event.objects.get(pk=event.pk)
    lifecycle.close(event=event, actor_id=None, at=OPEN)
    with pytest.raises(lifecycle.TransitionRefused):
        lifecycle.cancel(event=seen_by_the_other, actor_id=None, at=OPEN)
    assert Event.objects.get().state == EventState.CLOSED


@pytest.mark.django_db
def test_a_draft_without_units_or_picture_text_or_in_the_past_is_not_ready() -> None:
    event = an_event(state=EventState.DRAFT, cover="covers/a.png")
    event.parts.all().delete()
    with pytest.raises(lifecycle.NotReady) as refused:
        lifecycle.publish(event=event, actor_id=None, at=event.ends_at + timedelta(seconds=1))
    assert refused.value.missing == ("units", "over", "cover_description")
    assert Event.objects.get().state == EventState.DRAFT
