"""A revoked certificate that would rather not be: no list, answer or authority of its choice makes it pass."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509

from kolportal.pades import Report, Trust, verify
from kolportal.pades.verification import Conclusion, Indication, Readable, Revocation, SubIndication
from kolportal.pades.verification.report import undecided
from tests.kolportal.pades import attacks_pki as made
from tests.vectors import pki, sealing
from tests.vectors.writer import NewStream, Update, name

ROOT, ISSUING = made.party("root"), made.party("issuing")
PASSED = Conclusion(Indication.TOTAL_PASSED)
LONG_AGO, LATELY = datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 9, 15, tzinfo=UTC)
LEAF = made.issued("leaf", ISSUING)


REVOKED = undecided(SubIndication.REVOKED_NO_POE)
CA_REVOKED = undecided(SubIndication.REVOKED_CA_NO_POE)


def look(pdf: bytes, *, crls: list[bytes] | None = None, ocsps: list[bytes] | None = None) -> Report:
    trust = Trust.of(
        seal_roots=[ROOT.certificate],
        timestamp_roots=[pki.certificate("tsa-root")],
        crls=crls or [],
        ocsps=ocsps or [],
    )
    report = verify(pdf, trust=trust, at=sealing.AT)
    assert report.whole, report.fault
    return report


def with_lists(pdf: bytes, *crls: bytes) -> bytes:
    update = Update(pdf)
    store = {"Type": name("DSS"), "CRLs": [update.add(NewStream({}, one)) for one in crls]}
    update.change(update.root_reference, DSS=update.add(store))
    return update.write()


# --- evidence is not crowded out ----------------------------------------------------------------------------------------


def lists_of_long_ago(count: int) -> list[bytes]:
    begin = datetime(2026, 3, 1, tzinfo=UTC)
    return [pki.crl("issuing", this_update=begin + timedelta(hours=hour)) for hour in range(count)]


def test_lists_in_the_file_do_not_crowd_out_the_one_handed_in() -> None:
    said = pki.Revoked("seal-revoked-later", pki.REVOKED_LATER)
    news = pki.crl(
        "issuing", said, this_update=pki.REVOKED_LATER + timedelta(days=1), next_update=made._UNTIL
    )
    pdf = with_lists(sealing.sealed("seal-revoked-later"), pki.crl("root"), *lists_of_long_ago(39))
    assert look(pdf).conclusion == PASSED, "the control: the file's own lists know no better"
    report = look(pdf, crls=[news])
    assert report.conclusion == REVOKED
    assert (report.revocation.state, report.revocation.revoked_at) == (Revocation.REVOKED, pki.REVOKED_LATER)
    assert look(pdf, crls=[*lists_of_long_ago(60), news]).conclusion == REVOKED, "however many are handed in"


def test_too_much_of_it_is_said_and_not_cut() -> None:
    pdf = with_lists(sealing.sealed(), pki.crl("root"), *lists_of_long_ago(40))
    report = verify(pdf, trust=Trust.of(seal_roots=[ROOT.certificate]), at=sealing.AT)
    assert (report.readable, report.whole, report.passed) == (Readable.TOO_COMPLEX, False, False)


# --- every certificate of the way ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_stamped", [False, True])
@pytest.mark.parametrize("since", [None, LATELY, datetime(2049, 1, 1, tzinfo=UTC)])
def test_a_stolen_authority_is_judged_whatever_it_says_of_its_leaf(
    since: datetime | None, is_stamped: bool
) -> None:
    """The thief's list calls the leaf revoked, in time to come or after the time-stamp: that would end the look."""
    stolen = made.issued("stolen", ROOT, is_ca=True)
    leaf = made.issued("by the thief", stolen)
    told = {} if since is None else {leaf.serial: since}
    late = datetime(2026, 9, 30, tzinfo=UTC)
    thiefs = made.listed(stolen, told, at=late)
    pdf = with_lists(made.sealed_by(leaf, stolen, is_stamped=is_stamped), thiefs, pki.crl("tsa-root"))
    report = look(pdf, crls=[made.listed(ROOT, {stolen.serial: LONG_AGO}, at=late)])
    assert report.conclusion == CA_REVOKED
    assert (report.revocation.state, report.revocation.revoked_at) == (Revocation.REVOKED, LONG_AGO)
    assert not report.passed


def test_a_revocation_after_the_proven_time_still_needs_word_of_the_authority() -> None:
    late = datetime(2026, 9, 30, tzinfo=UTC)
    told = made.listed(ISSUING, {LEAF.serial: LATELY}, at=late)
    pdf = made.sealed_by(LEAF, ISSUING, is_stamped=True)
    of_stamps = pki.crl("tsa-root")
    assert look(pdf, crls=[told, of_stamps]).conclusion == undecided(SubIndication.TRY_LATER)
    assert look(pdf, crls=[told, of_stamps, pki.crl("root")]).conclusion == PASSED


def test_a_revocation_in_time_to_come_is_no_good_word() -> None:
    told = made.listed(ISSUING, {LEAF.serial: datetime(2027, 1, 1, tzinfo=UTC)})
    report = look(made.sealed_by(LEAF, ISSUING), crls=[told, pki.crl("root")])
    assert report.conclusion == undecided(SubIndication.TRY_LATER)


# --- lists in parts (RFC 5280 clause 6.3.3) -----------------------------------------------------------------------------

OWN, OTHER = "http://ca.example/2", "http://ca.example/1"


@pytest.mark.parametrize(
    ("addresses", "of", "conclusion"),
    [
        ([OWN], made.part(OTHER), undecided(SubIndication.TRY_LATER)),
        ([], made.part(OTHER), undecided(SubIndication.TRY_LATER)),
        ([OWN], made.part(OWN), PASSED),
        ([OTHER, OWN], made.part(OWN), PASSED),
        ([OWN], None, PASSED),
    ],
)
def test_a_list_of_another_part_says_nothing_good(
    addresses: list[str], of: x509.IssuingDistributionPoint | None, conclusion: Conclusion
) -> None:
    leaf = made.issued("in parts", ISSUING, extensions=[made.points(*addresses)] if addresses else [])
    report = look(made.sealed_by(leaf, ISSUING), crls=[made.listed(ISSUING, of=of), pki.crl("root")])
    assert report.conclusion == conclusion


def test_a_list_of_another_part_that_names_the_certificate_counts() -> None:
    leaf = made.issued("in parts", ISSUING, extensions=[made.points(OWN)])
    told = made.listed(ISSUING, {leaf.serial: LONG_AGO}, of=made.part(OTHER))
    pdf = made.sealed_by(leaf, ISSUING)
    assert look(pdf, crls=[told, made.listed(ISSUING), pki.crl("root")]).conclusion == REVOKED


# --- who says "revoked" -------------------------------------------------------------------------------------------------


def test_a_responder_with_a_key_of_another_kind_is_heard() -> None:
    responder = made.issued(
        "responder", ISSUING, key=pki.key("seal-rsa"), extensions=[*made.RESPONDER, x509.OCSPNoCheck()]
    )
    pdf, lists = made.sealed_by(LEAF, ISSUING), [pki.crl("root")]
    good = made.answered(LEAF, ISSUING, responder)
    bad = made.answered(LEAF, ISSUING, responder, revoked=LONG_AGO)
    assert look(pdf, crls=lists, ocsps=[good]).conclusion == PASSED
    assert look(pdf, crls=[*lists, made.listed(ISSUING)], ocsps=[bad]).conclusion == REVOKED


def test_a_responder_that_may_be_revoked_itself_is_believed_only_the_bad() -> None:
    responder = made.issued("unexcused responder", ISSUING, extensions=made.RESPONDER)
    pdf, lists = made.sealed_by(LEAF, ISSUING), [pki.crl("root")]
    good = made.answered(LEAF, ISSUING, responder)
    bad = made.answered(LEAF, ISSUING, responder, revoked=LONG_AGO)
    assert look(pdf, crls=lists, ocsps=[good]).conclusion == undecided(SubIndication.TRY_LATER)
    assert look(pdf, crls=[*lists, made.listed(ISSUING)], ocsps=[bad]).conclusion == REVOKED


def test_an_authority_that_changed_its_key_is_heard() -> None:
    renewed = made.issued("renewed", ROOT, is_ca=True, subject=ISSUING.certificate.subject)
    pdf = made.sealed_by(LEAF, ISSUING, renewed)
    old, told = made.listed(ISSUING), made.listed(renewed, {LEAF.serial: LONG_AGO})
    assert look(pdf, crls=[old, pki.crl("root")]).conclusion == PASSED
    assert look(pdf, crls=[old, told, pki.crl("root")]).conclusion == REVOKED


def test_a_stranger_under_the_authoritys_name_is_not_heard() -> None:
    stranger = made.issued(
        "stranger", made.party("foreign-root"), is_ca=True, subject=ISSUING.certificate.subject
    )
    pdf = made.sealed_by(LEAF, ISSUING)
    told = made.listed(stranger, {LEAF.serial: LONG_AGO})
    assert look(pdf, crls=[told, made.listed(ISSUING), pki.crl("root")]).conclusion == PASSED


# --- anchors ------------------------------------------------------------------------------------------------------------


def test_a_root_does_not_seal() -> None:
    report = look(made.sealed_by(ROOT))
    assert (report.trusted, report.passed) == (False, False)
    assert report.conclusion == undecided(SubIndication.CHAIN_CONSTRAINTS_FAILURE)


@pytest.mark.parametrize(
    ("until", "conclusion"),
    [
        (made._UNTIL, PASSED),
        (datetime(2026, 3, 1, tzinfo=UTC), undecided(SubIndication.OUT_OF_BOUNDS_NO_POE)),
    ],
)
def test_a_certificate_that_is_trusted_itself_keeps_its_dates(
    until: datetime, conclusion: Conclusion
) -> None:
    leaf = made.issued("pinned", made.party("foreign-root"), until=until)
    report = verify(made.sealed_by(leaf), trust=Trust.of(seal_roots=[leaf.certificate]), at=sealing.AT)
    assert report.conclusion == conclusion
    assert report.revocation.state == Revocation.UNKNOWN, "nobody was asked"
