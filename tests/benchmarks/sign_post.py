"""The signing POST under load, held against a view that only inserts one row.

50 people at a time, Postgres and Redis, two web processes in production settings; no Celery worker runs meanwhile. Both
views are asked in turn, round by round, so that whatever else the machine does hits both, and both get the same request
from the same people: the whole form with its strokes, so that the ratio is that of the work and not of the sending.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from html.parser import HTMLParser

from events.models import Event
from kolportal.accounts.models import User
from pledges.models import Pledge, Signature
from tests import factories
from tests.benchmarks.site import load, people
from tests.benchmarks.site.server import Server, running

CONCURRENT = 50
ROUNDS = 5
POSTS_PER_ROUND = 150
WARM_UP = 60


def run() -> Iterator[tuple[str, float, str]]:
    """``sign_post_p95_ratio``, and both views' p50 and p95 in milliseconds."""
    with running() as server:
        event = factories.event()
        pledge = people.pledge(event)
        sign: list[float] = []
        insert: list[float] = []
        _round(server, WARM_UP, event=event, pledge=pledge)
        for _ in range(ROUNDS):
            inserted, signed = _round(server, POSTS_PER_ROUND, event=event, pledge=pledge)
            insert += inserted
            sign += signed
        signatures = Signature.objects.filter(pledge=pledge).count()
        if signatures != WARM_UP + ROUNDS * POSTS_PER_ROUND:
            raise SystemExit(f"{signatures} signatures were made: the figures would mean nothing")
    yield "sign_post_p95_ratio", p95(sign) / p95(insert), "ratio"
    yield "sign_post_p50_ms", statistics.median(sign) * 1000, "ms"
    yield "sign_post_p95_ms", p95(sign) * 1000, "ms"
    yield "insert_post_p50_ms", statistics.median(insert) * 1000, "ms"
    yield "insert_post_p95_ms", p95(insert) * 1000, "ms"


def p95(seconds: list[float]) -> float:
    """The 95th percentile."""
    return statistics.quantiles(seconds, n=20)[-1]


def _round(server: Server, number: int, *, event: Event, pledge: Pledge) -> tuple[list[float], list[float]]:
    """Seconds of ``number`` plain inserts, then of as many signings by people who never signed before."""
    signers = people.signers(number, event=event)
    cookies, forms = _open_forms(server, signers, path=f"/pledges/{pledge.slug}/sign/")
    inserts = [
        load.request(server, "/bench/insert-one/", cookies=jar, form=form)
        for jar, form in zip(cookies, forms, strict=True)
    ]
    signings = [
        load.request(server, f"/pledges/{pledge.slug}/sign/", cookies=jar, form=form)
        for jar, form in zip(cookies, forms, strict=True)
    ]
    return _timed(server, inserts, status=204), _timed(server, signings, status=302)


def _timed(server: Server, requests: list[bytes], *, status: int) -> list[float]:
    answers = load.send(server, requests, concurrency=CONCURRENT)
    wrong = [answer for answer in answers if answer.status != status]
    if wrong:
        raise SystemExit(
            f"{len(wrong)} of {len(answers)} answers were not {status}; one of them:\n{wrong[0].raw.decode()}"
        )
    return [answer.seconds for answer in answers]


def _open_forms(
    server: Server, signers: list[User], *, path: str
) -> tuple[list[dict[str, str]], list[list[tuple[str, str]]]]:
    """Logs everybody in, opens the signing page and fills it in by hand of each; not measured."""
    jars = [{"sessionid": people.log_in(signer)} for signer in signers]
    pages = load.send(server, [load.request(server, path, cookies=jar) for jar in jars], concurrency=4)
    forms = []
    for seed, (jar, page) in enumerate(zip(jars, pages, strict=True)):
        if page.status != 200:
            raise SystemExit(f"the signing page answered {page.status}:\n{page.raw.decode()}")
        jar["csrftoken"] = page.cookie("csrftoken")
        parser = _SigningForm()
        parser.feed(page.body)
        forms.append([*parser.values, ("method", "drawn"), ("strokes", people.drawing(seed))])
    return jars, forms


class _SigningForm(HTMLParser):
    """Collects what a person sends who ticks every box: hidden fields and checkboxes of the signing form."""

    def __init__(self) -> None:
        super().__init__()
        self.values: list[tuple[str, str]] = []
        self._inside = False

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        if tag == "form":
            self._inside = "data-sign-form" in given
        elif (
            tag == "input"
            and self._inside
            and given.get("type") in {"hidden", "checkbox"}
            and given.get("name") != "strokes"
        ):
            self.values.append((given["name"] or "", given.get("value") or ""))
