"""The pages as they would be printed: drawn behind everything else, shown to their person, and never needed to sign."""

from __future__ import annotations

import io

import pypdfium2
import pytest
from django.utils import timezone

from kolportal.work import queue
from kolportal.work.models import Work
from pledges.kinds import PREVIEW, SEAL
from tests import factories
from tests.pledges.signing_pages import DRAWN, Person, receipt_url, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.servers]


def _asked(person: Person, *, method: str = "typed") -> str:
    """Where the preview of a new attempt is, which was asked for."""
    check = person.prepare(method=method, strokes=DRAWN)
    assert f'action="{check.replace("/check/", "/preview/")}"' in text_of(person.client.get(check))
    url = check.replace("/check/", "/preview/")
    assert person.client.post(url).headers["Location"] == url
    return url


def _text_of_pdf(data: bytes) -> str:
    pages = pypdfium2.PdfDocument(io.BytesIO(data))
    return " ".join(" ".join(page.get_textpage().get_text_range().split()) for page in pages)


def test_worker_draws_what_will_be_signed_marked_as_a_specimen() -> None:
    person = Person(row=factories.person(full_name="Nguyễn Thị Xem Trước"))
    url = _asked(person)
    assert "data-final" not in text_of(person.client.get(f"{url}state"))
    assert person.client.get(f"{url}pdf").status_code == 404
    queue.sweep()
    assert "data-final" in text_of(person.client.get(f"{url}state"))
    response = person.client.get(f"{url}pdf")
    assert response.headers["Content-Type"] == "application/pdf"
    assert "no-store" in response.headers["Cache-Control"]
    text = _text_of_pdf(response.content)
    assert "Nguyễn Thị Xem Trước" in text
    assert "BẢN MẪU" in text
    assert person.text.title.upper() in text


def test_drawn_signature_is_drawn_too() -> None:
    person = Person()
    url = _asked(person, method="drawn")
    queue.sweep()
    assert person.client.get(f"{url}pdf").content.startswith(b"%PDF-")


def test_looking_asks_for_nothing() -> None:
    person = Person()
    url = person.prepare().replace("/check/", "/preview/")
    for path in (url, f"{url}state", f"{url}pdf"):
        person.client.get(path)
    assert not Work.objects.exists()


def test_signing_waits_for_no_preview_and_sealing_goes_first() -> None:
    person = Person()
    url = _asked(person)
    assert PREVIEW.priority > SEAL.priority
    person.client.post(url.replace("/preview/", "/check/"))
    signature = person.signatures().get()
    # Of the attempt that has led to a signature nothing is drawn any more.
    work = Work.objects.get(kind=PREVIEW.name)
    assert queue.run(work.pk, at=timezone.now())
    assert person.attempts().get().preview is None
    assert person.client.get(url).status_code == 410
    assert person.client.get(f"{url}pdf").status_code == 404
    assert person.client.get(receipt_url(signature)).status_code == 200


def test_pages_go_with_what_was_typed() -> None:
    person = Person()
    _asked(person)
    queue.sweep()
    assert person.attempts().get().preview is not None
    person.client.post(person.decline_url)
    assert person.attempts().get().preview is None


def test_pages_that_cannot_be_drawn_are_told_and_signing_goes_on() -> None:
    person = Person()
    url = _asked(person)
    Work.objects.filter(kind=PREVIEW.name).update(parked_at=timezone.now(), error="RenderingError")
    page = text_of(person.client.get(url))
    assert "data-final" in page
    assert "RenderingError" not in page
    assert person.client.post(url.replace("/preview/", "/check/")).status_code == 302
    assert person.signatures().count() == 1


def test_preview_of_another_person_does_not_exist() -> None:
    person, other = Person(), Person()
    url = _asked(person)
    queue.sweep()
    for path in (url, f"{url}state", f"{url}pdf"):
        assert other.client.get(path).status_code == 404
    assert other.client.post(url).status_code == 404
