"""The public text pages: every version, digest, canonical form, what changed, whether signing is offered."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from kolportal.people.models import Person, SignerKind
from pledges.models import Edition, LegalReference, Pledge, PledgeState, Text, Undertaking
from pledges.text import Binds
from pledges.views.showing import shown
from tests import factories
from tests.clients import english_client

pytestmark = pytest.mark.django_db


def _read(path: str, *, client: Client | None = None) -> str:
    """A page's HTML with white space folded."""
    response = (client or Client()).get(path)
    assert response.status_code == 200, path
    return " ".join(response.content.decode().split())


def _page(pledge: Pledge, path: str = "", *, client: Client | None = None) -> str:
    return _read(f"/pledges/{pledge.slug}/{path}", client=client)


def _client_of(person: Person) -> Client:
    client = Client()
    assert person.user is not None
    client.force_login(person.user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def _edition(
    pledge: Pledge, number: int = 2, *, valid: tuple[int, int] | None = None, **fields: object
) -> Text:
    """A published edition. ``valid``: first and last day, counted from today."""
    today = timezone.localdate()
    days = {} if valid is None else {
        "valid_from": today + timedelta(days=valid[0]), "valid_until": today + timedelta(days=valid[1])
    }  # fmt: skip
    edition = factories.edition(pledge=pledge, number=number, **days)
    text = factories.draft_text(of=edition, **{"undertakings": 4, **fields})  # type: ignore[arg-type]  # handed through
    factories.freeze(edition)
    return Text.objects.get(pk=text.pk)


def _bound_pledge() -> Pledge:
    """Three undertakings: for all, for administrators, for KOL."""
    pledge = factories.pledge(languages=())
    draft = factories.draft_text(pledge=pledge)
    draft.undertakings.filter(position=2).update(binds=Binds.PAGE_ADMIN)
    draft.undertakings.filter(position=3).update(binds=Binds.KOL)
    factories.freeze(draft.edition)
    return pledge


# --- The text -----------------------------------------------------------------------------------------------------------


def test_page_shows_the_text_in_force_and_its_digest() -> None:
    pledge = factories.pledge()
    new = _edition(pledge, title="Bản cam kết mới")
    page = _page(pledge)
    assert "Bản cam kết mới" in page
    assert new.digest in page
    assert "<strong>các quy định</strong>" in page
    assert page.count("Kiểm tra thông tin trước khi chia sẻ") == 4
    assert f"/pledges/{pledge.slug}/1/vi/" in page
    assert f"/pledges/{pledge.slug}/changes/1/2/" in page


def test_older_version_stays_readable_and_says_that_it_is_older() -> None:
    pledge = factories.pledge()
    old = pledge.current_text()
    assert old is not None
    _edition(pledge)
    page = _page(pledge, "1/vi/")
    assert old.digest in page
    assert "Đây là phiên bản cũ" in page
    assert "Đọc và ký" not in page


def test_canonical_download_has_the_digest_that_is_shown() -> None:
    pledge = factories.pledge()
    text = pledge.current_text()
    assert text is not None
    response = Client().get(f"/pledges/{pledge.slug}/1/vi.json")
    assert hashlib.sha256(response.content).hexdigest() == text.digest
    assert json.loads(response.content)["title"] == text.title
    assert response.headers["Content-Disposition"] == f'attachment; filename="{pledge.slug}-1-vi.json"'


def test_english_reader_sees_the_english_text_and_reaches_the_vietnamese_one() -> None:
    pledge = factories.pledge(languages=("vi", "en"))
    page = _page(pledge, client=english_client())
    assert '<h1 lang="en">Test pledge</h1>' in page
    assert "Version 1, English" in page
    assert f'href="/pledges/{pledge.slug}/1/vi/"' in page


def test_newer_version_in_vietnamese_alone_is_what_everybody_reads() -> None:
    pledge = factories.pledge(languages=("vi", "en"))
    new = _edition(pledge, title="Bản cam kết mới")
    assert f'<h1 lang="vi">{new.title}</h1>' in _page(pledge, client=english_client())


@pytest.mark.parametrize("path", ["", "1/vi/", "1/vi.json", "changes/1/2/"])
def test_draft_pledge_is_not_public(path: str) -> None:
    pledge = factories.pledge(state=PledgeState.DRAFT)
    _edition(pledge)
    client = _client_of(factories.person())
    assert client.get(f"/pledges/{pledge.slug}/{path}").status_code == 404


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
    factories.draft_text(of=factories.edition(pledge=pledge, number=2))
    assert Client().get(f"/pledges/{pledge.slug}/{path}").status_code == 404


def test_text_of_an_administrator_is_never_markup_or_template() -> None:
    hostile = "<script>alert(1)</script> {{ 7|add:7 }} {% now 'Y' %} [x](javascript:alert(1))"
    pledge = factories.pledge(languages=())
    draft = factories.draft_text(pledge=pledge, preamble=hostile, closing=hostile, title="<b>Tiêu đề</b>")
    Undertaking.objects.filter(text=draft, position=1).update(body=hostile)
    law = LegalReference.objects.create(title="<b>Luật</b>", number="{{ 1 }}", issued_date="2025-01-01")
    draft.undertakings.get(position=1).legal_references.add(law)
    factories.freeze(draft.edition)
    _edition(pledge, preamble=f"{hostile} thêm")
    for path in ("1/vi/", "changes/1/2/"):
        page = _page(pledge, path)
        assert "<script>alert" not in page
        assert "<b>" not in page
        assert "{{ 7|add:7 }}" in page
        assert 'href="javascript' not in page


def test_page_costs_the_same_for_few_versions_and_many() -> None:
    pledge = factories.pledge()
    person = factories.person()
    client = _client_of(person)
    counts = []
    for number in range(2, 8):
        _edition(pledge, number)
        with CaptureQueriesContext(connection) as queries:
            _page(pledge, client=client)
        counts.append(len(queries))
    # Session, account, the text in force, all texts, the person, signature, decline, whether it can be signed.
    assert counts[0] == counts[-1] <= 8


# --- Laws, and whom an undertaking binds ------------------------------------------------------------------------------------


def test_every_law_of_an_undertaking_is_shown_as_it_stood() -> None:
    pledge = factories.pledge(languages=())
    draft = factories.draft_text(pledge=pledge)
    draft.undertakings.get(position=1).legal_references.set(
        [
            LegalReference.objects.create(
                title="Bộ quy tắc ứng xử",
                number="423/QĐ-BVHTTDL",
                issued_date="2026-03-05",
                in_force_date="2026-03-05",
            ),
            LegalReference.objects.create(title="Luật thử", number="20/2023/QH15", issued_date="2023-06-22"),
        ]
    )
    factories.freeze(draft.edition)
    LegalReference.objects.update(title="Tên khác")
    page = _page(pledge, client=english_client())
    first = "Bộ quy tắc ứng xử (số 423/QĐ-BVHTTDL ngày 05/03/2026; có hiệu lực từ ngày 05/03/2026)"
    second = "Luật thử (số 20/2023/QH15 ngày 22/06/2023"
    assert page.index(first) < page.index(second)
    assert f"{second}; có hiệu lực" not in page


def test_page_says_whom_an_undertaking_binds_in_the_language_of_the_text() -> None:
    page = _page(_bound_pledge(), client=english_client())
    assert "Áp dụng cho: quản trị viên trang, nhóm, kênh" in page
    assert page.count("Áp dụng cho:") == 2


@pytest.mark.parametrize(
    ("kind", "asked"), [(None, (1, 2, 3)), ("both", (1, 2, 3)), ("page_admin", (1, 2)), ("kol", (1, 3))]
)
def test_only_undertakings_that_bind_this_person_are_asked(kind: str | None, asked: tuple[int, ...]) -> None:
    text = _bound_pledge().current_text()
    assert text is not None
    binding = text.content.binding(kind, runs_pages=False) if kind else None
    page = shown(text.content, binding)
    assert tuple(item.position for item in page.asked) == asked
    assert len(page.undertakings) == 3


def test_start_of_the_page_says_how_many_undertakings_it_takes() -> None:
    pledge = _bound_pledge()
    sentence = "Để ký, cần đánh dấu đủ {} nội dung."
    for kind, count in ((SignerKind.BOTH, 3), (SignerKind.KOL, 2)):
        page = _page(pledge, client=_client_of(factories.person(kind=kind)))
        assert page.index(sentence.format(count)) < page.index('class="pledge-text"')
    assert "Để ký, cần đánh dấu đủ các nội dung áp dụng cho anh/chị." in _page(pledge)
    assert sentence.format(3) in _page(factories.pledge())


# --- What changed -----------------------------------------------------------------------------------------------------------


def test_changes_are_marked_in_words_and_elements() -> None:
    pledge = factories.pledge()
    _edition(
        pledge,
        closing="Tôi tự nguyện và ký bản cam kết này.",
        preamble="Tôi đã đọc các quy định nêu dưới đây.",
    )
    page = _page(pledge, "changes/1/2/")
    hidden = '<span class="visually-hidden">'
    assert re.search(rf"<ins>{hidden}\[thêm: </span> ?và ?{hidden}\]</span></ins>", page)
    assert re.search(rf"<del>{hidden}\[bỏ: </span> ?và hiểu ?{hidden}\]</span></del>", page)
    assert "Nội dung 4 (mới)" in page
    assert page.count("không đổi") == 4  # the title and three undertakings


def test_changes_can_be_read_backwards() -> None:
    pledge = factories.pledge()
    _edition(pledge)
    assert "Nội dung 4 cũ (đã bỏ)" in _page(pledge, "changes/2/1/")


def test_change_of_whom_an_undertaking_binds_is_shown() -> None:
    pledge = factories.pledge()
    draft = factories.draft_text(of=factories.edition(pledge=pledge, number=2))
    draft.undertakings.filter(position=2).update(binds=Binds.PAGE_ADMIN)
    factories.freeze(draft.edition)
    page = _page(pledge, "changes/1/2/")
    assert re.search(r"<del>.*mọi người ký.*</del> <ins>.*quản trị viên trang, nhóm, kênh.*</ins>", page)
    assert page.count("không đổi") == 5


# --- Own standing, and whether signing is offered -----------------------------------------------------------------------------


def test_page_shows_the_own_standing_and_nobody_elses() -> None:
    person = factories.person()
    signature = factories.signature(signer=person)
    page = _page(signature.pledge, client=_client_of(person))
    assert "anh/chị đã ký cam kết này." in page
    assert signature.reference in page
    stranger = _page(signature.pledge)
    assert "anh/chị đã ký" not in stranger
    assert person.full_name not in stranger


def test_account_that_has_not_said_who_it_is_reads_the_page() -> None:
    client = Client()
    client.force_login(factories.user(), backend="allauth.account.auth_backends.AuthenticationBackend")
    assert "Đọc và ký" in _page(factories.pledge(), client=client)


def test_closed_pledge_can_be_read_but_offers_no_signing() -> None:
    page = _page(factories.pledge(state=PledgeState.CLOSED))
    assert "ngừng ký" in page.lower()
    assert "Đọc và ký" not in page
    assert "Để ký" not in page


def test_validity_is_shown() -> None:
    pledge = factories.pledge(languages=())
    _edition(pledge, 1, valid=(0, 0))
    today = timezone.localdate()
    assert f"{today:%d/%m/%Y} – {today:%d/%m/%Y}" in _page(pledge)


@pytest.mark.parametrize(
    ("state", "valid", "can"),
    [
        (PledgeState.OPEN, None, True),
        (PledgeState.OPEN, (0, 0), True),
        (PledgeState.OPEN, (-9, -1), False),
        (PledgeState.OPEN, (1, 9), False),
        (PledgeState.CLOSED, (-9, 9), False),
        (PledgeState.DRAFT, (-9, 9), False),
    ],
)
def test_one_place_says_what_can_be_signed(
    state: PledgeState, valid: tuple[int, int] | None, can: bool
) -> None:
    pledge = factories.pledge(languages=(), state=state)
    _edition(pledge, 1, valid=valid)
    assert Pledge.objects.signable(at=timezone.now()).filter(pk=pledge.pk).exists() is can
    if state != PledgeState.DRAFT:
        page = _page(pledge)
        assert ("Đọc và ký" in page) is can
        assert ("Để ký, cần đánh dấu đủ" in page) is can


@pytest.mark.parametrize("valid", [(-9, -1), (1, 9)])
def test_page_of_a_pledge_outside_its_validity_says_so(valid: tuple[int, int]) -> None:
    pledge = factories.pledge(languages=())
    _edition(pledge, 1, valid=valid)
    assert "ngoài thời hạn hiệu lực" in _page(pledge)


def test_newest_edition_counts_even_where_an_older_one_is_still_valid() -> None:
    pledge = factories.pledge()
    _edition(pledge, valid=(-9, -1))
    assert not Pledge.objects.signable(at=timezone.now()).exists()
    assert "Đọc và ký" not in _page(pledge)
    assert "Đọc và ký" not in _page(pledge, "1/vi/")


@pytest.mark.parametrize("language", ["vi", "en"])
def test_many_pledges_show_the_texts_that_each_shows_by_itself_in_one_query(
    language: str, django_assert_num_queries: Any
) -> None:
    both, vietnamese = factories.pledge(languages=("vi", "en")), factories.pledge()
    renewed = factories.pledge(languages=("vi", "en"))
    _edition(renewed)
    pledges = [both, vietnamese, renewed]
    with django_assert_num_queries(1):
        found = Text.objects.in_force_of(pledges, language=language)
    assert found == {pledge.pk: pledge.current_text(language) for pledge in pledges}
    with django_assert_num_queries(0):
        assert Text.objects.in_force_of([]) == {}


def test_draft_of_a_next_edition_changes_nothing_for_signers() -> None:
    pledge = factories.pledge()
    factories.draft_text(of=factories.edition(pledge=pledge, number=2))
    assert Pledge.objects.signable(at=timezone.now()).get() == pledge


# --- Laws that have ended -----------------------------------------------------------------------------------------------------


def test_open_pledge_that_cites_an_ended_law_is_found_from_the_day_on() -> None:
    now = timezone.now()
    today = timezone.localdate(now)
    law = LegalReference.objects.create(
        title="Luật thử", number="24/2018", issued_date="2018-06-12", ended_date=today
    )
    pledge = factories.pledge(languages=())
    draft = factories.draft_text(pledge=pledge)
    draft.undertakings.get(position=2).legal_references.add(law)
    factories.freeze(draft.edition)
    factories.pledge()
    cited = Pledge.objects.citing_ended_laws
    assert cited(at=now).get() == pledge
    assert not cited(at=now - timedelta(days=1)).exists()
    Pledge.objects.filter(pk=pledge.pk).update(state=PledgeState.CLOSED)
    assert not cited(at=now).exists()
    Pledge.objects.filter(pk=pledge.pk).update(state=PledgeState.OPEN)
    _edition(pledge)  # cites nothing
    assert not cited(at=now).exists()
    assert Edition.objects.in_force_each().filter(pledge=pledge).get().number == 2


# --- What the reader did before -------------------------------------------------------------------------------------------


def _english_of(person: Person) -> Client:
    client = english_client()
    assert person.user is not None
    client.force_login(person.user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def test_whoever_signed_an_older_version_reads_which_and_what_changed_since() -> None:
    pledge, person = factories.pledge(), factories.person()
    factories.signature(of=pledge, signer=person)
    client = _english_of(person)
    assert "/changes/" not in _page(pledge, client=client)
    _edition(pledge)
    page = _page(pledge, client=client)
    assert "Version 1, Vietnamese." in page
    assert f'<a href="/pledges/{pledge.slug}/changes/1/2/">See what has changed since</a>' in page


def test_after_a_withdrawal_the_page_says_so_until_it_is_signed_again() -> None:
    pledge, person = factories.pledge(), factories.person()
    withdrawn = factories.withdraw(factories.signature(of=pledge, signer=person))
    client = _english_of(person)
    page = _page(pledge, client=client)
    assert "you withdrew the pledge that you had signed (Version 1, Vietnamese)." in page
    assert withdrawn.reference in page
    factories.signature(of=pledge, signer=person)
    assert "you withdrew" not in _page(pledge, client=client)
