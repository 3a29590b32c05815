"""The list of signed pledges: who sees what, how it is found, and every way to a file."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from kolportal.accounts import roles
from kolportal.accounts.models import User
from kolportal.accounts.roles import Role
from kolportal.audit.models import AuditEvent
from kolportal.people.models import Platform, SignerKind
from kolportal.privacy.signers import erase_signers
from kolportal.work.models import Work
from pledges import signing
from pledges.models import Document, Factor, Pledge, Signature
from tests import factories
from tests.clients import english_client
from tests.pledges.sealed import file_of, seal, sealed_signature

pytestmark = [pytest.mark.django_db, pytest.mark.servers]

LIST = "admin:pledges_signature_changelist"
ALL = "admin:pledges_signature_download_all"


@pytest.fixture(autouse=True)
def _roles() -> Any:
    roles.sync()
    with translation.override("en"):
        yield


@pytest.fixture
def pledge() -> Pledge:
    """A pledge kept by the unit whose staff is asked below."""
    return factories.pledge(asked_at=factories.event())


def _login(role: Role | None, *, of: Pledge | None) -> tuple[Client, User]:
    user = factories.user(is_staff=True, name="Cán bộ thử")
    if role:
        roles.grant(user, role)
    if of:
        of.unit.members.add(user)
    client = english_client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client, user


@pytest.fixture
def official(pledge: Pledge) -> Client:
    """An official of the pledge's unit."""
    return _login(Role.OFFICIAL, of=pledge)[0]


def _detail(signature: Signature) -> str:
    return reverse("admin:pledges_signature_change", args=[signature.pk])


def _download(signature: Signature) -> str:
    return reverse("admin:pledges_signature_download", args=[signature.pk])


def _shown(client: Client, **query: str) -> list[str]:
    """The names in the list, in its order."""
    response = client.get(reverse(LIST), query)
    assert response.status_code == 200
    return [str(signature.particulars) for signature in response.context["cl"].result_list]


def _named(pledge: Pledge, name: str, **options: Any) -> Signature:
    fields = {key: options.pop(key) for key in ("stage_name", "kind", "commune_code") if key in options}
    return factories.signature(of=pledge, signer=factories.person(full_name=name, **fields), **options)


# --- Who may what -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "listed", "downloaded"),
    [
        (Role.OFFICIAL, 200, 200),
        (Role.ORGANISER, 200, 403),
        (Role.STEWARD, 403, 403),
        (Role.ADMINISTRATOR, 403, 403),
        (None, 403, 403),
    ],
)
def test_each_role_gets_what_the_table_says(
    pledge: Pledge, role: Role | None, listed: int, downloaded: int
) -> None:
    signature = sealed_signature(of=pledge)
    client, _user = _login(role, of=pledge)
    assert client.get(reverse(LIST)).status_code == listed
    assert client.get(_detail(signature)).status_code == listed
    assert client.post(_download(signature)).status_code == downloaded
    assert client.get(reverse(ALL)).status_code == downloaded
    assert client.post(reverse(ALL)).status_code == downloaded


def test_another_units_signature_does_not_exist(pledge: Pledge) -> None:
    signature = sealed_signature(of=pledge)
    stranger, _user = _login(Role.OFFICIAL, of=factories.pledge())
    assert _shown(stranger) == []
    assert stranger.get(_detail(signature)).status_code == 404
    assert stranger.post(_download(signature)).status_code == 404
    body = b"".join(stranger.post(reverse(ALL)).streaming_content)  # type: ignore[attr-defined]  # a streaming response
    assert zipfile.ZipFile(io.BytesIO(body)).namelist() == ["index.csv"]
    assert not AuditEvent.objects.filter(action="document.downloaded").exists()


def test_nobody_without_login_gets_anything(client: Client, pledge: Pledge) -> None:
    signature = sealed_signature(of=pledge)
    for response in (
        client.get(reverse(LIST)),
        client.get(_detail(signature)),
        client.post(_download(signature)),
    ):
        assert response.status_code == 302
        assert "login" in response["Location"]


def test_official_can_change_nothing(official: Client, pledge: Pledge) -> None:
    signature = sealed_signature(of=pledge)
    assert official.get(reverse("admin:pledges_signature_add")).status_code == 403
    assert official.get(reverse("admin:pledges_signature_delete", args=[signature.pk])).status_code == 403
    assert official.post(_detail(signature), {"full_name": "Another"}).status_code == 403
    assert Signature.objects.get(pk=signature.pk).particulars.full_name != "Another"


def test_superuser_can_change_nothing_either(pledge: Pledge) -> None:
    signature = sealed_signature(of=pledge)
    client = Client()
    client.force_login(
        User.objects.create_superuser("goc@example.com"),
        backend="allauth.account.auth_backends.AuthenticationBackend",
    )
    assert client.get(reverse("admin:pledges_signature_add")).status_code == 403
    assert client.get(reverse("admin:pledges_signature_delete", args=[signature.pk])).status_code == 403
    assert client.post(_detail(signature), {"full_name": "Another"}).status_code == 403


def test_organiser_sees_progress_but_no_evidence(pledge: Pledge) -> None:
    signature = sealed_signature(of=pledge, ip_address="203.0.113.9", user_agent="Mozilla/5.0 (test)")
    organiser, _user = _login(Role.ORGANISER, of=pledge)
    page = organiser.get(_detail(signature)).content.decode()
    assert signature.particulars.full_name in page
    assert "203.0.113.9" not in page
    assert "Mozilla/5.0 (test)" not in page
    assert signature.particulars.consent_text not in page


def test_official_sees_the_evidence_and_who_downloaded(official: Client, pledge: Pledge) -> None:
    signature = sealed_signature(of=pledge, ip_address="203.0.113.9", user_agent="Mozilla/5.0 (test)")
    official.post(_download(signature))
    page = official.get(_detail(signature)).content.decode()
    for words in (
        "203.0.113.9",
        "Mozilla/5.0 (test)",
        signature.particulars.consent_text,
        "<svg",
        "Cán bộ thử",
        file_of(signature).sha256,
        "n***@example.com",
    ):
        assert words in page


def test_official_sees_which_steward_saw_the_person(official: Client, pledge: Pledge) -> None:
    attempt = factories.attempt(of=pledge)
    steward = factories.user(name="Cán bộ Cửa")
    proof = factories.proved(
        attempt.digest, factor=Factor.IN_PERSON, contact="", steward_id=steward.pk, gate="Cửa A"
    )
    signature = signing.complete(attempt=attempt, proof=proof, at=timezone.now()).signature
    page = official.get(_detail(signature)).content.decode()
    assert "seen in person, Cán bộ Cửa, Cửa A" in page


# --- Finding ------------------------------------------------------------------------------------------------------------


def test_list_is_sorted_by_given_name(official: Client, pledge: Pledge) -> None:
    for name in ("Nguyễn Văn Đức", "Trần Thị Ánh", "Đỗ Bích", "Lê Duy"):
        _named(pledge, name)
    assert _shown(official) == ["Trần Thị Ánh", "Đỗ Bích", "Lê Duy", "Nguyễn Văn Đức"]


@pytest.mark.parametrize("typed", ["nguyen duc", "ĐỨC Nguyễn", "duc review", "đức"])
def test_search_knows_no_accents_and_no_order(official: Client, pledge: Pledge, typed: str) -> None:
    _named(pledge, "Nguyễn Văn Đức", stage_name="Đức Review")
    _named(pledge, "Trần Thị Ánh")
    assert _shown(official, q=typed) == ["Nguyễn Văn Đức"]


def test_search_finds_a_reference_code_as_it_is_read_out(official: Client, pledge: Pledge) -> None:
    wanted, _other = _named(pledge, "Nguyễn Văn Đức"), _named(pledge, "Trần Thị Ánh")
    assert _shown(official, q=wanted.reference_grouped.lower()) == ["Nguyễn Văn Đức"]


@pytest.mark.parametrize("typed", ["%", "_", "'; DROP TABLE", "🎵" * 50])
def test_odd_search_terms_find_nobody(official: Client, pledge: Pledge, typed: str) -> None:
    _named(pledge, "Trần Thị Ánh")
    assert _shown(official, q=typed) == []


def test_filters_narrow_the_list(official: Client, pledge: Pledge) -> None:
    event = pledge.events.get()
    tiktok = factories.person(full_name="Lê An", kind=SignerKind.BOTH, commune_code="04795")
    channels = [
        factories.channel(person=tiktok, platform=Platform.TIKTOK, url=f"https://www.tiktok.com/@an{number}")
        for number in range(2)
    ]
    factories.signature(of=pledge, signer=tiktok, channel_ids=[channel.pk for channel in channels])
    sealed_signature(of=pledge, signer=factories.person(full_name="Lê Bình", kind=SignerKind.KOL))
    withdrawn = _named(pledge, "Lê Chi", kind=SignerKind.KOL)
    factories.withdraw(withdrawn)
    parked = _named(pledge, "Lê Dung", kind=SignerKind.KOL)
    Work.objects.filter(subject=parked.document.pk).update(parked_at=timezone.now())
    erased = _named(pledge, "Lê Giang", kind=SignerKind.KOL)
    erase_signers([erased.pk], actor_id=None, at=timezone.now())
    text = pledge.current_text()
    assert text is not None
    here = ["Lê An", "Lê Bình", "Lê Chi", "Lê Dung"]
    nameless = f"#{erased.pk}"
    everybody = [*here, nameless]
    expected: list[tuple[dict[str, str], list[str]]] = [
        ({"pledge": str(pledge.pk)}, everybody),
        ({"version": str(text.pk)}, everybody),
        ({"event": str(event.pk)}, []),
        ({"kind__exact": "both"}, ["Lê An"]),
        ({"platform": "tiktok"}, ["Lê An"]),
        ({"platform": "zalo"}, []),
        ({"commune": "04795"}, here),
        ({"standing": "active"}, ["Lê An", "Lê Bình", "Lê Dung", nameless]),
        ({"standing": "sealed"}, ["Lê Bình"]),
        ({"standing": "pending"}, ["Lê An"]),
        ({"standing": "parked"}, ["Lê Dung"]),
        ({"standing": "withdrawn"}, ["Lê Chi"]),
        ({"standing": "superseded"}, []),
        ({"standing": "erased"}, [nameless]),
        ({"platform": "tiktok", "standing": "sealed"}, []),
    ]
    for query, names in expected:
        assert _shown(official, **query) == names, query


@pytest.mark.parametrize(
    "query", [{"pledge": "999"}, {"event": "x"}, {"standing": "nonsense"}, {"commune": "' OR 1=1"}]
)
def test_unknown_choice_shows_nobody_rather_than_everybody(
    official: Client, pledge: Pledge, query: dict[str, str]
) -> None:
    _named(pledge, "Lê An")
    assert _shown(official, **query) == []


@pytest.mark.parametrize(
    "query",
    [
        {"circumstances__ip_address__startswith": "203"},
        {"email__startswith": "n"},
        {"person__user__password": "x"},
        {"particulars__email__startswith": "n"},
    ],
)
def test_columns_that_are_no_filter_cannot_be_probed(
    official: Client, pledge: Pledge, query: dict[str, str]
) -> None:
    factories.signature(of=pledge, ip_address="203.0.113.9")
    assert official.get(reverse(LIST), query).status_code == 400
    assert official.get(reverse(ALL), query).status_code == 400


def test_period_counts_whole_days_in_vietnam(official: Client, pledge: Pledge) -> None:
    _named(pledge, "Lê An")
    today = timezone.localdate()
    yesterday, tomorrow = today - timedelta(days=1), today + timedelta(days=1)
    assert _shown(official, signed_at_from=f"{today:%d/%m/%Y}", signed_at_to=f"{today:%d/%m/%Y}") == ["Lê An"]
    assert _shown(official, signed_at_from=f"{tomorrow:%d/%m/%Y}") == []
    assert _shown(official, signed_at_to=f"{yesterday:%d/%m/%Y}") == []
    assert _shown(official, signed_at_from="32/13/2025") == []
    assert _shown(official, signed_at_to="31/12/9999") == []


def test_period_reads_the_day_first(official: Client, pledge: Pledge) -> None:
    """10/09 is September 10; read the American way it would be October 9, and nobody would be shown."""
    _named(pledge, "Lê An")
    day = timezone.localdate() - timedelta(days=1)
    vietnamese = Client()
    vietnamese.cookies = official.cookies
    response = vietnamese.get(reverse(LIST), {"signed_at_from": f"{day:%d/%m/%Y}"})
    assert [str(signature.particulars) for signature in response.context["cl"].result_list] == ["Lê An"]


def test_list_costs_the_same_for_one_row_and_for_forty(official: Client, pledge: Pledge) -> None:
    counts = []
    for number in (1, 39):
        for _ in range(number):
            sealed_signature(of=pledge)
        official.get(reverse(LIST))
        with CaptureQueriesContext(connection) as queries:
            official.get(reverse(LIST))
        counts.append(len(queries))
    # Session, account, permissions (two), the units' choices of three filters, one count, the page, its documents and files.
    assert counts[0] == counts[1] <= 14


def test_page_of_one_costs_a_fixed_number_of_queries(official: Client, pledge: Pledge) -> None:
    signer = factories.person()
    channels = [factories.channel(person=signer).pk for _number in range(3)]
    signature = sealed_signature(of=pledge, signer=signer, channel_ids=channels)
    for _number in range(2):
        official.post(_download(signature))
    official.get(_detail(signature))
    with CaptureQueriesContext(connection) as queries:
        official.get(_detail(signature))
    # Session, account, permissions (two), the act with its parts, document, files, channels, proofs, downloads, who had them.
    assert len(queries) <= 11


# --- Files --------------------------------------------------------------------------------------------------------------


def test_one_pdf_is_downloaded_and_the_signer_can_see_it(official: Client, pledge: Pledge) -> None:
    signature = sealed_signature(
        of=pledge, data=b"%PDF-1.7 one", signer=factories.person(full_name="Nguyễn Văn Đức")
    )
    response = official.post(_download(signature))
    assert response.content == b"%PDF-1.7 one"
    assert response["Content-Type"] == "application/pdf"
    assert (
        response["Content-Disposition"] == f'attachment; filename="{signature.reference}-nguyen-van-duc.pdf"'
    )
    event = AuditEvent.objects.about("document", signature.document.pk).get(action="document.downloaded")
    assert event.detail == {"role": "official", "unit": pledge.unit_id, "bulk": False}


def test_looking_at_the_download_address_downloads_nothing(official: Client, pledge: Pledge) -> None:
    signature = sealed_signature(of=pledge)
    assert official.get(_download(signature)).status_code == 405
    assert not AuditEvent.objects.filter(action="document.downloaded").exists()


def test_document_that_is_not_sealed_is_said_in_words(official: Client, pledge: Pledge) -> None:
    response = official.post(_download(factories.signature(of=pledge)), follow=True)
    assert "not sealed yet" in response.content.decode()


def test_damaged_file_is_said_in_words_and_not_recorded(official: Client, pledge: Pledge) -> None:
    signature = factories.signature(of=pledge)
    factories.sealed_file(signature)
    response = official.post(_download(signature), follow=True)
    assert "missing or damaged" in response.content.decode()
    assert not AuditEvent.objects.filter(action="document.downloaded").exists()


def test_asking_for_all_says_how_many_and_hands_out_nothing(official: Client, pledge: Pledge) -> None:
    sealed_signature(of=pledge)
    factories.signature(of=pledge)
    page = official.get(reverse(ALL)).content.decode()
    assert "The list shows 2 signed pledges; 1 of them sealed." in page
    assert not AuditEvent.objects.filter(action="document.downloaded").exists()


def test_zip_holds_what_the_filter_shows(official: Client, pledge: Pledge) -> None:
    wanted = sealed_signature(of=pledge, signer=factories.person(full_name="Nguyễn Văn Đức"))
    sealed_signature(of=pledge, signer=factories.person(full_name="Trần Thị Ánh"))
    response = official.post(reverse(ALL) + "?q=duc&standing=sealed")
    assert response["Content-Type"] == "application/zip"
    archive = zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content)))  # type: ignore[attr-defined]  # as above
    assert archive.namelist() == [f"{wanted.reference}-nguyen-van-duc.pdf", "index.csv"]
    assert list(
        AuditEvent.objects.filter(action="document.downloaded").values_list("subject_id", flat=True)
    ) == [str(wanted.document.pk)]


def test_list_without_sealed_documents_offers_no_zip(official: Client, pledge: Pledge) -> None:
    factories.signature(of=pledge)
    page = official.get(reverse(ALL)).content.decode()
    assert "There is no sealed document in this list." in page
    assert "Download ZIP" not in page


# --- Erased -------------------------------------------------------------------------------------------------------------


def test_erased_signer_is_listed_last_without_a_name_and_offers_nothing(
    official: Client, pledge: Pledge
) -> None:
    signature = sealed_signature(
        of=pledge, signer=factories.person(full_name="Trần Ánh"), user_agent="Mozilla/5.0 (test)"
    )
    sealed_signature(of=pledge, signer=factories.person(full_name="Lê Yên"))
    erase_signers([signature.pk], actor_id=None, at=timezone.now())
    response = official.get(reverse(LIST))
    assert [row.pk for row in response.context["cl"].result_list][-1] == signature.pk
    page = response.content.decode()
    assert "erased on request or after the time of keeping" in page
    assert _download(signature) not in page
    page = official.get(_detail(signature)).content.decode()
    assert "erased on request or after the time of keeping" in page
    assert "code sent to the e-mail address" in page
    assert file_of(signature).sha256 in page
    for gone in ("Trần", "Mozilla", "n***@example.com", "Download the PDF"):
        assert gone not in page
    answer = official.post(_download(signature), follow=True)
    assert "erased on request or after the time of keeping" in answer.content.decode()
    assert not AuditEvent.objects.filter(action="document.downloaded").exists()


def test_erased_signer_is_found_by_the_code_alone(official: Client, pledge: Pledge) -> None:
    signature = _named(pledge, "Trần Ánh")
    erase_signers([signature.pk], actor_id=None, at=timezone.now())
    assert _shown(official, q="anh") == []
    assert _shown(official, q=signature.reference_grouped) == [f"#{signature.pk}"]


# --- Parked documents ---------------------------------------------------------------------------------------------------


def _park(pledge: Pledge) -> Document:
    signature = factories.signature(of=pledge)
    Work.objects.filter(subject=signature.document.pk).update(
        parked_at=timezone.now(), attempts=8, error="KeyMissing: no key"
    )
    return Document.objects.get(signature=signature)


def _is_parked(document: Document) -> bool:
    return Work.objects.parked().filter(subject=document.pk).exists()


def test_parked_documents_raise_an_alert_on_the_first_page(pledge: Pledge) -> None:
    _park(pledge)
    for role, offered in ((Role.ADMINISTRATOR, True), (Role.OFFICIAL, False)):
        page = _login(role, of=pledge)[0].get(reverse("admin:index")).content.decode()
        assert "1 signed pledge could not be sealed" in page
        assert (reverse("admin:pledges_document_retry_all") in page) is offered


def test_no_alert_while_all_is_well(pledge: Pledge) -> None:
    seal(factories.signature(of=pledge))
    assert (
        "could not be sealed"
        not in _login(Role.ADMINISTRATOR, of=pledge)[0].get(reverse("admin:index")).content.decode()
    )


@pytest.mark.parametrize("everything", [True, False])
def test_administrator_lets_parked_documents_be_tried_again(pledge: Pledge, everything: bool) -> None:
    document = _park(pledge)
    client, user = _login(Role.ADMINISTRATOR, of=pledge)
    url = (
        reverse("admin:pledges_document_retry_all")
        if everything
        else reverse("admin:pledges_document_retry", args=[document.pk])
    )
    assert "KeyMissing: no key" in client.get(url).content.decode()
    assert _is_parked(document)
    assert client.post(url).status_code == 302
    assert not _is_parked(document)
    assert Work.objects.get(subject=document.pk, kind="pledges.seal").attempts == 0
    assert AuditEvent.objects.get(action="document.retried").actor_id == str(user.pk)


@pytest.mark.parametrize("role", [Role.OFFICIAL, Role.ORGANISER, Role.STEWARD])
def test_only_administrators_try_again(pledge: Pledge, role: Role) -> None:
    document = _park(pledge)
    client = _login(role, of=pledge)[0]
    assert client.post(reverse("admin:pledges_document_retry", args=[document.pk])).status_code == 403
    assert client.post(reverse("admin:pledges_document_retry_all")).status_code == 403
    assert _is_parked(document)


def test_list_of_documents_names_nobody(pledge: Pledge) -> None:
    document = _park(pledge)
    page = (
        _login(Role.ADMINISTRATOR, of=pledge)[0]
        .get(reverse("admin:pledges_document_changelist"))
        .content.decode()
    )
    assert document.signature is not None
    assert document.signature.reference_grouped in page
    assert document.signature.particulars.full_name not in page


# --- Declines -----------------------------------------------------------------------------------------------------------


def test_declines_are_listed_for_the_unit_and_cannot_be_changed(official: Client, pledge: Pledge) -> None:
    text = pledge.current_text()
    assert text is not None
    decline = signing.decline(text=text, person=factories.person(full_name="Lê Từ Chối"), at=timezone.now())
    page = official.get(reverse("admin:pledges_decline_changelist")).content.decode()
    assert "Lê Từ Chối" in page
    assert official.post(reverse("admin:pledges_decline_change", args=[decline.pk]), {}).status_code == 403
    stranger, _user = _login(Role.OFFICIAL, of=factories.pledge())
    assert "Lê Từ Chối" not in stranger.get(reverse("admin:pledges_decline_changelist")).content.decode()
