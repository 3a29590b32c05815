"""Every column that can hold something personal, and how it goes: what an erasure takes, what it keeps and why, on one page.

``PERSONAL``: columns that speak of the people whom the programme meets; an erasure empties what stands here. ``KEPT``: all
other columns that hold text, JSON, bytes or files, with the reason why they stay. A test fails for a column that is in
neither (``tests/kolportal/privacy/test_register.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

from allauth.account.models import EmailAddress, EmailConfirmation
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db.models import JSONField

from events import models as events
from kolportal.accounts.models import ConfirmationCode, User
from kolportal.audit.models import AuditEvent, HistoryValue
from kolportal.ledger.models import Leaf
from kolportal.mail.models import Message
from kolportal.people.models import Channel, Contact, Person
from kolportal.units.models import OrganisingUnit
from kolportal.work.models import Work
from pledges import models as pledges

if TYPE_CHECKING:
    from django.db.models import Model


class Way(Enum):
    """How personal columns go."""

    EMPTIED = "emptied in place: the row keeps its key, because others point to it"
    REPLACED = "replaced by a value that says nothing of anybody"
    DELETED = "the row is deleted"


@dataclass(frozen=True, slots=True)
class Personal:
    """Columns of one table, how they go, and until when they are kept if nobody asks for their erasure before."""

    model: type[Model]
    columns: tuple[str, ...]
    way: Way
    until: str


class Kept(NamedTuple):
    """Columns of one table that no erasure touches, and why they may stay."""

    model: type[Model]
    columns: tuple[str, ...]
    why: str


SIGNING_ENDS = "the day fixed at signing (keep_until)"

# fmt: off
PERSONAL = (
    # What people say of themselves.
    Personal(
        Person, ("full_name", "stage_name", "kind", "commune_code", "organisation", "search_key", "sort_key"),
        Way.EMPTIED, "erasure",
    ),
    Personal(Contact, ("kind", "value"), Way.DELETED, "erasure, or removal by the person"),
    Personal(Channel, ("platform", "url", "name", "role"), Way.DELETED, "erasure"),
    Personal(User, ("email", "name", "password", "session_epoch"), Way.REPLACED, "erasure"),
    Personal(EmailAddress, ("email",), Way.DELETED, "erasure, or change of the address"),
    Personal(EmailConfirmation, ("key",), Way.DELETED, "erasure, or change of the address"),
    Personal(ConfirmationCode, ("purpose", "act", "code_hash"), Way.DELETED, "a day"),
    Personal(Session, ("session_key", "session_data"), Way.DELETED, "its own end, 14 days"),
    # What a list says of somebody.
    Personal(events.Attendee, events.ATTENDEE_PERSONAL, Way.EMPTIED, "erasure"),
    # Who signed, how, and from where.
    Personal(pledges.Particulars, (*pledges.PARTICULARS, "strokes"), Way.EMPTIED, SIGNING_ENDS),
    Personal(pledges.SignedChannel, ("platform", "url", "name", "role"), Way.DELETED, SIGNING_ENDS),
    Personal(
        pledges.ProofEvidence, ("contact", "assertion", "certificate", "detached_signature"), Way.EMPTIED, SIGNING_ENDS,
    ),
    Personal(pledges.Circumstances, ("user_agent", "ip_address"), Way.EMPTIED, "EVIDENCE_RETENTION_DAYS after signing"),
    Personal(pledges.Attempt, ("act", "preview", "digest"), Way.REPLACED, "half an hour; the row is deleted within two"),
    # What was told, and what staff did with it.
    Personal(
        Message, ("to_address", "subject", "text", "html", "headers"),
        Way.EMPTIED, "MAIL_KEPT_DAYS after sending; the address until the erasure of what it was told of",
    ),
    Personal(HistoryValue, ("salt", "fields"), Way.DELETED, "erasure"),
    Personal(LogEntry, ("object_repr", "change_message"), Way.EMPTIED, "erasure"),
)

_FIXED = "one of a few fixed words"
_PUBLIC = "published on the site"
_STAFF = "the programme's own matters, entered by staff"
_CODE = "a code, key or number that the programme gave"
_ACT = "the act itself: it names nobody, and the public log commits to it"
_TRAIL = "keys, field names, counts; the values lie in HistoryValue"

KEPT = (
    Kept(pledges.Signature, ("reference", "digest", "kind", "ticked", "unit_name", "place", "province"), _ACT),
    Kept(pledges.Signature, ("salt", "commitment", "particulars_commitment"), "opens the act in the public log, never the person"),
    Kept(pledges.Proof, ("factor", "gate"), _ACT),
    Kept(pledges.Document, ("reference", "kind"), _CODE),
    Kept(
        pledges.SealedFile,
        ("sha256", "unsealed_sha256", "certificate_sha256", "intended_level", "achieved_level", "obstacles", "recipe"),
        "what a copy in somebody's hands is compared with; how it was drawn, by versions",
    ),
    Kept(pledges.StoredAhead, ("sha256",), "digest of a file under way; gone within two hours"),
    Kept(pledges.Attempt, ("key", "end"), _CODE),
    Kept(pledges.Pledge, ("slug", "name", "state"), _PUBLIC),
    Kept(pledges.Text, ("language", "title", "preamble", "closing", "canonical", "digest", "specimen_sha256"), _PUBLIC),
    Kept(pledges.Undertaking, ("body", "binds"), _PUBLIC),
    Kept(pledges.LegalReference, ("title", "number"), _PUBLIC),
    Kept(
        events.Event,
        (
            "slug", "title", "programme", "summary", "venue", "address", "state", "cover", "cover_description", "search_key",
        ),
        _PUBLIC,
    ),
    Kept(events.EventUnit, ("part",), _PUBLIC),
    Kept(events.AgendaItem, ("title", "speaker", "speaker_role"), _PUBLIC),
    Kept(events.Material, ("title", "file"), _PUBLIC),
    Kept(events.Notice, ("what", "changes"), _PUBLIC),
    Kept(events.Attendee, ("source", "answer", "language"), _FIXED),
    Kept(events.Invitation, ("code_hash",), "keyed hash of a code; the code is revoked"),
    Kept(events.Scan, ("nonce", "way", "result", "gate", "device"), "append-only, and leads to an emptied row"),
    Kept(events.Entry, ("gate", "undone_reason"), "why a steward undid an entry"),
    Kept(OrganisingUnit, ("name", "short_name", "address", "contact_email", "contact_phone"), _STAFF),
    Kept(Message, ("message_id", "occasion", "purpose", "language", "state", "reason"), _CODE),
    Kept(AuditEvent, ("action", "actor_id", "subject_type", "subject_id", "detail", "commitment", "request_id"), _TRAIL),
    Kept(Leaf, ("entry_type", "subject", "entry", "leaf_hash"), "published; salted commitments and digests"),
    Kept(Work, ("kind", "token", "error"), _CODE),
    Kept(LogEntry, ("object_id",), _CODE),
    Kept(Group, ("name",), _FIXED),
    Kept(Permission, ("name", "codename"), _FIXED),
    Kept(ContentType, ("app_label", "model"), _FIXED),
)
# fmt: on


def emptied(model: type[Model]) -> dict[str, Any]:
    """For ``update``: every personal column of a table whose rows are emptied in place, with its empty value."""
    return {
        column: _empty_value(model._meta.get_field(column))
        for personal in PERSONAL
        if personal.model is model and personal.way is Way.EMPTIED
        for column in personal.columns
    }


def _empty_value(field: Any) -> Any:
    if field.null:
        return None
    return {} if isinstance(field, JSONField) else ""
