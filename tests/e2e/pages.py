"""Every page of the site that a test should look at, by who may see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.e2e.people import MEETING, PLEDGE

if TYPE_CHECKING:
    from tests.e2e.conftest import Signer

PUBLIC = (
    "/", "/privacy/", "/events/", MEETING, "/events/hoi-nghi-kol-2025/", PLEDGE, PLEDGE + "1/vi/", PLEDGE + "1/en/",
    PLEDGE + "changes/1/2/", "/v/", "/v/?code=AAAA-AAAA-AAAA", "/accounts/login/", "/accounts/signup/",
    "/accounts/password/reset/", "/mailbox/",
)  # fmt: skip
OWN = (
    "/me/", "/me/profile/", "/me/channels/add/", MEETING, MEETING + "register/", MEETING + "decline/", PLEDGE, PLEDGE + "sign/",
    *(f"{PLEDGE}sign/?again#step-{number}" for number in range(1, 6)), PLEDGE + "decline/",
    "/accounts/email/", "/accounts/password/set/", "/accounts/logout/", "/admin/",
)  # fmt: skip
ADMIN = {
    "organiser": ("", "events/event/", "events/event/1/change/", "events/event/add/", "events/attendee/", "events/attendee/add/",
                  "units/organisingunit/", "pledges/signature/"),
    "official": ("", "pledges/signature/", "pledges/signature/1/change/", "pledges/signature/download/", "pledges/document/"),
    "administrator": ("", "accounts/user/", "accounts/user/add/", "audit/auditevent/", "pledges/pledge/", "pledges/pledge/1/change/",
                      "pledges/edition/", "pledges/edition/1/change/", "pledges/edition/add/", "pledges/text/1/change/",
                      "pledges/legalreference/"),
}  # fmt: skip


def own_pages(signer: Signer) -> tuple[str, ...]:
    """The pages of a person who has signed, with the pages about that signature."""
    receipt = f"/pledges/receipts/{signer.reference}/"
    channel = f"/me/channels/{signer.channel}/"
    return (*OWN, receipt, receipt + "withdraw/", f"/v/{signer.reference}/", channel, channel + "remove/")
