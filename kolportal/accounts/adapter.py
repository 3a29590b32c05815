"""Thin hooks into django-allauth."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Keeps allauth's flows; e-mail addresses are stored in lower case."""

    def clean_email(self, email: str) -> str:
        """Lower case, so that an address names one account."""
        return str(super().clean_email(email)).lower()
