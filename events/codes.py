"""Codes of invitations and of the door: derived from a server key, so that letters and sheets can be printed again.

A code is HMAC-SHA-256 over the row's key and its number; the HMAC's key is derived from ``SECRET_KEY`` and the context below
(``django.utils.crypto.salted_hmac``). Rows keep a SHA-256 of the code only, which is what a code is looked up by: with another
``SECRET_KEY`` the codes that were given out go on working, and those printed from then on are new ones.
"""

from __future__ import annotations

import hashlib

from django.utils.crypto import salted_hmac

from kolportal import codes

LENGTH = 16
"""Characters: 80 bits, in groups of four when shown."""

INVITATION = "kolportal.events.invitation/1"
DOOR = "kolportal.events.door/1"


def derived(context: str, row: int, number: int) -> str:
    """The code of this row and number, without hyphens."""
    secret = salted_hmac(context, f"{row}:{number}", algorithm="sha256").digest()
    return codes.spelled(secret, length=LENGTH)


def fingerprint(code: str) -> str:
    """What is kept of a code: 64 hexadecimal digits."""
    return hashlib.sha256(code.encode()).hexdigest()


def fingerprint_of_typed(typed: str) -> str:
    """The same of what a person typed or a camera read. Raises ``kolportal.codes.Mistyped``."""
    return fingerprint(codes.read(typed, length=LENGTH))
