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

from pledges import consent, signing
from pledges.models import Pledge, PledgeVersion, Signature
from tests import factories

if TYPE_CHECKING:
    from kolportal.people.models import Person

DRAWN = json.dumps([{"points": [{"x": 10.5, "y": 40}, {"x": 60, "y": 12}, {"x": 140, "y": 55}]}])
CODE = re.compile(r"\b(\d{6})\b")


@dataclass
class Person:
    """A signer in a browser. ``recent``: logged in within the last 5 minutes, so that no code is asked for."""

    pledge: Pledge = field(default_factory=factories.pledge)
    profile: Person = field(default_factory=factories.profile)
    recent: bool = True
    client: Client = field(default_factory=Client)

    def __post_init__(self) -> None:
        assert self.profile.user is not None
        self.user = self.profile.user
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
    def version(self) -> PledgeVersion:
        """The Vietnamese text in force."""
        version = self.pledge.current_version()
        assert version is not None
        return version

    @property
    def url(self) -> str:
        """Where the form is and where it goes."""
        return reverse("pledges:sign", args=[self.pledge.slug])

    def answers(self, **changes: Any) -> dict[str, Any]:
        """A complete form for the text in force; ``changes`` replace fields, ``None`` leaves one out."""
        version = changes.pop("version", None) or self.version
        newest = self.signatures().last()
        data: dict[str, Any] = {
            "digest": version.digest,
            "language": version.language,
            "basis": signing.basis_of(newest),
            "ticked": [str(position) for position in range(1, len(version.text.undertakings) + 1)],
            "channels": [],
            "consent": consent.text(unit=self.pledge.unit.name, language=version.language).digest,
            "method": "typed",
            "typed_name": self.profile.full_name,
            "strokes": "",
            **changes,
        }
        return {name: value for name, value in data.items() if value is not None}

    def send(self, answers: dict[str, Any] | None = None, **changes: Any) -> Any:
        """POSTs the form; ``changes`` as for ``answers``."""
        response: Any = self.client.post(self.url, self.answers(**changes) if answers is None else answers)
        return response

    def signatures(self) -> Any:
        """This person's signatures on the pledge, oldest first."""
        return Signature.objects.filter(pledge=self.pledge, signer=self.user).order_by("id")


def code_in_mail() -> str:
    """The code of the newest message."""
    found = CODE.search(str(mail.outbox[-1].body))
    assert found is not None
    return found[1]


def receipt_url(signature: Signature) -> str:
    """Where a signing leads."""
    return reverse("pledges:receipt", args=[signature.reference])


def text_of(response: Any) -> str:
    """What the page says, white space folded."""
    return " ".join(response.content.decode().split())
