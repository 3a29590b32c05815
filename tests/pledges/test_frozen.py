"""The act never changes but for its one end, and what goes before it does goes as a whole: every rule by plain SQL."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from pledges import history
from pledges.models import PARTICULARS, Signature, SignedChannel, Text
from tests import factories
from tests.frozen import Cases, Try, insert, moment, refused, run
from tests.pledges.test_frozen_documents import TABLES as DOCUMENTS
from tests.pledges.test_frozen_editions import TABLES as EDITIONS

pytestmark = [pytest.mark.django_db, pytest.mark.servers]

# All that the other two modules do not answer for.
CASES = Cases("pledges", but=(*EDITIONS, *DOCUMENTS))

ENDS = {"withdrawn_at", "superseded_at"}


@CASES.of("signature_frozen")
def _other_time() -> Try:
    signature = factories.signature()
    earlier = moment(signature.signed_at - timedelta(days=1))
    return "UPDATE pledges_signature SET signed_at = %s WHERE id = %s", [earlier, signature.pk]


@pytest.mark.parametrize(
    "column", sorted({str(field.column) for field in Signature._meta.concrete_fields} - ENDS)
)
def test_no_column_of_an_act_changes_but_its_end(column: str) -> None:
    """A new column of the act is frozen too, or this fails."""
    signature = factories.signature()
    other: Any = {
        "id": 9999, "ticked": json.dumps([1]), "signed_at": moment(factories.NOW),
        "pledge_id": factories.pledge().pk, "text_id": Text.objects.get(edition__pledge=factories.pledge()).pk, "person_id": factories.person().pk,
        "event_id": factories.event().pk, "supersedes_id": factories.signature().pk,
    }.get(column, "0" * 12)  # fmt: skip
    CASES.refuse(
        "signature_frozen", f"UPDATE pledges_signature SET {column} = %s WHERE id = %s", [other, signature.pk]
    )


@CASES.of("signature_no_delete")
def _removed_signature() -> Try:
    return "DELETE FROM pledges_signature WHERE id = %s", [factories.signature().pk]


@CASES.of("signature_end_is_final")
def _taken_up_again() -> Try:
    signature = factories.withdraw(factories.signature())
    return "UPDATE pledges_signature SET withdrawn_at = NULL WHERE id = %s", [signature.pk]


@CASES.of("signature_withdrawn_told")
def _withdrawn_in_silence() -> Try:
    return "UPDATE pledges_signature SET withdrawn_at = %s WHERE id = %s", [
        moment(timezone.now()),
        factories.signature().pk,
    ]


def test_withdrawal_is_dated_as_the_audit_trail_tells_it() -> None:
    signature, at = factories.signature(), timezone.now()
    history.withdrawn(signature, at=at)
    sql = "UPDATE pledges_signature SET withdrawn_at = %s WHERE id = %s"
    CASES.refuse("signature_withdrawn_told", sql, [moment(at + timedelta(seconds=1)), signature.pk])
    CASES.refuse("signature_withdrawn_told", sql, [moment(at), factories.signature().pk])
    run(sql, [moment(at), signature.pk])


@CASES.of("signature_superseded_told")
def _replaced_in_silence() -> Try:
    signature = factories.signature()
    return "UPDATE pledges_signature SET superseded_at = %s WHERE id = %s", [
        moment(timezone.now()),
        signature.pk,
    ]


@CASES.of("signature_ends_after_it_began")
def _replaced_before_it_was_signed() -> Try:
    signature = factories.signature()
    earlier = signature.signed_at - timedelta(days=1)
    history.superseded(signature, at=earlier)
    return "UPDATE pledges_signature SET superseded_at = %s WHERE id = %s", [moment(earlier), signature.pk]


def _copy_of_act(**changes: Any) -> Try:
    """Another signature of the same text by somebody new."""
    fresh = {
        "reference": "0" * 12, "commitment": "1" * 64, "particulars_commitment": "2" * 64, "person_id": factories.person().pk,
    }  # fmt: skip
    return insert(factories.signature(), **{**fresh, **changes})


@CASES.of("signature_begins_whole")
def _born_withdrawn() -> Try:
    return _copy_of_act(withdrawn_at=moment(timezone.now() + timedelta(days=1)))


@CASES.of("signature_of_its_text")
def _act_under_another_pledge() -> Try:
    """Whose unit would then read it."""
    return _copy_of_act(pledge_id=factories.pledge().pk)


def test_act_bears_the_digest_of_its_text() -> None:
    CASES.refuse("signature_of_its_text", *_copy_of_act(digest="3" * 64))
    run(*_copy_of_act())


@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite alone has INSERT OR REPLACE")
@pytest.mark.parametrize("part", ["act", "particulars", "proof", "document"])
def test_nothing_frozen_is_put_in_place_of_itself(part: str) -> None:
    """SQLite removes the row in the way, and by itself tells no trigger of it."""
    signature = factories.signature()
    row: Any = {
        "act": signature,
        "particulars": signature.particulars,
        "proof": signature.proofs.get(),
        "document": signature.document,
    }[part]
    for statement, values in (insert(row), insert(row, id=row.pk)):
        with pytest.raises(IntegrityError), transaction.atomic():
            run(statement.replace("INSERT", "INSERT OR REPLACE", 1), values)
    assert type(row).objects.get() == row


@CASES.of("signature_replaces_an_ended_one")
def _replaces_one_in_force() -> Try:
    signature = factories.signature()
    fresh = {
        "reference": "0" * 12, "commitment": "1" * 64, "particulars_commitment": "2" * 64, "person_id": factories.person().pk,
    }  # fmt: skip
    return insert(signature, **fresh, supersedes_id=signature.pk)


# --- What goes before the act does -----------------------------------------------------------------------------------------


@CASES.of("particulars_late")
def _particulars_added_later() -> Try:
    return insert(factories.signature().particulars)


@CASES.of("particulars_vanish_whole")
def _other_name() -> Try:
    return "UPDATE pledges_particulars SET full_name = 'Khác' WHERE signature_id = %s", [
        factories.signature().pk
    ]


@CASES.of("particulars_erased_told")
def _erased_in_silence() -> Try:
    return _empty_particulars(factories.signature(), at=timezone.now())


def _empty_particulars(signature: Signature, *, at: datetime, **but: Any) -> Try:
    values = {**dict.fromkeys(PARTICULARS, ""), "strokes": None, "erased_at": moment(at), **but}
    sets = ", ".join(f"{column} = %s" for column in values)
    return f"UPDATE pledges_particulars SET {sets} WHERE signature_id = %s", [*values.values(), signature.pk]


@pytest.mark.parametrize("left", ["full_name", "email", "salt", "strokes", "consent_text", "sort_key"])
def test_particulars_vanish_as_a_whole(left: str) -> None:
    signature, at = factories.signature(), timezone.now()
    history.particulars_erased(signature.particulars, actor_id=None, at=at)
    kept = json.dumps([[[1, 2]]]) if left == "strokes" else "0" * 64
    refused(*_empty_particulars(signature, at=at, **{left: kept}), because="particulars_whole_or_erased")
    run(*_empty_particulars(signature, at=at))
    CASES.refuse(
        "particulars_vanish_whole", *_empty_particulars(signature, at=at, erased_at=None, full_name="Khác")
    )


@CASES.of("particulars_no_delete")
def _removed_particulars() -> Try:
    return "DELETE FROM pledges_particulars WHERE signature_id = %s", [factories.signature().pk]


def _with_channel() -> SignedChannel:
    person = factories.person()
    signature = factories.signature(signer=person, channel_ids=[factories.channel(person=person).pk])
    return SignedChannel.objects.get(signature=signature)


@CASES.of("signed_channel_frozen")
def _other_channel() -> Try:
    return "UPDATE pledges_signedchannel SET url = 'https://x.example.com' WHERE id = %s", [
        _with_channel().pk
    ]


@CASES.of("signed_channel_late")
def _channel_added_later() -> Try:
    return insert(_with_channel(), url="https://x.example.com")


@CASES.of("signed_channel_no_delete")
def _removed_channel() -> Try:
    return "DELETE FROM pledges_signedchannel WHERE id = %s", [_with_channel().pk]


@CASES.of("circumstances_late")
def _circumstances_added_later() -> Try:
    return insert(factories.signature().circumstances)


@CASES.of("circumstances_vanish_whole")
def _other_browser() -> Try:
    return "UPDATE pledges_circumstances SET user_agent = 'khác' WHERE signature_id = %s", [
        factories.signature().pk
    ]


@CASES.of("circumstances_kept_for_their_term")
def _circumstances_gone_early() -> Try:
    return (
        "UPDATE pledges_circumstances SET user_agent = '', ip_address = NULL, erased_at = %s WHERE signature_id = %s",
        [moment(timezone.now()), factories.signature().pk],
    )


def test_circumstances_go_after_their_term_as_a_whole() -> None:
    signature = factories.signature(user_agent="Trình duyệt", ip_address="203.0.113.9")
    after = moment(timezone.now() + timedelta(days=367))
    sql = "UPDATE pledges_circumstances SET erased_at = %s, user_agent = %s, ip_address = NULL WHERE signature_id = %s"
    refused(sql, [after, "Trình duyệt", signature.pk], because="circumstances_whole_or_erased")
    run(sql, [after, "", signature.pk])


@CASES.of("circumstances_no_delete")
def _removed_circumstances() -> Try:
    return "DELETE FROM pledges_circumstances WHERE signature_id = %s", [factories.signature().pk]


@CASES.of("pledges_proof_frozen")
def _other_factor() -> Try:
    return "UPDATE pledges_proof SET factor = 'passkey' WHERE signature_id = %s", [factories.signature().pk]


@CASES.of("pledges_proof_no_delete")
def _removed_proof() -> Try:
    return "DELETE FROM pledges_proof WHERE signature_id = %s", [factories.signature().pk]


@CASES.of("proof_late")
def _proof_added_later() -> Try:
    return insert(factories.signature().proofs.get(), factor="passkey")


@CASES.of("proof_evidence_late")
def _evidence_added_later() -> Try:
    return insert(factories.signature().proofs.get().evidence)


@CASES.of("proof_evidence_vanishes_whole")
def _other_contact() -> Try:
    proof = factories.signature().proofs.get()
    return "UPDATE pledges_proofevidence SET contact = 'x***@example.com' WHERE proof_id = %s", [proof.pk]


@CASES.of("proof_evidence_goes_with_particulars")
def _evidence_gone_alone() -> Try:
    proof = factories.signature().proofs.get()
    return (
        "UPDATE pledges_proofevidence SET contact = '', erased_at = %s WHERE proof_id = %s",
        [moment(timezone.now()), proof.pk],
    )


@CASES.of("proof_evidence_no_delete")
def _removed_evidence() -> Try:
    return "DELETE FROM pledges_proofevidence WHERE proof_id = %s", [factories.signature().proofs.get().pk]


test_rule_refuses = CASES.test()
