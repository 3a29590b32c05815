"""What one signing costs: each query of its two POSTs with its reason, and a broker that is down costs the signer nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kolportal.celery import app
from kolportal.work.models import Work
from pledges.kinds import SEAL
from tests import factories
from tests.pledges.signing_pages import Person, receipt_url

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.servers

WHO = [
    ("SELECT django_session", "who is logged in (none with Redis)"),
    ("SELECT accounts_user", "the account is still active, and the session's hash is right"),
]
PREPARE = [
    *WHO,
    ("SELECT pledges_text", "the text, its pledge and unit, by the address"),
    ("SELECT people_person", "who signs, to be copied into the attempt"),
    (
        "SELECT events_attendee",
        "the meetings that the person is on the list of: under which it will be filed",
    ),
    ("SAVEPOINT", "all or nothing"),
    ("SELECT people_person", "held until the end: one person's answers happen one after another"),
    ("SELECT pledges_edition", "inside the transaction: still open, still this edition"),
    ("SELECT people_channel", "the channels chosen are the person's own"),
    ("SELECT pledges_signature", "what was signed before: the same receipt, or what will be replaced"),
    ("SELECT pledges_decline", "whether signing takes a refusal back"),
    ("SELECT pledges_attempt", "the same form sent twice is one attempt; another one ends"),
    ("INSERT pledges_attempt", "the attempt"),
    ("RELEASE", "all or nothing"),
]
COMPLETE = [
    *WHO,
    ("SELECT pledges_attempt", "the attempt with everything that is copied from it, if it is this account's"),
    ("SAVEPOINT", "all or nothing"),
    ("SELECT people_person", "held until the end: signing and declining happen one after the other"),
    ("SELECT pledges_edition", "inside the transaction: still open, still this edition"),
    ("INSERT pledges_signature", "the act"),
    ("INSERT pledges_particulars", "who signed, to be erased as a whole"),
    ("INSERT pledges_signedchannel", "the channels as they stood, in one statement"),
    ("INSERT pledges_proof", "how we know who signed"),
    ("INSERT pledges_proofevidence", "the masked address, gone with the particulars"),
    ("INSERT pledges_circumstances", "browser and network address, for the term of evidence"),
    ("UPDATE pledges_attempt", "the attempt has led here, unless another tab ended it"),
    ("INSERT pledges_document", "the document that is to be sealed"),
    ("INSERT audit_auditevent", "who did what, when"),
    ("INSERT ledger_leaf", "what the public log will say of it"),
    ("INSERT work_work", "the sealing to do: the truth that the worker acts on"),
    ("RELEASE", "all or nothing"),
]


def _short(sql: str) -> str:
    table = re.search(r'(?:FROM|INTO|UPDATE) "(\w+)"', sql)
    verb = sql.split(" ", 1)[0]
    return f"{verb} {table[1]}" if table else verb


def _queries(captured: CaptureQueriesContext) -> list[str]:
    return [_short(query["sql"]) for query in captured]


def _expected(reasons: list[tuple[str, str]], found: list[str]) -> list[str]:
    """Without the first one where sessions are kept in Redis."""
    queries = [query for query, _ in reasons]
    return queries if found and "django_session" in found[0] else queries[1:]


@pytest.mark.django_db
def test_every_query_of_both_posts_has_a_reason() -> None:
    person = Person()
    channels = [str(factories.channel(person=person.row).pk) for _ in range(3)]
    answers = person.answers(channels=channels)
    with CaptureQueriesContext(connection) as preparing:
        prepared = person.send(answers)
    with CaptureQueriesContext(connection) as completing:
        done: Any = person.client.post(prepared.url)
    assert "/receipts/" in done.url
    found = _queries(preparing)
    assert found == _expected(PREPARE, found)
    found = _queries(completing)
    assert found == _expected(COMPLETE, found)


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
    response: Any = person.client.post(person.prepare())
    signature = person.signatures().get()
    assert response.url == receipt_url(signature)
    # Without the options of the transport it would try for ever.
    assert sum(pauses) < 1
    work = Work.objects.get(kind=SEAL.name, subject=signature.document.pk)
    assert (work.attempts, work.parked_at) == (0, None)
    assert Work.objects.due(at=work.created_at).filter(pk=work.pk).exists()
