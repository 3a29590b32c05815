"""Personal links and the codes of the door. A link answers for its attendee and opens nothing else.

Codes are derived (``events.codes``), so a letter or a sheet can be printed again; of a code only a hash is kept. Revoking
raises the number, and with it the code. The code of a row that was merged leads to the row that stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Max

from events import answers, codes, history
from events.answers import Way
from events.models import Attendee, Invitation
from kolportal.codes import Mistyped

if TYPE_CHECKING:
    from datetime import datetime


class InvitationRefused(Exception):
    """The link answers nothing; the subclass says why."""


class UnknownInvitation(InvitationRefused):
    """No such code, or its row is no longer on a list."""


class InvitationRevoked(InvitationRefused):
    """A newer letter was sent, or the invitation was taken back."""


class InvitationExpired(InvitationRefused):
    """The time to answer is over."""


class CodeLost(Exception):
    """The code cannot be derived again, because the server has another ``SECRET_KEY`` now. The one given out still works."""


def issue(
    *, attendee: Attendee, actor_id: int | None, at: datetime, expires_at: datetime | None = None
) -> Invitation:
    """The attendee's valid invitation, made if there is none; without ``expires_at`` it answers until the event begins.

    Issuing again gives the same one, with the same code. Raises ``InvitationExpired`` for an event that has begun,
    ``UnknownInvitation`` for a row that is not on the list.
    """
    with transaction.atomic():
        row = answers.locked(Attendee.objects.listed().filter(pk=attendee.pk, erased_at=None))
        if row is None:
            raise UnknownInvitation
        valid = Invitation.objects.filter(attendee=row, revoked_at=None).first()
        if valid is not None and valid.is_valid(at=at):
            return valid
        until = expires_at or row.event.starts_at
        if until <= at:
            raise InvitationExpired
        if valid is not None:  # expired: the next one takes its place
            _revoke(valid, actor_id=actor_id, at=at)
        number = (Invitation.objects.filter(attendee=row).aggregate(last=Max("number"))["last"] or 0) + 1
        invitation = Invitation.objects.create(
            attendee=row,
            number=number,
            code_hash=codes.fingerprint(codes.derived(codes.INVITATION, row.pk, number)),
            issued_at=at,
            expires_at=until,
        )
        history.INVITATION_ISSUED.record(
            row.pk, actor_id=actor_id, at=at, detail={"event": row.event_id, "number": number}
        )
        return invitation


def code_of(invitation: Invitation) -> str:
    """The code of the link, without hyphens. Raises ``CodeLost``."""
    code = codes.derived(codes.INVITATION, invitation.attendee_id, invitation.number)
    if codes.fingerprint(code) != invitation.code_hash:
        raise CodeLost
    return code


def revoke(*, attendee: Attendee, actor_id: int | None, at: datetime) -> bool:
    """Ends the attendee's invitation, and those of rows that were merged into this one, which answer for it too; ``False`` when
    there was none. The next one has another code."""
    with transaction.atomic():
        answers.locked(Attendee.objects.filter(pk=attendee.pk))
        keys = {attendee.pk}
        while more := set(Attendee.objects.filter(merged_into__in=keys).values_list("pk", flat=True)) - keys:
            keys |= more
        valid = list(Invitation.objects.filter(attendee__in=keys, revoked_at=None).order_by("pk"))
        for each in valid:
            _revoke(each, actor_id=actor_id, at=at)
        return bool(valid)


def find(code: str, *, at: datetime) -> Invitation:
    """The invitation of a code as it was typed or followed; ``invitation.attendee`` is the row that it answers for.

    Raises an ``InvitationRefused``.
    """
    try:
        wanted = codes.fingerprint_of_typed(code)
    except Mistyped as error:
        raise UnknownInvitation from error
    found = Invitation.objects.select_related("attendee__event").filter(code_hash=wanted).first()
    if found is None:
        raise UnknownInvitation
    found.attendee = attendee = found.attendee.staying()
    if attendee.removed_at is not None or attendee.erased_at is not None:
        raise UnknownInvitation
    if found.revoked_at is not None:
        raise InvitationRevoked
    if not found.is_valid(at=at):
        raise InvitationExpired
    return found


def answer(*, code: str, coming: bool, at: datetime, reason: str = "") -> Attendee:
    """Answers for the attendee of a link, whoever holds it; no account is joined. Raises an ``InvitationRefused`` or an
    ``events.answers.RegistrationRefused``."""
    with transaction.atomic():
        attendee = find(code, at=at).attendee
        answered = answers.answer(
            attendee=attendee, coming=coming, way=Way.INVITATION, actor_id=None, at=at, reason=reason
        )
        # Again, now that the row is held: it may have been revoked between the question and the lock.
        find(code, at=at)
        return answered


def door_code(attendee: Attendee) -> str:
    """The code that the door scans, without hyphens. Raises ``CodeLost``."""
    code = attendee.door_code
    if codes.fingerprint(code) != attendee.door_code_hash:
        raise CodeLost
    return code


def revoke_door_code(*, attendee: Attendee, actor_id: int | None, at: datetime) -> None:
    """Gives the row another code for the door; sheets and messages with the old one no longer let anybody in."""
    with transaction.atomic():
        row = answers.locked(Attendee.objects.filter(pk=attendee.pk, erased_at=None))
        if row is None:
            raise UnknownInvitation
        row.door_number += 1
        row.door_code_hash = codes.fingerprint(row.door_code)
        row.save(update_fields=["door_number", "door_code_hash"])
        history.DOOR_CODE_REVOKED.record(
            row.pk, actor_id=actor_id, at=at, detail={"event": row.event_id, "number": row.door_number}
        )


def _revoke(invitation: Invitation, *, actor_id: int | None, at: datetime) -> None:
    invitation.revoked_at = at
    invitation.save(update_fields=["revoked_at"])
    history.INVITATION_REVOKED.record(
        invitation.attendee_id, actor_id=actor_id, at=at, detail={"number": invitation.number}
    )
