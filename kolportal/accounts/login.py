"""The log-in page's password form."""

from __future__ import annotations

from allauth.account.forms import LoginForm


class PasswordLoginForm(LoginForm):  # type: ignore[misc]  # allauth ships no types
    """E-mail address and password. (allauth leaves the password out where sign-up does not ask for one; here a password is
    set later, on "My page".)
    """

    def _setup_password_field(self) -> None:
        """Keeps the password field."""
