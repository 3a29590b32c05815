"""The public log's leaves: written with what they tell, indexed without a gap, and opened by the rows that they speak of."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from kolportal.ledger import leaves, tasks
from kolportal.ledger.models import Leaf
from kolportal.privacy.signers import erase_signers
from kolportal.transparency import (
    DocumentSealed,
    ParticularsErased,
    PledgeSigned,
    SignatureWithdrawn,
    TextPublished,
)
from kolportal.transparency.commitment import Domain, opens
from kolportal.transparency.entries import parse
from kolportal.work import queue
from pledges import commitments, history, publishing
from pledges.models import Particulars, Signature
from tests import factories

if TYPE_CHECKING:
    from kolportal.transparency import Entry


def told(signature: Signature) -> list[Entry]:
    """The entries on one signature, in the order in which they were written."""
    rows = Leaf.objects.filter(subject=history.leaf_subject(signature)).order_by("id")
    return [parse(row.entry.encode()) for row in rows]


def write(number: int) -> Leaf:
    entry = SignatureWithdrawn(at=leaves.whole_seconds(timezone.now()), signature=f"{number:064x}")
    return leaves.write(entry, subject=f"signature:{number}", at=timezone.now())


# --- What is told ---------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_life_of_a_signature_is_told_from_signing_to_erasure() -> None:
    pledge, signer = factories.pledge(), factories.person()
    first = factories.signature(of=pledge, signer=signer)
    second = factories.signature(of=pledge, signer=signer, channel_ids=[factories.channel(person=signer).pk])
    queue.sweep()
    factories.withdraw(second)
    erase_signers([second.pk], actor_id=None, at=timezone.now())
    assert [type(entry) for entry in told(first)] == [PledgeSigned, DocumentSealed]
    signed, sealed, withdrawn, erased = told(second)
    assert isinstance(signed, PledgeSigned)
    assert (signed.signature, signed.person) == (second.commitment, second.particulars_commitment)
    assert (signed.text_sha256, signed.replaces) == (second.digest, first.commitment)
    assert isinstance(sealed, DocumentSealed)
    file = second.document.file
    assert file is not None
    assert (sealed.signature, sealed.file.sha256, sealed.file.size) == (
        second.commitment,
        file.sha256,
        file.size,
    )
    assert isinstance(withdrawn, SignatureWithdrawn)
    assert isinstance(erased, ParticularsErased)
    assert withdrawn.signature == erased.signature == second.commitment


@pytest.mark.django_db
def test_a_published_text_is_told_in_each_language() -> None:
    edition = factories.edition(pledge=factories.pledge(), number=2)
    for language in ("vi", "en"):
        factories.draft_text(of=edition, language=language)
    published = publishing.publish(edition=edition, publisher=factories.user(), at=timezone.now())
    entries = [parse(leaf.entry.encode()) for leaf in Leaf.objects.order_by("id")]
    assert {(entry.language, entry.number, entry.text_sha256) for entry in entries if isinstance(entry, TextPublished)} == {
        (text.language, 2, text.digest) for text in published.texts.all()
    }  # fmt: skip
    assert len(entries) == 2


@pytest.mark.django_db
def test_what_is_rolled_back_is_not_told() -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        write(1)
        raise RuntimeError
    assert not Leaf.objects.exists()


@pytest.mark.django_db
def test_an_entry_names_nobody_and_leads_to_no_code() -> None:
    signature = factories.signature()
    queue.sweep()
    public = " ".join(Leaf.objects.values_list("entry", flat=True))
    for private in (
        signature.reference, signature.reference_grouped, signature.salt, signature.particulars.full_name,
        signature.particulars.email, str(signature.pledge.slug),
    ):  # fmt: skip
        assert private not in public


# --- What the commitments say -------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_commitments_made_again_from_the_rows_are_those_of_the_leaf() -> None:
    signer = factories.person(stage_name="Đất Tổ", organisation="Công ty Đất Tổ")
    event = factories.event()
    made = factories.signature(
        signer=signer, event=event, channel_ids=[factories.channel(person=signer).pk for _ in range(3)]
    )
    (signed, *_) = told(made)
    assert isinstance(signed, PledgeSigned)
    signature = Signature.objects.get(pk=made.pk)
    assert commitments.of_act(signature, signature.proofs.all()) == signed.signature
    person = Particulars.objects.get(signature=signature)
    assert commitments.of_particulars(person, signature.channels.order_by("?")) == signed.person
    assert commitments.act_facts(signature, signature.proofs.all())["event"] == event.slug
    person.full_name += " "
    assert commitments.of_particulars(person, signature.channels.all()) != signed.person


@pytest.mark.django_db
def test_after_an_erasure_the_act_still_opens_and_who_signed_does_not() -> None:
    made = factories.signature()
    before = commitments.person_salt(made.particulars)
    queue.sweep()
    erase_signers([made.pk], actor_id=None, at=timezone.now())
    signature = Signature.objects.get(pk=made.pk)
    facts = commitments.act_facts(signature, signature.proofs.all())
    logged = told(signature)[0]
    assert isinstance(logged, PledgeSigned)
    assert opens(logged.signature, domain=Domain.ACT, salt=bytes.fromhex(signature.salt), facts=facts)
    person = Particulars.objects.get(signature=signature)
    assert person.salt == ""
    guessed = {**commitments.particulars_facts(made.particulars, []), "channels": []}
    assert opens(logged.person, domain=Domain.PERSON, salt=before, facts=guessed), (
        "a copy of the PDF still opens it"
    )
    with pytest.raises(ValueError, match="salt"):
        opens(logged.person, domain=Domain.PERSON, salt=bytes.fromhex(person.salt), facts=guessed)


# --- Indices --------------------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_indices_follow_the_order_of_writing_and_go_on_where_they_stopped() -> None:
    first = [write(number) for number in range(3)]
    tasks.sequence()
    second = [write(number) for number in range(3, 5)]
    assert leaves.sequence() == 2
    assert leaves.sequence() == 0
    assert [Leaf.objects.get(pk=leaf.pk).index for leaf in (*first, *second)] == [0, 1, 2, 3, 4]


@pytest.mark.django_db
def test_a_long_queue_is_taken_in_parts() -> None:
    for number in range(5):
        write(number)
    assert [leaves.sequence(most=2) for _ in range(4)] == [2, 2, 1, 0]
    assert sorted(Leaf.objects.values_list("index", flat=True)) == [0, 1, 2, 3, 4]  # type: ignore[type-var]  # none waits


@pytest.mark.django_db
def test_an_index_is_given_once() -> None:
    leaf = write(1)
    leaves.sequence()
    with pytest.raises(IntegrityError), transaction.atomic():
        Leaf.objects.filter(pk=leaf.pk).update(index=7)


@pytest.mark.usefixtures("committed_db")
def test_sequencers_beside_writers_leave_no_gap_and_give_no_index_twice() -> None:
    """Rows get their numbers when they are written and are seen when they are committed, which is another order."""
    start, failures = threading.Barrier(4), list[Exception]()

    def writer(first: int) -> None:
        start.wait(300)
        try:
            for number in range(first, first + 15):
                with transaction.atomic():
                    write(number)
        except Exception as error:  # noqa: BLE001  (told at the end)
            failures.append(error)
        connection.close()

    def sequencer() -> None:
        start.wait(300)
        try:
            for _ in range(15):
                leaves.sequence(most=4)
        except Exception as error:  # noqa: BLE001  (as above)
            failures.append(error)
        connection.close()

    threads = [threading.Thread(target=writer, args=(first,)) for first in (0, 100)]
    threads += [threading.Thread(target=sequencer) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    leaves.sequence()
    assert failures == []
    assert sorted(Leaf.objects.values_list("index", flat=True)) == list(range(30))  # type: ignore[type-var]  # none waits
