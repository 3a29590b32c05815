"""What nobody may change, asked of the database itself by plain SQL with every rule switched on: code is not trusted to remember.

Each rule of the migrations of pledges, people, audit and ledger has a case under its name; a rule without one fails.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from kolportal.audit.models import AuditEvent, HistoryValue
from kolportal.ledger.models import Leaf
from kolportal.people.history import CHANGED
from kolportal.people.models import Person
from kolportal.privacy.signers import erase_signers
from kolportal.triggers import Rule
from pledges import history, signing
from pledges.models import Decline, Edition, Pledge, Signature, SignedChannel, Text
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.servers]

APPS = ("kolportal.audit", "kolportal.ledger", "kolportal.people", "pledges")
RULES: dict[str, Rule] = {
    rule.name: rule for app in APPS for rule in importlib.import_module(f"{app}.migrations.0002_frozen").RULES
}

Try = tuple[str, list[Any]]
CASES: dict[str, Callable[[], Try]] = {}


def case(*names: str) -> Callable[[Callable[[], Try]], Callable[[], Try]]:
    """The decorated function prepares rows and returns the statement that the rules of these names refuse."""

    def keep(make: Callable[[], Try]) -> Callable[[], Try]:
        CASES.update(dict.fromkeys(names, make))
        return make

    return keep


def run(sql: str, values: list[Any]) -> None:
    """One statement as an administrator of the database would type it."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def refused(sql: str, values: list[Any], *, because: str) -> None:
    """The statement is refused with these words."""
    with pytest.raises(IntegrityError, match=because), transaction.atomic():
        run(sql, values)


def refused_by(name: str, sql: str, values: list[Any]) -> None:
    """The statement is refused in the words of this rule."""
    refused(sql, values, because=RULES[name].message.replace("''", "'"))


def insert(row: Any, **changes: Any) -> Try:
    """An INSERT of a copy of this row under a new key, with other values."""
    fields = [field for field in row._meta.concrete_fields if not field.primary_key]
    values = {
        field.column: field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields
    }
    values |= changes
    names, marks = ", ".join(f'"{name}"' for name in values), ", ".join(["%s"] * len(values))
    return f"INSERT INTO {row._meta.db_table} ({names}) VALUES ({marks})", list(values.values())


def moment(at: datetime) -> Any:
    """A time as Django itself hands it to this database."""
    return connection.ops.adapt_datetimefield_value(at)


@pytest.mark.parametrize("name", sorted(RULES))
def test_rule_refuses(name: str) -> None:
    assert name in CASES, "a rule without a case"
    refused_by(name, *CASES[name]())


def test_no_case_without_a_rule() -> None:
    assert set(CASES) <= set(RULES)


# --- Pledges, editions, texts -----------------------------------------------------------------------------------------------


@case("pledge_kept")
def _unit_of_a_pledge() -> Try:
    pledge = factories.pledge()
    return "UPDATE pledges_pledge SET unit_id = %s WHERE id = %s", [factories.unit().pk, pledge.pk]


def test_pledge_keeps_address_unit_and_key() -> None:
    pledge = factories.pledge()
    for change in ("slug = 'khac'", f"unit_id = {factories.unit().pk}", "id = 9999"):
        refused_by("pledge_kept", f"UPDATE pledges_pledge SET {change} WHERE id = %s", [pledge.pk])
    run("UPDATE pledges_pledge SET state = 'closed', name = 'Tên mới' WHERE id = %s", [pledge.pk])


def test_pledge_without_a_published_text_can_still_move() -> None:
    pledge = Pledge.objects.create(slug="nhap", name="Nháp", unit=factories.unit())
    run(
        "UPDATE pledges_pledge SET unit_id = %s, slug = 'khac' WHERE id = %s",
        [factories.unit().pk, pledge.pk],
    )


@case("pledge_no_delete")
def _removed_pledge() -> Try:
    return "DELETE FROM pledges_pledge WHERE id = %s", [factories.pledge().pk]


@case("edition_begins_as_draft")
def _edition_born_published() -> Try:
    return insert(factories.pledge().editions.get(), number=9)


@case("edition_published_whole")
def _edition_with_an_unfrozen_text() -> Try:
    return "UPDATE pledges_edition SET published_at = %s WHERE id = %s", [
        moment(timezone.now()),
        _draft().edition_id,
    ]


def test_edition_is_published_with_a_vietnamese_text_or_not_at_all() -> None:
    edition = factories.edition(pledge=factories.pledge(), number=2)
    publish = "UPDATE pledges_edition SET published_at = %s WHERE id = %s"
    refused_by("edition_published_whole", publish, [moment(timezone.now()), edition.pk])
    english = factories.draft_text(of=edition, language="en")
    Text.objects.filter(pk=english.pk).update(canonical="{}", digest="0" * 64)
    refused_by("edition_published_whole", publish, [moment(timezone.now()), edition.pk])


@case("edition_frozen")
def _other_validity() -> Try:
    edition = factories.pledge().editions.get()
    return "UPDATE pledges_edition SET valid_until = '2030-01-01' WHERE id = %s", [edition.pk]


def test_published_edition_cannot_become_a_draft_again() -> None:
    edition = factories.pledge().editions.get()
    refused_by("edition_frozen", "UPDATE pledges_edition SET published_at = NULL WHERE id = %s", [edition.pk])
    refused_by(
        "edition_frozen",
        "UPDATE pledges_edition SET pledge_id = %s WHERE id = %s",
        [factories.pledge().pk, edition.pk],
    )


@case("edition_no_delete")
def _removed_edition() -> Try:
    return "DELETE FROM pledges_edition WHERE id = %s", [factories.pledge().editions.get().pk]


def _published() -> Text:
    return Text.objects.get(edition__pledge=factories.pledge())


def _draft() -> Text:
    return factories.draft_text(of=factories.edition(pledge=factories.pledge(), number=2))


@case("text_published_insert_new")
def _text_added_later() -> Try:
    return insert(_published(), language="en")


@case("text_published_update_old")
def _other_words() -> Try:
    return "UPDATE pledges_text SET title = 'khác' WHERE id = %s", [_published().pk]


@case("text_published_update_new")
def _draft_moved_into_a_published_edition() -> Try:
    return "UPDATE pledges_text SET edition_id = %s, language = 'en' WHERE id = %s", [
        _published().edition_id,
        _draft().pk,
    ]


@case("text_published_delete_old")
def _removed_text() -> Try:
    return "DELETE FROM pledges_text WHERE id = %s", [_published().pk]


@case("undertaking_published_insert_new")
def _undertaking_added_later() -> Try:
    return insert(_published().undertakings.all()[0], position=9)


@case("undertaking_published_update_old")
def _other_undertaking() -> Try:
    return "UPDATE pledges_undertaking SET body = 'khác' WHERE id = %s", [
        _published().undertakings.all()[0].pk
    ]


@case("undertaking_published_update_new")
def _undertaking_moved_in() -> Try:
    moved = _draft().undertakings.all()[0]
    return "UPDATE pledges_undertaking SET text_id = %s WHERE id = %s", [_published().pk, moved.pk]


@case("undertaking_published_delete_old")
def _removed_undertaking() -> Try:
    return "DELETE FROM pledges_undertaking WHERE id = %s", [_published().undertakings.all()[0].pk]


def _law(text: Text) -> Any:
    """A law under the first undertaking of a text; the row that joins them."""
    from pledges.models import LegalReference

    law, _created = LegalReference.objects.get_or_create(
        title="Luật thử", number="1/2025", defaults={"issued_date": "2025-01-01"}
    )
    undertaking = text.undertakings.all()[0]
    undertaking.legal_references.add(law)
    return type(undertaking).legal_references.through.objects.get(undertaking=undertaking)


def _published_with_law() -> tuple[Text, Any]:
    text = _draft()
    joined = _law(text)
    factories.freeze(text.edition)
    return Text.objects.get(pk=text.pk), joined


@case("undertaking_law_published_insert_new")
def _law_added_later() -> Try:
    return insert(_law(_draft()), undertaking_id=_published().undertakings.all()[0].pk)


@case("undertaking_law_published_update_old")
def _other_law() -> Try:
    _text, joined = _published_with_law()
    free = _draft().undertakings.all()[0].pk
    return (
        "UPDATE pledges_undertaking_legal_references SET undertaking_id = %s WHERE id = %s",
        [free, joined.pk],
    )


@case("undertaking_law_published_update_new")
def _law_moved_in() -> Try:
    joined = _law(_draft())
    return (
        "UPDATE pledges_undertaking_legal_references SET undertaking_id = %s WHERE id = %s",
        [_published().undertakings.all()[0].pk, joined.pk],
    )


@case("undertaking_law_published_delete_old")
def _removed_law() -> Try:
    _text, joined = _published_with_law()
    return "DELETE FROM pledges_undertaking_legal_references WHERE id = %s", [joined.pk]


def test_draft_can_still_be_edited() -> None:
    draft = _draft()
    run("UPDATE pledges_text SET title = 'Sửa được' WHERE id = %s", [draft.pk])
    draft.undertakings.update(body="Sửa được")
    run("UPDATE pledges_edition SET valid_until = '2030-01-01' WHERE id = %s", [draft.edition_id])
    assert Text.objects.get(pk=draft.pk).content.undertakings[0].text == "Sửa được"


# --- The act -------------------------------------------------------------------------------------------------------------------

ENDS = {"withdrawn_at", "superseded_at"}


@case("signature_frozen")
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
        "pledge_id": factories.pledge().pk, "text_id": _published().pk, "person_id": factories.person().pk,
        "event_id": factories.event().pk, "supersedes_id": factories.signature().pk,
    }.get(column, "0" * 12)  # fmt: skip
    refused_by(
        "signature_frozen", f"UPDATE pledges_signature SET {column} = %s WHERE id = %s", [other, signature.pk]
    )


@case("signature_no_delete")
def _removed_signature() -> Try:
    return "DELETE FROM pledges_signature WHERE id = %s", [factories.signature().pk]


@case("signature_end_is_final")
def _taken_up_again() -> Try:
    signature = factories.withdraw(factories.signature())
    return "UPDATE pledges_signature SET withdrawn_at = NULL WHERE id = %s", [signature.pk]


@case("signature_withdrawn_told")
def _withdrawn_in_silence() -> Try:
    return "UPDATE pledges_signature SET withdrawn_at = %s WHERE id = %s", [
        moment(timezone.now()),
        factories.signature().pk,
    ]


def test_withdrawal_is_dated_as_the_audit_trail_tells_it() -> None:
    signature, at = factories.signature(), timezone.now()
    history.withdrawn(signature, at=at)
    sql = "UPDATE pledges_signature SET withdrawn_at = %s WHERE id = %s"
    refused_by("signature_withdrawn_told", sql, [moment(at + timedelta(seconds=1)), signature.pk])
    refused_by("signature_withdrawn_told", sql, [moment(at), factories.signature().pk])
    run(sql, [moment(at), signature.pk])


@case("signature_superseded_told")
def _replaced_in_silence() -> Try:
    return "UPDATE pledges_signature SET superseded_at = %s WHERE id = %s", [
        moment(timezone.now()),
        factories.signature().pk,
    ]


def _copy_of_act(**changes: Any) -> Try:
    """Another signature of the same text by somebody new."""
    fresh = {
        "reference": "0" * 12, "commitment": "1" * 64, "particulars_commitment": "2" * 64, "person_id": factories.person().pk,
    }  # fmt: skip
    return insert(factories.signature(), **{**fresh, **changes})


@case("signature_begins_whole")
def _born_withdrawn() -> Try:
    return _copy_of_act(withdrawn_at=moment(timezone.now() + timedelta(days=1)))


@case("signature_of_its_text")
def _act_under_another_pledge() -> Try:
    """Whose unit would then read it."""
    return _copy_of_act(pledge_id=factories.pledge().pk)


def test_act_bears_the_digest_of_its_text() -> None:
    refused_by("signature_of_its_text", *_copy_of_act(digest="3" * 64))
    run(*_copy_of_act())


@case("signature_replaces_an_ended_one")
def _replaces_one_in_force() -> Try:
    signature = factories.signature()
    fresh = {
        "reference": "0" * 12, "commitment": "1" * 64, "particulars_commitment": "2" * 64, "person_id": factories.person().pk,
    }  # fmt: skip
    return insert(signature, **fresh, supersedes_id=signature.pk)


# --- What goes before the act does -----------------------------------------------------------------------------------------------


def _erased() -> Signature:
    person = factories.person()
    channel = factories.channel(person=person)
    signature = factories.signature(signer=person, channel_ids=[channel.pk], user_agent="Trình duyệt thử")
    erase_signers([signature.pk], actor_id=None, at=timezone.now())
    return Signature.objects.get(pk=signature.pk)


@case("particulars_late")
def _particulars_added_later() -> Try:
    return insert(factories.signature().particulars)


@case("particulars_vanish_whole")
def _other_name() -> Try:
    return "UPDATE pledges_particulars SET full_name = 'Khác' WHERE signature_id = %s", [
        factories.signature().pk
    ]


@case("particulars_erased_told")
def _erased_in_silence() -> Try:
    return _empty_particulars(factories.signature(), at=timezone.now())


def _empty_particulars(signature: Signature, *, at: datetime, **but: Any) -> Try:
    from pledges.models import PARTICULARS

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
    refused_by(
        "particulars_vanish_whole", *_empty_particulars(signature, at=at, erased_at=None, full_name="Khác")
    )


@case("particulars_no_delete")
def _removed_particulars() -> Try:
    return "DELETE FROM pledges_particulars WHERE signature_id = %s", [factories.signature().pk]


def _with_channel() -> SignedChannel:
    person = factories.person()
    signature = factories.signature(signer=person, channel_ids=[factories.channel(person=person).pk])
    return SignedChannel.objects.get(signature=signature)


@case("signed_channel_frozen")
def _other_channel() -> Try:
    return "UPDATE pledges_signedchannel SET url = 'https://x.example.com' WHERE id = %s", [
        _with_channel().pk
    ]


@case("signed_channel_late")
def _channel_added_later() -> Try:
    return insert(_with_channel(), url="https://x.example.com")


@case("signed_channel_no_delete")
def _removed_channel() -> Try:
    return "DELETE FROM pledges_signedchannel WHERE id = %s", [_with_channel().pk]


@case("circumstances_late")
def _circumstances_added_later() -> Try:
    return insert(factories.signature().circumstances)


@case("circumstances_vanish_whole")
def _other_browser() -> Try:
    return "UPDATE pledges_circumstances SET user_agent = 'khác' WHERE signature_id = %s", [
        factories.signature().pk
    ]


@case("circumstances_kept_for_their_term")
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


@case("circumstances_no_delete")
def _removed_circumstances() -> Try:
    return "DELETE FROM pledges_circumstances WHERE signature_id = %s", [factories.signature().pk]


@case("pledges_proof_frozen")
def _other_factor() -> Try:
    return "UPDATE pledges_proof SET factor = 'passkey' WHERE signature_id = %s", [factories.signature().pk]


@case("pledges_proof_no_delete")
def _removed_proof() -> Try:
    return "DELETE FROM pledges_proof WHERE signature_id = %s", [factories.signature().pk]


@case("proof_late")
def _proof_added_later() -> Try:
    return insert(factories.signature().proofs.get(), factor="passkey")


@case("proof_evidence_late")
def _evidence_added_later() -> Try:
    return insert(factories.signature().proofs.get().evidence)


@case("proof_evidence_vanishes_whole")
def _other_contact() -> Try:
    proof = factories.signature().proofs.get()
    return "UPDATE pledges_proofevidence SET contact = 'x***@example.com' WHERE proof_id = %s", [proof.pk]


@case("proof_evidence_goes_with_particulars")
def _evidence_gone_alone() -> Try:
    proof = factories.signature().proofs.get()
    return (
        "UPDATE pledges_proofevidence SET contact = '', erased_at = %s WHERE proof_id = %s",
        [moment(timezone.now()), proof.pk],
    )


@case("proof_evidence_no_delete")
def _removed_evidence() -> Try:
    return "DELETE FROM pledges_proofevidence WHERE proof_id = %s", [factories.signature().proofs.get().pk]


# --- Refusals and attempts -----------------------------------------------------------------------------------------------------


def _decline() -> Decline:
    text = _published()
    return signing.decline(text=text, person=factories.person(), at=timezone.now() - timedelta(hours=1))


@case("decline_reversed_once")
def _other_person() -> Try:
    return "UPDATE pledges_decline SET person_id = %s WHERE id = %s", [factories.person().pk, _decline().pk]


def test_a_refusal_taken_back_stays_so() -> None:
    decline = _decline()
    signing.undo_decline(pledge=decline.pledge, person=decline.person, at=timezone.now())
    refused_by(
        "decline_reversed_once", "UPDATE pledges_decline SET reversed_at = NULL WHERE id = %s", [decline.pk]
    )


@case("decline_reversed_by_its_person")
def _taken_back_in_silence() -> Try:
    return "UPDATE pledges_decline SET reversed_at = %s WHERE id = %s", [
        moment(timezone.now()),
        _decline().pk,
    ]


@case("decline_no_delete")
def _removed_decline() -> Try:
    return "DELETE FROM pledges_decline WHERE id = %s", [_decline().pk]


@case("attempt_of_the_living")
def _attempt_of_an_erased_person() -> Try:
    attempt = factories.attempt()
    return insert(attempt, key="0" * 32, person_id=_erased_person().pk)


# --- Documents -------------------------------------------------------------------------------------------------------------------


@case("pledges_document_frozen")
def _document_of_another() -> Try:
    mine, other = factories.signature(), factories.signature()
    return "UPDATE pledges_document SET signature_id = %s WHERE signature_id = %s", [other.pk, mine.pk]


@case("pledges_document_no_delete")
def _removed_document() -> Try:
    return "DELETE FROM pledges_document WHERE signature_id = %s", [factories.signature().pk]


@case("document_bears_its_code")
def _document_under_another_code() -> Try:
    return insert(factories.signature().document, reference="0" * 12)


@case("sealed_file_append_only")
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
    refused_by("sealed_file_append_only", sql, [at, value, file.pk])
    run("UPDATE pledges_sealedfile SET destroyed_at = %s WHERE id = %s", [at, file.pk])
    refused_by(
        "sealed_file_append_only",
        "UPDATE pledges_sealedfile SET destroyed_at = NULL WHERE id = %s",
        [file.pk],
    )


@case("sealed_file_of_the_living")
def _sealed_after_the_erasure() -> Try:
    file = factories.sealed_file(factories.signature())
    return insert(file, document_id=_erased().document.pk)


@case("sealed_file_no_delete")
def _removed_file() -> Try:
    return "DELETE FROM pledges_sealedfile WHERE id = %s", [factories.sealed_file(factories.signature()).pk]


# --- People -----------------------------------------------------------------------------------------------------------------------


def _erased_person() -> Person:
    from kolportal.privacy.erasing import erase

    person = factories.person()
    erase(person=person, actor_id=None, at=timezone.now())
    return person


@case("person_kept")
def _person_of_another_account() -> Try:
    return "UPDATE people_person SET user_id = %s WHERE id = %s", [factories.user().pk, factories.person().pk]


def test_person_without_an_account_is_claimed_once() -> None:
    person, user = factories.person(user=None), factories.user()
    run("UPDATE people_person SET user_id = %s WHERE id = %s", [user.pk, person.pk])
    refused_by("person_kept", "UPDATE people_person SET user_id = NULL WHERE id = %s", [person.pk])
    refused_by("person_kept", "UPDATE people_person SET id = 9999 WHERE id = %s", [person.pk])


@case("person_no_delete")
def _removed_person() -> Try:
    return "DELETE FROM people_person WHERE id = %s", [factories.person().pk]


@case("person_merged_once")
def _merged_again() -> Try:
    person, other, third = factories.person(), factories.person(), factories.person()
    Person.objects.filter(pk=person.pk).update(merged_into=other, merged_at=timezone.now())
    return "UPDATE people_person SET merged_into_id = %s WHERE id = %s", [third.pk, person.pk]


@case("person_erased_stays")
def _named_again() -> Try:
    return "UPDATE people_person SET full_name = 'Khác', erased_at = NULL WHERE id = %s", [
        _erased_person().pk
    ]


@case("people_contact_of_the_living")
def _contact_of_an_erased_person() -> Try:
    person = factories.person()
    contact = person.contacts.create(kind="email", value="a@example.com")
    return insert(contact, person_id=_erased_person().pk)


@case("people_channel_of_the_living")
def _channel_of_an_erased_person() -> Try:
    return insert(factories.channel(), person_id=_erased_person().pk)


# --- The audit trail and the public log ---------------------------------------------------------------------------------------------


def _event(**values: tuple[str, str]) -> AuditEvent:
    return CHANGED.record(1, actor_id=None, at=timezone.now(), values=values or None)


@case("audit_auditevent_frozen")
def _other_act() -> Try:
    return "UPDATE audit_auditevent SET action = 'x' WHERE id = %s", [_event().pk]


@case("audit_auditevent_no_delete")
def _removed_event() -> Try:
    return "DELETE FROM audit_auditevent WHERE id = %s", [_event().pk]


@case("audit_event_not_written_earlier")
def _written_earlier() -> Try:
    event = AuditEvent.objects.get(pk=_event().pk)
    return insert(event, written_at=moment(timezone.now() - timedelta(minutes=1)))


def test_event_put_in_under_an_earlier_time_bears_the_time_at_which_it_was_put_in() -> None:
    before = timezone.now() - timedelta(seconds=1)
    event = AuditEvent.objects.get(pk=_event().pk)
    sql, values = insert(event, at=moment(datetime(2020, 1, 1, tzinfo=UTC)))
    # Left to the database, as anybody would who does not know of the column.
    columns = [name.strip('"') for name in sql.split("(", 1)[1].split(")", 1)[0].split(", ")]
    at = columns.index("written_at")
    run(
        f"INSERT INTO audit_auditevent ({', '.join(columns[:at] + columns[at + 1 :])})"
        f" VALUES ({', '.join(['%s'] * (len(values) - 1))})",
        values[:at] + values[at + 1 :],
    )
    late = AuditEvent.objects.latest("id")
    assert late.at.year == 2020
    assert late.written_at >= before


@case("history_value_of_its_event")
def _values_for_an_event_without() -> Try:
    told = HistoryValue.objects.get(event=_event(full_name=("A", "B")))
    return insert(told, event_id=_event().pk)


@case("history_value_frozen")
def _other_values() -> Try:
    event = _event(full_name=("A", "B"))
    return "UPDATE audit_historyvalue SET fields = '{}' WHERE event_id = %s", [event.pk]


def test_old_and_new_values_can_be_removed_and_the_event_stands() -> None:
    event = _event(full_name=("A", "B"))
    run("DELETE FROM audit_historyvalue WHERE event_id = %s", [event.pk])
    assert len(AuditEvent.objects.get(pk=event.pk).commitment) == 64


def _leaf() -> Leaf:
    factories.signature()
    return Leaf.objects.latest("id")


@case("leaf_frozen")
def _other_entry() -> Try:
    return "UPDATE ledger_leaf SET entry = '{}' WHERE id = %s", [_leaf().pk]


def test_leaf_gets_one_index() -> None:
    leaf = _leaf()
    run('UPDATE ledger_leaf SET "index" = 7 WHERE id = %s', [leaf.pk])
    refused_by("leaf_frozen", 'UPDATE ledger_leaf SET "index" = 8 WHERE id = %s', [leaf.pk])


@case("leaf_begins_waiting")
def _leaf_with_an_index() -> Try:
    return insert(_leaf(), index=7)


@case("leaf_no_delete")
def _removed_leaf() -> Try:
    return "DELETE FROM ledger_leaf WHERE id = %s", [_leaf().pk]


# --- All at once --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", sorted({rule.table for rule in RULES.values()}))
def test_table_of_evidence_cannot_be_emptied_at_once(table: str) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no TRUNCATE")
    run(
        "SET CONSTRAINTS ALL IMMEDIATE", []
    )  # foreign keys still to be checked would stop it before our rule does
    refused(f"TRUNCATE {table} CASCADE", [], because="evidence is never emptied")


def test_every_draft_goes_with_its_parts() -> None:
    draft = _draft()
    Edition.objects.get(pk=draft.edition_id).delete()
    assert not Text.objects.filter(pk=draft.pk).exists()
