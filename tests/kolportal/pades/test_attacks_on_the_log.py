"""A logged document as the beginning of another one: neither whole nor logged."""

from __future__ import annotations

import pikepdf
import pytest

from kolportal import pades
from kolportal.pades import verify
from kolportal.pades.verification import Indication
from kolportal.transparency import Problem, check_logged
from kolportal.verifier import trusted
from kolportal.verifier.outcome import Answer, outcome
from tests.kolportal.pades import attacks
from tests.kolportal.pades.conftest import SEALED_AT, small_pdf
from tests.vectors import logs, make, sealing

KEYS = trusted.read((make.FOLDER / "trusted.json").read_bytes())
LOGGED = 2
"""Where the log of the vectors holds the file at B-T."""


def test_a_document_behind_the_logged_one_is_not_logged() -> None:
    """By whoever has a key under the root: the bytes that were logged are no more than its beginning."""
    assert KEYS.log is not None
    forged = attacks.document_behind(sealing.b_t())
    report = verify(forged, trust=KEYS.trust, at=sealing.AT)
    assert (report.intact, report.trusted, report.whole) == (True, True, False)
    assert report.errors == ("the sealed bytes hold the end of another document",)
    assert report.ends == (len(forged),)
    log = check_logged(pdf=forged, ends=report.ends, proof=logs.proof(LOGGED), policy=KEYS.log)
    assert log.problems == (Problem.ANOTHER_FILE,)
    assert (log.file_matches, log.included) == (False, True)
    assert outcome(report, log).answer == Answer.BROKEN


def test_the_logged_document_itself_and_raised_is_logged() -> None:
    assert KEYS.log is not None
    for pdf in (sealing.b_t(), sealing.b_lt(), sealing.b_lta(), sealing.renewed()):
        report = verify(pdf, trust=KEYS.trust, at=sealing.AT)
        assert report.ends[0] == len(sealing.b_t())
        assert report.ends[-1] == len(pdf)
        log = check_logged(pdf=pdf, ends=report.ends, proof=logs.proof(LOGGED), policy=KEYS.log)
        assert log.logged


def test_a_document_from_nothing_but_its_own_seal_is_whole() -> None:
    """The control: the same document with nothing before it but a header."""
    report = verify(attacks.document_behind(b"%PDF-1.7\n"), trust=KEYS.trust, at=sealing.AT)
    assert report.whole, report.fault
    assert report.conclusion.indication == Indication.INDETERMINATE


@pytest.mark.parametrize("mode", list(pikepdf.ObjectStreamMode))
def test_a_linearized_document_is_one_document(pki: pades.PkiFiles, mode: pikepdf.ObjectStreamMode) -> None:
    plain = small_pdf(linearize=True, object_stream_mode=mode)
    sealed = pades.seal(plain, key=pki.key, at=SEALED_AT)
    assert verify(sealed.data, at=SEALED_AT).sealed_whole
