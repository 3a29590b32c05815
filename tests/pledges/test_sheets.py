"""From the rows of a signature to paper and evidence: as it stood, openable by whoever holds the PDF, and no more than that."""

from __future__ import annotations

import json
from typing import Any

import pytest
import rfc8785
from django.utils import timezone
from django.utils.translation import override

from kolportal.people.models import SignerKind
from kolportal.transparency.commitment import Domain, opens
from kolportal.units.models import OrganisingUnit
from pledges import commitments, rendering, sealing, sheets, signing, strokes
from pledges.factors import InPerson
from pledges.models import Factor, Proof, Signature, Undertaking
from pledges.text import Binds
from tests import factories

pytestmark = pytest.mark.django_db


class Key:
    """What a sheet says of the key that will seal it."""

    subject = "Dấu thử"
    fingerprint = "0123456789abcdef" * 4
    is_test = True


def sheet_of(signature: Signature) -> rendering.PledgeSheet:
    """As the worker loads it."""
    loaded = sealing._loaded(signature.document.pk).signature
    assert loaded is not None
    return sheets.of_signature(loaded, key=Key())  # type: ignore[arg-type]  # the three names that a sheet reads


def evidence_of(signature: Signature) -> dict[str, Any]:
    data = sheet_of(signature).evidence
    evidence: dict[str, Any] = json.loads(data)
    assert rfc8785.dumps(evidence) == data
    return evidence


def test_sheet_shows_everything_as_it_stood_when_it_was_signed(settings: Any) -> None:
    signer = factories.person(
        full_name="Nguyễn Thị Hoài Thương", stage_name="Thương Đất Tổ", organisation="Công ty Đất Tổ"
    )
    channel = factories.channel(person=signer)
    pledge = factories.pledge(keeper=factories.unit(name="Phòng cũ"))
    settings.PROVINCE_NAME, settings.PROVINCE_LABEL = "Phú Thọ", "tỉnh Phú Thọ"
    signature = factories.signature(
        of=pledge, signer=signer, channel_ids=[channel.pk], strokes=None, typed_name="nguyen thi hoai thuong"
    )
    settings.PROVINCE_NAME, settings.PROVINCE_LABEL = "Tỉnh Khác", "tỉnh Tỉnh Khác"
    OrganisingUnit.objects.update(name="Phòng mới")
    signer.full_name, signer.commune_code, signer.kind = "Tên Mới", "07900", SignerKind.BOTH
    signer.save()
    channel.name, channel.url = "Kênh mới", "https://www.facebook.com/kenh.moi"
    channel.save()
    sheet = sheet_of(signature)
    assert (sheet.full_name, sheet.stage_name, sheet.organisation) == (
        "Nguyễn Thị Hoài Thương", "Thương Đất Tổ", "Công ty Đất Tổ",
    )  # fmt: skip
    assert (sheet.place, sheet.province, sheet.unit) == ("Phú Thọ", "tỉnh Phú Thọ", "Phòng cũ")
    assert sheet.version == "Phiên bản 1, tiếng Việt"
    assert (sheet.commune, sheet.kind) == (signature.particulars.commune_label, "KOL")
    assert [line.url for line in sheet.channels] != [channel.url]
    assert sheet.typed_name == "Nguyễn Thị Hoài Thương", "as the profile had it, however it was typed"
    assert sheet.signature_svg is None
    assert sheet.keep_until == signature.particulars.keep_until


def test_a_drawing_is_printed_as_it_was_drawn() -> None:
    sheet = sheet_of(factories.signature())
    assert sheet.typed_name == ""
    assert sheet.signature_svg == strokes.to_svg(strokes.from_lists(factories.STROKES))


def test_ticked_are_the_undertakings_that_bind_the_signer() -> None:
    edition = factories.edition(pledge=factories.pledge(), number=2)
    text = factories.draft_text(of=edition)
    Undertaking.objects.filter(text=text, position=2).update(binds=Binds.PAGE_ADMIN.value)
    factories.freeze(edition)
    kol = factories.signature(of=edition.pledge)
    both = factories.signature(of=edition.pledge, signer=factories.person(kind=SignerKind.BOTH))
    assert sheet_of(kol).ticked == (1, 3)
    assert sheet_of(both).ticked == (1, 2, 3)
    assert len(sheet_of(kol).text.undertakings) == 3, "the text is printed whole, as it was digested"
    assert evidence_of(kol)["act"]["facts"]["ticked"] == [1, 3]


def test_how_it_was_known_who_signed_is_said_with_a_masked_address() -> None:
    signature = factories.signature()
    with override("en"):
        assert sheets.proof_in_words(Proof.objects.get()) == (
            "one-time code sent to the e-mail address n***@example.com"
        )
    assert [line.at for line in sheet_of(signature).proofs] == [Proof.objects.get().proved_at]
    assert evidence_of(signature)["contacts"] == [{"factor": "email_code", "masked": "n***@example.com"}]


def test_who_was_seen_in_person_is_so_by_the_account_of_a_steward_at_a_gate() -> None:
    steward, attempt = factories.user(), factories.attempt()
    at = timezone.now()
    proof = InPerson(steward=steward, gate="cửa chính").prove(digest=attempt.digest, at=at)
    signature = signing.complete(attempt=attempt, proof=proof, at=at).signature
    with override("en"):
        words = sheets.proof_in_words(signature.proofs.get())
    assert words == f"seen in person by the member of staff with account no. {steward.pk}, at cửa chính"
    facts = evidence_of(signature)["act"]["facts"]["proofs"]
    assert [(fact["factor"], fact["steward"], fact["gate"]) for fact in facts] == [
        (Factor.IN_PERSON, steward.pk, "cửa chính")
    ]


def test_a_newer_signing_names_the_one_that_it_replaces() -> None:
    pledge, signer = factories.pledge(), factories.person()
    first = factories.signature(of=pledge, signer=signer)
    second = factories.signature(of=pledge, signer=signer, channel_ids=[factories.channel(person=signer).pk])
    assert sheet_of(second).replaces == first.reference_grouped
    assert evidence_of(second)["act"]["facts"]["supersedes"] == first.reference


def test_an_english_text_is_printed_with_english_labels() -> None:
    pledge, signer = factories.pledge(languages=("vi", "en")), factories.person(kind=SignerKind.PAGE_ADMIN)
    text = pledge.current_text("en")
    assert text is not None
    at = timezone.now()
    attempt = signing.prepare(
        text=text, person=signer, act=factories.act(text=text, person=signer), event=None, at=at
    )
    proof = factories.proved(attempt.digest, at=at)
    with override("vi"):
        sheet = sheet_of(signing.complete(attempt=attempt, proof=proof, at=at).signature)
    assert sheet.kind == "Page, group or channel administrator"
    assert sheet.proofs[0].words == "one-time code sent to the e-mail address n***@example.com"
    assert json.loads(sheet.evidence)["text"]["language"] == "en"


def test_whoever_holds_the_pdf_can_open_both_commitments_of_the_log() -> None:
    signer = factories.person(stage_name="Đất Tổ")
    signature = factories.signature(signer=signer, channel_ids=[factories.channel(person=signer).pk])
    evidence = evidence_of(signature)
    for part, domain, logged in (
        ("act", Domain.ACT, signature.commitment),
        ("person", Domain.PERSON, signature.particulars_commitment),
    ):
        shown = evidence[part]
        assert shown["commitment"] == logged
        assert opens(logged, domain=domain, salt=bytes.fromhex(shown["salt"]), facts=shown["facts"])
    assert evidence["person"]["facts"]["full_name"] == signer.full_name
    assert evidence["person"]["facts"]["channels"][0]["url"].startswith("https://")
    assert evidence["schema"] == "kolportal/signing-evidence/2"


def test_the_pdf_neither_shows_the_address_nor_lets_it_be_tried() -> None:
    """The address is in the person's commitment as one of its own, under a salt that nothing in the PDF leads to."""
    signature = factories.signature(user_agent="Mozilla/5.0 (thử)", ip_address="192.0.2.77")
    person = signature.particulars
    data = sheet_of(signature).evidence.decode()
    for hidden in (
        person.email, "Mozilla", "192.0.2.77", person.salt, commitments.email_salt(person).hex(),
    ):  # fmt: skip
        assert hidden not in data
    shown = json.loads(data)["person"]["facts"]["email"]
    assert opens(
        shown, domain=Domain.EMAIL, salt=commitments.email_salt(person), facts={"email": person.email}
    )
    shown_salt = bytes.fromhex(json.loads(data)["person"]["salt"])
    assert not opens(shown, domain=Domain.EMAIL, salt=shown_salt, facts={"email": person.email})


def test_who_gave_no_address_has_none_committed_to() -> None:
    person = factories.signature().particulars
    person.email = ""
    assert commitments.of_email(person) is None
