"""Who is on an event's list, what was answered, and the personal links; what was told of changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from events import codes
from kolportal.accounts.models import User
from kolportal.people import communes
from kolportal.people.models import Person, SignerKind
from kolportal.vietnamese import fold, sort_key

if TYPE_CHECKING:
    from datetime import datetime


from events.models.door import Entry
from events.models.meetings import Event


class AttendeeSource(models.TextChoices):
    """How a row came onto the list."""

    REGISTERED = "registered", _("registered online")
    IMPORTED = "imported", _("imported from a list")
    DESK = "desk", _("added by staff")
    WALK_IN = "walk_in", _("came without registration")
    PAPER = "paper", _("from paper")


class Answer(models.TextChoices):
    """What somebody answered to an event; the allowed changes are ``events.answers.TRANSITIONS``.

    Presence is another axis: ``Entry``.
    """

    INVITED = "invited", _("not answered yet")
    COMING = "coming", _("coming")
    NOT_COMING = "not_coming", _("not coming")
    WAITING = "waiting", _("on the waiting list")
    CANCELLED = "cancelled", _("cancelled")


_MADE_BY_PERSON = Q(source=AttendeeSource.REGISTERED, registered_by=None, person__isnull=False)


class AttendeeQuerySet(models.QuerySet["Attendee"]):
    """Reads of attendees."""

    def listed(self) -> AttendeeQuerySet:
        """Those on the list: neither removed nor merged into another row."""
        return self.filter(removed_at=None, merged_into=None)

    def seated(self) -> AttendeeQuerySet:
        """Those who hold a seat."""
        return self.listed().filter(answer=Answer.COMING)

    def present(self) -> AttendeeQuerySet:
        """Those who have come: an entry that was not undone."""
        return self.filter(models.Exists(Entry.objects.open().filter(attendee=models.OuterRef("pk"))))

    def of_person(self, person: Person | None) -> AttendeeQuerySet:
        """The listed rows that this person's own act linked to him or her."""
        return self.listed().filter(person=person) if person else self.none()

    def made_by_person(self) -> AttendeeQuerySet:
        """Those that say what the person said: they follow his or her details, and staff do not overwrite them."""
        return self.filter(_MADE_BY_PERSON)

    def made_by_list(self) -> AttendeeQuerySet:
        """All others: what staff, or somebody else, say of a person, whether or not he or she has joined the row."""
        return self.filter(~_MADE_BY_PERSON)

    def concerned(self) -> AttendeeQuerySet:
        """Those to be told of a change of the event: coming, invited or waiting, with an address."""
        reachable = ~Q(email="") | Q(person__user__isnull=False)
        answers = (Answer.COMING, Answer.INVITED, Answer.WAITING)
        return self.listed().filter(reachable, answer__in=answers, erased_at=None)

    def of_staff(self, user: User) -> AttendeeQuerySet:
        """Attendees of the events that the person's units have a part in."""
        return self.filter(event__in=Event.objects.of_staff(user))


# What the list says of somebody: emptied together by an erasure.
ATTENDEE_PERSONAL = (
    "full_name", "stage_name", "kind", "commune_code", "organisation", "email", "phone", "channels", "note", "group",
    "reason", "removed_reason", "search_key", "sort_key", "door_code_hash",
)  # fmt: skip


class Attendee(models.Model):
    """One row of an event's list: what the list, or the person's own registration for this event, says.

    ``person`` is empty until the person's own act links the row; nothing that staff type links it, so adding an address
    opens and reveals nothing. Of a row that the person made, names and contacts follow his or her details until the meeting
    ends (``events.registration.follow``). ``merged_into``, ``removed_at`` and ``erased_at`` are set once; rows keep their keys.
    """

    event = models.ForeignKey(Event, models.PROTECT, related_name="attendees", verbose_name=_("event"))
    person = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="attendances", verbose_name=_("person")
    )
    source = models.CharField(_("source"), max_length=10, choices=AttendeeSource.choices)
    full_name = models.CharField(_("full name"), max_length=120, blank=True)
    stage_name = models.CharField(_("public (stage) name"), max_length=120, blank=True)
    # Empty for guests.
    kind = models.CharField(_("kind"), max_length=12, choices=SignerKind.choices, blank=True)
    commune_code = models.CharField(_("commune"), max_length=5, blank=True)
    organisation = models.CharField(_("organisation"), max_length=200, blank=True)
    email = models.EmailField(_("e-mail address"), blank=True)
    phone = models.CharField(_("mobile phone"), max_length=16, blank=True)
    channels = models.TextField(_("pages, groups and channels"), blank=True)
    note = models.TextField(_("note for staff"), blank=True)
    group = models.CharField(_("group"), max_length=80, blank=True)
    search_key = models.CharField(max_length=900, blank=True, editable=False, db_index=True)
    sort_key = models.CharField(max_length=600, blank=True, editable=False, db_index=True)
    # The answer. ``registered_by``: who answered for the person, where it was not the person.
    answer = models.CharField(_("answer"), max_length=10, choices=Answer.choices, default=Answer.INVITED)
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    registered_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("registered by")
    )
    # In which the person answered; messages are written in it.
    language = models.CharField(_("language"), max_length=2, default="vi")
    # The code for the door is derived from the row's key and this number (events.codes); of the code only a hash is kept.
    door_number = models.PositiveSmallIntegerField(default=1, editable=False)
    door_code_hash = models.CharField(max_length=64, blank=True, editable=False)
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, editable=False, related_name="merged"
    )
    merged_at = models.DateTimeField(_("merged at"), null=True, blank=True, editable=False)
    removed_at = models.DateTimeField(_("removed at"), null=True, blank=True, editable=False)
    removed_reason = models.CharField(_("reason of the removal"), max_length=300, blank=True, editable=False)
    erased_at = models.DateTimeField(_("erased at"), null=True, blank=True, editable=False)

    objects = AttendeeQuerySet.as_manager()

    class Meta:
        verbose_name = _("attendee")
        verbose_name_plural = _("attendees")
        ordering = ("sort_key", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("event", "person"),
                condition=Q(removed_at=None, merged_into=None, person__isnull=False),
                name="attendee_person_once_per_event",
            ),
            models.UniqueConstraint(
                fields=("event", "email"),
                condition=Q(removed_at=None, merged_into=None, person=None) & ~Q(email=""),
                name="attendee_unlinked_email_once",
            ),
            models.UniqueConstraint(
                fields=("event", "phone"),
                condition=Q(removed_at=None, merged_into=None, person=None) & ~Q(phone=""),
                name="attendee_unlinked_phone_once",
            ),
            models.UniqueConstraint(
                fields=("door_code_hash",), condition=~Q(door_code_hash=""), name="attendee_door_code_once"
            ),
            models.CheckConstraint(
                condition=Q(answer__in=Answer.values, source__in=AttendeeSource.values),
                name="attendee_answer_and_source_known",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=[*SignerKind.values, ""]), name="attendee_kind_known_or_guest"
            ),
            models.CheckConstraint(
                condition=(Q(erased_at=None) & ~Q(full_name=""))
                | Q(erased_at__isnull=False, **dict.fromkeys(ATTENDEE_PERSONAL, "")),
                name="attendee_named_or_erased",
            ),
            models.CheckConstraint(
                condition=Q(answer=Answer.INVITED, answered_at=None)
                | (~Q(answer=Answer.INVITED) & Q(answered_at__isnull=False)),
                name="attendee_answer_dated",
            ),
            models.CheckConstraint(
                condition=Q(answer=Answer.NOT_COMING) | Q(reason=""), name="attendee_reason_of_not_coming"
            ),
            models.CheckConstraint(
                condition=Q(merged_into=None, merged_at=None)
                | (Q(merged_into__isnull=False, merged_at__isnull=False) & ~Q(merged_into=F("id"))),
                name="attendee_merged_dated",
            ),
            models.CheckConstraint(
                condition=Q(removed_at__isnull=False) | Q(removed_reason=""),
                name="attendee_reason_of_removal",
            ),
            models.CheckConstraint(condition=Q(email=Lower("email")), name="attendee_email_lower_case"),
            models.CheckConstraint(
                condition=Q(phone="") | Q(phone__regex=r"^\+[1-9][0-9]{6,14}$"), name="attendee_phone_e164"
            ),
        )
        indexes = (models.Index(fields=("event", "sort_key", "id"), name="attendee_list"),)

    def __str__(self) -> str:
        return self.full_name or f"#{self.pk}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keeps the derived keys in step, also under ``update_fields``; a new row gets its code for the door.

        Rows made in bulk pass this by: whoever makes them writes the keys and the code's hash too.
        """
        is_new = self._state.adding
        words = f"{self.full_name} {self.stage_name} {self.organisation} {self.group}"
        self.search_key = fold(words)[:900]
        self.sort_key = sort_key(self.full_name)[:600] if self.full_name else ""
        if (fields := kwargs.get("update_fields")) is not None:
            kwargs["update_fields"] = {*fields, "search_key", "sort_key", "updated_at"}
        super().save(*args, **kwargs)
        if is_new:  # only now does the row have the key that the code is derived from
            self.door_code_hash = codes.fingerprint(self.door_code)
            Attendee.objects.filter(pk=self.pk).update(door_code_hash=self.door_code_hash)

    @property
    def door_code(self) -> str:
        """The code that the door scans, without hyphens; the same at every call until ``events.invitations.revoke_door_code``."""
        return codes.derived(codes.DOOR, self.pk, self.door_number)

    @property
    def is_made_by_person(self) -> bool:
        """Whether the row says what the person said (``AttendeeQuerySet.made_by_person``)."""
        return (
            self.source == AttendeeSource.REGISTERED
            and self.person_id is not None
            and self.registered_by_id is None
        )

    @property
    def address(self) -> str:
        """Where messages go: the linked person's present address, else the list's, else ``""``."""
        return (self.person.email if self.person else "") or self.email

    def staying(self) -> Attendee:
        """The row that stands for this one: itself, or the one that it was merged into."""
        row = self
        while row.merged_into is not None:
            row = row.merged_into
        return row

    @property
    def commune_label(self) -> str:
        """Kind and name of the commune, or ``""``."""
        return communes.label(self.commune_code) if self.commune_code else ""

    @property
    def kind_label(self) -> str:
        """What the person takes part as; guests are told as such."""
        return str(self.get_kind_display() if self.kind else _("Guest"))


class Invitation(models.Model):
    """A personal link of one attendee. The code is derived from a server key over the row and ``number``; only its hash is kept.

    Revoking sets ``revoked_at``; the next one has the next number, and with it another code. A link answers for its attendee
    and opens nothing else.
    """

    attendee = models.ForeignKey(Attendee, models.PROTECT, related_name="invitations")
    number = models.PositiveSmallIntegerField(_("number"))
    code_hash = models.CharField(max_length=64, unique=True)
    issued_at = models.DateTimeField(_("issued at"))
    expires_at = models.DateTimeField(_("expires at"))
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        constraints = (
            models.UniqueConstraint(fields=("attendee", "number"), name="invitation_number_once"),
            models.UniqueConstraint(
                fields=("attendee",), condition=Q(revoked_at=None), name="invitation_one_valid"
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("issued_at")), name="invitation_expires_after_issue"
            ),
        )

    def __str__(self) -> str:
        return f"#{self.attendee_id}/{self.number}"

    def is_valid(self, *, at: datetime) -> bool:
        """Whether the link may still answer."""
        return self.revoked_at is None and at < self.expires_at


class Change(models.TextChoices):
    """What the people on an event's list are told of."""

    MOVED = "moved", _("another place or time")
    CALLED_OFF = "called_off", _("called off")


class Notice(models.Model):
    """One thing told to everybody concerned, written with the change itself; ``events.notices`` makes the messages of it.

    ``changes``: column of ``Event`` → [old, new] as text (times in ISO 8601); empty when the event was called off.
    """

    event = models.ForeignKey(Event, models.PROTECT, related_name="notices", verbose_name=_("event"))
    what = models.CharField(_("what"), max_length=10, choices=Change.choices)
    changes = models.JSONField(_("old and new values"), default=dict)
    created_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        constraints = (
            models.CheckConstraint(condition=Q(what__in=Change.values), name="notice_of_a_known_change"),
        )

    def __str__(self) -> str:
        return f"{self.what} #{self.pk}"
