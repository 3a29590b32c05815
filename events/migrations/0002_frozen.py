"""Scans and notices are append-only; entries, invitations and attendees change only along their one way."""

from django.db import migrations

from kolportal.triggers import Rule, changed, frozen, operations

RULES = (
    *frozen("events_scan", "a scan is never changed"),
    *frozen("events_notice", "a notice is never changed"),
    Rule(
        "scan_of_its_event",
        "events_scan",
        "INSERT",
        "NEW.attendee_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM events_attendee attendee"
        " WHERE attendee.id = NEW.attendee_id AND attendee.event_id = NEW.event_id)",
        "a scan names nobody of another event",
    ),
    Rule(
        "entry_of_its_scan",
        "events_entry",
        "INSERT",
        "NEW.scan_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM events_scan scan"
        " WHERE scan.id = NEW.scan_id AND scan.attendee_id = NEW.attendee_id AND scan.result = 'welcome')",
        "an entry stands on a scan that welcomed the same attendee",
    ),
    Rule(
        "entry_undone_once",
        "events_entry",
        "UPDATE",
        "OLD.undone_at IS NOT NULL OR "
        + changed("attendee_id", "scan_id", "entered_at", "steward_id", "gate"),
        "an entry is undone once and never changed",
    ),
    Rule("entry_no_delete", "events_entry", "DELETE", "", "an entry is never removed"),
    Rule(
        "invitation_revoked_once",
        "events_invitation",
        "UPDATE",
        "OLD.revoked_at IS NOT NULL OR "
        + changed("attendee_id", "number", "code_hash", "issued_at", "expires_at"),
        "an invitation is revoked once and never changed",
    ),
    Rule("invitation_no_delete", "events_invitation", "DELETE", "", "an invitation is never removed"),
    Rule(
        "attendee_identity",
        "events_attendee",
        "UPDATE",
        changed("event_id", "source", "created_at")
        + " OR (OLD.person_id IS NOT NULL AND "
        + changed("person_id")
        # But for the person who the one before turned out to be.
        + " AND NOT EXISTS (SELECT 1 FROM people_person p"
        " WHERE p.id = OLD.person_id AND p.merged_into_id = NEW.person_id)"
        + ") OR (OLD.merged_into_id IS NOT NULL AND "
        + changed("merged_into_id", "merged_at")
        + ") OR (OLD.removed_at IS NOT NULL AND "
        + changed("removed_at")
        + ") OR (OLD.erased_at IS NOT NULL AND "
        + changed("erased_at")
        + ")",
        "an attendee stays with the event and the person; merging, removing and erasing happen once",
    ),
    Rule(
        "attendee_begins_unmerged",
        "events_attendee",
        "INSERT",
        "NEW.merged_into_id IS NOT NULL",
        "an attendee is merged after it was listed",
    ),
    Rule(
        "attendee_merged_within_event",
        "events_attendee",
        "UPDATE OF merged_into_id",
        "NEW.merged_into_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM events_attendee other"
        " WHERE other.id = NEW.merged_into_id AND other.event_id = NEW.event_id)",
        "an attendee is merged into another of the same event",
    ),
    Rule(
        "attendee_no_delete",
        "events_attendee",
        "DELETE",
        "",
        "an attendee is removed or erased, never deleted",
    ),
)


class Migration(migrations.Migration):
    dependencies = [("events", "0001_initial"), ("people", "0001_initial")]
    operations = [migrations.RunPython(*operations(RULES))]
