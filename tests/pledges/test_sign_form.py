"""The signing form: what is signed, what is refused and in which words, and that nothing typed is lost."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from kolportal.people.models import Channel
from kolportal.audit.models import AuditEvent
from pledges import consent
from pledges.models import (
    Confirmation,
    Document,
    DocumentState,
    Pledge,
    PledgeState,
    PledgeVersion,
    Signature,
)
from tests import factories
from tests.pledges.signing_pages import DRAWN, Person, receipt_url, text_of

pytestmark = pytest.mark.django_db


def test_typed_name_signs_and_leads_to_the_receipt() -> None:
    person = Person()
    response = person.send()
    signature = person.signatures().get()
    assert (response.status_code, response.url) == (302, receipt_url(signature))
    assert (signature.method, signature.typed_name, signature.strokes) == (
        "typed",
        person.profile.full_name,
        None,
    )
    assert signature.digest == person.version.digest
    assert signature.confirmation == Confirmation.RECENT_LOGIN
    assert signature.consent_text == consent.text(unit=person.pledge.unit.name, language="vi").as_shown
    assert signature.document.state == DocumentState.PENDING
    assert AuditEvent.objects.about("signature", signature.reference).get().action == "pledge.signed"


def test_drawn_signature_is_kept_as_checked_strokes() -> None:
    person = Person()
    person.send(method="drawn", strokes=DRAWN, typed_name="ignored")
    signature = person.signatures().get()
    assert signature.method == "drawn"
    assert signature.typed_name == ""
    assert signature.strokes[0][0] == [0, 216]


def test_evidence_names_browser_address_and_channels_as_they_stood() -> None:
    person = Person()
    channel = factories.channel(profile=person.profile, followers=1_234)
    factories.channel(profile=person.profile)
    person.client.post(
        person.url,
        person.answers(channels=[str(channel.pk)]),
        headers={"User-Agent": "Phone/1"},
        REMOTE_ADDR="203.0.113.7",
    )
    signature = person.signatures().get()
    assert (signature.user_agent, signature.ip_address) == ("Phone/1", "203.0.113.7")
    covered = signature.channels.get()
    assert (covered.url, covered.name, covered.followers) == (channel.url, channel.name, 1_234)


def test_nothing_is_ticked_or_chosen_beforehand() -> None:
    person = Person()
    factories.channel(profile=person.profile)
    page = person.client.get(person.url).content.decode()
    boxes = [
        part.split(">")[0] for part in page.split("<input")[1:] if 'type="checkbox"' in part.split(">")[0]
    ]
    assert len(boxes) == 3 + 1 + 1  # undertakings, the channel, the consent
    assert not [box for box in boxes if "checked" in box]


def test_form_shows_the_whole_text_and_carries_its_digest() -> None:
    person = Person()
    page = text_of(person.client.get(person.url))
    for item in person.version.text.undertakings:
        assert page.count(item.text) == 2  # read first, ticked then
    assert f'name="digest" value="{person.version.digest}"' in page


def test_channel_with_a_large_number_is_offered_by_that_number() -> None:
    person = Person()
    factories.channel(profile=person.profile, pk=1_234_567)
    assert 'name="channels" value="1234567" id="channel-1234567"' in text_of(person.client.get(person.url))
    person.send(channels=["1234567"])
    assert person.signatures().get().channels.count() == 1


# --- Refusals: each keeps what was typed ----------------------------------------------------------------------------------


def _refused(person: Person, *, status: int = 422, words: str, **changes: Any) -> str:
    response = person.send(**changes)
    page = text_of(response)
    assert response.status_code == status
    assert words in page
    assert not person.signatures().exists()
    assert not Document.objects.exists()
    return page


def test_missing_undertaking_is_named_and_the_others_stay_ticked() -> None:
    person = Person()
    page = _refused(
        person, ticked=["1", "3"], words="Vui lòng đọc và đánh dấu từng nội dung anh/chị cam kết thực hiện."
    )
    assert 'value="1" id="ticked-1" checked' in page
    assert 'value="2" id="ticked-2">' in page
    assert 'value="3" id="ticked-3" checked' in page
    assert f'value="{person.profile.full_name}"' in page
    assert 'id="id_consent" checked' in page


@pytest.mark.parametrize("ticked", [["x"], ["1", "2", "3", "-1"], ["9" * 30], ["१", "2", "3"], ["1'; DROP"]])
def test_senseless_ticks_are_refused(ticked: list[str]) -> None:
    _refused(Person(), ticked=ticked, words="Lựa chọn này không có trong danh sách.")


def test_without_consent_nothing_is_signed() -> None:
    page = _refused(Person(), consent=None, words="Nếu anh/chị không đồng ý cho xử lý dữ liệu cá nhân")
    assert 'value="3" id="ticked-3" checked' in page


def test_consent_to_other_words_is_none() -> None:
    _refused(Person(), consent="0" * 64, words="Nội dung về sự đồng ý vừa thay đổi.")


def _points(count: int) -> list[dict[str, Any]]:
    return [{"points": [{"x": index % 300, "y": index % 90} for index in range(count)]}]


@pytest.mark.parametrize(
    ("strokes", "words"),
    [
        ("", "Vui lòng vẽ chữ ký vào khung"),
        ("[]", "Vui lòng vẽ chữ ký vào khung"),
        ('[{"points": []}]', "Vui lòng vẽ chữ ký vào khung"),
        ('[{"points": [{"x": 5, "y": 5}]}]', "Nét vẽ quá nhỏ"),
        ('[{"points": [{"x": NaN, "y": 5}]}]', "Không đọc được nét vẽ"),
        ('[{"points": [{"x": 1e999, "y": 5}]}]', "Không đọc được nét vẽ"),
        ("{not json", "Không đọc được nét vẽ"),
        ("[" * 50_000, "Không đọc được nét vẽ"),
        (json.dumps(_points(9_000)), "Hình vẽ có quá nhiều nét"),
        (" " * 1_100_000, "Hình vẽ có quá nhiều nét"),
    ],
    ids=[
        "nothing",
        "no strokes",
        "no points",
        "dot",
        "NaN",
        "infinite",
        "no JSON",
        "deep",
        "gigantic",
        "long text",
    ],
)
def test_drawing_that_is_no_signature(strokes: str, words: str) -> None:
    page = _refused(Person(), method="drawn", strokes=strokes, words=words)
    assert 'id="method-drawn" checked' in page
    assert 'value="2" id="ticked-2" checked' in page


def test_bad_drawing_comes_back_to_be_mended() -> None:
    small = '[{"points": [{"x": 5, "y": 5}]}]'
    page = _refused(Person(), method="drawn", strokes=small, words="Nét vẽ quá nhỏ")
    assert 'name="strokes" value="[{&quot;points&quot;' in page


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Vui lòng gõ họ và tên đầy đủ của anh/chị làm chữ ký."),
        ("   ", "Vui lòng gõ họ và tên đầy đủ của anh/chị làm chữ ký."),
        ("Ng" + "ư" * 10_000, "Họ và tên quá dài"),
        ("Nguyễn \u202eĐức", "ký tự không nhìn thấy được"),
        ("Nguyễn\u200b Đức", "ký tự không nhìn thấy được"),
        ("Nguyễn Đức 😀", "Họ và tên chỉ gồm chữ cái"),
        ("Một Người Khác", "Họ và tên vừa gõ không khớp với hồ sơ."),
    ],
    ids=["nothing", "blank", "10,000 letters", "bidi", "zero width", "emoji", "another name"],
)
def test_typed_name_that_is_no_signature(typed: str, words: str) -> None:
    _refused(Person(), typed_name=typed, words=words)


@pytest.mark.parametrize("typed", ["nguyễn thị hoà", "NGUYEN THI HOA", "Nguye\u0302\u0303n  Thi\u0323  Hòa "])
def test_name_typed_in_another_form_is_the_same_name(typed: str) -> None:
    person = Person(profile=factories.profile(full_name="Nguyễn Thị Hòa"))
    assert person.send(typed_name=typed).status_code == 302
    assert person.signatures().count() == 1


def test_no_method_chosen() -> None:
    _refused(Person(), method=None, words="Chữ ký")


def test_channel_of_somebody_else_cannot_be_covered() -> None:
    foreign = factories.channel()
    _refused(
        Person(),
        channels=[str(foreign.pk)],
        words="Một kênh đã chọn không còn trong danh sách kênh của anh/chị.",
    )


def test_removed_channel_cannot_be_covered() -> None:
    person = Person()
    channel = factories.channel(profile=person.profile)
    Channel.objects.filter(pk=channel.pk).update(removed_at=timezone.now())
    _refused(person, channels=[str(channel.pk)], words="Một kênh đã chọn không còn trong danh sách")


@pytest.mark.parametrize("digest", ["", "0" * 64, "x" * 500, "'; --", "Nguyễn"])
def test_unknown_or_tampered_digest_signs_nothing(digest: str) -> None:
    words = (
        "Nội dung cam kết vừa được cập nhật nên lần ký này chưa được ghi nhận. Mời anh/chị đọc lại bản mới."
    )
    page = _refused(Person(), digest=digest, words=words, status=409)
    assert "Đọc bản mới" in page


def test_text_changed_between_reading_and_signing() -> None:
    person = Person()
    answers = person.answers()
    factories.freeze(
        factories.draft_version(pledge=person.pledge, number=2, undertakings=3, closing="Bản mới.")
    )
    response = person.send(answers)
    assert response.status_code == 409
    assert "Nội dung cam kết vừa được cập nhật" in text_of(response)
    assert not person.signatures().exists()


def test_changed_text_is_said_before_any_field_error() -> None:
    person = Person()
    answers = person.answers(ticked=[], consent=None)
    factories.freeze(factories.draft_version(pledge=person.pledge, number=2, closing="Bản mới."))
    assert person.send(answers).status_code == 409


def test_draft_pledge_does_not_exist() -> None:
    person = Person()
    answers = person.answers()
    Pledge.objects.update(state=PledgeState.DRAFT)
    assert person.send(answers).status_code == 404
    assert person.client.get(person.url).status_code == 404
    assert not person.signatures().exists()


def test_closed_pledge_is_not_signed() -> None:
    person = Person()
    Pledge.objects.update(state=PledgeState.CLOSED)
    _refused(person, words="Việc ký cam kết này đã đóng", status=409)
    _refused(person, words="Việc ký cam kết này đã đóng", status=409, consent=None)
    assert person.client.get(person.url).status_code == 409


def test_text_outside_its_validity_is_not_signed() -> None:
    past = timezone.localdate() - timedelta(days=1)
    pledge = factories.pledge(languages=())
    factories.freeze(factories.draft_version(pledge=pledge, valid_until=past))
    _refused(Person(pledge=pledge), words="ngoài thời hạn hiệu lực", status=409)


def test_stranger_is_sent_to_the_login_and_nothing_is_signed() -> None:
    person = Person()
    client = Client()
    for response in (client.get(person.url), client.post(person.url, person.answers())):
        assert response.status_code == 302
        assert response.headers["Location"].startswith("/accounts/login/?next=")
    assert not Signature.objects.exists()


def test_form_of_another_person_signs_for_the_one_who_sends_it_and_needs_the_own_name() -> None:
    """The account that is logged in signs; a name typed by somebody else before the account changed is refused."""
    person, other = Person(), Person(profile=factories.profile(full_name="Trần Văn Khác"))
    other.pledge = person.pledge
    response = other.client.post(person.url, person.answers())
    assert response.status_code == 422
    assert "Họ và tên vừa gõ không khớp với hồ sơ." in text_of(response)
    assert not Signature.objects.exists()


def test_account_without_profile_gives_it_first_and_comes_back() -> None:
    person = Person()
    client = Client()
    client.force_login(factories.user())
    for response in (client.get(person.url), client.post(person.url, person.answers(consent=None))):
        assert response.status_code == 302
        assert response.headers["Location"] == f"/me/profile/?next={person.url.replace('/', '%2F')}"


def test_forged_form_without_token_is_refused() -> None:
    person = Person()
    client = person.log_in(Client(enforce_csrf_checks=True))
    assert client.post(person.url, person.answers()).status_code == 403
    assert not person.signatures().exists()


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_other_methods_are_refused(method: str) -> None:
    person = Person()
    assert getattr(person.client, method)(person.url).status_code == 405


def test_too_many_posts_in_a_minute_keep_the_answers(settings: Any) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "sign": "1/m/user"}
    person = Person()
    person.send(consent=None)
    page = _refused(person, words="Anh/chị đã gửi quá nhiều lần trong một phút.", status=429)
    assert 'id="id_consent" checked' in page


def test_english_page_signs_the_english_text() -> None:
    person = Person(pledge=factories.pledge(languages=("vi", "en")))
    person.client.cookies["django_language"] = "en"
    page = text_of(person.client.get(person.url))
    english = PledgeVersion.objects.get(pledge=person.pledge, language="en")
    assert f'name="digest" value="{english.digest}"' in page
    assert "I agree that" in page
    person.send(version=english)
    signature = person.signatures().get()
    assert (signature.language, signature.digest) == ("en", english.digest)
    assert signature.consent_text.startswith("I agree that")


def test_english_page_without_english_text_shows_the_vietnamese_one() -> None:
    person = Person()
    person.client.cookies["django_language"] = "en"
    page = text_of(person.client.get(person.url))
    assert f'name="digest" value="{person.version.digest}"' in page
    assert "Tôi đồng ý để" in page


def test_every_hidden_field_may_hold_anything() -> None:
    for value in ("\x00", "💥", "{{ 7 }}", "9" * 10_000):
        person = Person()
        for name in ("digest", "basis", "language", "method", "consent", "ticked", "channels"):
            changes: dict[str, Any] = {name: value}
            response = person.send(**changes)
            assert response.status_code in {302, 409, 422}, (name, value)
            if response.status_code == 302:
                assert name == "language"
                break
