"""The public text pages: every version, digest, canonical form, what changed."""

from __future__ import annotations

import hashlib
import json
import re

import pytest
from django.test import Client
from django.utils import timezone

from pledges.models import LegalReference, Pledge, PledgeState, PledgeVersion, Undertaking
from tests import factories
from tests.pledges.signing_pages import Person, text_of

pytestmark = pytest.mark.django_db


def _second(pledge: Pledge, **fields: object) -> PledgeVersion:
    return factories.freeze(factories.draft_version(pledge=pledge, number=2, **{"undertakings": 4, **fields}))  # type: ignore[arg-type]  # handed through


def test_page_shows_the_text_in_force_and_its_digest() -> None:
    pledge = factories.pledge()
    new = _second(pledge, title="Bản cam kết mới")
    page = text_of(Client().get(f"/pledges/{pledge.slug}/"))
    assert "Bản cam kết mới" in page
    assert new.digest in page
    assert "<strong>các quy định</strong>" in page
    assert page.count("Kiểm tra thông tin trước khi chia sẻ") == 4
    assert f"/pledges/{pledge.slug}/1/vi/" in page
    assert f"/pledges/{pledge.slug}/changes/1/2/" in page


def test_older_version_stays_readable_and_says_that_it_is_older() -> None:
    pledge = factories.pledge()
    old = pledge.current_version()
    assert old is not None
    _second(pledge)
    page = text_of(Client().get(f"/pledges/{pledge.slug}/1/vi/"))
    assert old.digest in page
    assert "Đây là phiên bản cũ" in page
    assert "Đọc và ký" not in page


def test_canonical_download_has_the_digest_that_is_shown() -> None:
    pledge = factories.pledge()
    version = pledge.current_version()
    assert version is not None
    response = Client().get(f"/pledges/{pledge.slug}/1/vi.json")
    assert hashlib.sha256(response.content).hexdigest() == version.digest
    assert json.loads(response.content)["title"] == version.title
    assert response.headers["Content-Disposition"] == f'attachment; filename="{pledge.slug}-1-vi.json"'


def test_english_reader_sees_the_english_text() -> None:
    pledge = factories.pledge(languages=("vi", "en"))
    client = Client()
    client.cookies["django_language"] = "en"
    assert '<h1 lang="en">Test pledge</h1>' in text_of(client.get(f"/pledges/{pledge.slug}/"))


@pytest.mark.parametrize("path", ["", "1/vi/", "1/vi.json", "changes/1/2/", "sign/"])
def test_draft_pledge_is_not_public(path: str) -> None:
    pledge = factories.pledge(state=PledgeState.DRAFT)
    _second(pledge)
    assert Person(pledge=pledge).client.get(f"/pledges/{pledge.slug}/{path}").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "2/vi/",
        "2/vi.json",
        "1/en/",
        "1/xx/",
        "9/vi.json",
        "changes/1/2/",
        "changes/1/1/",
        "changes/1/9/",
        f"changes/1/{10**20}/",
        f"{10**20}/vi/",
    ],
)
def test_unpublished_and_unknown_versions_do_not_exist(path: str) -> None:
    pledge = factories.pledge()
    factories.draft_version(pledge=pledge, number=2)
    assert Client().get(f"/pledges/{pledge.slug}/{path}").status_code == 404


def test_changes_are_marked_in_words_and_elements() -> None:
    pledge = factories.pledge()
    _second(
        pledge,
        closing="Tôi tự nguyện và ký bản cam kết này.",
        preamble="Tôi đã đọc các quy định nêu dưới đây.",
    )
    page = text_of(Client().get(f"/pledges/{pledge.slug}/changes/1/2/"))
    hidden = '<span class="visually-hidden">'
    assert re.search(rf"<ins>{hidden}\[thêm: </span> ?và ?{hidden}\]</span></ins>", page)
    assert re.search(rf"<del>{hidden}\[bỏ: </span> ?và hiểu ?{hidden}\]</span></del>", page)
    assert "Nội dung 4 (mới)" in page
    assert page.count("không đổi") == 4  # the title and three undertakings


def test_changes_can_be_read_backwards() -> None:
    pledge = factories.pledge()
    _second(pledge)
    assert "Nội dung 4 cũ (đã bỏ)" in text_of(Client().get(f"/pledges/{pledge.slug}/changes/2/1/"))


def test_text_of_an_administrator_is_never_markup_or_template() -> None:
    hostile = "<script>alert(1)</script> {{ 7|add:7 }} {% now 'Y' %} [x](javascript:alert(1))"
    pledge = factories.pledge(languages=())
    draft = factories.draft_version(pledge=pledge, preamble=hostile, closing=hostile, title="<b>Tiêu đề</b>")
    Undertaking.objects.filter(version=draft, position=1).update(text=hostile)
    factories.freeze(draft)
    _second(pledge, preamble=f"{hostile} thêm")
    person = Person(pledge=pledge)
    for path in ("1/vi/", "changes/1/2/", "sign/"):
        page = person.client.get(f"/pledges/{pledge.slug}/{path}").content.decode()
        assert "<script>alert" not in page
        assert "<b>Tiêu" not in page
        assert "{{ 7|add:7 }}" in page
        assert 'href="javascript' not in page


def test_legal_reference_is_shown_as_it_stood() -> None:
    law = LegalReference.objects.create(
        title="Bộ quy tắc ứng xử",
        number="423/QĐ-BVHTTDL",
        issued_date="2026-03-05",
        in_force_date="2026-03-05",
    )
    pledge = factories.pledge(languages=())
    draft = factories.draft_version(pledge=pledge)
    Undertaking.objects.filter(version=draft, position=1).update(legal_reference=law)
    factories.freeze(draft)
    LegalReference.objects.update(number="1/2030")
    page = text_of(Client().get(f"/pledges/{pledge.slug}/"))
    assert "Bộ quy tắc ứng xử, 423/QĐ-BVHTTDL (05/03/2026; hiệu lực từ 05/03/2026)" in page


def test_page_shows_the_own_standing_and_nobody_elses() -> None:
    person = Person()
    person.send()
    address = f"/pledges/{person.pledge.slug}/"
    assert "Anh/chị đã ký cam kết này lúc" in text_of(person.client.get(address))
    stranger = text_of(Client().get(address))
    assert "Anh/chị đã ký" not in stranger
    assert person.profile.full_name not in stranger


def test_closed_pledge_can_be_read_but_offers_no_signing() -> None:
    pledge = factories.pledge(state=PledgeState.CLOSED)
    page = text_of(Client().get(f"/pledges/{pledge.slug}/"))
    assert "Việc ký cam kết này đã đóng." in page
    assert "Đọc và ký" not in page


def test_validity_is_shown() -> None:
    pledge = factories.pledge(languages=())
    today = timezone.localdate()
    factories.freeze(factories.draft_version(pledge=pledge, valid_from=today, valid_until=today))
    assert f"{today:%d/%m/%Y} – {today:%d/%m/%Y}" in text_of(Client().get(f"/pledges/{pledge.slug}/"))
