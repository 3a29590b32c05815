"""A person at the signing pages, as the tests play one: a client that is logged in and the form that a browser would send."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape
from django.utils.translation import gettext, override

from pledges import consent, signing
from pledges.models import Attempt, Pledge, Signature, Text
from tests import factories

if TYPE_CHECKING:
    from kolportal.people import models as people

DRAWN = json.dumps([{"points": [{"x": 10.5, "y": 40}, {"x": 60, "y": 12}, {"x": 140, "y": 55}]}])
CODE = re.compile(r"^\s*(\d{4} \d{4})\s*$", re.MULTILINE)


@dataclass
class Person:
    """A signer in a browser. ``recent``: logged in within the last 5 minutes, so that no code is asked for."""

    pledge: Pledge = field(default_factory=factories.pledge)
    row: people.Person = field(default_factory=factories.person)
    recent: bool = True
    client: Client = field(default_factory=Client)

    def __post_init__(self) -> None:
        assert self.row.user is not None
        self.user = self.row.user
        self.log_in(self.client)

    def log_in(self, client: Client) -> Client:
        """Logs this person in, with allauth's record of when."""
        client.force_login(self.user)
        at: datetime = timezone.now() - (timedelta(seconds=20) if self.recent else timedelta(minutes=6))
        session = client.session
        session["account_authentication_methods"] = [
            {"method": "code", "at": at.timestamp(), "email": self.user.email}
        ]
        session["account_authentication_methods_user"] = str(self.user.pk)
        session.save()
        return client

    @property
    def text(self) -> Text:
        """The Vietnamese text in force."""
        text = self.pledge.current_text()
        assert text is not None
        return text

    @property
    def url(self) -> str:
        """Where the form is and where it goes."""
        return reverse("pledges:sign", args=[self.pledge.slug])

    @property
    def decline_url(self) -> str:
        """Where saying no is asked."""
        return reverse("pledges:decline", args=[self.pledge.slug])

    def answers(self, **changes: Any) -> dict[str, Any]:
        """A complete form for the text in force; ``changes`` replace fields, ``None`` leaves one out."""
        text = changes.pop("text", None) or self.text
        data: dict[str, Any] = {
            "digest": text.digest,
            "language": text.language,
            "basis": signing.basis_of(self.signatures().last()),
            "of_age": "yes",
            "ticked": [str(position) for position in signing.asked_of(text.content, person=self.row)],
            "channels": [],
            "consent": consent.text(of=text, at=timezone.now()).digest,
            "method": "typed",
            "typed_name": self.row.full_name,
            "strokes": "",
            **changes,
        }
        return {name: value for name, value in data.items() if value is not None}

    def send(self, answers: dict[str, Any] | None = None, **changes: Any) -> Any:
        """POSTs the form; ``changes`` as for ``answers``."""
        response: Any = self.client.post(self.url, self.answers(**changes) if answers is None else answers)
        return response

    def prepare(self, **changes: Any) -> str:
        """Sends the form, which must be taken; the address of the page where the answers are checked."""
        response = self.send(**changes)
        assert response.status_code == 302, text_of(response)
        return str(response.url)

    def sign(self, **changes: Any) -> Signature:
        """The whole way: form, check, and the code where it is asked for. The signature."""
        response: Any = self.client.post(self.prepare(**changes))
        if "/sign/code/" in response.url:
            response = self.client.post(response.url, {"code": code_in_mail()})
        assert "/receipts/" in response.url, response.url
        signature: Signature = self.signatures().get(reference=response.url.split("/")[-2])
        return signature

    def ask_for_code(self, check_url: str) -> str:
        """Goes on from the check page to that of the code, whose address this is."""
        response: Any = self.client.post(check_url)
        assert "/sign/code/" in response.url, response.url
        return str(response.url)

    def signatures(self) -> Any:
        """This person's signatures on the pledge, oldest first."""
        return Signature.objects.filter(pledge=self.pledge, person=self.row).order_by("id")

    def attempts(self) -> Any:
        """This person's attempts on the pledge, oldest first."""
        return Attempt.objects.filter(text__edition__pledge=self.pledge, person=self.row).order_by("id")


def code_in_mail() -> str:
    """The code of the newest message, as it is shown there."""
    found = CODE.search(str(mail.outbox[-1].body))
    assert found is not None
    return found[1]


def another_code(code: str) -> str:
    """Eight digits that are not this code."""
    return f"{(int(code.replace(' ', '')) + 1) % 100_000_000:08}"


def receipt_url(signature: Signature) -> str:
    """Where a signing leads."""
    return reverse("pledges:receipt", args=[signature.reference])


def text_of(response: Any) -> str:
    """What the page says, white space folded."""
    return " ".join(response.content.decode().split())


def says(response: Any, msgid: str, **values: Any) -> bool:
    """Whether the Vietnamese page says this message of the catalogue."""
    with override("vi"):
        words = gettext(msgid) % values if values else gettext(msgid).replace("%%", "%")
    return " ".join(escape(words).split()) in text_of(response)
