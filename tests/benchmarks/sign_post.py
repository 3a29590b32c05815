"""Signing under load, held against a view that only inserts one row: both POSTs of it against two of the plainest ones.

50 people at a time, Postgres and Redis, two web processes in production settings; no Celery worker runs meanwhile. The views
are asked in turn, round by round, so that whatever else the machine does hits all, and both first POSTs are the same request
from the same people: the whole form with its strokes, so that the ratio is that of the work and not of the sending.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterator
from html.parser import HTMLParser

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from events.models import Event
from kolportal.accounts.models import User
from pledges.models import Pledge, Signature
from tests import factories
from tests.benchmarks.site import load, people
from tests.benchmarks.site.server import Server, running

CONCURRENT = 50
ROUNDS = 5
SIGNERS_PER_ROUND = 150
WARM_UP = 60
_CHECK = re.compile(
    r"^Location: (/pledges/[-a-z0-9]+/sign/check/[0-9a-f]{32}/)\r$", re.MULTILINE | re.IGNORECASE
)


def run() -> Iterator[tuple[str, float, str]]:
    """``sign_post_p95_ratio``: p95 of what each person waits for at both POSTs, over that at two inserts; p50 and p95 of both in
    milliseconds, and of each POST of signing by itself; ``sign_statements``: SQL statements of both, on this Postgres."""
    with running() as server:
        event = factories.event()
        pledge = people.pledge(event)
        _round(server, WARM_UP, event=event, pledge=pledge)
        inserted: list[float] = []
        prepared: list[float] = []
        completed: list[float] = []
        for _ in range(ROUNDS):
            insert, prepare, complete = _round(server, SIGNERS_PER_ROUND, event=event, pledge=pledge)
            inserted += insert
            prepared += prepare
            completed += complete
        signatures = Signature.objects.filter(pledge=pledge).count()
        if signatures != WARM_UP + ROUNDS * SIGNERS_PER_ROUND:
            raise SystemExit(f"{signatures} signatures were made: the figures would mean nothing")
        (signer,) = people.signers(1, event=event)
        preparing, completing = statements(signer, pledge=pledge)
    signed = [first + second for first, second in zip(prepared, completed, strict=True)]
    yield "sign_post_p95_ratio", p95(signed) / p95(inserted), "ratio"
    yield "sign_post_p50_ms", statistics.median(signed) * 1000, "ms"
    yield "sign_post_p95_ms", p95(signed) * 1000, "ms"
    yield "sign_prepare_p50_ms", statistics.median(prepared) * 1000, "ms"
    yield "sign_complete_p50_ms", statistics.median(completed) * 1000, "ms"
    yield "insert_post_p50_ms", statistics.median(inserted) * 1000, "ms"
    yield "insert_post_p95_ms", p95(inserted) * 1000, "ms"
    yield "sign_statements", len(preparing) + len(completing), "statements"


def p95(seconds: list[float]) -> float:
    """The 95th percentile."""
    return statistics.quantiles(seconds, n=20)[-1]


def statements(signer: User, *, pledge: Pledge) -> tuple[list[str], list[str]]:
    """The SQL of preparing and of completing, BEGIN and COMMIT among it, in this process by the site's own views."""
    client = Client(SERVER_NAME="localhost", headers={"accept-language": "vi"})
    client.cookies["sessionid"] = people.log_in(signer)
    path = f"/pledges/{pledge.slug}/sign/"
    form = _filled(client.get(path).content.decode(), seed=1)
    data: dict[str, list[str]] = {}
    for name, value in form:
        data.setdefault(name, []).append(value)
    with CaptureQueriesContext(connection) as preparing:
        check = client.post(path, data)
    with CaptureQueriesContext(connection) as completing:
        done = client.post(check["Location"])
    if "/receipts/" not in done["Location"]:
        raise SystemExit(f"this was no signing: {done['Location']}")
    return [query["sql"] for query in preparing], [query["sql"] for query in completing]


def _round(
    server: Server, number: int, *, event: Event, pledge: Pledge
) -> tuple[list[float], list[float], list[float]]:
    """Seconds that each of ``number`` people who never signed before waits for two inserts, for preparing, for completing."""
    signers = people.signers(number, event=event)
    path = f"/pledges/{pledge.slug}/sign/"
    jars, forms = _open_forms(server, signers, path=path)
    tokens = [[("csrfmiddlewaretoken", dict(form)["csrfmiddlewaretoken"])] for form in forms]
    inserts = [_posts(server, ["/bench/insert-one/"] * number, jars, bodies) for bodies in (forms, tokens)]
    first, second = (_timed(server, requests, status=204) for requests in inserts)
    inserted = [one.seconds + other.seconds for one, other in zip(first, second, strict=True)]
    prepared = _timed(server, _posts(server, [path] * number, jars, forms), status=302)
    checks = [found.group(1) for answer in prepared if (found := _CHECK.search(answer.raw.decode()))]
    if len(checks) != number:
        raise SystemExit(f"an attempt was not prepared:\n{prepared[0].raw.decode()}")
    completed = _timed(server, _posts(server, checks, jars, tokens), status=302)
    return inserted, [answer.seconds for answer in prepared], [answer.seconds for answer in completed]


def _posts(
    server: Server, paths: list[str], jars: list[dict[str, str]], forms: list[list[tuple[str, str]]]
) -> list[bytes]:
    return [
        load.request(server, path, cookies=jar, form=form)
        for path, jar, form in zip(paths, jars, forms, strict=True)
    ]


def _timed(server: Server, requests: list[bytes], *, status: int) -> list[load.Answer]:
    answers = load.send(server, requests, concurrency=CONCURRENT)
    wrong = [answer for answer in answers if answer.status != status]
    if wrong:
        raise SystemExit(
            f"{len(wrong)} of {len(answers)} answers were not {status}; one of them:\n{wrong[0].raw.decode()}"
        )
    return answers


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
        forms.append(_filled(page.body, seed=seed))
    return jars, forms


def _filled(page: str, *, seed: int) -> list[tuple[str, str]]:
    """What the form on this page sends when everything is answered."""
    parser = _SigningForm()
    parser.feed(page)
    return [*parser.values, ("of_age", "yes"), ("method", "drawn"), ("strokes", people.drawing(seed))]


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
