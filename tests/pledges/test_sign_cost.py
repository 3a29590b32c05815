"""What one signing costs: each query of the POST with its reason, and a broker that is down costs the signer nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kolportal.celery import app
from pledges.models import Document, DocumentState
from tests import factories
from tests.pledges.signing_pages import Person, receipt_url

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.servers

REASONS = [
    ("SELECT django_session", "who is logged in (none with Redis)"),
    ("SELECT accounts_user", "the account is still active, and the session's hash is right"),
    ("SELECT pledges_pledgeversion", "the text, its pledge and unit, by the address"),
    ("SAVEPOINT", "all or nothing"),
    (
        "SELECT accounts_channel",
        "the channels chosen are the signer's own; with them the profile to copy from, held until the end",
    ),
    ("SELECT pledges_signature", "what was signed before: the same receipt, or what is replaced"),
    ("SELECT pledges_pledgeversion", "inside the transaction: still open, still this text"),
    ("SELECT events_event", "the event that the signature belongs to"),
    ("INSERT pledges_signature", "the signature"),
    ("INSERT pledges_signedchannel", "the channels as they stand, in one statement"),
    ("INSERT pledges_document", "the pending document: the truth that the worker acts on"),
    ("UPDATE pledges_decline", "signing takes a refusal back"),
    ("INSERT audit_auditevent", "who did what, when"),
    ("RELEASE", "all or nothing"),
]


def _short(sql: str) -> str:
    table = re.search(r'(?:FROM|INTO|UPDATE) "(\w+)"', sql)
    verb = sql.split(" ", 1)[0]
    return f"{verb} {table[1]}" if table else verb


@pytest.mark.django_db
def test_every_query_of_the_signing_post_has_a_reason() -> None:
    person = Person()
    channels = [factories.channel(profile=person.profile) for _ in range(3)]
    answers = person.answers(channels=[str(channel.pk) for channel in channels])
    with CaptureQueriesContext(connection) as captured:
        assert person.send(answers).status_code == 302
    queries = [_short(query["sql"]) for query in captured]
    expected = [query for query, _ in REASONS]
    if "django_session" not in queries[0]:
        del expected[0]
    assert queries == expected


@pytest.fixture
def dead_broker() -> Iterator[None]:
    """Celery talks, with production's options, to a port that nobody listens on."""
    celery = cast("Any", app)
    before = {name: celery.conf[name] for name in ("broker_url", "broker_transport_options")}
    celery.conf.update(
        broker_url="redis://127.0.0.1:1/0", broker_transport_options=settings.REDIS_BROKER_OPTIONS
    )
    celery._after_fork()
    yield
    celery.conf.update(before)
    celery._after_fork()


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that Celery's and Redis' clients wanted to wait; nobody waits. (A closed port refuses at once.)"""
    asked: list[float] = []
    monkeypatch.setattr("kombu.utils.functional.sleep", asked.append)
    monkeypatch.setattr("redis.retry.sleep", asked.append)
    return asked


@pytest.mark.usefixtures("committed_db", "dead_broker")
def test_broker_down_costs_the_signer_neither_signature_nor_time(pauses: list[float]) -> None:
    person = Person()
    response = person.send()
    signature = person.signatures().get()
    assert response.url == receipt_url(signature)
    assert sum(pauses) < 1
    document = Document.objects.get(signature=signature)
    assert (document.state, document.attempts) == (DocumentState.PENDING, 0)
    assert Document.objects.due(at=document.created_at).get() == document
