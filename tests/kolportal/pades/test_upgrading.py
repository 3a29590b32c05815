"""Raising sealed files later, and renewing them: by what is appended only, and refused where it would prove nothing."""

from datetime import UTC, datetime, timedelta
from io import BytesIO

import pikepdf
import pytest
from asn1crypto import cms
from pyhanko.pdf_utils.reader import PdfFileReader

from kolportal import pades
from kolportal.pades import Cause, HttpTimestamper, HttpValidationSource, Level
from tests.kolportal.pades.conftest import SEALED_AT, small_pdf
from tests.kolportal.pades.test_levels import at_level, authority, looked_at
from tests.pki import LoopbackPki
from tests.servers import PATIENCE

IN_2030 = datetime(2030, 6, 1, tzinfo=UTC)
IN_2031 = datetime(2031, 2, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def by_level(loopback: LoopbackPki, plain: bytes) -> dict[Level, pades.Sealed]:
    return {level: at_level(loopback, plain, level) for level in Level}


def raised(
    loopback: LoopbackPki, sealed: pades.Sealed, level: Level, *timestampers: HttpTimestamper
) -> pades.Sealed:
    return pades.upgrade(
        sealed.data,
        level=level,
        timestampers=timestampers or [authority(loopback)],
        validation=HttpValidationSource(seconds=PATIENCE),
        at=loopback.clock,
    )


@pytest.mark.parametrize("start", list(Level))
@pytest.mark.parametrize("goal", list(Level))
def test_every_level_is_reached_from_every_level(
    loopback: LoopbackPki, by_level: dict[Level, pades.Sealed], start: Level, goal: Level
) -> None:
    sealed = by_level[start]
    after = raised(loopback, sealed, goal)
    assert after.data.startswith(sealed.data), "earlier bytes stay a prefix"
    assert after.achieved is max(start, goal, key=list(Level).index)
    assert (after.data == sealed.data) == start.reaches(goal), "nothing is added that is not needed"
    assert looked_at(loopback, after).level is after.achieved
    assert (after.key_fingerprint, after.field_name, after.sealed_at) == (
        sealed.key_fingerprint,
        sealed.field_name,
        sealed.sealed_at,
    )


def test_a_seal_without_time_stamp_gets_a_document_time_stamp(
    loopback: LoopbackPki, by_level: dict[Level, pades.Sealed]
) -> None:
    after = raised(loopback, by_level[Level.B_B], Level.B_T)
    (stamp,) = PdfFileReader(BytesIO(after.data)).embedded_timestamp_signatures
    assert stamp.sig_object["/SubFilter"] == "/ETSI.RFC3161"
    assert stamp.sig_object["/Type"] == "/DocTimeStamp"


def test_authorities_that_are_down_leave_the_file_as_it_is(
    loopback: LoopbackPki, by_level: dict[Level, pades.Sealed]
) -> None:
    sealed = by_level[Level.B_B]
    after = raised(loopback, sealed, Level.B_LTA, authority(loopback, fault="unavailable"))
    assert (after.data, after.achieved) == (sealed.data, Level.B_B)
    assert [(one.level, one.cause) for one in after.shortfalls] == [(Level.B_T, Cause.HTTP_STATUS)]


def test_an_authority_that_fails_at_the_last_step_leaves_b_lt(
    loopback: LoopbackPki, by_level: dict[Level, pades.Sealed]
) -> None:
    after = raised(loopback, by_level[Level.B_T], Level.B_LTA, authority(loopback, fault="rejected"))
    assert after.achieved is Level.B_LT
    assert [(one.level, one.cause) for one in after.shortfalls] == [(Level.B_LTA, Cause.REJECTED)]
    again = pades.upgrade(after.data, level=Level.B_B, at=SEALED_AT)
    assert again.achieved is Level.B_LT


def test_another_authority_at_the_end_brings_its_validation_data_along(
    loopback: LoopbackPki, by_level: dict[Level, pades.Sealed]
) -> None:
    after = raised(loopback, by_level[Level.B_T], Level.B_LTA, authority(loopback, "tsa-rsa"))
    assert (after.achieved, after.obstacles) == (Level.B_LTA, ())
    reader = PdfFileReader(BytesIO(after.data))
    stored = b"".join(one.get_object().data for one in list(reader.root["/DSS"]["/Certs"]))
    assert b"Loopback tsa-rsa" in stored


def test_a_certificate_that_ended_is_not_raised_any_more(
    loopback: LoopbackPki, by_level: dict[Level, pades.Sealed]
) -> None:
    with loopback.at(IN_2030):
        after = raised(loopback, by_level[Level.B_T], Level.B_LT)
    assert after.achieved is Level.B_T
    assert [one.cause for one in after.shortfalls] == [Cause.CERTIFICATE_EXPIRED]


def test_a_revocation_after_the_proven_time_does_no_harm(loopback: LoopbackPki, plain: bytes) -> None:
    with loopback.at(datetime(2026, 5, 1, tzinfo=UTC)):
        before = at_level(loopback, plain, Level.B_T, key="seal-revoked")
    later = raised(loopback, before, Level.B_LT)
    assert (later.achieved, later.obstacles) == (Level.B_LT, ()), "sealed in May, revoked in June"


def renewed(loopback: LoopbackPki, sealed: pades.Sealed, *, tsa: str = "tsa-next") -> pades.Sealed:
    return pades.renew(
        sealed.data,
        timestampers=[authority(loopback, tsa)],
        validation=HttpValidationSource(seconds=PATIENCE),
        at=loopback.clock,
    )


def test_a_renewal_adds_a_time_stamp_by_the_next_authority(
    loopback: LoopbackPki, by_level: dict[Level, pades.Sealed]
) -> None:
    sealed = by_level[Level.B_LTA]
    with loopback.at(IN_2030):
        after = renewed(loopback, sealed)
    assert after.data.startswith(sealed.data)
    assert (after.achieved, after.renew_before) == (
        Level.B_LTA,
        loopback.certificate("tsa-next").not_valid_after_utc,
    )
    assert len(PdfFileReader(BytesIO(after.data)).embedded_timestamp_signatures) == 2


def test_a_renewal_that_comes_too_late_is_refused(
    loopback: LoopbackPki, by_level: dict[Level, pades.Sealed]
) -> None:
    with loopback.at(IN_2031), pytest.raises(pades.TooLateToRenew):
        renewed(loopback, by_level[Level.B_LTA])


def test_a_renewal_without_a_new_token_is_refused(
    loopback: LoopbackPki, by_level: dict[Level, pades.Sealed]
) -> None:
    with loopback.at(IN_2030), loopback.failing(tsa="unavailable"):
        with pytest.raises(pades.RenewalFailed) as caught:
            renewed(loopback, by_level[Level.B_LTA])
        assert [one.cause for one in caught.value.obstacles] == [Cause.HTTP_STATUS]


def test_a_renewal_without_fresh_validation_data_is_refused(
    loopback: LoopbackPki, by_level: dict[Level, pades.Sealed]
) -> None:
    with loopback.at(IN_2030), loopback.failing(crls="outdated"):
        with pytest.raises(pades.RenewalFailed) as caught:
            renewed(loopback, by_level[Level.B_LTA])
        assert [one.cause for one in caught.value.obstacles] == [Cause.NOT_FRESH]


@pytest.mark.parametrize("level", [Level.B_B, Level.B_T, Level.B_LT])
def test_there_is_nothing_to_renew_below_b_lta(
    loopback: LoopbackPki, by_level: dict[Level, pades.Sealed], level: Level
) -> None:
    with pytest.raises(pades.NothingToRenew):
        renewed(loopback, by_level[level])


def test_a_broken_seal_is_not_built_upon(loopback: LoopbackPki, by_level: dict[Level, pades.Sealed]) -> None:
    for sealed in by_level.values():
        data = bytearray(sealed.data)
        data[20] ^= 1
        with pytest.raises((pades.SealBroken, pades.NotAPdf)):
            pades.upgrade(bytes(data), level=Level.B_LTA, at=SEALED_AT)


def test_a_token_of_another_seal_is_not_counted(loopback: LoopbackPki, plain: bytes) -> None:
    first, second = (at_level(loopback, plain, Level.B_T).data for _ in range(2))
    ours, theirs = (PdfFileReader(BytesIO(data)).embedded_signatures[0] for data in (first, second))
    message = cms.ContentInfo.load(ours.pkcs7_content)
    message["content"]["signer_infos"][0]["unsigned_attrs"] = theirs.signer_info["unsigned_attrs"]
    _, start, rest, _ = ours.byte_range
    contents = message.dump().hex().upper().encode().ljust(rest - start - 2, b"0")
    swapped = first[: start + 1] + contents + first[rest - 1 :]
    assert len(swapped) == len(first)
    with pytest.raises(pades.SealBroken, match="another document"):
        pades.upgrade(swapped, level=Level.B_B, at=SEALED_AT)


def test_what_carries_no_seal_is_named(loopback: LoopbackPki) -> None:
    with pytest.raises(pades.NotSealed):
        pades.upgrade(small_pdf(), level=Level.B_T, at=SEALED_AT)
    with pytest.raises(pades.NotAPdf):
        pades.upgrade(b"JFIF", level=Level.B_T, at=SEALED_AT)
    locked = small_pdf(encryption=pikepdf.Encryption(owner="chu", user=""))
    with pytest.raises(pades.EncryptedPdf):
        pades.upgrade(locked, level=Level.B_T, at=SEALED_AT)


def test_a_naive_time_is_refused(by_level: dict[Level, pades.Sealed], loopback: LoopbackPki) -> None:
    naive = SEALED_AT.replace(tzinfo=None)
    with pytest.raises(ValueError, match="aware"):
        pades.upgrade(by_level[Level.B_B].data, level=Level.B_T, at=naive)
    with pytest.raises(ValueError, match="aware"):
        pades.renew(
            by_level[Level.B_LTA].data,
            timestampers=[HttpTimestamper(loopback.tsa_url(), seconds=PATIENCE)],
            validation=HttpValidationSource(seconds=PATIENCE),
            at=naive,
        )


def test_what_was_fetched_is_kept_for_its_time_and_no_longer(loopback: LoopbackPki) -> None:
    source = HttpValidationSource(max_age=timedelta(minutes=10))
    before = loopback.requests["crls"]
    for minutes in (0, 3, 9, 11):
        source.crl(loopback.certificate("tsa"), at=SEALED_AT + timedelta(minutes=minutes))
    assert loopback.requests["crls"] - before == 2
