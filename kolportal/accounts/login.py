"""allauth's forms where ours differ: the log-in page's password, and the keyboard for codes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account.forms import (
    ConfirmEmailVerificationCodeForm,
    ConfirmLoginCodeForm,
    ConfirmPasswordResetCodeForm,
    LoginForm,
)

from kolportal.accounts import confirmation

if TYPE_CHECKING:
    from django.forms import Form as _Form
else:
    _Form = object  # a mixin for allauth's forms


class PasswordLoginForm(LoginForm):  # type: ignore[misc]  # allauth ships no types
    """E-mail address and password. (allauth leaves the password out where sign-up does not ask for one; here a password is
    set later, on "My page".)
    """

    def _setup_password_field(self) -> None:
        """Keeps the password field."""


class _Digits(_Form):
    """The code has digits only: a phone shows its number keys."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs["inputmode"] = "numeric"

    def clean_code(self) -> str:
        """Compared as every code of the site is: with or without the space, full-width digits too."""
        self.cleaned_data["code"] = confirmation.digits(self.cleaned_data["code"])
        code: str = super().clean_code()  # type: ignore[misc]  # allauth's form is the next class
        return code


class LoginCodeForm(_Digits, ConfirmLoginCodeForm):  # type: ignore[misc]  # as above
    """The code to log in."""


class EmailCodeForm(_Digits, ConfirmEmailVerificationCodeForm):  # type: ignore[misc]  # as above
    """The code that confirms an e-mail address."""


class PasswordCodeForm(_Digits, ConfirmPasswordResetCodeForm):  # type: ignore[misc]  # as above
    """The code to set a new password."""
