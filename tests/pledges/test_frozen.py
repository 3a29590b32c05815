"""What nobody may change, asked of the database itself: the code is not trusted to remember."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from kolportal.audit import events as audit
from kolportal.audit.models import AuditEvent
from pledges import documents
from pledges.models import Document, PledgeVersion, Signature, SignedChannel, Undertaking
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.servers]


def _refused(sql: str, *values: int | str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)


def test_published_text_refuses_change_and_removal() -> None:
    version = factories.pledge().versions.get()
    _refused("UPDATE pledges_pledgeversion SET title = 'khác' WHERE id = %s", version.pk)
    _refused(
        "UPDATE pledges_pledgeversion SET canonical = '{}', digest = %s WHERE id = %s", "0" * 64, version.pk
    )
    _refused(
        "UPDATE pledges_pledgeversion SET published_at = NULL, canonical = '', digest = '' WHERE id = %s",
        version.pk,
    )
    _refused("DELETE FROM pledges_pledgeversion WHERE id = %s", version.pk)


def test_undertakings_of_a_published_text_refuse_everything() -> None:
    pledge = factories.pledge()
    version = pledge.versions.get()
    row = version.undertakings.first()
    assert row is not None
    _refused("UPDATE pledges_undertaking SET text = 'khác' WHERE id = %s", row.pk)
    _refused("DELETE FROM pledges_undertaking WHERE id = %s", row.pk)
    with pytest.raises(IntegrityError), transaction.atomic():
        Undertaking.objects.create(version=version, position=9, text="Thêm vào sau")
    draft = factories.draft_version(pledge=pledge, number=2)
    moved = draft.undertakings.first()
    assert moved is not None
    _refused("UPDATE pledges_undertaking SET version_id = %s WHERE id = %s", version.pk, moved.pk)


def test_draft_text_can_still_be_edited() -> None:
    draft = factories.draft_version(pledge=factories.pledge(), number=2)
    PledgeVersion.objects.filter(pk=draft.pk).update(title="Sửa được")
    draft.undertakings.update(text="Sửa được")
    assert PledgeVersion.objects.get(pk=draft.pk).text.undertakings[0].text == "Sửa được"


@pytest.mark.parametrize(
    "column", ["full_name", "digest", "signed_at", "strokes", "typed_name", "consent_text", "email"]
)
def test_signature_refuses_change(column: str) -> None:
    signature = factories.signature()
    _refused(f"UPDATE pledges_signature SET {column} = {column} WHERE id = %s", signature.pk)


def test_every_column_of_a_signature_is_frozen_or_listed_as_mutable() -> None:
    import importlib

    frozen = set(importlib.import_module("pledges.migrations.0002_frozen").SIGNATURE_FROZEN)
    columns = {field.column for field in Signature._meta.concrete_fields} - {"id"}
    assert columns == frozen | set(Signature.MUTABLE)
    assert not frozen & set(Signature.MUTABLE)


def test_signature_and_its_channels_refuse_removal() -> None:
    profile = factories.profile()
    channel = factories.channel(profile=profile)
    signature = factories.signature(signer=profile, channel_ids=[channel.pk])
    covered = SignedChannel.objects.get(signature=signature)
    with pytest.raises(IntegrityError), transaction.atomic():
        SignedChannel.objects.create(
            signature=signature,
            platform="tiktok",
            url="https://www.tiktok.com/@them",
            name="Thêm vào sau",
            role="owner",
        )
    _refused("DELETE FROM pledges_signedchannel WHERE id = %s", covered.pk)
    _refused("UPDATE pledges_signedchannel SET url = 'https://x.example.com' WHERE id = %s", covered.pk)
    _refused("DELETE FROM pledges_document WHERE signature_id = %s", signature.pk)
    _refused("DELETE FROM pledges_signature WHERE id = %s", signature.pk)


def test_withdrawal_is_final() -> None:
    signature = factories.signature()
    Signature.objects.filter(pk=signature.pk).update(withdrawn_at=timezone.now())
    _refused("UPDATE pledges_signature SET withdrawn_at = NULL WHERE id = %s", signature.pk)


def test_sealed_document_refuses_another_file() -> None:
    document = factories.signature().document
    documents.seal(document_id=document.pk, at=timezone.now())
    _refused("UPDATE pledges_document SET sha256 = %s WHERE id = %s", "0" * 64, document.pk)
    _refused("UPDATE pledges_document SET is_test = NOT is_test WHERE id = %s", document.pk)
    _refused(
        "UPDATE pledges_document SET state = 'pending', sha256 = '', sealed_at = NULL WHERE id = %s",
        document.pk,
    )
    assert Document.objects.get(pk=document.pk).sha256 != "0" * 64


def test_audit_trail_is_append_only() -> None:
    event = audit.record(
        action="test.done",
        actor_id=None,
        subject_type="test",
        subject_id=1,
        at=timezone.now(),
        detail={"n": 1},
    )
    _refused("UPDATE audit_auditevent SET action = 'x' WHERE id = %s", event.pk)
    _refused("DELETE FROM audit_auditevent WHERE id = %s", event.pk)
    assert AuditEvent.objects.about("test", 1).count() == 1


def test_tables_of_evidence_cannot_be_emptied_at_once() -> None:
    factories.signature()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            # Foreign keys that are still to be checked would stop TRUNCATE before our trigger does.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        _refused("TRUNCATE pledges_signature CASCADE")
        _refused("TRUNCATE audit_auditevent")
    else:
        _refused("DELETE FROM pledges_signature")
        _refused("DELETE FROM audit_auditevent")
    assert Signature.objects.exists()
    assert AuditEvent.objects.exists()
