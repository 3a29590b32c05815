"""Refusals, attempts, documents and their files: every rule of the database by plain SQL."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from kolportal.privacy.signers import erase_signers
from pledges import history, signing
from pledges.models import Decline
from tests import factories
from tests.frozen import Cases, Try, erased_person, insert, moment, run

pytestmark = [pytest.mark.django_db, pytest.mark.servers]

TABLES = ("pledges_decline", "pledges_attempt", "pledges_document", "pledges_sealedfile")
CASES = Cases("pledges", tables=TABLES)


def _decline() -> Decline:
    text = factories.pledge().current_text()
    assert text is not None
    return signing.decline(text=text, person=factories.person(), at=timezone.now() - timedelta(hours=1))


@CASES.of("decline_reversed_once")
def _other_person() -> Try:
    return "UPDATE pledges_decline SET person_id = %s WHERE id = %s", [factories.person().pk, _decline().pk]


def test_a_refusal_taken_back_stays_so() -> None:
    decline = _decline()
    signing.undo_decline(pledge=decline.pledge, person=decline.person, at=timezone.now())
    CASES.refuse(
        "decline_reversed_once", "UPDATE pledges_decline SET reversed_at = NULL WHERE id = %s", [decline.pk]
    )


@CASES.of("decline_reversed_by_its_person")
def _taken_back_in_silence() -> Try:
    return "UPDATE pledges_decline SET reversed_at = %s WHERE id = %s", [
        moment(timezone.now()),
        _decline().pk,
    ]


@CASES.of("decline_no_delete")
def _removed_decline() -> Try:
    return "DELETE FROM pledges_decline WHERE id = %s", [_decline().pk]


@CASES.of("attempt_of_the_living")
def _attempt_of_anerased_person() -> Try:
    attempt = factories.attempt()
    return insert(attempt, key="0" * 32, person_id=erased_person().pk)


@CASES.of("attempt_stays_as_shown")
def _other_act_under_way() -> Try:
    return "UPDATE pledges_attempt SET act = %s WHERE id = %s", ['{"basis": ""}', factories.attempt().pk]


def test_nobody_signs_for_another_what_was_shown_to_one_nor_what_has_ended() -> None:
    attempt = factories.attempt()
    for column, value in (
        ("person_id", factories.person().pk),
        ("text_id", factories.attempt().text_id),
        ("event_id", factories.event().pk),
        ("digest", "0" * 64),
    ):
        CASES.refuse(
            "attempt_stays_as_shown",
            f"UPDATE pledges_attempt SET {column} = %s WHERE id = %s",
            [value, attempt.pk],
        )
    signing.decline(text=attempt.text, person=attempt.person, at=timezone.now())
    CASES.refuse(
        "attempt_stays_as_shown",
        "UPDATE pledges_attempt SET ended_at = NULL, \"end\" = '' WHERE id = %s",
        [attempt.pk],
    )


@CASES.of("pledges_document_frozen")
def _document_of_another() -> Try:
    mine, other = factories.signature(), factories.signature()
    return "UPDATE pledges_document SET signature_id = %s WHERE signature_id = %s", [other.pk, mine.pk]


@CASES.of("pledges_document_no_delete")
def _removed_document() -> Try:
    return "DELETE FROM pledges_document WHERE signature_id = %s", [factories.signature().pk]


@CASES.of("document_bears_its_code")
def _document_under_another_code() -> Try:
    return insert(factories.signature().document, reference="0" * 12)


@CASES.of("sealed_file_append_only")
def _other_file() -> Try:
    file = factories.sealed_file(factories.signature())
    return "UPDATE pledges_sealedfile SET sha256 = %s WHERE id = %s", ["0" * 64, file.pk]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("sha256", "0" * 64),
        ("sealed_at", moment(factories.NOW)),
        ("achieved_level", "B-LTA"),
        ("obstacles", json.dumps(["x"])),
        ("recipe", json.dumps({"x": 1})),
        ("unsealed_sha256", "0" * 64),
        ("generation", 9),
    ],
)
def test_destroying_a_sealed_file_changes_nothing_else(column: str, value: Any) -> None:
    file, at = factories.sealed_file(factories.signature()), moment(timezone.now())
    sql = f"UPDATE pledges_sealedfile SET destroyed_at = %s, {column} = %s WHERE id = %s"
    CASES.refuse("sealed_file_append_only", sql, [at, value, file.pk])
    run("UPDATE pledges_sealedfile SET destroyed_at = %s WHERE id = %s", [at, file.pk])
    CASES.refuse(
        "sealed_file_append_only",
        "UPDATE pledges_sealedfile SET destroyed_at = NULL WHERE id = %s",
        [file.pk],
    )


@CASES.of("sealed_file_of_the_living")
def _sealed_after_the_erasure() -> Try:
    file = factories.sealed_file(factories.signature())
    signature = factories.signature()
    erase_signers([signature.pk], actor_id=None, at=timezone.now())
    history.SEALED.record(
        signature.document.pk, actor_id=None, at=file.sealed_at, detail={"sha256": file.sha256}
    )
    return insert(file, document_id=signature.document.pk)


@CASES.of("sealed_file_told")
def _file_of_somebody_else() -> Try:
    """The one document is sealed, and the other one's file put under it as the next generation."""
    mine, other = factories.sealed_file(factories.signature()), factories.sealed_file(factories.signature())
    return insert(mine, generation=2, sha256=other.sha256)


def test_a_file_is_told_by_its_digest_and_dated_as_the_trail_tells_it() -> None:
    file, at = factories.sealed_file(factories.signature()), timezone.now()
    history.SEALED.record(file.document_id, actor_id=None, at=at, detail={"sha256": "7" * 64})
    next_one = {"generation": 2, "sha256": "7" * 64, "sealed_at": moment(at)}
    CASES.refuse(
        "sealed_file_told", *insert(file, **{**next_one, "sealed_at": moment(at - timedelta(days=1))})
    )
    CASES.refuse("sealed_file_told", *insert(file, **{**next_one, "sha256": "8" * 64}))
    run(*insert(file, **next_one))


@CASES.of("sealed_file_follows_the_newest")
def _generation_out_of_turn() -> Try:
    return insert(factories.sealed_file(factories.signature()), generation=3)


@CASES.of("sealed_file_no_delete")
def _removed_file() -> Try:
    return "DELETE FROM pledges_sealedfile WHERE id = %s", [factories.sealed_file(factories.signature()).pk]


test_rule_refuses = CASES.test()
