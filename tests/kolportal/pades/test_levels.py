"""Levels above B-B: reached with real authorities over HTTP, and told honestly where they were not."""

import hashlib
import subprocess
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from cryptography import x509
from pyhanko.pdf_utils.reader import PdfFileReader

from kolportal import pades
from kolportal.pades import Cause, HttpTimestamper, HttpValidationSource, Level
from tests.kolportal.pades.conftest import SEALED_AT
from tests.pki import Fault, LoopbackPki
from tests.servers import PATIENCE

SECONDS = 0.4
"""Limit for authorities that are slow on purpose."""


def authority(loopback: LoopbackPki, label: str = "tsa", *, fault: Fault | None = None) -> HttpTimestamper:
    return HttpTimestamper(
        loopback.tsa_url(label, fault=fault),
        seconds=SECONDS if fault in {"hang", "drip"} else PATIENCE,
        trust_roots=(loopback.tsa_root,),
    )


def at_level(
    loopback: LoopbackPki,
    plain: bytes,
    level: Level,
    *timestampers: HttpTimestamper,
    key: str | pades.SealKey = "seal",
    validation: HttpValidationSource | None = None,
) -> pades.Sealed:
    return pades.seal(
        plain,
        key=loopback.seal_key(key) if isinstance(key, str) else key,
        at=loopback.clock,
        level=level,
        timestampers=timestampers or (authority(loopback),),
        validation=validation or HttpValidationSource(seconds=PATIENCE),
    )


def looked_at(loopback: LoopbackPki, sealed: pades.Sealed) -> pades.Report:
    """What the verifier of the same house says at the same time."""
    trust = pades.Trust.of(seal_roots=[loopback.root], timestamp_roots=[loopback.tsa_root])
    return pades.verify(sealed.data, trust=trust, at=loopback.clock)


@pytest.mark.parametrize("key", ["seal", "seal-rsa"])
@pytest.mark.parametrize("level", list(Level))
def test_every_level_is_reached(loopback: LoopbackPki, plain: bytes, level: Level, key: str) -> None:
    sealed = at_level(loopback, plain, level, key=key)
    assert (sealed.intended, sealed.achieved, sealed.obstacles) == (level, level, ())
    assert sealed.data.startswith(plain), "earlier bytes stay a prefix"
    assert sealed.sha256 == hashlib.sha256(sealed.data).hexdigest()
    end = loopback.certificate("tsa").not_valid_after_utc
    assert sealed.renew_before == (None if level is Level.B_B else end)
    reread = pades.upgrade(sealed.data, level=Level.B_B, at=loopback.clock)
    assert (reread.achieved, reread.data) == (level, sealed.data), "the file itself says the same"
    assert looked_at(loopback, sealed).level is level, (
        "and so does verification, which shares nothing with sealing"
    )


@pytest.mark.parametrize("level", list(Level))
def test_other_readers_accept_every_level(
    loopback: LoopbackPki, plain: bytes, tmp_path: Path, level: Level
) -> None:
    path = tmp_path / "sealed.pdf"
    path.write_bytes(at_level(loopback, plain, level).data)
    said = subprocess.run(["pdfsig", str(path)], capture_output=True, text=True, check=False).stdout
    assert said.count("Signature is Valid.") == 1
    assert said.count("Total document signed") == (0 if level is Level.B_LT else 1)
    subprocess.run(["qpdf", "--check", str(path)], check=True, capture_output=True)
    for signature in PdfFileReader(BytesIO(path.read_bytes())).embedded_signatures:
        signature.compute_integrity_info()
        found = signature.summarise_integrity_info()
        assert found["docmdp_ok"], "what came after is what the seal permits"


def test_the_token_stands_in_the_cms_and_is_over_the_signature(loopback: LoopbackPki, plain: bytes) -> None:
    sealed = at_level(loopback, plain, Level.B_T)
    seal = PdfFileReader(BytesIO(sealed.data)).embedded_signatures[0]
    (attribute,) = seal.signer_info["unsigned_attrs"]
    assert attribute["type"].native == "signature_time_stamp_token"
    info = attribute["values"][0]["content"]["encap_content_info"]["content"].parsed
    assert info["gen_time"].native == SEALED_AT
    value = seal.signer_info["signature"].native
    assert info["message_imprint"]["hashed_message"].native == hashlib.sha256(value).digest()


def test_the_store_holds_the_chain_and_no_vri(loopback: LoopbackPki, plain: bytes) -> None:
    reader = PdfFileReader(BytesIO(at_level(loopback, plain, Level.B_LT).data))
    store = reader.root["/DSS"]
    assert "/VRI" not in store, "ETSI EN 319 142-1 advises against it"
    stored = {x509.load_der_x509_certificate(one.get_object().data) for one in list(store["/Certs"])}
    assert stored == {
        loopback.certificate(label)
        for label in ("seal", "issuing", "root", "issuing-ocsp", "tsa", "tsa-root")
    }
    assert len(store["/OCSPs"]) == 1
    assert len(store["/CRLs"]) == 2, "of the issuing authority by its root, and of the time-stamp authority"


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        ("unavailable", Cause.HTTP_STATUS),
        ("hang", Cause.TIMEOUT),
        ("drip", Cause.TIMEOUT),
        ("endless", Cause.TOO_LARGE),
        ("redirect", Cause.HTTP_STATUS),
        ("garbage", Cause.MALFORMED),
        ("empty", Cause.MALFORMED),
        ("rejected", Cause.REJECTED),
        ("wrong-nonce", Cause.WRONG_NONCE),
        ("no-nonce", Cause.WRONG_NONCE),
        ("wrong-digest", Cause.WRONG_IMPRINT),
        ("altered", Cause.BAD_SIGNATURE),
        ("outdated", Cause.WRONG_TIME),
    ],
)
def test_a_bad_answer_lowers_the_level_and_is_named(
    loopback: LoopbackPki, plain: bytes, fault: Fault, cause: Cause
) -> None:
    bad = authority(loopback, fault=fault)
    sealed = at_level(loopback, plain, Level.B_LTA, bad)
    assert (sealed.intended, sealed.achieved) == (Level.B_LTA, Level.B_B)
    (shortfall,) = sealed.shortfalls
    assert (shortfall.level, shortfall.cause, shortfall.source) == (Level.B_T, cause, bad.name)
    seal = PdfFileReader(BytesIO(sealed.data)).embedded_signatures[0]
    assert not seal.signer_info["unsigned_attrs"], "nothing stands in for the token"
    assert looked_at(loopback, sealed).level is Level.B_B


@pytest.mark.parametrize(
    ("label", "cause"),
    [
        ("tsa-expired", Cause.CERTIFICATE_EXPIRED),
        ("tsa-future", Cause.CERTIFICATE_NOT_YET_VALID),
        ("tsa-no-eku", Cause.CERTIFICATE_USAGE),
        ("foreign-tsa", Cause.UNTRUSTED),
    ],
)
def test_a_token_under_a_wrong_certificate_is_not_taken(
    loopback: LoopbackPki, plain: bytes, label: str, cause: Cause
) -> None:
    sealed = at_level(loopback, plain, Level.B_T, authority(loopback, label))
    assert sealed.achieved is Level.B_B
    assert [one.cause for one in sealed.shortfalls] == [cause]


def test_trust_in_an_authority_is_judged_only_where_roots_are_given(
    loopback: LoopbackPki, plain: bytes
) -> None:
    careless = HttpTimestamper(loopback.tsa_url("foreign-tsa"), seconds=PATIENCE)
    assert at_level(loopback, plain, Level.B_T, careless).achieved is Level.B_T


def test_a_closed_port_is_unreachable(loopback: LoopbackPki, plain: bytes) -> None:
    sealed = at_level(loopback, plain, Level.B_T, HttpTimestamper(loopback.closed_url()))
    assert [one.cause for one in sealed.shortfalls] == [Cause.UNREACHABLE]


def test_a_policy_that_was_asked_for_is_insisted_on(loopback: LoopbackPki, plain: bytes) -> None:
    given = "1.3.6.1.4.1.4146.2.3"
    for policy, level in ((given, Level.B_T), ("1.2.3.4", Level.B_B)):
        sealed = at_level(
            loopback, plain, Level.B_T, HttpTimestamper(loopback.tsa_url(), seconds=PATIENCE, policy=policy)
        )
        assert sealed.achieved is level
        assert [one.cause for one in sealed.obstacles] == ([] if level is Level.B_T else [Cause.WRONG_POLICY])


def test_authorities_are_tried_in_order_and_the_first_good_one_is_enough(
    loopback: LoopbackPki, plain: bytes
) -> None:
    before = loopback.requests["tsa"]
    sealed = at_level(
        loopback,
        plain,
        Level.B_T,
        authority(loopback, fault="unavailable"),
        authority(loopback, fault="wrong-nonce"),
        authority(loopback, "tsa-rsa"),
        authority(loopback),
    )
    assert sealed.achieved is Level.B_T
    assert sealed.shortfalls == ()
    assert [one.cause for one in sealed.obstacles] == [Cause.HTTP_STATUS, Cause.WRONG_NONCE], (
        "told all the same"
    )
    assert loopback.requests["tsa"] - before <= 4, (
        "each once; the one that answered once more where its token was larger than the room"
    )
    assert sealed.renew_before == loopback.certificate("tsa-rsa").not_valid_after_utc


def test_all_authorities_down_names_each(loopback: LoopbackPki, plain: bytes) -> None:
    down = [authority(loopback, fault="unavailable"), HttpTimestamper(loopback.closed_url())]
    sealed = at_level(loopback, plain, Level.B_T, *down)
    assert [one.source for one in sealed.shortfalls] == [one.name for one in down]


def test_nothing_handed_in_is_said(loopback: LoopbackPki, plain: bytes) -> None:
    key = loopback.seal_key()
    sealed = pades.seal(plain, key=key, at=SEALED_AT, level=Level.B_LTA)
    assert (sealed.achieved, [(one.level, one.cause) for one in sealed.shortfalls]) == (
        Level.B_B,
        [(Level.B_T, Cause.NONE_GIVEN)],
    )
    sealed = pades.seal(plain, key=key, at=SEALED_AT, level=Level.B_LTA, timestampers=[authority(loopback)])
    assert (sealed.achieved, [(one.level, one.cause) for one in sealed.shortfalls]) == (
        Level.B_T,
        [(Level.B_LT, Cause.NONE_GIVEN)],
    )


@pytest.mark.parametrize(
    ("key", "tsa", "cause"),
    [
        ("seal-revoked", "tsa", Cause.REVOKED),
        ("seal-bare", "tsa", Cause.REVOCATION_MISSING),
        ("seal", "tsa-revoked", Cause.REVOKED),
    ],
)
def test_certificates_that_do_not_stand_stop_at_b_t(
    loopback: LoopbackPki, plain: bytes, key: str, tsa: str, cause: Cause
) -> None:
    sealed = at_level(loopback, plain, Level.B_LTA, authority(loopback, tsa), key=key)
    assert sealed.achieved is Level.B_T
    (shortfall,) = sealed.shortfalls
    assert (shortfall.level, shortfall.cause) == (Level.B_LT, cause)
    assert f"CN=Loopback {tsa if tsa != 'tsa' else key}" in shortfall.source
    assert "/DSS" not in PdfFileReader(BytesIO(sealed.data)).root


def test_an_ocsp_responder_that_is_down_is_made_up_for_by_a_younger_list(
    loopback: LoopbackPki, plain: bytes
) -> None:
    with loopback.failing(ocsp="unavailable"):
        early = at_level(loopback, plain, Level.B_LT)
        assert early.achieved is Level.B_T
        (shortfall,) = early.shortfalls
        assert shortfall.cause is Cause.NOT_FRESH, "a list from before the time-stamp cannot know"
        with loopback.at(loopback.clock + timedelta(days=1)):
            later = pades.upgrade(
                early.data,
                level=Level.B_LT,
                validation=HttpValidationSource(seconds=PATIENCE),
                at=loopback.clock,
            )
    assert (later.achieved, later.obstacles) == (Level.B_LT, ())
    assert later.data.startswith(early.data)


@pytest.mark.parametrize(
    ("faults", "cause"),
    [
        ({"ocsp": "unavailable", "crls": "unavailable"}, Cause.HTTP_STATUS),
        ({"ocsp": "garbage", "crls": "garbage"}, Cause.MALFORMED),
        ({"ocsp": "outdated", "crls": "outdated"}, Cause.NOT_FRESH),
    ],
)
def test_validation_data_that_cannot_be_had_or_used_stops_at_b_t(
    loopback: LoopbackPki, plain: bytes, faults: dict[str, Fault], cause: Cause
) -> None:
    with loopback.failing(**faults):
        sealed = at_level(loopback, plain, Level.B_LTA)
    assert sealed.achieved is Level.B_T
    assert [(one.level, one.cause) for one in sealed.shortfalls] == [(Level.B_LT, cause)]


def test_an_issuer_that_is_not_at_hand_is_fetched(loopback: LoopbackPki, plain: bytes) -> None:
    alone = pades.load_pem(key_pem=loopback.key_pem("seal"), certificate_pem=loopback.certificate_pem("seal"))
    assert at_level(loopback, plain, Level.B_LT, key=alone).achieved is Level.B_LT
    with loopback.failing(certs="unavailable"):
        sealed = at_level(loopback, plain, Level.B_LT, key=alone)
    assert [one.cause for one in sealed.shortfalls] == [Cause.ISSUER_MISSING]


def test_validation_data_is_fetched_once_for_many_seals(loopback: LoopbackPki, plain: bytes) -> None:
    source = HttpValidationSource(seconds=PATIENCE)
    before = dict(loopback.requests)
    for _ in range(3):
        assert at_level(loopback, plain, Level.B_LT, validation=source).achieved is Level.B_LT
    asked = {name: loopback.requests[name] - before.get(name, 0) for name in ("ocsp", "crls")}
    assert asked == {"ocsp": 1, "crls": 2}


def test_only_named_hosts_are_asked(loopback: LoopbackPki, plain: bytes) -> None:
    before = loopback.requests["ocsp"]
    strict = HttpValidationSource(hosts=frozenset({"ca.example"}))
    sealed = at_level(loopback, plain, Level.B_LT, validation=strict)
    assert (sealed.achieved, loopback.requests["ocsp"]) == (Level.B_T, before)


def test_a_reserve_that_holds_the_seal_and_not_the_token_is_named(
    loopback: LoopbackPki, plain: bytes
) -> None:
    with pytest.raises(pades.ReserveTooSmall):
        pades.seal(
            plain,
            key=loopback.seal_key(),
            at=SEALED_AT,
            level=Level.B_T,
            timestampers=[authority(loopback)],
            bytes_reserved=4000,
        )


def test_the_reserve_follows_the_size_of_tokens(loopback: LoopbackPki, plain: bytes) -> None:
    at_level(loopback, plain, Level.B_T)
    seal = PdfFileReader(BytesIO(at_level(loopback, plain, Level.B_T).data)).embedded_signatures[0]
    filling = len(seal.pkcs7_content) - len(seal.pkcs7_content.rstrip(b"\0"))
    assert filling < 200, "bytes of zeros: only what sizes vary by"


def test_passwords_of_authorities_show_nowhere(loopback: LoopbackPki, plain: bytes) -> None:
    secret = HttpTimestamper(
        loopback.tsa_url(fault="unavailable").replace("http://", "http://portal:mat-khau@")
    )
    sealed = at_level(loopback, plain, Level.B_T, secret)
    assert sealed.achieved is Level.B_B
    assert "mat-khau" not in f"{secret!r} {secret.name} {sealed!r} {[str(one) for one in sealed.obstacles]}"
