"""What is over goes by itself, in batches that can be cut off, and nothing goes before its time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.files.storage import storages
from django.db import IntegrityError
from django.utils import timezone

from kolportal.accounts.models import ConfirmationCode
from kolportal.audit.models import AuditEvent
from kolportal.ledger.models import Leaf
from kolportal.mail.models import Message, MessageState
from kolportal.privacy import expiring, tasks
from kolportal.privacy.expiring import remove_what_is_over
from kolportal.privacy.signers import erase_signers
from kolportal.work import queue
from kolportal.work.models import Work
from pledges import storage
from pledges.kinds import DESTROY
from pledges.models import Attempt, Particulars, SealedFile, Signature, StoredAhead
from tests import factories
from tests.pledges.sealed import file_of, sealed_signature

pytestmark = [pytest.mark.django_db, pytest.mark.servers]

NOTHING = dict.fromkeys(expiring.BATCHES, 0)


def _after(signature: Signature) -> datetime:
    """Shortly after midnight, in Vietnam, of the day after the last one on which the particulars are kept."""
    last = Particulars.objects.get(signature=signature).keep_until
    return datetime(last.year, last.month, last.day, 17, 5, tzinfo=UTC)


def test_who_signed_goes_the_day_after_the_last_with_leaf_and_file() -> None:
    signature = sealed_signature()
    sha256 = file_of(signature).sha256
    at = _after(signature)
    gone = remove_what_is_over(at=at - timedelta(minutes=10))
    assert gone["signers"] == 0
    assert remove_what_is_over(at=at)["signers"] == 1
    kept = Signature.objects.select_related("particulars", "circumstances").get(pk=signature.pk)
    assert (kept.particulars.full_name, kept.particulars.erased_at, kept.circumstances.user_agent) == (
        "",
        at,
        "",
    )
    assert Leaf.objects.latest("id").entry_type == "kolportal/log/particulars-erased/1"
    assert AuditEvent.objects.get(action="pledge.particulars_erased").actor_id == ""
    assert queue.run(Work.objects.get(kind=DESTROY.name).pk, at=at)
    assert not storages["documents"].exists(f"{sha256[:2]}/{sha256[2:4]}/{sha256}.pdf")
    assert SealedFile.objects.get().sha256 == sha256
    # The person may have signed something newer: what he or she says of himself or herself stays.
    assert signature.person.full_name
    assert remove_what_is_over(at=at) == NOTHING


def test_message_of_the_signing_goes_with_it_and_others_stay() -> None:
    signer = factories.person()
    old, newer = factories.signature(signer=signer), factories.signature(signer=signer)
    for signature in (old, newer):
        factories.withdraw(signature)
    queue.sweep()
    erase_signers([old.pk], actor_id=None, at=timezone.now())
    told = dict(Message.objects.values_list("occasion", "to_address"))
    assert told[f"pledge_withdrawn:{old.reference}"] == ""
    assert told[f"pledge_withdrawn:{newer.reference}"] == signer.email


def test_browser_and_address_go_after_their_own_term() -> None:
    signature = factories.signature(user_agent="Mozilla/5.0 (test)", ip_address="203.0.113.9")
    last = signature.circumstances.keep_until
    after = datetime(last.year, last.month, last.day, 17, 5, tzinfo=UTC)
    assert remove_what_is_over(at=after - timedelta(minutes=10))["circumstances"] == 0
    assert remove_what_is_over(at=after)["circumstances"] == 1
    kept = Signature.objects.select_related("particulars", "circumstances").get(pk=signature.pk)
    assert (kept.circumstances.user_agent, kept.circumstances.ip_address) == ("", None)
    assert kept.particulars.full_name


def test_words_of_old_messages_go_and_who_was_told_stays(mailoutbox: list[Any]) -> None:
    signature = factories.withdraw(sealed_signature())
    queue.sweep()
    assert remove_what_is_over(at=timezone.now() + timedelta(days=29))["messages"] == 0
    assert remove_what_is_over(at=timezone.now() + timedelta(days=31))["messages"] == 1
    message = Message.objects.get()
    assert (message.state, message.subject, message.text, message.html) == (MessageState.SENT, "", "", "")
    assert message.to_address == signature.person.email
    assert len(mailoutbox) == 1


def test_message_that_waits_keeps_its_words_however_old() -> None:
    factories.withdraw(factories.signature())
    assert remove_what_is_over(at=timezone.now() + timedelta(days=60))["messages"] == 0
    assert Message.objects.get().text


def test_attempts_codes_and_sessions_go() -> None:
    attempt = factories.attempt()
    now = timezone.now()
    ConfirmationCode.objects.create(
        user=factories.user(),
        purpose="sign",
        act=attempt.digest,
        code_hash="0" * 64,
        created_at=now,
        expires_at=now,
    )
    Session.objects.create(session_key="k" * 32, session_data="x", expire_date=now)
    assert remove_what_is_over(at=now) == NOTHING
    gone = remove_what_is_over(at=now + timedelta(days=2))
    assert (gone["attempts"], gone["codes"], gone["sessions"]) == (1, 1, 1)
    assert not Attempt.objects.exists()


def test_file_of_a_worker_that_died_before_its_commit_goes() -> None:
    signature = factories.signature()
    sha256 = storage.put(b"%PDF of a worker that died")
    StoredAhead.objects.create(document=signature.document, sha256=sha256, stored_at=timezone.now())
    assert remove_what_is_over(at=timezone.now())["files_without_a_row"] == 0
    assert remove_what_is_over(at=timezone.now() + timedelta(hours=3))["files_without_a_row"] == 1
    with pytest.raises(storage.StoredFileDamaged):
        storage.read(sha256)


def test_run_that_is_cut_off_is_gone_on_with(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expiring, "SIGNERS_AT_ONCE", 2)
    pledge = factories.pledge()
    signatures = [factories.signature(of=pledge) for _number in range(5)]
    at = _after(signatures[0])
    assert remove_what_is_over(at=at, within=timedelta(0)) == NOTHING
    assert expiring.BATCHES["signers"](at) == 2
    assert Particulars.objects.filter(erased_at=None).count() == 3
    assert remove_what_is_over(at=at)["signers"] == 3


def test_what_stops_one_kind_does_not_stop_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    signature = factories.signature(user_agent="Mozilla/5.0 (test)")

    def refuse(at: datetime) -> int:
        raise IntegrityError("as a database that is full")

    monkeypatch.setitem(expiring.BATCHES, "signers", refuse)
    with pytest.raises(ExceptionGroup, match="not everything"):
        remove_what_is_over(at=_after(signature))
    assert Signature.objects.get(pk=signature.pk).circumstances.user_agent == ""


def test_task_removes_what_is_over_now() -> None:
    Session.objects.create(session_key="k" * 32, session_data="x", expire_date=timezone.now())
    tasks.remove_what_is_over()
    assert not Session.objects.exists()
