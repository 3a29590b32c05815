"""What the logs keep of a request, and what they must not."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest
import structlog
from django.test import Client

from kolportal import codes
from kolportal.logs import mask_personal_data
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def log_lines() -> Iterator[io.StringIO]:
    """What the site's own handler writes."""
    lines = io.StringIO()
    (handler,) = (
        each for each in logging.getLogger().handlers
        if isinstance(each.formatter, structlog.stdlib.ProcessorFormatter) and isinstance(each, logging.StreamHandler)
    )  # fmt: skip
    before = handler.setStream(lines)
    yield lines
    handler.setStream(before)


def test_reference_codes_in_addresses_do_not_reach_the_log(client: Client, log_lines: io.StringIO) -> None:
    client.force_login(factories.user())
    code = codes.new()
    assert client.get(f"/pledges/receipts/{code}/").status_code == 404
    assert client.get(f"/v/{code}/").status_code == 404
    written = log_lines.getvalue()
    assert written.count("[reference]") >= 2
    assert code not in written


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("code 7K3M-Q2WX-9AB4 read out", "code [reference] read out"),
        ("lan@example.com 0912345678", "[e-mail] [phone]"),
        ("to=lan@example.com, cc=<minh.tran+kol@mail.example.com>", "[e-mail] cc=<[e-mail]>"),
        ("user@host without a dot", "user@host without a dot"),
        ("registration of 2026-11-23T18:51:21", "registration of 2026-11-23T18:51:21"),
        ("6b2287af6f14d85a871e06c1d0840b77", "6b2287af6f14d85a871e06c1d0840b77"),
    ],
)
def test_masks_what_names_a_person_and_nothing_else(text: str, kept: str) -> None:
    assert mask_personal_data(None, "", {"event": text, "count": 3}) == {"event": kept, "count": 3}


@pytest.mark.parametrize(
    "value", ["a" * 8_000, "@" * 8_000, "a@" * 4_000, "a.@b" * 2_000, "0" * 8_000, "7K3M-" * 1_600]
)
def test_long_values_are_cut_before_anything_is_looked_for_in_them(value: str) -> None:
    assert len(mask_personal_data(None, "", {"event": value})["event"]) < 4_200
