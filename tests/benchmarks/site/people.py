"""A pledge with the demo's real text, and signers who logged in a moment ago."""

from __future__ import annotations

import json
import random
import time
from importlib import import_module
from itertools import count

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.utils import timezone

from events.models import Attendee, AttendeeState, Event
from kolportal.accounts.models import User
from kolportal.people.models import Person
from kolportal.demo import people as invented
from kolportal.demo import texts
from pledges.models import LegalReference, Pledge, PledgeVersion, Undertaking
from tests import factories

_number = count(1)
CHANNELS_EACH = 2


def pledge(event: Event) -> Pledge:
    """The demo's pledge in both languages, published, asked for at ``event``."""
    made = factories.pledge(languages=(), asked_at=event, slug=f"cam-ket-{next(_number)}")
    for language, title, preamble, closing in (
        ("vi", texts.TITLE_VI, texts.PREAMBLE_VI, texts.CLOSING_VI),
        ("en", texts.TITLE_EN, texts.PREAMBLE_EN, texts.CLOSING_EN),
    ):
        version = PledgeVersion.objects.create(
            pledge=made, number=1, language=language, title=title, preamble=preamble, closing=closing
        )
        for position, ((vietnamese, law), english) in enumerate(
            zip(texts.UNDERTAKINGS_VI, texts.UNDERTAKINGS_EN, strict=True), start=1
        ):
            text = vietnamese if language == "vi" else english
            Undertaking.objects.create(
                version=version, position=position, text=text, legal_reference=_row(law)
            )
        factories.freeze(version)
    return made


def _row(law: texts.Reference | None) -> LegalReference | None:
    if law is None:
        return None
    row, _made = LegalReference.objects.get_or_create(
        number=law.number,
        title=law.title,
        defaults={"issued_date": law.issued_date, "in_force_date": law.in_force_date},
    )
    return row


def signers(number: int, *, event: Event) -> list[User]:
    """New accounts with profile, two channels each, registered for ``event``."""
    made = []
    for person in invented.generate(number):
        serial = next(_number)
        user = User.objects.create_user(f"nguoi-ky-{serial}@example.com")
        profile = Person.objects.create(
            user=user, full_name=person.full_name, kind=person.kind, commune_code=person.commune_code
        )
        for _ in range(CHANNELS_EACH):
            factories.channel(profile=profile)
        Attendee.objects.create(
            event=event, profile=profile, state=AttendeeState.REGISTERED, state_changed_at=timezone.now()
        )
        made.append(user)
    return made


def log_in(user: User) -> str:
    """A session as a login by code leaves it, made a moment ago: no second code is asked for. Returns its key."""
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store[AUTHENTICATION_METHODS_SESSION_KEY] = [{"method": "code", "at": time.time(), "email": user.email}]
    store["account_authentication_methods_user"] = str(user.pk)
    store.create()
    return str(store.session_key)


def drawing(seed: int) -> str:
    """Three strokes of 120 points as ``static/js/signature.js`` sends them."""
    pen = random.Random(seed)
    strokes = []
    for stroke in range(3):
        x, y = 20.0 + 90 * stroke, 80.0
        points = []
        for _ in range(120):
            x, y = x + pen.uniform(-1.5, 2.5), min(max(y + pen.uniform(-6, 6), 2.0), 158.0)
            points.append({"x": round(x, 1), "y": round(y, 1)})
        strokes.append({"points": points})
    return json.dumps(strokes, separators=(",", ":"))
