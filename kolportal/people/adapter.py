"""Thin hooks into django-allauth: how its flows end here, and which mails they send. In this room, because somebody who logs
in for the first time is asked who he or she is; ``kolportal.desk.adapter`` adds what concerns meetings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import record_authentication
from allauth.core import context as allauth_context
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.db import transaction
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kolportal import limits
from kolportal.accounts import confirmation, notices
from kolportal.mail import outbox
from kolportal.people.models import Person

if TYPE_CHECKING:
    from allauth.account.models import EmailAddress
    from django.http import HttpRequest, HttpResponse

    from kolportal.accounts.models import User

# RFC 5321, section 4.5.3.1.3, without the angle brackets.
MAX_ADDRESS = 254


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Keeps allauth's flows. Addresses are in lower case, codes look like all codes of the site, mails go through the outbox,
    and a new person is led to the own details first."""

    def is_safe_url(self, url: str) -> bool:
        """Whether to go on to ``url``; not where it is no address at all, on which Django's own check stumbles (``//[``)."""
        try:
            return bool(super().is_safe_url(url))
        except ValueError:
            return False

    def clean_email(self, email: str) -> str:
        """Lower case, so that an address names one account. Raises ``ValidationError`` for one that mail cannot carry."""
        if not email.isascii() or len(email) > MAX_ADDRESS:
            raise ValidationError(EmailValidator.message, code="invalid")
        return str(super().clean_email(email)).lower()

    def generate_login_code(self) -> str:
        """Like every code of the site."""
        return confirmation.new_code()

    def generate_password_reset_code(self) -> str:
        """Like every code of the site."""
        return confirmation.new_code()

    def generate_email_verification_code(self) -> str:
        """Like every code of the site."""
        return confirmation.new_code()

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Sends one message while the person waits. A mail server that is down is told on the next page, where the code can be
        asked for again. Nothing goes to an address that no account can have.
        """
        if not email.isascii():
            return
        try:
            outbox.send_now(
                template=f"account_{template_prefix.rpartition('/')[2].removeprefix('account_')}",
                to=email,
                language=_language(),
                at=timezone.now(),
                context={"email": email, "code": context.get("code", ""), "minutes": confirmation.MINUTES},
            )
        except outbox.NotSent:
            messages.error(
                allauth_context.request,
                _(
                    "The message could not be sent by e-mail just now. Nothing was lost; please ask for it again in a few minutes."
                ),
            )

    def set_password(self, user: User, password: str) -> None:
        """Every flow that sets a password ends here: written, told and recorded in one transaction."""
        with transaction.atomic():
            super().set_password(user, password)
            notices.password_changed(user=user, at=timezone.now(), **_surroundings())

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """A confirmed address takes over; the old one is told, in the same transaction."""
        with transaction.atomic():
            old = email_address.user.email
            confirmed = bool(super().confirm_email(request, email_address))
            if confirmed and email_address.email != old:
                notices.address_changed(
                    user=email_address.user, old=old, at=timezone.now(), **_surroundings()
                )
        return confirmed

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        """Somebody who has not said who he or she is (staff apart) does so before going on to where he or she wanted to go."""
        response: HttpResponse = super().post_login(request, user, **kwargs)
        if kwargs.get("signup"):
            # Signing up ended with the code from the mail. allauth notes that for log-ins only, and the code would be asked again.
            record_authentication(request, user, method="email_code", email=user.email)
        if (
            isinstance(response, HttpResponseRedirect)
            and not user.is_staff
            and Person.objects.of_account(user) is None
        ):
            response["Location"] = f"{reverse('profile')}?{urlencode({'next': response.url})}"
        return response


def _language() -> str:
    return (get_language() or "vi")[:2]


def _surroundings() -> dict[str, str]:
    """In which language and from which address the change is made."""
    request = allauth_context.request
    return {"language": _language(), "ip": (limits.client_ip(request) or "") if request else ""}
