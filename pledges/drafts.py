"""What the browser needs to keep an unsent signing form: the draft itself never reaches the server.

It lies in the browser's own storage, encrypted with a key of the account that only a page of that account carries. Whoever
uses the browser next, logged out or under another account, finds a name that reveals nobody and bytes that nobody can read.
A session that ended, here or from another device, takes nothing that was typed: the draft waits for its account. Logging out in
this browser ends it.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.crypto import salted_hmac

from pledges import consent
from pledges.models import Text

if TYPE_CHECKING:
    from kolportal.accounts.models import User


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a draft lies and what opens it. ``name``: of one account and pledge; ``owner``, its beginning, of the account.
    ``key``: 256 bits for AES-GCM in Base64.
    """

    owner: str
    name: str
    key: str


def place(*, user: User, pledge: str) -> Place:
    """The place of this account's draft on the pledge of this slug."""
    owner = owner_of(user)
    return Place(
        owner=owner,
        name=f"{owner}:{_mac(user, f'name {pledge}').hex()[:24]}",
        key=b64encode(_mac(user, "key")).decode(),
    )


def owner_of(user: User) -> str:
    """How the places of this account's drafts begin, 24 hexadecimal digits; ended together at the log-out."""
    return _mac(user, "owner").hex()[:24]


def bound_to(text: Text) -> str:
    """What ticks are bound to: the texts of this edition and the consents to be given with them, in every language, so that a
    change of the language on the screen loses nothing, nor does midnight, and any other change makes them void. 64 hexadecimal
    digits."""
    languages = (
        Text.objects.filter(edition=text.edition_id).order_by("language").values_list("language", "digest")
    )
    parts = [
        f"{language} {digest} {consent.digest(of=text, language=language)}" for language, digest in languages
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _mac(user: User, purpose: str) -> bytes:
    # Of the account alone: were the session or the password in it, ending the sessions from elsewhere would lose what was typed.
    return salted_hmac("pledges.drafts", f"{user.pk}:{purpose}", algorithm="sha256").digest()
