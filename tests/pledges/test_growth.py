"""What must not grow: a process that makes many documents, and the queries of a page with many channels."""

from __future__ import annotations

import gc
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from kolportal import pades, paper
from kolportal.work import queue
from kolportal.work.models import Work
from pledges import rendering
from pledges.kinds import SEAL
from tests import factories
from tests.pledges.sheets import sheet
from tests.pledges.signing_pages import Person

pytestmark = pytest.mark.servers

MOST_GROWTH = 16 * 1024 * 1024
"""Bytes that 50 documents may add to a warm process; 1 to 2 MB were seen, and none from the 100th to the 150th. The
worker's children end after 500 tasks all the same (``CELERY_WORKER_MAX_TASKS_PER_CHILD``)."""


def _resident() -> int:
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_fifty_documents_leave_memory_and_open_files_as_they_were(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    pki = pades.make_test_pki(tmp_path, at=now)

    def make(number: int) -> None:
        given = replace(sheet(), full_name=f"Nguyễn Thị Thử {number}")
        sealed = pades.seal(rendering.render(given), key=pki.key, at=now).data
        assert pades.verify(sealed, at=now).sealed_whole
        assert not paper.missing_text(sealed, expected=rendering.expected_text(given))

    for number in range(8):  # fonts, templates and caches fill up with the first ones
        make(number)
    memory, files = _resident(), _open_files()
    for number in range(50):
        make(number)
    assert _open_files() <= files
    assert _resident() - memory < MOST_GROWTH


def _queries_of_the_form(channels: int, client: Client) -> int:
    person = Person(client=client)
    for _ in range(channels):
        factories.channel(person=person.row)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(f"/pledges/{person.pledge.slug}/sign/").status_code == 200
    return len(captured)


@pytest.mark.django_db
def test_signing_page_costs_the_same_with_many_channels() -> None:
    assert _queries_of_the_form(15, Client()) == _queries_of_the_form(1, Client())


def _queries_of_sealing(channels: int) -> int:
    signer = factories.person()
    chosen = [factories.channel(person=signer).pk for _ in range(channels)]
    document = factories.signature(signer=signer, channel_ids=chosen).document
    work = Work.objects.get(kind=SEAL.name, subject=document.pk)
    with CaptureQueriesContext(connection) as captured:
        assert queue.run(work.pk, at=timezone.now())
    return len(captured)


@pytest.mark.django_db
def test_sealing_costs_the_same_queries_with_many_channels() -> None:
    assert _queries_of_sealing(15) == _queries_of_sealing(1)
