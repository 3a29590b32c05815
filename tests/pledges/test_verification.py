"""Anybody checks a code: what is shown, what never is, and how a wrong code is answered."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from kolportal import codes
from kolportal.people.models import SignerKind
from kolportal.privacy.signers import erase_signers
from kolportal.work.models import Work
from pledges import signing
from pledges.models import Factor
from pledges.verification import mask_name
from tests import factories
from tests.pledges.sealed import file_of, seal, sealed_signature

pytestmark = [pytest.mark.django_db, pytest.mark.servers]

SECRETS: dict[str, Any] = {
    "full_name": "Nguyễn Thị Thu Ánh",
    "stage_name": "Ánh Review",
    "organisation": "Câu lạc bộ Sáng tạo",
    "kind": SignerKind.BOTH,
}


@pytest.fixture(autouse=True)
def _english() -> Any:
    with translation.override("en"):
        yield


def _get(client: Client, path: str, **data: str) -> Any:
    client.cookies["django_language"] = "en"
    return client.get(path, data)


def _page(client: Client, code: str) -> Any:
    return _get(client, reverse("verification:detail", args=[code]))


def test_sealed_pledge_shows_text_times_digest_and_masked_name(client: Client) -> None:
    signature = sealed_signature(signer=factories.person(**SECRETS))
    response = _page(client, signature.reference)
    page = response.content.decode()
    assert response.status_code == 200
    assert "Bản cam kết thử nghiệm" in page
    assert reverse("pledges:version", args=[signature.pledge.slug, 1, "vi"]) in page
    assert file_of(signature).sha256 in page.replace("<wbr>", "")
    assert "N. T. T. Á." in page
    assert "code sent to the e-mail address" in page
    assert signature.pledge.unit.name in page
    assert "sealed with a test key" in page


def test_nothing_else_about_the_signer_is_shown(client: Client) -> None:
    signer = factories.person(**SECRETS)
    channel = factories.channel(person=signer)
    signature = sealed_signature(
        signer=signer, channel_ids=[channel.pk], user_agent="Mozilla/5.0 (secret)", ip_address="203.0.113.9"
    )
    page = _page(client, signature.reference).content.decode()
    for secret in (
        "Nguyễn", "Ánh Review", "Câu lạc bộ", signature.particulars.email, channel.url, channel.name,
        signature.particulars.commune_label, "Mozilla", "203.0.113.9", signature.particulars.consent_text,
    ):  # fmt: skip
        assert secret not in page


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("pending", "being sealed"),
        ("withdrawn", "has since been withdrawn"),
        ("superseded", "replaced by a newer one"),
    ],
)
def test_state_is_said_in_words(client: Client, state: str, words: str) -> None:
    signer = factories.person()
    signature = factories.signature(signer=signer)
    if state == "withdrawn":
        factories.withdraw(seal(signature))
    elif state == "superseded":
        factories.signature(
            of=signature.pledge, signer=signer, channel_ids=[factories.channel(person=signer).pk]
        )
    page = _page(client, signature.reference).content.decode()
    assert words in page
    assert ("SHA-256 of the file" in page) is (state == "withdrawn")


def test_after_an_erasure_the_act_stands_and_nobody_is_named(client: Client) -> None:
    signer = factories.person(**SECRETS)
    signature = sealed_signature(signer=signer, channel_ids=[factories.channel(person=signer).pk])
    particulars, sha256 = signature.particulars, file_of(signature).sha256
    erase_signers([signature.pk], actor_id=None, at=timezone.now())
    response = _page(client, signature.reference)
    page = response.content.decode().replace("<wbr>", "")
    assert response.status_code == 200
    for stands in (
        "Bản cam kết thử nghiệm", "Version 1, Vietnamese", signature.unit_name, sha256, "code sent to the e-mail address",
        "erased on request or after the time of keeping", "This pledge was signed", "SHA-256 of the file that was erased",
    ):  # fmt: skip
        assert stands in page
    for gone in (
        particulars.full_name,
        "N. T. T. Á.",
        particulars.email,
        particulars.commune_label,
        "n***@example.com",
    ):
        assert gone not in page


def test_withdrawal_outweighs_an_erasure(client: Client) -> None:
    signature = factories.withdraw(sealed_signature())
    erase_signers([signature.pk], actor_id=None, at=timezone.now())
    page = _page(client, signature.reference).content.decode()
    assert "has since been withdrawn" in page
    assert "erased on request" in page


def test_erased_before_it_was_sealed_promises_no_file(client: Client) -> None:
    signature = factories.signature()
    erase_signers([signature.pk], actor_id=None, at=timezone.now())
    page = _page(client, signature.reference).content.decode()
    assert "being sealed" not in page
    assert "usually takes under a minute" not in page
    assert "SHA-256 of the file" not in page


def test_person_seen_at_the_door_is_said_so(client: Client) -> None:
    attempt = factories.attempt()
    steward = factories.user(name="Cán bộ Cửa")
    proof = factories.proved(
        attempt.digest, factor=Factor.IN_PERSON, contact="", steward_id=steward.pk, gate="Cửa A"
    )
    signature = signing.complete(attempt=attempt, proof=proof, at=timezone.now()).signature
    page = _page(client, signature.reference).content.decode()
    assert "seen in person" in page
    assert "Cán bộ Cửa" not in page


def test_parked_document_is_for_the_public_still_being_sealed(client: Client) -> None:
    signature = factories.signature()
    work = Work.objects.filter(subject=signature.document.pk, kind="pledges.seal")
    assert work.update(parked_at=timezone.now(), error="StoredFileDamaged: secret path") == 1
    page = _page(client, signature.reference).content.decode()
    assert "being sealed" in page
    assert "needs attention" not in page
    assert "secret path" not in page


def test_code_is_found_however_it_is_typed(client: Client) -> None:
    signature = factories.signature()
    typed = signature.reference_grouped.lower().replace("1", "l").replace("0", "o")
    response = _get(client, reverse("verification:form"), code=f" {typed} ")
    assert response.status_code == 302
    assert response["Location"] == reverse("verification:detail", args=[signature.reference])


def test_address_with_another_spelling_leads_to_the_canonical_one(client: Client) -> None:
    signature = factories.signature()
    response = _page(client, signature.reference_grouped.lower())
    assert response.status_code == 302
    assert response["Location"] == reverse("verification:detail", args=[signature.reference])


def _answers(client: Client, code: str) -> tuple[int, str, list[tuple[str, str]]]:
    response = _page(client, code)
    body = re.sub(r'<a href="#id_code">.*?</a>', "", response.content.decode()).replace(code, "CODE")
    headers = [
        (name, value)
        for name, value in response.items()
        if name not in {"X-Request-ID", "Expires", "Content-Length"}
    ]
    return response.status_code, re.sub(r'csrfmiddlewaretoken" value="\w+"', "", body), headers


def test_unknown_and_mistyped_codes_differ_by_the_sentence_on_the_check_character_alone(
    client: Client,
) -> None:
    unknown = codes.new()
    mistyped = unknown[:-1] + ("2" if unknown[-1] != "2" else "3")
    assert "no document has it" in _page(client, unknown).content.decode()
    assert "check character does not match" in _page(client, mistyped).content.decode()
    assert _answers(client, unknown) == _answers(client, mistyped)
    assert _answers(client, unknown)[0] == 404


def test_form_asks_no_database_so_it_cannot_tell_known_from_unknown(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    known = factories.signature().reference
    with django_assert_num_queries(0):
        answers = [_get(client, reverse("verification:form"), code=code) for code in (known, codes.new())]
    assert [answer.status_code for answer in answers] == [302, 302]


def test_a_code_costs_three_queries(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    code = sealed_signature().reference
    # The signature with particulars, text, edition, pledge and document; its proofs; its files. A visitor has no session.
    with django_assert_num_queries(3):
        _page(client, code)


def test_too_many_checks_from_one_address_are_stopped(client: Client) -> None:
    code = sealed_signature().reference
    answers = [_page(client, code).status_code for _ in range(61)]
    assert answers == [200] * 60 + [429]
    assert _page(client, codes.new()).status_code == 429


@pytest.mark.parametrize("path", ["form", "detail"])
def test_pages_stay_out_of_search_engines_and_caches(client: Client, path: str) -> None:
    url = (
        reverse("verification:form")
        if path == "form"
        else reverse("verification:detail", args=[sealed_signature().reference])
    )
    response = _get(client, url)
    assert response["X-Robots-Tag"] == "noindex, nofollow"
    assert "no-store" in response["Cache-Control"]
    assert '<meta name="robots" content="noindex, nofollow">' in response.content.decode()


def test_typed_code_is_kept_and_harmless(client: Client) -> None:
    page = _get(client, reverse("verification:form"), code='"><script>alert(1)</script>').content.decode()
    assert "<script>alert" not in page
    assert "&quot;&gt;&lt;script&gt;" in page


def test_posting_is_refused(client: Client) -> None:
    assert client.post(reverse("verification:form"), {"code": "X"}).status_code == 405


@given(st.lists(st.text(st.characters(categories=["L"]), min_size=1, max_size=12), min_size=1, max_size=6))
def test_mask_keeps_one_letter_of_each_word(words: list[str]) -> None:
    masked = mask_name(" ".join(words)).split(" ")
    assert all(len(part) == 2 and part[1] == "." for part in masked)
    assert len(masked) <= sum(len(word) for word in words)


@pytest.mark.parametrize(
    ("name", "masked"),
    [("Nguyễn Thị Ánh", "N. T. Á."), ("đỗ an", "Đ. A."), ("Anna-Maria  Lê", "A. M. L."), ("Bích", "B.")],
)
def test_mask_of_usual_names(name: str, masked: str) -> None:
    assert mask_name(name) == masked
