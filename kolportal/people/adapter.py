"""Thin hooks into django-allauth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import record_authentication
from allauth.core import context as allauth_context
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from kolportal.people.models import Person

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from kolportal.accounts.models import User


# RFC 5321, section 4.5.3.1.3, without the angle brackets.
MAX_ADDRESS = 254
log = structlog.get_logger("kolportal.accounts")


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Keeps allauth's flows; e-mail addresses are stored in lower case; a new person is led to the profile first."""

    def clean_email(self, email: str) -> str:
        """Lower case, so that an address names one account. Raises ``ValidationError`` for one that mail cannot carry."""
        if not email.isascii() or len(email) > MAX_ADDRESS:
            raise ValidationError(EmailValidator.message, code="invalid")
        return str(super().clean_email(email)).lower()

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Sends one message. A mail server that is down is told to the person on the next page, where the code can be asked
        for again. Nothing goes to an address that no account can have.
        """
        if not email.isascii():
            return
        try:
            super().send_mail(template_prefix, email, context)
        except OSError as error:  # smtplib's errors and a refused connection alike
            log.error("account mail not sent", template=template_prefix, error=type(error).__name__)
            messages.error(
                allauth_context.request,
                _(
                    "The message could not be sent by e-mail just now. Nothing was lost; please ask for it again in a few minutes."
                ),
            )

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        """Somebody who has no profile yet (staff apart) fills it in before going on to where he or she wanted to go."""
        response: HttpResponse = super().post_login(request, user, **kwargs)
        if kwargs.get("signup"):
            # Signing up ended with the code from the mail. allauth notes that for log-ins only, and the code would be asked again.
            record_authentication(request, user, method="email_code", email=user.email)
        if (
            isinstance(response, HttpResponseRedirect)
            and not user.is_staff
            and not Person.objects.filter(user=user).exists()
        ):
            response["Location"] = f"{reverse('profile')}?{urlencode({'next': response.url})}"
        return response
